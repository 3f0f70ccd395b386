"""The small table of the plan: which state may follow which, by which act, for whom."""

from django.db import models

from mou.models import Plan
from resilience.core.access import Denied, P
from resilience.referrals.states import Act, State

WHILE_SUPPORTED: frozenset[str] = frozenset({State.SUPPORTED, State.COMMITTED})
"""The states of the referral in which its plan is drafted and agreed."""


class PlanState(models.TextChoices):
    """Where a plan stands; told from who has agreed, never stored."""

    NONE = "none", "Not started"
    DRAFTING = "drafting", "Being drafted"
    PRACTICE_AGREED = "practice_agreed", "Agreed by the practice"
    COMMISSIONER_AGREED = "commissioner_agreed", "Agreed by the commissioner"
    AGREED = "agreed", "Agreed by both"


S = PlanState
_CHANGES: dict[str, str] = dict.fromkeys((S.DRAFTING, S.PRACTICE_AGREED, S.COMMISSIONER_AGREED), S.DRAFTING)
PLAN_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.start_plan", "Start the plan", P.PLAN_FOR_PRACTICE, {S.NONE: S.DRAFTING}),
        Act("mou.save_plan_part", "Change the plan", P.PLAN_FOR_PRACTICE, _CHANGES),
        Act("mou.save_row", "Change the plan", P.PLAN_FOR_PRACTICE, _CHANGES),
        Act("mou.remove_row", "Change the plan", P.PLAN_FOR_PRACTICE, _CHANGES),
        Act("mou.reopen_plan", "Reopen the plan", P.PLAN_FOR_PRACTICE, {S.AGREED: S.DRAFTING}),
        Act(
            "mou.agree_for_practice",
            "Agree the plan for the practice",
            P.PLAN_FOR_PRACTICE,
            {S.DRAFTING: S.PRACTICE_AGREED, S.COMMISSIONER_AGREED: S.AGREED},
        ),
        Act(
            "mou.agree_for_commissioner",
            "Agree the plan for the commissioner",
            P.APPROVE_PLAN,
            {S.DRAFTING: S.COMMISSIONER_AGREED, S.PRACTICE_AGREED: S.AGREED},
        ),
    )
}
"""The first five are open to both sides: the practice by this permission, the office by P.PLAN_FOR_COMMISSIONER."""


def plan_state(plan: Plan | None) -> str:
    """Where a plan stands, told from the agreements given."""
    if plan is None:
        return S.NONE
    if plan.agreed_at:
        return S.AGREED
    if plan.practice_agreed_at:
        return S.PRACTICE_AGREED
    return S.COMMISSIONER_AGREED if plan.commissioner_agreed_at else S.DRAFTING


def check_plan_state(act: str, plan: Plan | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on the plan as it stands."""
    state = plan_state(plan)
    if state in PLAN_ACTS[act].moves:
        return
    if state == S.NONE:
        raise Denied("The improvement plan is not started yet.")
    if act == "mou.reopen_plan":
        raise Denied("This plan is open: both sides have not agreed it yet.")
    if state == S.AGREED:
        raise Denied("Both sides have agreed this plan: nothing in it changes any more.")
    if act == "mou.start_plan":
        raise Denied("The improvement plan is started already.")
    raise Denied(f"“{PLAN_ACTS[act].label}” is done already: the plan is “{S(state).label}”.")
