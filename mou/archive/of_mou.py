"""The improvement plan, and every MoU of the case: the document as sent, its signatures, and its sealed copy."""

from typing import Any

from django.db.models import Prefetch

from mou.archive.pages import Pairs, Part, Table, kept, made
from mou.models import (
    Agreement,
    Contribution,
    Delegation,
    Draft,
    DraftComment,
    Notice,
    Objective,
    Plan,
    PlanAction,
    Project,
    Signature,
    SupportService,
)
from mou.plan import plans
from mou.projects import projects
from resilience.core.access import P, allows
from resilience.core.models import StoredFile
from resilience.core.tables import Column
from resilience.core.words import day, moment
from resilience.referrals.models import Referral

_OBJECTIVES = [
    Column("Heading", "get_heading_display"),
    Column("Objective", "objective"),
    Column("How we will know", "measure"),
    Column("By", "due_on", kind="date"),
]
_ACTIONS = [
    Column("Deliverable", "deliverable"),
    Column("Action", "action"),
    Column("Owner", "owner"),
    Column("Resources", "resources"),
    Column("Outcomes", "outcomes"),
    Column("Monitoring", "monitoring"),
    Column("By", "due_on", kind="date"),
]
_SERVICES = [Column("Service", "service"), Column("Provider", "provider")]
_CONTRIBUTIONS = [
    Column("Theme", "theme"),
    Column("Service", "service"),
    Column("The commissioner", "commissioner_contribution"),
    Column("The practice", "practice_contribution"),
    Column("Not applicable", lambda row: "Not applicable" if row.not_applicable else ""),
]
_PROJECTS = [
    Column("Project", "name"),
    Column("Horizon", "get_horizon_display"),
    Column("Aim", "aim"),
    Column("What will change", "change"),
    Column("Lead practice", "lead_practice.name"),
    Column("From", "starts_on", kind="date"),
    Column("To", "ends_on", kind="date"),
]
_TABLES = (
    ("Objectives", Objective, _OBJECTIVES),
    ("Action plan", PlanAction, _ACTIONS),
    ("Support services", SupportService, _SERVICES),
    ("Contributions", Contribution, _CONTRIBUTIONS),
)


def plan(case: Referral, viewer: Any) -> Part | None:
    """The plan as it stands, with who agreed it when."""
    found = Plan.objects.visible_to(viewer).filter(referral=case).first()
    if found is None:
        return None
    facts: list[tuple[str, Any]] = [
        ("Agreed for the practice", _given(found.practice_agreed_at, found.practice_agreed_by)),
        ("Agreed for the commissioner", _given(found.commissioner_agreed_at, found.commissioner_agreed_by)),
        ("Exit strategy", found.exit_strategy),
        ("Ends on", day(found.ends_on)),
        ("A case study", "Yes" if found.has_case_study else "No"),
    ]
    for lead in plans.LEADS:
        said = [getattr(found, lead + part) for part in plans.LEAD_PARTS]
        facts.append((plans.LEAD_TITLES[lead], ", ".join(filter(None, said))))
    part = Part("plan", "Improvement plan", [Pairs("The plan", facts)])
    for heading, model, columns in _TABLES:
        rows = model.objects.visible_to(viewer).filter(plan=found).order_by("pk")
        part.blocks.append(Table(heading, columns, list(rows)))
    shared = Project.objects.visible_to(viewer).filter(pk__in=projects.of_plan_or_cluster(found).values("pk"))
    part.blocks.append(
        Table("Projects", _PROJECTS, list(shared.select_related("lead_practice").order_by("pk")))
    )
    return part


def _given(at: Any, by: Any) -> str:
    return f"{moment(at)}, {by}" if at else "Not yet"


_DRAFTS = [
    Column("Draft", "number", kind="number"),
    Column("Wording", lambda row: str(row.template)),
    Column("Made", "made_at", kind="moment"),
    Column("By", "made_by.name"),
    Column("Agreed by the practice", "agreed_at", kind="moment"),
    Column("By whom", "agreed_by.name"),
]
_COMMENTS = [
    Column("Draft", "draft.number", kind="number"),
    Column("Clause", "clause"),
    Column("Kind", "get_kind_display"),
    Column("Words", "text"),
    Column("When", "written_at", kind="moment"),
    Column("By", "written_by.name"),
    Column("Answer", "get_answer_display"),
    Column("Reason", "answer_text"),
    Column("Answered", "answered_at", kind="moment"),
    Column("Answered by", "answered_by.name"),
    Column("Done in draft", "done_in.number", kind="number"),
]


def drafts(case: Referral, viewer: Any) -> Part | None:
    """Every draft of the MoU as it was read, and what was said of its clauses."""
    rows = (
        Draft.objects.visible_to(viewer)
        .filter(referral=case)
        .select_related("template", "made_by", "agreed_by")
    )
    found = list(rows.order_by("number"))
    if not found:
        return None
    comments = DraftComment.objects.visible_to(viewer).filter(draft__in=found)
    comments = comments.select_related("draft", "written_by", "answered_by", "done_in")
    part = Part("drafts", "Drafts of the MoU")
    part.blocks = [
        Table("Drafts", _DRAFTS, found),
        Table("What was said of them", _COMMENTS, list(comments.order_by("pk")), "comments.csv"),
    ]
    part.files = [
        made(
            f"drafts/{each.number:03d}-as-read.html.txt",
            f"Draft {each.number}: the text of the page",
            each.html.encode(),
        )
        for each in found
    ]
    return part


_SIGNATURES = [
    Column("Side", "get_side_display"),
    Column("Signed by", "typed_name"),
    Column("Role", "role"),
    Column("For", lambda row: f"{row.organisation} ({row.organisation_code})"),
    Column("When", "signed_at", kind="moment"),
    Column("Authority", "authority"),
    Column("Confirmed", "consent_text"),
    Column("SHA-256 of the PDF signed", "document_sha256"),
    Column("Entry of the record", "trail_sequence", kind="number"),
    Column("Its hash", "trail_hash"),
]
_TECHNICAL = [
    Column("Address", "ip_address"),
    Column("Browser", "user_agent"),
    Column("Signed in with", "sign_in_method"),
]

_DELEGATIONS = [
    Column("Side", "get_side_display"),
    Column("Asked by", "delegated_by.name"),
    Column("Asked to sign", "person.name"),
    Column("When", "delegated_at", kind="moment"),
    Column("Why", "why"),
]
_NOTICES = [
    Column("Given on", "given_on", kind="date"),
    Column("By", "get_side_display"),
    Column("Ground", "get_ground_display"),
    Column("Why", "why"),
    Column("Ends it on", "ends_on", kind="date"),
    Column("LMC talked with", "lmc_talked_with"),
    Column("Withdrawn", "withdrawn_at", kind="moment"),
    Column("Why withdrawn", "withdrawn_why"),
]


def agreements(case: Referral, viewer: Any) -> Part | None:
    """Every MoU that was sent and what varied it, the withdrawn ones too, and how each ended."""
    rows = (
        Agreement.objects.visible_to(viewer)
        .filter(referral=case)
        .select_related("template", "stopped_by", "document", "sealed", "ending")
        .defer("document__content", "sealed__content")
        .prefetch_related(
            Prefetch("signatures", Signature.objects.visible_to(viewer).order_by("pk")),
            Prefetch("signatures__scan", StoredFile.objects.defer("content")),
            Prefetch(
                "delegations",
                Delegation.objects.visible_to(viewer).select_related("person", "delegated_by").order_by("pk"),
            ),
            Prefetch("notices", Notice.objects.visible_to(viewer).order_by("pk")),
        )
    )
    part = Part("mou", "Memorandum of Understanding")
    is_office = allows(viewer, P.VIEW_INTERNAL, case)
    columns = [*_SIGNATURES, *(_TECHNICAL if is_office else [])]
    for number, each in enumerate(rows.order_by("pk"), 1):
        name = f"{number}. {each.name}"
        part.blocks += [
            Pairs(name, _facts(each)),
            Table(f"{name}: signatures", columns, list(each.signatures.all())),
        ]
        if delegations := list(each.delegations.all()):
            part.blocks.append(Table(f"{name}: passed to a colleague", _DELEGATIONS, delegations))
        if notices := list(each.notices.all()):
            part.blocks.append(Table(f"{name}: notices", _NOTICES, notices))
        part.files += documents_of(each, "mou", number)
        scans = [signature.scan for signature in each.signatures.all() if signature.scan]
        part.files += [kept("mou/paper", 10 * number + n, scan) for n, scan in enumerate(scans)]
        # The very page, whose hash each signature holds, and nothing around it.
        shown = f"mou/{number:03d}-as-shown.html.txt"
        part.files.append(
            made(shown, f"{name}: the text of the page, whose hash each signature holds", each.html.encode())
        )
    return part if part.blocks else None


def _facts(agreement: Agreement) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        ("State", agreement.get_state_display()),
        ("Wording", agreement.template),
        ("Sent for signature", moment(agreement.sent_at)),
        ("Last day to sign", day(agreement.sign_by)),
        ("Signed by both", moment(agreement.signed_at)),
        ("Sealed", moment(agreement.sealed_at)),
    ]
    if agreement.stopped_at:
        by = agreement.stopped_by or "the service itself"
        facts.append(("Withdrawn, declined or expired", f"{moment(agreement.stopped_at)}, {by}"))
        facts.append(("Why", agreement.stopped_reason))
    if ending := getattr(agreement, "ending", None):
        facts.append(("It ended", f"{day(ending.ended_on)}: {ending.get_how_display()}"))
        facts.append(("Why it ended", ending.why))
    return facts


def documents_of(row: Any, folder: str, number: int) -> list[Any]:
    """The PDF that was shown and its sealed copy, as stored."""
    files = ((row.document, "as sent"), (row.sealed, "sealed"))
    return [kept(folder, number, file, f"{file.name}, {words}") for file, words in files if file]
