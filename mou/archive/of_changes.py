"""What became of an MoU once it was signed: changes that were asked for, and disputes."""

import json
from typing import Any

from mou.archive.pages import Part, Table
from mou.models import Dispute, DisputeStep, Proposal, ProposedChange
from resilience.core.access import P, allows
from resilience.core.tables import Column
from resilience.referrals.models import Referral

_PROPOSALS = [
    Column("Change", "pk", kind="number"),
    Column("Kind", "get_kind_display"),
    Column("What", "what"),
    Column("Why", "why"),
    Column("Asked", "asked_at", kind="moment"),
    Column("By", "asked_by.name"),
    Column("Document", lambda row: row.agreement.name if row.agreement else "None sent"),
    Column("In force since", "applied_at", kind="moment"),
    Column("Dropped", "dropped_at", kind="moment"),
    Column("Why dropped", "dropped_why"),
]
_CHANGES = [
    Column("Change", "proposal_id", kind="number"),
    Column("Of", "get_target_display"),
    Column("Clause", "clause"),
    Column("As it stood", lambda row: _said(row.before)),
    Column("As it will stand", lambda row: _said(row.after)),
]
_DISPUTES = [
    Column("Dispute", "pk", kind="number"),
    Column("About", "about"),
    Column("Raised by", lambda row: "The practice" if row.by_practice else "The commissioner"),
    Column("Raised", "raised_at", kind="moment"),
    Column("State", "get_state_display"),
    Column("Settled", "settled_at", kind="moment"),
]
_STEPS = [
    Column("Dispute", "dispute_id", kind="number"),
    Column("On", "happened_on", kind="date"),
    Column("What", "get_kind_display"),
    Column("Words", "words"),
    Column("By", "made_by.name"),
]


def _said(fields: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {json.dumps(fields[name], ensure_ascii=False)}" for name in sorted(fields))


def changes(case: Referral, viewer: Any) -> Part | None:
    """Every change that was asked for, line by line, and every dispute with its steps."""
    asked = (
        Proposal.objects.visible_to(viewer).filter(mou__referral=case).select_related("asked_by", "agreement")
    )
    lines = ProposedChange.objects.visible_to(viewer).filter(proposal__mou__referral=case)
    disputes = Dispute.objects.visible_to(viewer).filter(agreement__referral=case)
    steps = DisputeStep.objects.visible_to(viewer).filter(dispute__agreement__referral=case)
    is_office = allows(viewer, P.VIEW_INTERNAL, case)
    if not is_office:
        steps = steps.filter(is_internal=False)
    part = Part("changes", "Changes and disputes")
    tables = [
        Table("Changes that were asked for", _PROPOSALS, list(asked.order_by("pk"))),
        Table(
            "What each would change",
            _CHANGES,
            list(lines.order_by("pk")),
            empty="No clause and no part of the plan.",
        ),
        Table("Disputes", _DISPUTES, list(disputes.order_by("pk"))),
        Table("Each step of them", _STEPS, list(steps.select_related("made_by").order_by("pk"))),
    ]
    if not any(table.rows for table in tables):
        return None
    part.blocks = [*tables]
    if not is_office:
        part.left_out.append("What the office noted for itself in a dispute.")
    return part
