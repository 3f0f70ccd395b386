"""Every figure about money, in one place: sums in pence over the transfers, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from funding.models import Account, Allocation, Commitment, Kind, Transfer

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


def cut(transfers: QuerySet[Transfer], by: str) -> dict[Any, Figures]:
    """Figures of these transfers for each value of ``by``, a look-up from Transfer; in one query.

    Of a look-up that begins with "allocation", money that reached another allocation counts there.
    """
    there = by.replace("allocation", "to_allocation", 1) if by.startswith("allocation") else ""
    reached = Coalesce(there, by) if there else F(by)
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_ACCOUNTS, 0))
    rows = (
        transfers.order_by()
        .annotate(_left=F(by), _reached=reached)
        .values_list("_left", "_reached", "debit", "credit")
        .annotate(pence=Sum("amount"))
    )
    for left, reached, debit, credit, pence in rows:
        if debit in _ACCOUNTS:
            sums[left][debit] -= pence
        if credit in _ACCOUNTS:
            sums[reached][credit] += pence
    return {key: Figures(*(each[account] for account in _ACCOUNTS)) for key, each in sums.items()}


def _found(figures: dict[Any, Figures], ids: Iterable[int]) -> dict[int, Figures]:
    return {pk: figures.get(pk, Figures()) for pk in ids}


def of_allocations(allocations: Iterable[Allocation]) -> dict[int, Figures]:
    """Figures by allocation id, in one query."""
    ids = [allocation.pk for allocation in allocations]
    rows = Transfer.objects.filter(Q(allocation__in=ids) | Q(to_allocation__in=ids))
    return _found(cut(rows, "allocation"), ids)


def of_allocation(allocation: Allocation) -> Figures:
    return of_allocations([allocation])[allocation.pk]


def of_commitments(commitments: Iterable[Commitment]) -> dict[int, Figures]:
    """Figures by commitment id, in one query. ``uncommitted`` is what left the allocation, negative."""
    ids = [commitment.pk for commitment in commitments]
    return _found(cut(Transfer.objects.filter(commitment__in=ids), "commitment"), ids)


def of_commitment(commitment: Commitment) -> Figures:
    return of_commitments([commitment])[commitment.pk]


def allocation_of(commitment: Commitment) -> Allocation:
    """The allocation in which a commitment stands now: its own, or the one it was last carried forward to."""
    carried = commitment.transfers.filter(kind=Kind.CARRY_FORWARD).order_by("-id").first()
    return carried.to_allocation if carried and carried.to_allocation else commitment.allocation


def through(
    transfers: QuerySet[Transfer], account: str, allocations: QuerySet[Allocation]
) -> tuple[int, int]:
    """Pence that came into ``account`` of these allocations and that left it, by these transfers.

    What stands there is the difference.
    """
    reached = transfers.order_by().annotate(_reached=Coalesce("to_allocation", "allocation"))
    sums = reached.aggregate(
        came=Sum("amount", filter=Q(credit=account, _reached__in=allocations)),
        left=Sum("amount", filter=Q(debit=account, allocation__in=allocations)),
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
