"""The practices of a referral that money may go to, and how they share what they pool."""

from funding.allocations.shares import fair_shares
from practices.models import Practice
from resilience.core.access import Denied
from resilience.referrals.models import Referral


def members(referral: Referral) -> list[Practice]:
    """The practices of the referral, the one that leads it first."""
    return [each.practice for each in referral.practices.select_related("practice")]


def list_sizes(referral: Referral) -> dict[Practice, int | None]:
    """Registered patients of each on the day of receipt, as the referral has them."""
    return {each.practice: each.list_size for each in referral.practices.select_related("practice")}


def by_list_size(referral: Referral, pence: int) -> dict[Practice, int]:
    """``pence`` by list size; a practice whose share is nothing is left out. Raises Denied without a list size."""
    sizes = list_sizes(referral)
    unknown = [practice.name for practice, size in sizes.items() if not size]
    if unknown:
        raise Denied(
            f"The list size of {unknown[0]} is not known, so the money cannot be split by it. "
            "Split it equally, or enter each amount."
        )
    return _given(fair_shares(pence, {practice: size or 0 for practice, size in sizes.items()}))


def equally(referral: Referral, pence: int) -> dict[Practice, int]:
    """``pence`` split equally, odd pennies to the first."""
    return _given(fair_shares(pence, dict.fromkeys(members(referral), 1)))


def default_split(referral: Referral, pence: int) -> dict[Practice, int]:
    """By list size; equally where a list size is not known."""
    sizes = list_sizes(referral).values()
    return by_list_size(referral, pence) if all(sizes) else equally(referral, pence)


def _given(shares: dict[Practice, int]) -> dict[Practice, int]:
    return {practice: pence for practice, pence in shares.items() if pence}
