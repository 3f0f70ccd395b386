"""The emails about disputes: each step but internal notes, to both sides."""

from mou.models import DisputeStep
from mou.people import holders
from mou.post import emails, mou_link, office, practice, send
from resilience.core.access import P
from resilience.core.words import day, within


def step(made: DisputeStep) -> None:
    """Tell both sides; and the approvers, once it is put to the strategic lead."""
    referral = made.dispute.agreement.referral
    kind = DisputeStep.Kind(made.kind)
    name = referral.lead_practice.name
    to = [*office(referral), *practice(referral)]
    if kind in (DisputeStep.Kind.ESCALATED, DisputeStep.Kind.LMC, DisputeStep.Kind.SETTLED):
        to += emails(holders(P.APPROVE_PLAN, referral))
    send(
        to,
        referral,
        f"A dispute about the Memorandum of Understanding of {name}: {within(kind.label)}",
        f"About: {made.dispute.about}",
        f"{kind.label} on {day(made.happened_on)}, by {made.made_by}:",
        made.words,
        mou_link(referral),
    )
