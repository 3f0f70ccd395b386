"""What is left in a programme year: to be carried forward, or returned, when it closes."""

from dataclasses import dataclass

from funding import ledger
from funding.models import Account, Allocation, Commitment
from resilience.core.access import Denied
from resilience.programmes.models import ProgrammeYear, SpendCategory


@dataclass(frozen=True)
class Promise:
    """Pence of a commitment that are committed or payable in one allocation of the year."""

    commitment: Commitment
    allocation: Allocation
    account: Account
    pence: int


@dataclass(frozen=True)
class Left:
    """A year's allocations with their figures, and every promise that is not paid."""

    figures: dict[Allocation, ledger.Figures]
    promises: list[Promise]

    @property
    def total(self) -> ledger.Figures:
        return ledger.total(self.figures.values())

    @property
    def uncommitted(self) -> dict[Allocation, int]:
        """The allocations with money that nobody committed, each with the pence."""
        return {each: found.uncommitted for each, found in self.figures.items() if found.uncommitted > 0}

    @property
    def is_nothing(self) -> bool:
        return not (self.uncommitted or self.promises)


def left_in(year: ProgrammeYear) -> Left:
    """What stands in the year now. The same number of queries whatever there is."""
    allocations = list(
        Allocation.objects.filter(year=year).select_related("commissioner", "category", "year__programme")
    )
    figures = ledger.of_allocations(allocations)
    of_each = ledger.spread(allocations, "allocation", "commitment")
    commitments = Commitment.objects.select_related("practice", "referral", "item").in_bulk(
        [commitment for _, commitment in of_each if commitment]
    )
    by_pk = {each.pk: each for each in allocations}
    promises = [
        Promise(commitments[commitment], by_pk[allocation], account, pence)
        for (allocation, commitment), found in sorted(
            of_each.items(), key=lambda row: (row[0][1] or 0, row[0][0])
        )
        for account, pence in ((Account.COMMITTED, found.committed), (Account.PAYABLE, found.payable))
        if commitment and pence > 0
    ]
    return Left({each: figures[each.pk] for each in allocations}, promises)


def category_after(allocation: Allocation, into: ProgrammeYear) -> SpendCategory | None:
    """The category of spend of ``into`` that goes on from this allocation's: the one of the same name.

    Raises Denied where there is none.
    """
    categories = {each.name.casefold(): each for each in into.spend_categories.all()}
    if not categories:
        return None
    if allocation.category is None:
        raise Denied(
            f"{into} has categories of spend and {allocation.year} has none, so there is no telling which one "
            "the money goes on in. Take the categories out of the new year, or return the money."
        )
    found = categories.get(allocation.category.name.casefold())
    if found is None:
        raise Denied(
            f"{into} has no category of spend named “{allocation.category.name}”. Give the new year the same "
            "categories, or choose another year."
        )
    return found
