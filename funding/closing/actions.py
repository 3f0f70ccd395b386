"""The end of a programme year's money: what is left goes on or goes back, and then nothing moves any more."""

from typing import Any

from funding.closing import rules
from funding.closing.left import Left, category_after, left_in
from funding.models import Account, Allocation, Kind, YearClosing
from funding.transfers import allocation_in, transfer
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import ProgrammeYear


@action("Closed a programme year")
def close_year(
    *, by: Any, year: ProgrammeYear, why: str, into: ProgrammeYear | None = None, returns: bool = False
) -> YearClosing:
    """Carry what is left of ``year`` forward to the same places of ``into``, then close its books, or neither.

    What is committed and payable goes on with its commitment; what is uncommitted too, or back to the source of
    funds where it ``returns``. Raises Denied where there is something to carry and no year to carry it into.
    """
    for each in sorted(filter(None, (year, into)), key=lambda found: found.pk):
        lock(each)
    rules.check_can_close(by, year)
    if not why.strip():
        raise Denied("Say why, such as: books agreed with the finance system.")
    # Held before anything is summed, so that no commitment or payment slips in between.
    for allocation in Allocation.objects.filter(year=year).order_by("pk"):
        lock(allocation)
    left = left_in(year)
    if into is not None:
        rules.check_can_carry_into(year, into)
    elif left.promises or (left.uncommitted and not returns):
        raise Denied("Choose the year that what is left is carried forward into.")
    after = _carry(by, left, into, why, returns)
    closing = YearClosing.objects.create(year=year, why=why, closed_by=by)
    record(
        by=by,
        on=closing,
        why=why,
        into=into.pk if into else None,
        returned=left.total.uncommitted if returns else 0,
        carried=sum(after.values()),
    )
    return closing


def _carry(by: Any, left: Left, into: ProgrammeYear | None, why: str, returns: bool) -> dict[Allocation, int]:
    """Pence carried, by the allocation it reached."""
    places: dict[int, Allocation] = {}
    carried: dict[Allocation, int] = {}

    def place(source: Allocation) -> Allocation:
        if into is None:
            raise Denied("Choose the year that what is left is carried forward into.")
        if source.pk not in places:
            places[source.pk] = allocation_in(into, source.commissioner, category_after(source, into))
        return places[source.pk]

    def carry(source: Allocation, account: Account, pence: int, key: str, **on: Any) -> None:
        there = place(source)
        transfer(
            Kind.CARRY_FORWARD,
            source,
            pence,
            by=by,
            why=f"Year closed: {why}",
            key=key,
            to_allocation=there,
            account=account,
            **on,
        )
        carried[there] = carried.get(there, 0) + pence

    for source, pence in left.uncommitted.items():
        key = f"close-{source.pk}"
        if returns:
            transfer(Kind.WITHDRAW, source, pence, by=by, why=f"Returned at year end: {why}", key=key)
        else:
            carry(source, Account.UNCOMMITTED, pence, key)
    for each in left.promises:
        carry(
            each.allocation,
            each.account,
            each.pence,
            f"close-{each.allocation.pk}-{each.commitment.pk}-{each.account}",
            commitment=each.commitment,
        )
    return carried
