"""The small table of a dispute: which state may follow which, by which act, for whom."""

from mou.models import Dispute
from resilience.core.access import Denied, P
from resilience.referrals.states import Act

D = Dispute.State
NONE = ""
_OPEN: dict[str, str] = {state: state for state in (D.RAISED, D.ESCALATED, D.LMC)}
DISPUTE_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "mou.raise_dispute", "Raise a dispute", P.PLAN_FOR_PRACTICE, {NONE: D.RAISED, D.SETTLED: D.RAISED}
        ),
        Act("mou.say_in_dispute", "Record what was said", P.PLAN_FOR_PRACTICE, _OPEN),
        Act("mou.note_in_dispute", "Add an internal note", P.WORK_REFERRALS, _OPEN),
        Act(
            "mou.escalate_dispute",
            "Put it to the strategic lead",
            P.PLAN_FOR_PRACTICE,
            {D.RAISED: D.ESCALATED},
        ),
        Act("mou.ask_lmc", "Ask the LMC", P.APPROVE_PLAN, {D.ESCALATED: D.LMC}),
        Act(
            "mou.settle_dispute",
            "Record the outcome",
            P.PLAN_FOR_COMMISSIONER,
            dict.fromkeys(_OPEN, D.SETTLED),
        ),
    )
}
"""The first, second and fourth are open to both sides: the practice by this permission, the office by
P.PLAN_FOR_COMMISSIONER or P.APPROVE_PLAN. The outcome is recorded by either of the office."""


def check_dispute_state(act: str, dispute: Dispute | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on the dispute as it stands."""
    state = dispute.state if dispute else NONE
    if state in DISPUTE_ACTS[act].moves:
        return
    if act == "mou.raise_dispute":
        raise Denied("A dispute is open already. Add to that one.")
    label = DISPUTE_ACTS[act].label
    said = f"this dispute is “{D(state).label}”" if state else "no dispute is open"
    raise Denied(f"“{label}” is not possible now: {said}.")
