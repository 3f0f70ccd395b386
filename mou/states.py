"""The small tables of the plan and of the agreement: which state may follow which, by which act, for whom.

Read beside ``resilience.referrals.states``, whose ``Act`` they share: the referral's own state is asked too.
"""

from collections.abc import Iterable

from django.db import models

from funding.mou_status import MouStatus
from mou.models import Agreement, Plan
from resilience.core.access import Denied, P
from resilience.referrals.states import Act, State

A = Agreement.State

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

NOT_SENT = ""

AGREEMENT_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "mou.send", "Send for signature", P.PLAN_FOR_COMMISSIONER, {NOT_SENT: A.SENT, A.WITHDRAWN: A.SENT}
        ),
        Act(
            "mou.sign_for_practice",
            "Sign for the practice",
            P.SIGN_FOR_PRACTICE,
            {A.SENT: A.PRACTICE_SIGNED},
        ),
        Act(
            "mou.sign_for_commissioner",
            "Sign for the commissioner",
            P.SIGN_FOR_COMMISSIONER,
            {A.PRACTICE_SIGNED: A.SIGNED},
        ),
        Act(
            "mou.withdraw_agreement",
            "Withdraw the MoU",
            P.PLAN_FOR_COMMISSIONER,
            {A.SENT: A.WITHDRAWN, A.PRACTICE_SIGNED: A.WITHDRAWN},
        ),
    )
}
"""``mou.send`` makes a new agreement: where none was sent, or after one that was withdrawn."""


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


def check_agreement_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on an agreement in ``state`` ("" for none)."""
    if state in AGREEMENT_ACTS[act].moves:
        return
    if act == "mou.sign_for_commissioner" and state == A.SENT:
        raise Denied("The practice signs first. It has not signed yet.")
    if act == "mou.send":
        raise Denied("The MoU is with its signatories already. Withdraw it before you send another.")
    label = AGREEMENT_ACTS[act].label
    raise Denied(f"“{label}” is not possible now: this MoU is “{A(state).label}”.")


def status_of(referrals: Iterable[int]) -> dict[int, MouStatus]:
    """How far the MoU of each referral is, by id: the one that stands, else the last that was withdrawn. One query."""
    rows = Agreement.objects.filter(referral__in=list(referrals)).order_by("id")
    found: dict[int, MouStatus] = {}
    for referral, state in rows.values_list("referral", "state"):
        if state != A.WITHDRAWN or referral not in found:
            found[referral] = MouStatus(A(state).label, state == A.SIGNED)
    return found
