"""The one place that writes the ledger. Amounts are whole pence.

``key`` is made by the page, or by the service for what happens once: sent again, it is the same transfer.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from funding import ledger
from funding.models import ROUTES, Account, Allocation, Commitment, Kind, Transfer, YearClosing
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import lock
from resilience.core.calendar import today
from resilience.programmes.models import ProgrammeYear, SpendCategory
from resilience.referrals.models import Referral

_ALREADY_USED = "This page was already used to move money. Open it again, then enter what is still needed."


def _unsaved(
    kind: Kind,
    allocation: Allocation,
    amount: int,
    *,
    by: Any,
    why: str,
    key: str,
    account: Account | None = None,
    **on: Any,
) -> Transfer:
    debit, credit = (account, account) if account else ROUTES[kind]
    return Transfer(
        kind=kind,
        allocation=allocation,
        debit=debit,
        credit=credit,
        amount=amount,
        made_by=by,
        why=why[:300],
        key=key,
        **on,
    )


def transfer(
    kind: Kind,
    allocation: Allocation,
    amount: int,
    *,
    to_allocation: Allocation | None = None,
    **given: Any,
) -> Transfer:
    """Write one transfer: ``by``, ``why``, ``key``, and what it is on.

    ``account`` is which one is carried forward, and of no other kind given. Holds the allocations until
    the transaction ends. Raises Denied in a closed year.
    """
    hold(*filter(None, (allocation, to_allocation)))
    row = _unsaved(kind, allocation, amount, to_allocation=to_allocation, **given)
    row.save(force_insert=True)
    return row


def transfer_all(rows: Iterable[dict[str, Any]]) -> list[Transfer]:
    """The same for many transfers, each given as ``transfer`` takes it, none of them to another allocation."""
    made = [_unsaved(**each) for each in rows]
    hold(*{each.allocation for each in made})
    return Transfer.objects.bulk_create(made, batch_size=500)


def transfer_of(kind: Kind, commitment: Commitment, amount: int, **given: Any) -> Transfer:
    """The same for money of a commitment, in the allocation where it stands now."""
    return transfer(kind, ledger.allocation_of(commitment), amount, commitment=commitment, **given)


def allocation_in(
    year: ProgrammeYear, commissioner: Organisation, category: SpendCategory | None
) -> Allocation:
    """The allocation of these, made where there is none, held until the transaction ends.

    Holds the year before it, as closing does, so that a year cannot close round a new allocation.
    Raises Denied in a closed year.
    """
    lock(year)
    allocation, _ = Allocation.objects.get_or_create(year=year, commissioner=commissioner, category=category)
    allocation = lock(allocation)
    check_is_open(allocation)
    return allocation


def hold_money_of(referrals: Iterable[Referral], also: Iterable[Allocation] = ()) -> list[Commitment]:
    """The commitments of these held referrals, then the allocations where their money stands and ``also`` these.

    An act that makes several transfers calls this before its first transfer and its first entry on the trail, which
    everyone takes last: so no two acts ever wait for each other. Also of a closed year.
    """
    found = Commitment.objects.filter(referral__in=[each.pk for each in referrals])
    commitments = [lock(each) for each in found.order_by("pk")]
    _in_order({*map(ledger.allocation_of, commitments), *also})
    return commitments


def _in_order(allocations: Iterable[Allocation]) -> dict[int, Allocation]:
    """Held until the transaction ends, by id, always taken in one order."""
    return {each.pk: lock(each) for each in sorted(allocations, key=lambda found: found.pk)}


def hold(*allocations: Allocation) -> list[Allocation]:
    """These allocations, held until the transaction ends, always taken in one order. Raises Denied in a closed year."""
    held = _in_order(allocations)
    for each in held.values():
        check_is_open(each)
    return [held[each.pk] for each in allocations]


def check_is_open(allocation: Allocation) -> None:
    """Nothing changes in a closed year. Ask it with the allocation locked: closing locks them all."""
    if YearClosing.objects.filter(year=allocation.year_id).exists():
        raise Denied(f"{allocation.year} is closed: its money no longer moves.")


def done_before(key: str) -> Transfer | None:
    """What this key moved already."""
    return Transfer.objects.select_related("commitment", "allocation").filter(key=key).first()


def check_is_repeat(done: Any, **same: Any) -> None:
    """A page's key moves money once: sent again it is the same act, or it is refused."""
    if any(getattr(done, name) != value for name, value in same.items()):
        raise Denied(_ALREADY_USED)


def check_amount(amount: int) -> None:
    """Raises Denied unless it is more than nothing."""
    if amount <= 0:
        raise Denied("Enter an amount of more than £0.")


def check_is_no_later(day: dt.date) -> None:
    """What happened is not in the future."""
    if day > today():
        raise Denied("Enter a day that is not in the future.")
