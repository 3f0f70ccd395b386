"""Where the improvement plan stands, for the practice's own page."""

from collections.abc import Iterable

from django.urls import reverse

from mou.models import Plan
from mou.plan.states import WHILE_SUPPORTED, PlanState, plan_state
from resilience.referrals.following import Step
from resilience.referrals.models import Referral
from resilience.referrals.states import State

S = PlanState
SAID: dict[str, tuple[str, str]] = {
    S.NONE: ("The improvement plan comes next. You can start it, or we do.", "Go to the plan"),
    S.DRAFTING: (
        "We write the improvement plan together. Read it, change it, and agree it.",
        "Go to the plan",
    ),
    S.COMMISSIONER_AGREED: (
        "We have agreed the improvement plan. It needs your agreement.",
        "Agree the plan",
    ),
    S.PRACTICE_AGREED: ("You have agreed the improvement plan. We agree it next.", ""),
    S.AGREED: ("The improvement plan is agreed. You will get an email when your MoU is ready to read.", ""),
}
"""By the state of the plan: a sentence and, where it is the practice's turn, a button."""


def plan_steps(referrals: Iterable[Referral]) -> dict[int, Step]:
    """By referral id, from the decision until an MoU is out. One query, and one for the MoUs."""
    wanted = [
        row
        for row in referrals
        if row.state in WHILE_SUPPORTED and all(each.is_stopped for each in row.agreements.all())
    ]
    plans = {plan.referral_id: plan for plan in Plan.objects.filter(referral__in=wanted)}
    return {
        row.pk: _step(row, plan_state(plans.get(row.pk)))
        for row in wanted
        # Until money is committed, only a plan that was started is worth a word.
        if row.pk in plans or row.state == State.COMMITTED
    }


def _step(referral: Referral, state: str) -> Step:
    sentence, button = SAID[state]
    href = reverse("mou:plan", kwargs={"referral": referral.pk}) if button else ""
    return Step(sentence, button, href)
