"""What followed the MoU, or came before it: health checks, and what the plan promised."""

from typing import Any

from mou.archive.pages import Pairs, Part, Table, kept
from mou.entering import came_words
from mou.models import (
    CaseStudy,
    CaseStudyConsent,
    CaseStudyText,
    HealthCheck,
    HealthCheckAnswer,
    HealthCheckCorrection,
    PracticeFeedback,
    ProgressEntry,
    ProgressFile,
    ProgressReport,
    PublishedStudy,
    ReportStep,
    Review,
    ReviewOutcome,
)
from resilience.core.access import P, allows
from resilience.core.acts import ACTIONS
from resilience.core.tables import Column
from resilience.core.words import day, moment, rating
from resilience.referrals.models import Referral

_CHECKS = [
    Column("Practice", "practice.name"),
    Column("Stage", "stage.name"),
    Column("Questionnaire", "questionnaire"),
    Column("Started", "started_at", kind="date"),
    Column("Handed in", "handed_in_at", kind="moment"),
    Column("By", "handed_in_by.name"),
    Column("Entered for the practice", came_words),
]
_ANSWERS = [
    Column("Practice", "health_check.practice.name"),
    Column("Question", "question.words"),
    Column("Answer", "value"),
]
_CORRECTIONS = [*_ANSWERS, Column("Put right on", "made_at", kind="date"), Column("Why", "why")]


def health_checks(case: Referral, viewer: Any) -> Part | None:
    """The health checks of its practices in this programme year, with their answers and corrections."""
    practices = case.practices.values("practice")
    rows = HealthCheck.objects.visible_to(viewer).filter(stage__year=case.year_id, practice__in=practices)
    rows = rows.select_related("practice", "stage", "questionnaire", "handed_in_by", "copy")
    found = list(rows.defer("copy__content").order_by("pk"))
    if not found:
        return None
    ids = [each.pk for each in found]
    related = ("health_check__practice", "question")
    answers = HealthCheckAnswer.objects.filter(health_check__in=ids).select_related(*related)
    corrections = HealthCheckCorrection.objects.filter(health_check__in=ids).select_related(*related)
    part = Part("health-check", "Health check")
    part.blocks = [
        Table("Health checks", _CHECKS, found),
        Table("Answers", _ANSWERS, list(answers.order_by("pk")), "answers.csv"),
        Table("Corrections", _CORRECTIONS, list(corrections.order_by("pk"))),
    ]
    copies = [each.copy for each in found if each.copy]
    part.files = [kept("health-check", number, file) for number, file in enumerate(copies, 1)]
    return part


_REPORTS = [
    Column("Report", "pk", kind="number"),
    Column("Due", "due_on", kind="date"),
    Column("First due", "first_due_on", kind="date"),
    Column("State", "get_state_display"),
    Column("Stage that waits for it", "stage.name"),
]
_STEPS = [
    Column("Report", "report_id", kind="number"),
    Column("When", "made_at", kind="moment"),
    Column("What", lambda row: ACTIONS[row.act].did if row.act in ACTIONS else row.act),
    Column("By", "made_by.name"),
    Column("Entered for the practice", came_words),
    Column("State after", "get_after_display"),
    Column("Due from then on", "due_on", kind="date"),
    Column("Words", "words"),
]
_PROGRESS = [
    Column("When", "made_at", kind="moment"),
    Column("By", "made_by.name"),
    Column("About", "about"),
    Column("Standing", "get_standing_display"),
    Column("Words", "words"),
]


def progress(case: Referral, viewer: Any) -> Part | None:
    """The reports that were due, each round of them, what was said of the plan, and the files that show it."""
    reports = ProgressReport.objects.visible_to(viewer).filter(referral=case).select_related("stage")
    steps = ReportStep.objects.visible_to(viewer).filter(report__referral=case).select_related("made_by")
    said = ProgressEntry.objects.visible_to(viewer).filter(referral=case).select_related("made_by")
    files = ProgressFile.objects.visible_to(viewer).filter(referral=case, kept_at__isnull=False)
    part = Part("progress", "Progress")
    part.blocks = [
        Table("Reports", _REPORTS, list(reports.order_by("pk"))),
        Table("Each round of them", _STEPS, list(steps.order_by("pk"))),
        Table("What was said of the plan", _PROGRESS, list(said.order_by("pk")), "progress.csv"),
    ]
    shown = files.select_related("file").defer("file__content").order_by("pk")
    part.files = [kept("progress/files", number, each.file) for number, each in enumerate(shown, 1)]
    if not any(block.rows for block in part.blocks if isinstance(block, Table)):
        return None
    part.left_out.append("What the practice has filled in for a report and not handed in yet.")
    return part


_OUTCOMES = [
    Column("Of the plan", lambda row: str(row.objective or row.action)),
    Column("Outcome", "get_outcome_display"),
    Column("Words", "words"),
]


def review(case: Referral, viewer: Any) -> Part | None:
    """The office's review at the end, and what the practice said of the support."""
    if not allows(viewer, P.VIEW_INTERNAL, case):
        return Part(
            "review", "Review", left_out=["The review at the end of support: the office's own papers."]
        )
    rows = Review.objects.visible_to(viewer).filter(referral=case)
    found = rows.select_related("before__cell", "after__cell", "completed_by").first()
    if found is None:
        return None
    facts: list[tuple[str, Any]] = [
        (
            "Completed",
            f"{moment(found.completed_at)}, {found.completed_by}" if found.completed_at else "Not yet",
        ),
        ("Delivered?", found.get_delivered_display()),
        ("Achieved its aim?", found.get_achieved_display()),
        ("Longer commitment?", found.get_longer_commitment_display()),
        ("Waste if stopped?", found.get_waste_if_stopped_display()),
        ("Still backed?", found.get_still_backed_display()),
        ("Rating before", rating(found.before.cell.rating) if found.before else ""),
        ("Rating after", rating(found.after.cell.rating) if found.after else ""),
    ]
    outcomes = ReviewOutcome.objects.visible_to(viewer).filter(review=found)
    part = Part("review", "Review", [Pairs("The review", facts)])
    part.blocks.append(
        Table("Outcomes", _OUTCOMES, list(outcomes.select_related("objective", "action").order_by("pk")))
    )
    for said in PracticeFeedback.objects.visible_to(viewer).filter(review=found):
        words = [
            ("What helped", said.helped),
            ("What did not", said.did_not_help),
            ("Would recommend it", said.get_recommend_display()),
        ]
        part.blocks.append(Pairs(f"What the practice said on {day(said.given_at)}", words))
    return part


_TEXTS = [
    Column("Text", "number", kind="number"),
    Column("Written", "written_at", kind="moment"),
    Column("By", "written_by.name"),
    Column("Title", "title"),
    Column("The problem", "problem"),
    Column("What was done", "done"),
    Column("What went well", "went_well"),
    Column("What did not", "went_badly"),
    Column("Results", "results"),
    Column("In their words", "quotation"),
    Column("Said by", "quoted_as"),
]
_CONSENTS = [
    Column("Given", "given_at", kind="moment"),
    Column("By", "given_by.name"),
    Column("To text", "text.number", kind="number"),
    Column("Named", lambda row: "Named" if row.is_named else "Not named"),
    Column("Statement", "statement"),
    Column("SHA-256 of what was shown", "sha256"),
]
_PUBLISHED = [
    Column("Copy", "number", kind="number"),
    Column("Title", "title"),
    Column("Published", "published_at", kind="moment"),
    Column("Named", lambda row: "Named" if row.is_named else "Not named"),
    Column("Taken down", "taken_down_at", kind="moment"),
    Column("Why", "taken_down_reason"),
]


def case_study(case: Referral, viewer: Any) -> Part | None:
    """Every text of the case study, the consents to them, and the copies that were published."""
    found = CaseStudy.objects.visible_to(viewer).filter(referral=case).first()
    if found is None:
        return None
    texts = CaseStudyText.objects.visible_to(viewer).filter(study=found).select_related("written_by")
    consents = CaseStudyConsent.objects.visible_to(viewer).filter(study=found)
    # Its published copies are the case's own, also those that were taken down and that no list shows any more.
    copies = PublishedStudy.objects.filter(study=found).select_related("document").defer("document__content")
    published = list(copies.order_by("number"))
    part = Part("case-study", "Case study")
    part.blocks = [
        Pairs(
            "The case study", [("State", found.get_state_display()), ("Naming", found.get_naming_display())]
        ),
        Table("Texts", _TEXTS, list(texts.order_by("number"))),
        Table("Consents", _CONSENTS, list(consents.select_related("given_by", "text").order_by("pk"))),
        Table("Published copies", _PUBLISHED, published),
    ]
    part.files = [kept("case-study", each.number, each.document) for each in published]
    return part
