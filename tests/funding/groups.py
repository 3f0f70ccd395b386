"""A group of three practices that is supported, with money in its allocation, in a year that takes bids."""

import uuid
from typing import Any

from funding import actions
from funding.bids import actions as bids
from funding.bids.rules import Asked
from funding.models import Allocation, Bid
from practices.models import Practice
from resilience.core.access import Role
from resilience.decisions.models import Decision, DecisionCategory
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests import factories as make


def key() -> str:
    return uuid.uuid4().hex


def group(
    granted: int = 9_000_00, allocated: int = 20_000_00, sizes: tuple[int | None, ...] = (3000, 2000, 1000)
) -> Referral:
    """The first practice leads; the first category of the menu is granted."""
    ccg = make.make_ccg()
    lead, *others = (
        make.make_practice(ccg, list_size=size, **({} if size else {"list_size_on": None})) for size in sizes
    )
    year = make.make_year(owner=ccg.parent, takes_bids=True)
    year.excluded_spend.create(name="Recruitment agencies", reason="Recruiting is your own responsibility.")
    referral = make.make_referral(lead, year, State.SUPPORTED, others=tuple(others))
    grant(referral, granted)
    if allocated:
        allocate(referral, allocated)
    return referral


def grant(referral: Referral, pence: int) -> None:
    decision = Decision.objects.create(
        referral=referral,
        outcome="supported",
        reason="In need.",
        amount=pence,
        letter="Yes.",
        decided_by=make.make_person(),
    )
    DecisionCategory.objects.create(decision=decision, item=referral.year.menu.first())


def allocate(referral: Referral, pence: int, category: Any = None) -> Allocation:
    return actions.set_allocation(
        by=make.make_person(Role.FINANCE_LEAD),
        year=referral.year,
        commissioner=referral.commissioner,
        category=category,
        amount=pence,
        why="Allocation letter",
        key=key(),
    )


def practices(referral: Referral) -> list[Practice]:
    return [each.practice for each in referral.practices.order_by("pk")]


def bid(referral: Referral, *pence: int, pooled: int = 0) -> Bid:
    """A bid with a line of each amount for the practice that leads, and one that all of them pool."""
    item = referral.year.menu.first()
    lines = [
        Asked(f"Training day {number}", item, each, referral.lead_practice)
        for number, each in enumerate(pence, 1)
    ]
    if pooled:
        lines.append(Asked("A shared planner", item, pooled))
    by = make.make_person(Role.PRACTICE_USER, referral.lead_practice)
    return bids.send_bid(by=by, referral=referral, lines=lines, key=key())
