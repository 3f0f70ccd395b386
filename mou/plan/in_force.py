"""The plan in force: what both sides are held to now."""

from mou.models import Objective, Plan, PlanAction
from mou.plan.plans import plan_of
from resilience.referrals.models import Referral

PlanRow = Objective | PlanAction


def plan_in_force(referral: Referral) -> Plan | None:
    """The plan as both sides agreed it last, or None while they have not."""
    plan = plan_of(referral)
    return plan if plan and plan.agreed_at else None


def rows_in_force(referral: Referral) -> list[PlanRow]:
    """Its dated objectives and actions, in the order of their dates. Two queries beside the plan's own."""
    plan = plan_in_force(referral)
    if plan is None:
        return []
    rows: list[PlanRow] = [*plan.objectives.all(), *plan.actions.all()]
    return sorted(rows, key=lambda row: (row.due_on, isinstance(row, PlanAction), row.pk))
