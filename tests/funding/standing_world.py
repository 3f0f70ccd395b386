"""A year's money of every kind, written as rows; and what stands where, worked out the slow and plain way."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from funding.models import ROUTES, Account, Allocation, Commitment, Kind, Transfer
from practices.models import Organisation, Practice
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.programmes.models import PaymentStage, ProgrammeYear, SpendCategory
from tests import factories as make

_keys = itertools.count(1)
Figures = dict[str, int]
OF_ALLOCATION = (Kind.ALLOCATE, Kind.WITHDRAW)
OF_PRACTICE = (Kind.PAID_BEFORE, Kind.RECOVERED_BEFORE)
OF_COMMITMENT = (
    Kind.COMMIT, Kind.RELEASE, Kind.MAKE_PAYABLE, Kind.WITHHOLD, Kind.PAY, Kind.REVERSE, Kind.CLAW_BACK,
)  # fmt: skip
CARRIED = (Account.UNCOMMITTED, Account.COMMITTED, Account.PAYABLE)


@dataclass
class MoneyWorld:
    """Two CCGs in the person's scope and one beside it, two categories of spend, and the year after."""

    year: ProgrammeYear
    later: ProgrammeYear
    person: Any
    ccgs: list[Organisation]
    beside: Organisation
    categories: list[SpendCategory]
    stages: list[PaymentStage]
    suppliers: list[Organisation]
    practices: list[Practice]
    allocations: list[Allocation] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)

    def of_year(self, year: ProgrammeYear | None = None) -> list[Allocation]:
        """What the person may see of a year."""
        seen = [each for each in self.allocations if each.commissioner != self.beside]
        return [each for each in seen if each.year == (year or self.year)]

    def add(
        self,
        kind: Kind,
        amount: int,
        *,
        allocation: int = 0,
        to: int = 0,
        commitment: int = 0,
        days: int = 0,
        account: Account = Account.UNCOMMITTED,
    ) -> Transfer:
        """One entry; where its kind has no use for something, it is left out."""
        promised = self.commitments[commitment % len(self.commitments)]
        is_promised = kind in OF_COMMITMENT or (kind == Kind.CARRY_FORWARD and account != Account.UNCOMMITTED)
        # Money of a commitment stays with its CCG.
        ccg = promised.practice.commissioner if is_promised else None
        there = [each for each in self.allocations if ccg is None or each.commissioner == ccg]
        on: dict[str, Any] = {"allocation": there[allocation % len(there)]}
        debit, credit = (account, account) if kind == Kind.CARRY_FORWARD else ROUTES[kind]
        if kind in (Kind.MOVE, Kind.CARRY_FORWARD):
            others = [each for each in there if each != on["allocation"]]
            on["to_allocation"] = others[to % len(others)]
        if is_promised:
            on["commitment"] = promised
        if kind in OF_PRACTICE:
            on["practice"] = promised.practice
        if kind == Kind.MAKE_PAYABLE and self.stages:
            on["stage"] = self.stages[commitment % len(self.stages)]
        return Transfer.objects.create(
            kind=kind, debit=debit, credit=credit, amount=amount, why="x", key=f"standing-{next(_keys)}",
            happened_on=self.year.starts_on + dt.timedelta(days=days), **on,
        )  # fmt: skip


def make_world() -> MoneyWorld:
    office = make.make_local_office()
    ccgs = [make.make_ccg(office, name=f"CCG {name}") for name in ("North", "South", "Beside")]
    year = make.make_year(office)
    year.starts_on, year.ends_on = today() - dt.timedelta(days=100), today() + dt.timedelta(days=200)
    year.save()
    later = make.make_year(office)
    year.stages.all().delete()
    stages = [
        year.stages.create(
            position=1, name="Health check", amount=10_00, opens="evidence", pays_before_mou=True
        ),
        year.stages.create(position=2, name="Action plan", per_cent=100, opens="plan_agreed"),
    ]
    categories = [
        year.spend_categories.create(position=n, name=f"Spend {n}", indicative_share=share)
        for n, share in ((1, 60), (2, 40))
    ]
    practices = [make.make_practice(ccg) for ccg in ccgs for _ in range(2)]
    suppliers = [make.make_organisation("supplier", office, name=f"Supplier {n}") for n in (1, 2)]
    person = make.make_person(Role.FINANCE_LEAD, ccgs[0])
    make.grant(person, Role.FINANCE_LEAD, ccgs[1])
    world = MoneyWorld(year, later, person, ccgs[:2], ccgs[2], categories, stages, suppliers, practices)
    for ccg in ccgs:
        world.allocations += [
            Allocation.objects.create(year=year, commissioner=ccg, category=each) for each in categories
        ]
        world.allocations.append(Allocation.objects.create(year=later, commissioner=ccg))
    world.allocations.append(Allocation.objects.create(year=year, commissioner=ccgs[1]))
    routes = itertools.cycle(Commitment.Route.values)
    for n, practice in enumerate(practices):
        referral = make.make_referral(practice, year, "committed")
        for item in list(year.menu.all())[n : n + 2]:
            route = next(routes)
            world.commitments.append(
                Commitment.objects.create(
                    allocation=next(a for a in world.allocations if a.commissioner == practice.commissioner),
                    referral=referral, practice=practice, item=item, purpose="x", route=route,
                    supplier=suppliers[n % 2] if route == "supplier" else None, committed_by=person,
                )
            )  # fmt: skip
    return world


def legs(entry: Transfer) -> Iterable[tuple[str, int, int]]:
    """(account, allocation, pence): what an entry takes from where, and where it puts it."""
    return (
        (entry.debit, entry.allocation_id, -entry.amount),
        (entry.credit, entry.to_allocation_id or entry.allocation_id, entry.amount),
    )


def slowly(
    entries: Iterable[Transfer], within: set[int], of: Callable[[Transfer, int], Any]
) -> dict[Any, Figures]:
    """Pence by account for each value of ``of(entry, allocation)``, leg by leg."""
    sums: dict[Any, Figures] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        for account, allocation, pence in legs(entry):
            if account != "source" and allocation in within:
                sums[of(entry, allocation)][account] += pence
    return sums
