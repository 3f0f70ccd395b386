"""What a supplier did for the practices of a case: who, the visits, and what it handed in."""

from typing import Any

from mou.archive.pages import Part, Table, kept
from mou.models import (
    CommitmentTick,
    Deliverable,
    DeliverablePart,
    DeliverableRound,
    SupplierCase,
    SupplierVisit,
)
from resilience.core.tables import Column
from resilience.referrals.models import Referral

_CASES = [
    Column("Practice", "practice.name"),
    Column("Supplier", "supplier.name"),
    Column("Change manager", "manager_name"),
    Column("Assigned", "assigned_at", kind="moment"),
    Column("Ended", "ended_at", kind="moment"),
    Column("Why it ended", "ended_reason"),
]
_VISITS = [
    Column("Practice", "supplier_case.practice.name"),
    Column("Planned", "planned_on", kind="date"),
    Column("Made", "made_on", kind="date"),
    Column("Note", "note"),
    Column("Why cancelled", "cancelled_reason"),
]
_TICKS = [
    Column("Practice", "supplier_case.practice.name"),
    Column("Commitment", "item.name"),
    Column("Ticked", "ticked_at", kind="moment"),
    Column("Undone", "undone_at", kind="moment"),
]
_DELIVERABLES = [
    Column("Practice", "supplier_case.practice.name"),
    Column("What", "kind.name"),
    Column("Due", "due_on", kind="date"),
    Column("State", "get_state_display"),
    Column("Accepted", "accepted_at", kind="moment"),
]
_ROUNDS = [
    Column("What", "deliverable.kind.name"),
    Column("Round", "number", kind="number"),
    Column("Handed in", "handed_in_at", kind="moment"),
    Column("By", "handed_in_by.name"),
    Column("Note", "note"),
    Column("Accepted", lambda row: {True: "Yes", False: "Asked again"}.get(_answer(row, "accepts"), "")),
    Column("Answer", lambda row: _answer(row, "words")),
    Column("File", "file.name"),
]
_PARTS = [
    Column("What", "deliverable.kind.name"),
    Column("Part", "section"),
    Column("Words", "words"),
    Column("Outcome", "outcome"),
    Column("Owner", "owner"),
    Column("By", "due_on", kind="date"),
]


def _answer(row: Any, name: str) -> Any:
    answer = getattr(row, "answer", None)
    return getattr(answer, name, "") if answer else ""


def suppliers(case: Referral, viewer: Any) -> Part | None:
    """Each assignment, its visits and commitments, and each deliverable with its rounds and files."""
    found = (
        SupplierCase.objects.visible_to(viewer).filter(referral=case).select_related("practice", "supplier")
    )
    rows = list(found.order_by("pk"))
    if not rows:
        return None
    of = {"supplier_case__in": rows}
    of_it = {"deliverable__supplier_case__in": rows}
    visits = SupplierVisit.objects.visible_to(viewer).filter(**of).select_related("supplier_case__practice")
    ticks = CommitmentTick.objects.visible_to(viewer).filter(**of)
    due = (
        Deliverable.objects.visible_to(viewer).filter(**of).select_related("supplier_case__practice", "kind")
    )
    rounds = DeliverableRound.objects.visible_to(viewer).filter(**of_it).defer("file__content")
    rounds = rounds.select_related("deliverable__kind", "handed_in_by", "file", "answer")
    parts = DeliverablePart.objects.visible_to(viewer).filter(**of_it).select_related("deliverable__kind")
    handed_in = list(rounds.order_by("pk"))
    part = Part("supplier", "The supplier")
    part.blocks = [
        Table("Assignments", _CASES, rows),
        Table("Visits", _VISITS, list(visits.order_by("pk"))),
        Table(
            "The practice's commitments",
            _TICKS,
            list(ticks.select_related("supplier_case__practice", "item").order_by("pk")),
        ),
        Table("What is delivered", _DELIVERABLES, list(due.order_by("pk"))),
        Table("Each time it was handed in", _ROUNDS, handed_in),
        Table("What was written here", _PARTS, list(parts.order_by("pk"))),
    ]
    files = [each.file for each in handed_in if each.file]
    part.files = [kept("supplier/files", number, file) for number, file in enumerate(files, 1)]
    part.left_out.append("What a confidentiality agreement covers, and figures that the supplier gathered.")
    return part
