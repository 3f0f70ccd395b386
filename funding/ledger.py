"""Every figure about money, in one place: sums in pence over the transfers, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models.expressions import Combinable
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

    @property
    def drawn(self) -> int:
        """What became payable, paid or not."""
        return self.payable + self.paid

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.uncommitted + other.uncommitted,
            self.committed + other.committed,
            self.payable + other.payable,
            self.paid + other.paid,
        )


_ACCOUNTS = (A.UNCOMMITTED, A.COMMITTED, A.PAYABLE, A.PAID)


class Part(models.TextChoices):
    """A figure of ``Figures`` by its name: what stands in one account, or in several together."""

    ALLOCATED = "allocated", "Allocated"
    PROMISED = "promised", "Promised (committed, payable or paid)"
    DRAWN = "drawn", "Drawn (payable or paid)"
    UNCOMMITTED = "uncommitted", "Uncommitted"
    COMMITTED = "committed", "Committed"
    PAYABLE = "payable", "Payable"
    PAID = "paid", "Paid"

    @property
    def accounts(self) -> tuple[str, ...]:
        several = {"allocated": _ACCOUNTS, "promised": _ACCOUNTS[1:], "drawn": _ACCOUNTS[2:]}
        return several.get(self.value, (self.value,))

    def of(self, figures: Figures) -> int:
        """Pence."""
        found: int = getattr(figures, self.value)
        return found


SIGNED = Case(When(credit=A.PAID, then=F("amount")), default=-F("amount"))
"""Of a payment, or of one that came back: pence, below 0 where they came back."""

PRACTICE = Coalesce("commitment__practice", "practice")
"""Of a transfer: the practice its money is for, if any."""


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


def spread(allocations: Iterable[Allocation], *by: str | Combinable) -> dict[Any, Figures]:
    """Figures of these allocations for each value of ``by`` (a tuple of values, where there are several).

    The figures of all values sum to those of the allocations. A value may be "allocation", or is of the transfer:
    "happened_on", "commitment__item", PRACTICE. Two queries, however many entries.
    """
    ids = {each.pk for each in allocations}
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_ACCOUNTS, 0))

    def add(rows: QuerySet[Transfer], are_between: bool) -> None:
        names = [f"_by{number}" for number in range(len(by))]
        of_each = {
            name: F(each) if isinstance(each, str) else each for name, each in zip(names, by, strict=True)
        }
        places = ("allocation", "to_allocation") if are_between else ()
        groups = rows.order_by().annotate(**of_each).values_list(*names, "debit", "credit", *places)
        for row in groups.annotate(pence=Sum("amount")):
            key, (debit, credit, *sides, pence) = row[: len(by)], row[len(by) :]
            for account, sign, side in ((debit, -1, 0), (credit, 1, 1)):
                if account in _ACCOUNTS and (not sides or sides[side] in ids):
                    there = [
                        sides[side] if sides and each == "allocation" else value
                        for each, value in zip(by, key, strict=True)
                    ]
                    sums[there[0] if len(there) == 1 else tuple(there)][account] += sign * pence

    transfers = Transfer.objects.all()
    add(transfers.filter(to_allocation__isnull=True, allocation__in=ids), are_between=False)
    add(
        transfers.filter(to_allocation__isnull=False).filter(
            Q(allocation__in=ids) | Q(to_allocation__in=ids)
        ),
        are_between=True,
    )
    return {key: Figures(*(each[account] for account in _ACCOUNTS)) for key, each in sums.items()}


Allocations = QuerySet[Allocation] | list[int]


def _came(part: Part, allocations: Allocations) -> Q:
    here = Q(to_allocation__in=allocations) | Q(to_allocation__isnull=True, allocation__in=allocations)
    return Q(credit__in=part.accounts) & here


def _left(part: Part, allocations: Allocations) -> Q:
    return Q(debit__in=part.accounts, allocation__in=allocations)


def behind(
    transfers: QuerySet[Transfer], part: Part, allocations: QuerySet[Allocation]
) -> QuerySet[Transfer]:
    """The entries that make up a figure of these allocations: those that came into its accounts or left them.

    What only went from one of its accounts to another of the same allocation changes nothing and is left out.
    """
    touching = transfers.filter(_came(part, allocations) | _left(part, allocations))
    if len(part.accounts) == 1:
        return touching
    return touching.exclude(to_allocation__isnull=True, debit__in=part.accounts, credit__in=part.accounts)


def through(transfers: QuerySet[Transfer], part: Part, allocations: QuerySet[Allocation]) -> tuple[int, int]:
    """Pence that came into the accounts of a figure of these allocations and that left them, by these transfers.

    What stands there is the difference.
    """
    sums = transfers.order_by().aggregate(
        came=Sum("amount", filter=_came(part, allocations)),
        left=Sum("amount", filter=_left(part, allocations)),
    )
    return sums["came"] or 0, sums["left"] or 0


def still_committed(
    transfers: QuerySet[Transfer], allocations: Iterable[Allocation]
) -> list[tuple[int, int, int]]:
    """Commitments of these transfers with money committed in these allocations and not payable yet; one query.

    (commitment id, pence promised, pence committed): promised in the wide sense, the committed part included.
    """
    ids = [each.pk for each in allocations]

    def standing(part: Part) -> Combinable:
        came = Coalesce(Sum("amount", filter=_came(part, ids)), 0)
        return came - Coalesce(Sum("amount", filter=_left(part, ids)), 0)

    rows = transfers.filter(
        Q(allocation__in=ids) | Q(to_allocation__in=ids), commitment__isnull=False
    ).order_by()
    found = rows.values("commitment").annotate(
        promised=standing(Part.PROMISED), still=standing(Part.COMMITTED)
    )
    return list(found.filter(still__gt=0).values_list("commitment", "promised", "still"))


def total(figures: Iterable[Figures]) -> Figures:
    """The sum of several allocations."""
    return sum(figures, Figures())


def payable(commitments: Iterable[Commitment]) -> list[tuple[Commitment, int]]:
    """The commitments with money payable now, each with the pence, in the order given. One query."""
    rows = list(commitments)
    figures = of_commitments(rows)
    return [(row, figures[row.pk].payable) for row in rows if figures[row.pk].payable > 0]


def with_payable(commitments: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Those of ``commitments`` that have money payable now; still one query."""
    return _standing_in(commitments, A.PAYABLE)


def with_committed(commitments: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Those of ``commitments`` that have money committed and not payable yet; still one query."""
    return _standing_in(commitments, A.COMMITTED)


def _standing_in(commitments: QuerySet[Commitment], account: str) -> QuerySet[Commitment]:
    moved = (
        Transfer.objects.filter(commitment=OuterRef("pk"))
        .order_by()
        .values("commitment")
        .annotate(
            pence=Coalesce(Sum("amount", filter=Q(credit=account)), 0)
            - Coalesce(Sum("amount", filter=Q(debit=account)), 0)
        )
    )
    return commitments.filter(Exists(moved.filter(pence__gt=0)))


def paid_net(transfers: QuerySet[Transfer], *by: str) -> dict[tuple[Any, ...], int]:
    """Pence paid, less what was reversed, clawed back or recovered, for each value of the look-ups ``by``; one query.

    "Actual" on every report is this, by ``happened_on``.
    """
    sums: dict[tuple[Any, ...], int] = defaultdict(int)
    rows = (
        transfers.filter(Q(debit=A.PAID) | Q(credit=A.PAID))
        .order_by()
        .values_list(*by, "credit")
        .annotate(pence=Sum("amount"))
    )
    for *values, credit, pence in rows:
        sums[tuple(values)] += pence if credit == A.PAID else -pence
    return dict(sums)


def of_commitments_in(allocations: Iterable[Allocation]) -> dict[tuple[int, int], Figures]:
    """Figures of each commitment within each of these allocations, by (allocation id, commitment id); one query.

    Money that was carried forward counts where it went, and no longer where it was.
    """
    ids = {allocation.pk for allocation in allocations}
    sums: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_ACCOUNTS, 0))
    rows = (
        Transfer.objects.filter(Q(allocation__in=ids) | Q(to_allocation__in=ids), commitment__isnull=False)
        .order_by()
        .values_list("allocation", "to_allocation", "commitment", "debit", "credit")
        .annotate(pence=Sum("amount"))
    )
    for allocation, to_allocation, commitment, debit, credit, pence in rows:
        if allocation in ids and debit in _ACCOUNTS:
            sums[allocation, commitment][debit] -= pence
        if (reached := to_allocation or allocation) in ids and credit in _ACCOUNTS:
            sums[reached, commitment][credit] += pence
    return {key: Figures(*(each[account] for account in _ACCOUNTS)) for key, each in sums.items()}


def by_kind(transfers: QuerySet[Transfer], by: str) -> dict[Any, dict[str, int]]:
    """Pence of each kind of transfer for each value of ``by``, a look-up from Transfer; 0 where there is none."""
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(Kind.values, 0))
    rows = transfers.order_by().annotate(_by=F(by)).values_list("_by", "kind").annotate(pence=Sum("amount"))
    for value, kind, pence in rows:
        sums[value][kind] += pence
    return dict(sums)


def ever_promised(kinds: dict[str, int]) -> int:
    """What was committed less what was released, of the sums of ``by_kind``; a clawback takes nothing off."""
    return kinds[Kind.COMMIT] - kinds[Kind.RELEASE]
