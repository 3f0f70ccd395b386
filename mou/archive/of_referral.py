"""The referral as it was sent, what was said about it, how it was assessed and what was decided."""

from typing import Any

from mou.archive.pages import Pairs, Part, Table, kept
from resilience.assessments.models import (
    Assessment,
    ContinuingSupport,
    Finding,
    Placement,
    SafetyEscalation,
)
from resilience.core.access import P, allows
from resilience.core.tables import Column
from resilience.core.words import day, moment, money, rating
from resilience.decisions.models import Decision
from resilience.referrals.answers import sections
from resilience.referrals.dividing import family
from resilience.referrals.models import Attachment, Message, Referral


def attachments(referral: Referral, viewer: Any) -> Any:
    """The files of a case that this person may see, without their content."""
    rows = Attachment.objects.visible_to(viewer).filter(referral=referral)
    return rows.select_related("file").defer("file__content").order_by("pk")


def referral(case: Referral, viewer: Any) -> Part:
    """The form as it was received, with what came with it."""
    facts = [
        ("Reference", case.reference),
        ("Programme", f"{case.year.programme.name}, {case.year.name}"),
        ("State", case.get_state_display()),
        ("Received", f"{day(case.received_on)}, {case.get_channel_display().lower()}"),
        ("Sent by", case.submitted_by),
        ("To acknowledge by", day(case.acknowledge_by)),
        ("Acknowledged", moment(case.acknowledged_at)),
    ]
    if allows(viewer, P.VIEW_INTERNAL, case):
        facts += [
            ("Commissioner's statement", case.commissioner_statement),
            ("Priority", case.get_priority_display()),
            ("Officer", case.assigned_to),
        ]
    family_of_case = family(viewer, case)
    if group := family_of_case.get("group"):
        facts.append(("Divided from", group.reference))
    if cases := family_of_case.get("into"):
        said = ", ".join(f"{each.reference} ({each.lead_practice.name})" for each in cases)
        facts.append(("Divided into", said))
    if case.withdrawn_at:
        facts += [("Withdrawn", moment(case.withdrawn_at)), ("Why", case.withdrawn_reason)]
    part = Part("referral", "The referral", [Pairs("The case", facts)])
    for section in sections(case):
        part.blocks.append(
            Pairs(section.title, [(row.question, "\n".join(row.answer)) for row in section.rows])
        )
    for number, attachment in enumerate(attachments(case, viewer).filter(message=None), 1):
        part.files.append(kept("referral/files", number, attachment.file))
    return part


def messages(case: Referral, viewer: Any) -> Part:
    """Everything that was said, oldest first; notes of the office for those who may read them."""
    rows = Message.objects.visible_to(viewer).filter(referral=case).select_related("written_by", "answers")
    files = list(attachments(case, viewer).exclude(message=None))
    columns = [
        Column("Number", "pk", kind="number"),
        Column("When", "written_at", kind="moment"),
        Column("What", "get_kind_display"),
        Column("By", "written_by.name"),
        Column("Subject", "subject"),
        Column("Text", "text"),
        Column("Answers number", "answers_id"),
        Column("Files", lambda row: ", ".join(each.file.name for each in files if each.message_id == row.pk)),
    ]
    said = Table("Messages", columns, list(rows.order_by("written_at", "pk")), "messages.csv", "Nothing yet.")
    part = Part("messages", "Messages", [said])
    part.files = [kept("messages/files", number, each.file) for number, each in enumerate(files, 1)]
    if not allows(viewer, P.VIEW_INTERNAL, case):
        part.left_out.append("Notes that the office wrote for itself: they are its own working papers.")
    return part


_FINDINGS = [
    Column("No.", "criterion.number", kind="number"),
    Column("Criterion", "criterion.name"),
    Column("Concern", "get_concern_display"),
    Column("Evidence", "evidence"),
    Column("Source", "source"),
    Column("Found", "found_at", kind="moment"),
    Column("By", "found_by.name"),
]
_PLACEMENTS = [
    Column("Placed", "placed_at", kind="moment"),
    Column("By", "placed_by.name"),
    Column("Scope", "cell.scope", kind="number"),
    Column("Why this scope", "scope_justification"),
    Column("Impact", "cell.impact", kind="number"),
    Column("Why this impact", "impact_justification"),
    Column("Rating", lambda row: rating(row.cell.rating)),
    Column("Why it was reviewed", "review_reason"),
    Column("Stands", lambda row: "Yes" if row.is_current else "No, replaced"),
]
_CONTINUING = [
    Column("Answered", "answered_at", kind="moment"),
    Column("By", "answered_by.name"),
    Column("Delivered?", "get_delivered_display"),
    Column("Achieved its aim?", "get_achieved_display"),
    Column("Longer commitment?", "get_longer_commitment_display"),
    Column("Waste if stopped?", "get_waste_if_stopped_display"),
    Column("Still backed?", "get_still_backed_display"),
    Column("Comment", "comment"),
]
_ESCALATIONS = [
    Column("Raised", "raised_at", kind="moment"),
    Column("By", "raised_by.name"),
    Column("Why", "why"),
    Column("Taken", "taken_at", kind="moment"),
    Column("Taken by", "taken_by.name"),
    Column("What was done", "taken_note"),
]


def assessment(case: Referral, viewer: Any) -> Part | None:
    """Findings, placements and escalations, for the office."""
    if not allows(viewer, P.VIEW_INTERNAL, case):
        return Part(
            "assessment",
            "Assessment",
            left_out=[
                "How the referral was assessed and placed beside others: the office's own working papers. "
                "Ask the commissioner if you want to know more."
            ],
        )
    started = Assessment.objects.visible_to(viewer).filter(referral=case).select_related("criteria_set")
    part = Part("assessment", "Assessment")
    for each in started.select_related("started_by", "completed_by"):
        said = [
            ("Criteria", each.criteria_set),
            ("Started", f"{moment(each.started_at)}, {each.started_by}"),
            ("Completed", f"{moment(each.completed_at)}, {each.completed_by}" if each.completed_at else ""),
        ]
        part.blocks.append(Pairs("The assessment", said))
    findings = Finding.objects.visible_to(viewer).filter(assessment__referral=case)
    findings = findings.select_related("criterion", "found_by").order_by("criterion__number", "pk")
    placements = (
        Placement.objects.visible_to(viewer).filter(referral=case).select_related("cell", "placed_by")
    )
    continuing = ContinuingSupport.objects.visible_to(viewer).filter(referral=case)
    raised = SafetyEscalation.objects.visible_to(viewer).filter(referral=case)
    part.blocks += [
        Table("Findings", _FINDINGS, list(findings), "findings.csv"),
        Table(
            "Placements on the support matrix", _PLACEMENTS, list(placements.order_by("pk")), "placements.csv"
        ),
        Table(
            "Continuing support", _CONTINUING, list(continuing.select_related("answered_by").order_by("pk"))
        ),
        Table(
            "Safety escalations",
            _ESCALATIONS,
            list(raised.select_related("raised_by", "taken_by").order_by("pk")),
        ),
    ]
    part.left_out.append("Interests that people declared: they belong to the person, not to the case.")
    return part


def decision(case: Referral, viewer: Any) -> Part:
    """What was decided: for the office with the reason, for the practice the letter as it was written to it."""
    is_office = allows(viewer, P.VIEW_INTERNAL, case)
    part = Part("decision", "Decision")
    rows = (
        Decision.objects.filter(referral=case)
        .select_related("decided_by")
        .prefetch_related("categories__item")
    )
    for each in rows.order_by("pk"):
        facts: list[tuple[str, Any]] = [
            ("Decided", day(each.decided_at)),
            ("Outcome", each.get_outcome_display()),
            ("Granted", money(each.amount) if each.amount else ""),
            ("Categories", ", ".join(wanted.item.name for wanted in each.categories.all())),
        ]
        if is_office:
            facts += [("By", each.decided_by), ("Reason", each.reason)]
        part.blocks.append(Pairs(f"Decision of {day(each.decided_at)}", [*facts, ("Letter", each.letter)]))
    if not is_office and part.blocks:
        part.left_out.append(
            "The reasons that the office noted for itself: the letter says what was decided and why."
        )
    return part
