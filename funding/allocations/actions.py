"""Allocations of a whole year at once, shared out below an office, and confirmed as received. Whole pence."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from funding import actions as money_actions
from funding import rules as money_rules
from funding.allocations import fair, rules
from funding.models import Allocation, FundsReceived, Kind, Transfer
from funding.transfers import allocation_in, check_amount, check_is_repeat, done_before, transfer
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.trail import record
from resilience.core.words import day
from resilience.programmes.models import ProgrammeYear, SpendCategory


@action("Set the allocations of a CCG")
def set_allocations(
    *,
    by: Any,
    year: ProgrammeYear,
    commissioner: Organisation,
    amounts: Mapping[SpendCategory, int],
    why: str,
    key: str,
) -> list[Allocation]:
    """Make the allocation of each category of spend so much in all, or none of them. Raises Denied as one does."""
    made = [
        money_actions.set_allocation(
            by=by,
            year=year,
            commissioner=commissioner,
            category=category,
            amount=pence,
            why=why,
            key=f"{key[:40]}-{category.pk}",
        )
        for category, pence in amounts.items()
    ]
    record(by=by, on=year, why=why, commissioner=commissioner.pk, pence=sum(amounts.values()))
    return made


@action("Shared out money")
def share_out(
    *,
    by: Any,
    allocation: Allocation,
    total: int,
    amounts: Mapping[Organisation, int],
    reasons: Mapping[Organisation, str],
    key: str,
) -> list[Transfer]:
    """Move ``total`` uncommitted pence of an office to the CCGs below it, each line its own, all or none.

    A line that differs from the fair share by registered patients needs its reason, which the entry keeps.
    Raises Denied where the lines do not make ``total``, or it is more than is left.
    """
    year = lock(allocation.year)
    allocation = lock(allocation)
    keys = {commissioner: f"{key[:40]}-{commissioner.pk}" for commissioner in amounts}
    if any(done_before(each) for each in keys.values()):
        return _shared_before(by, allocation, amounts, keys)
    rules.check_can_share_out(by, allocation)
    check_amount(total)
    patients = fair.patients_below(by, allocation)
    proposed = fair.proposal(patients, total)
    if set(amounts) != set(proposed) or any(pence < 0 for pence in amounts.values()):
        raise Denied("The CCGs below this office have changed. Open the page again.")
    if found := fair.problems(proposed, amounts, reasons, total):
        raise Denied(". ".join(found.values()) + ".")
    money_rules.check_can_take(allocation, total)
    all_patients = sum(each.count for each in patients)
    made = []
    for each in patients:
        pence, reason = amounts[each.commissioner], reasons.get(each.commissioner, "").strip()
        if not pence:
            continue
        why = f"Fair share: {each.count:,} of {all_patients:,} registered patients"
        if pence != proposed[each.commissioner]:
            why += f". Adjusted: {reason}"
        made.append(
            transfer(
                Kind.MOVE,
                allocation,
                pence,
                by=by,
                why=why,
                key=keys[each.commissioner],
                to_allocation=allocation_in(year, each.commissioner, allocation.category),
            )
        )
    record(by=by, on=allocation, pence=total, lines={str(one.pk): pence for one, pence in amounts.items()})
    return made


def _shared_before(
    by: Any, allocation: Allocation, amounts: Mapping[Organisation, int], keys: Mapping[Organisation, str]
) -> list[Transfer]:
    """The same page sent again: the same lines are the same entries; other lines are refused."""
    made = []
    for commissioner, pence in amounts.items():
        done = done_before(keys[commissioner])
        if done is not None:
            check_is_repeat(done, allocation_id=allocation.pk, amount=pence)
            made.append(done)
        elif pence:
            raise Denied("This page was already used to share out money. Open it again.")
    record(by=by, on=allocation, repeat=True)
    return made


@action("Confirmed funds received")
def confirm_funds(*, by: Any, transfer: Transfer, received_on: dt.date, reference: str) -> FundsReceived:
    """Confirm that the money of an allocation arrived on a day, with the bank's reference. Once."""
    lock(transfer.allocation)
    rules.check_can_confirm_funds(by, transfer)
    if received_on > today():
        raise Denied(f"{day(received_on)} has not come yet. Enter the day the money arrived.")
    received = FundsReceived.objects.create(
        transfer=transfer, received_on=received_on, reference=reference, confirmed_by=by
    )
    record(by=by, on=received, transfer=transfer.pk, received_on=received_on, pence=transfer.amount)
    return received
