"""The emails about plans: what happened, what to do, and where."""

from mou.models import Plan
from mou.people import holders
from mou.post import emails, office, plan_link, practice, send
from resilience.core.access import P
from resilience.referrals.models import Referral


def plan_agreed(referral: Referral, plan: Plan, *, by_practice: bool) -> None:
    """Tell the other side; when both have agreed, tell the office what comes next."""
    name = referral.lead_practice.name
    who = name if by_practice else str(referral.commissioner)
    happened = f"{who} has agreed the improvement plan of {name}."
    if plan.agreed_at:
        next_step = (
            "Both sides have now agreed it. The commissioner prepares the Memorandum of Understanding next."
        )
        people = [*office(referral), *practice(referral)]
    else:
        next_step = "Please read it and, if it is right, agree it too."
        approvers = emails(holders(P.APPROVE_PLAN, referral))
        people = [*office(referral), *approvers] if by_practice else practice(referral)
    send(
        people,
        referral,
        f"The improvement plan of {name} is agreed by {'both sides' if plan.agreed_at else who}",
        happened,
        next_step,
        plan_link(referral),
    )


def plan_reopened(referral: Referral, why: str) -> None:
    """Tell both sides that the plan is open for changes again, and why."""
    name = referral.lead_practice.name
    send(
        [*office(referral), *practice(referral)],
        referral,
        f"The improvement plan of {name} is open for changes again",
        f"The improvement plan of {name} was reopened, for this reason:",
        why,
        "Both sides must agree it again before the Memorandum of Understanding can be sent.",
        plan_link(referral),
    )
