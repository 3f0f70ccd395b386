"""Who may draft, agree and reopen the plan."""

from typing import Any

from mou.models import Agreement, Plan
from mou.people import check_leads, is_for_practice
from mou.plan import plans
from mou.plan.states import PLAN_ACTS, WHILE_SUPPORTED, check_plan_state
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.words import within
from resilience.referrals.models import Referral
from resilience.referrals.states import State

# --- the plan ----------------------------------------------------------------------------------


def _check_while_supported(referral: Referral) -> None:
    if referral.state not in WHILE_SUPPORTED:
        raise Denied(
            "A plan is drafted and agreed once support is granted and before the MoU is signed: "
            f"this referral is “{State(referral.state).label}”."
        )


def check_can_draft(user: Any, referral: Referral, plan: Plan | None, act: str = "mou.save_row") -> None:
    """Either side, while the referral is supported and the plan not agreed by both."""
    if not is_for_practice(user, referral):
        check_leads(user, P.PLAN_FOR_PRACTICE, referral)
        access.check(user, P.PLAN_FOR_COMMISSIONER, referral)
    _check_while_supported(referral)
    check_plan_state(act, plan)


def _check_can_agree(referral: Referral, plan: Plan | None, act: str) -> Plan:
    _check_while_supported(referral)
    check_plan_state(act, plan)
    plan = plans.started(plan)
    missing = list(plans.gaps(plan, plans.layout_of(referral.year)))
    if missing:
        raise Denied(f"The plan is not complete: {within(missing[0].text)}.")
    return plan


def check_can_agree_for_practice(user: Any, referral: Referral, plan: Plan | None) -> None:
    """Someone of the lead practice, once the plan is complete."""
    access.check(user, PLAN_ACTS["mou.agree_for_practice"].permission, referral.lead_practice)
    plan = _check_can_agree(referral, plan, "mou.agree_for_practice")
    if plan.commissioner_agreed_by_id == user.pk:
        raise Denied("You agreed this plan for the commissioner. Someone else must agree for the practice.")


def check_can_agree_for_commissioner(user: Any, referral: Referral, plan: Plan | None) -> None:
    """An approver without an interest, once the plan is complete."""
    access.check(user, PLAN_ACTS["mou.agree_for_commissioner"].permission, referral)
    check_has_no_interest(user, referral)
    plan = _check_can_agree(referral, plan, "mou.agree_for_commissioner")
    if plan.practice_agreed_by_id == user.pk:
        raise Denied("You agreed this plan for the practice. Someone else must agree for the commissioner.")


def check_can_reopen(user: Any, referral: Referral, plan: Plan | None) -> None:
    """Either side, while no MoU made from the plan is out or signed."""
    check_can_draft(user, referral, plan, "mou.reopen_plan")
    if Agreement.objects.filter(referral=referral).not_stopped().exists():
        raise Denied("The MoU made from this plan is out for signature. Withdraw the MoU first.")
