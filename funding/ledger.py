"""Every figure about money, in one place: sums in pence over the transfers, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from funding.models import Account, Allocation, Commitment, Transfer

A = Account


@dataclass(frozen=True)
class Figures:
    """Where the money of one or more allocations stands, in pence. The parts sum to ``allocated``."""

    uncommitted: int = 0
    committed: int = 0
    payable: int = 0
    paid: int = 0

    @property
    def allocated(self) -> int:
        return self.uncommitted + self.committed + self.payable + self.paid

    @property
    def promised(self) -> int:
        """Committed in the wide sense: all that is no longer free."""
        return self.committed + self.payable + self.paid

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.uncommitted + other.uncommitted,
            self.committed + other.committed,
            self.payable + other.payable,
            self.paid + other.paid,
        )


_ACCOUNTS = (A.UNCOMMITTED, A.COMMITTED, A.PAYABLE, A.PAID)


def _balances(key: str, ids: Iterable[int]) -> dict[int, Figures]:
    ids = list(ids)
    sums: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_ACCOUNTS, 0))
    rows = (
        Transfer.objects.filter(**{f"{key}__in": ids})
        .order_by()
        .values_list(key, "debit", "credit")
        .annotate(pence=Sum("amount"))
    )
    for pk, debit, credit, pence in rows:
        if debit in _ACCOUNTS:
            sums[pk][debit] -= pence
        if credit in _ACCOUNTS:
            sums[pk][credit] += pence
    return {pk: Figures(*(sums[pk][account] for account in _ACCOUNTS)) for pk in ids}


def of_allocations(allocations: Iterable[Allocation]) -> dict[int, Figures]:
    """Figures by allocation id, in one query."""
    return _balances("allocation", [allocation.pk for allocation in allocations])


def of_allocation(allocation: Allocation) -> Figures:
    return of_allocations([allocation])[allocation.pk]


def of_commitments(commitments: Iterable[Commitment]) -> dict[int, Figures]:
    """Figures by commitment id, in one query. ``uncommitted`` is what left the allocation, negative."""
    return _balances("commitment", [commitment.pk for commitment in commitments])


def of_commitment(commitment: Commitment) -> Figures:
    return of_commitments([commitment])[commitment.pk]


def through(transfers: QuerySet[Transfer], account: str) -> tuple[int, int]:
    """Pence that came into ``account`` and that left it, by these transfers; what stands there is the difference."""
    sums = transfers.order_by().aggregate(
        came=Sum("amount", filter=Q(credit=account)), left=Sum("amount", filter=Q(debit=account))
    )
    return sums["came"] or 0, sums["left"] or 0


def total(figures: Iterable[Figures]) -> Figures:
    """The sum of several allocations."""
    return sum(figures, Figures())


def payable(commitments: Iterable[Commitment]) -> list[tuple[Commitment, int]]:
    """The commitments with money payable now, each with the pence, in the order given. One query."""
    rows = list(commitments)
    figures = of_commitments(rows)
    return [(row, figures[row.pk].payable) for row in rows if figures[row.pk].payable > 0]
