"""The decision on a group's referral, carried to the cases it is divided into."""

from collections.abc import Mapping

from resilience.assessments.models import Placement
from resilience.core.access import Denied
from resilience.core.copies import copy_of
from resilience.core.words import money
from resilience.decisions.models import Decision
from resilience.referrals.models import Referral


def granted(group: Referral) -> Decision | None:
    """The decision to support it."""
    return Decision.objects.filter(referral=group, outcome=Decision.Outcome.SUPPORTED).first()


def check_shares(group: Referral, shares: Mapping[int, int]) -> None:
    """``shares`` in pence by practice id: something for each, and together what was granted to the group."""
    decision = granted(group)
    whole = decision.amount if decision else 0
    if any(pence <= 0 for pence in shares.values()):
        raise Denied("Each practice’s part must be more than £0.")
    if (total := sum(shares.values())) != whole:
        raise Denied(
            f"The parts come to {money(total)}. The decision granted {money(whole)}: make them add up to that."
        )


def carry_decision(
    group: Referral, case: Referral, *, pence: int, placement: Placement | None
) -> Decision | None:
    """The decision to support the group as the case's own, for its part of what was granted."""
    decision = granted(group)
    if decision is None:
        return None
    made = copy_of(decision, referral=case, amount=pence, placement=placement)
    made.save()
    for category in decision.categories.all():
        copy_of(category, decision=made).save()
    return made
