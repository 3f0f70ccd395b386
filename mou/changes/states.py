"""The small table of a proposal to vary an MoU: which state may follow which, by which act, for whom."""

from django.db import models

from mou.models import Proposal
from resilience.core.access import Denied, P
from resilience.referrals.states import Act


class ProposalState(models.TextChoices):
    """Where a proposal stands; told from its document, never stored."""

    NONE = "none", "None"
    DRAFT = "draft", "Being drafted"
    SENT = "sent", "Out for signature"
    APPLIED = "applied", "Signed by all"
    DROPPED = "dropped", "Dropped"


S = ProposalState
PROPOSAL_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.propose", "Ask for a change", P.PLAN_FOR_PRACTICE, {S.NONE: S.DRAFT}),
        Act("mou.say_why", "Change what it says", P.PLAN_FOR_COMMISSIONER, {S.DRAFT: S.DRAFT}),
        Act("mou.change_part", "Change a part", P.PLAN_FOR_COMMISSIONER, {S.DRAFT: S.DRAFT}),
        Act("mou.change_row", "Change the plan", P.PLAN_FOR_COMMISSIONER, {S.DRAFT: S.DRAFT}),
        Act("mou.change_clause", "Change a clause", P.PLAN_FOR_COMMISSIONER, {S.DRAFT: S.DRAFT}),
        Act("mou.undo_change", "Leave as it stands", P.PLAN_FOR_COMMISSIONER, {S.DRAFT: S.DRAFT}),
        Act("mou.send_variation", "Send it for signature", P.PLAN_FOR_COMMISSIONER, {S.DRAFT: S.SENT}),
        Act("mou.drop_proposal", "Drop it", P.PLAN_FOR_COMMISSIONER, {S.DRAFT: S.DROPPED}),
    )
}
"""The first is open to both sides: the practice by this permission, the office by P.PLAN_FOR_COMMISSIONER. Who
asked for a change may also drop it. The signatures are those of the agreement (``mou.agreement.states``)."""


def proposal_state(proposal: Proposal | None) -> str:
    """Where it stands."""
    if proposal is None:
        return S.NONE
    if proposal.dropped_at:
        return S.DROPPED
    if proposal.applied_at:
        return S.APPLIED
    return S.DRAFT if proposal.is_draft else S.SENT


def check_proposal_state(act: str, proposal: Proposal | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on the proposal as it stands."""
    state = proposal_state(proposal)
    if state in PROPOSAL_ACTS[act].moves:
        return
    if act == "mou.propose":
        raise Denied("Another change is being drafted or signed. Finish it first, or drop it.")
    label = PROPOSAL_ACTS[act].label
    raise Denied(f"“{label}” is not possible now: this change is “{S(state).label}”.")
