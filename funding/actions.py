"""Every act that moves money. Amounts are whole pence; ``key`` is the page's own: a repeat moves nothing."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from funding import ledger, rules
from funding.invoices import claims
from funding.models import Allocation, Commitment, Kind, Transfer, YearClosing
from funding.stages.actions import open_what_is_due
from funding.transfers import (
    allocation_in,
    check_amount,
    check_is_no_later,
    check_is_repeat,
    done_before,
    hold_money_of,
    transfer,
    transfer_of,
)
from practices.models import Organisation, Practice
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.trail import record
from resilience.core.words import money
from resilience.programmes.models import MenuItem, ProgrammeYear, SpendCategory
from resilience.referrals.models import Referral
from resilience.referrals.moves import move

Route = Commitment.Route


@action("Set the allocation")
def set_allocation(
    *,
    by: Any,
    year: ProgrammeYear,
    commissioner: Organisation,
    amount: int,
    why: str,
    key: str,
    category: SpendCategory | None = None,
) -> Allocation:
    """Make an allocation ``amount`` pence in all, by a transfer of the difference.

    Raises Denied below what is already promised, outside the person's scope, or without the category
    of spend in a year that has them.
    """
    rules.check_can_set_allocation(by, year, commissioner)
    rules.check_category(year, category)
    if amount < 0:
        raise Denied("Enter an amount of £0 or more.")
    allocation = allocation_in(year, commissioner, category)
    figures = ledger.of_allocation(allocation)
    difference = amount - figures.allocated
    if difference < 0 and -difference > figures.uncommitted:
        raise Denied(
            f"{money(figures.promised)} of this allocation is already promised. "
            f"Enter {money(figures.promised)} or more."
        )
    if difference and done_before(key):
        raise Denied("This page was already used to set an allocation. Open it again, then enter the amount.")
    if difference:
        kind = Kind.ALLOCATE if difference > 0 else Kind.WITHDRAW
        transfer(kind, allocation, abs(difference), by=by, why=why, key=key)
    record(by=by, on=allocation, why=why, pence=amount, before=figures.allocated)
    return allocation


@action("Committed money")
def commit(
    *,
    by: Any,
    referral: Referral,
    item: MenuItem,
    amount: int,
    purpose: str,
    key: str,
    allocation: Allocation | None = None,
    practice: Practice | None = None,
    route: str = Route.DIRECT,
    supplier: Organisation | None = None,
    cost_centre: str = "",
    pooled_with: Commitment | None = None,
) -> Commitment:
    """Promise ``amount`` pence to one practice of a supported referral, in one category, out of an allocation.

    After signature it stays committed until a variation that all sides signed names it.

    ``practice`` defaults to the one that leads the referral; ``allocation`` to the only one there is.
    Holds the referral and all its money, then the allocation, so that two people cannot promise the same pound.
    Raises Denied over what is left, over what was granted, or in the wrong state.
    """
    referral = lock(referral)
    practice = practice or referral.lead_practice
    done = done_before(key)
    if done is not None:
        promised = done.commitment
        check_is_repeat(done, kind=Kind.COMMIT, amount=amount)
        check_is_repeat(promised, referral_id=referral.pk, item_id=item.pk, practice_id=practice.pk)
        assert promised is not None  # nosec B101 # a transfer of this kind has one
        record(by=by, on=promised, case=referral, repeat=True)
        return promised
    rules.check_can_commit(by, referral)
    check_amount(amount)
    allocation = rules.choose_allocation(referral, allocation)
    hold_money_of([referral], also=[allocation])
    rules.check_can_commit_this(referral, allocation, item, amount)
    rules.check_can_receive(referral, practice, route, supplier)
    commitment = Commitment.objects.create(
        allocation=allocation,
        referral=referral,
        practice=practice,
        item=item,
        purpose=purpose,
        route=route,
        supplier=supplier,
        cost_centre=cost_centre,
        pooled_with=pooled_with,
        committed_by=by,
    )
    transfer(Kind.COMMIT, allocation, amount, by=by, why=purpose, key=key, commitment=commitment)
    before, after = move(referral, "funding.commit")
    record(by=by, on=commitment, why=purpose, pence=amount, before=before, after=after)
    open_what_is_due(by=by, referral=referral)
    return commitment


@action("Committed pooled money")
def commit_pooled(
    *, by: Any, referral: Referral, shares: Mapping[Practice, int], key: str, **what: Any
) -> list[Commitment]:
    """Promise money that several practices pool: each its own pence of ``shares``, all or none.

    ``what`` is as for ``commit``. Raises Denied as it does.
    """
    first: Commitment | None = None
    made = []
    for number, (practice, pence) in enumerate(shares.items()):
        part = commit(
            by=by,
            referral=referral,
            practice=practice,
            amount=pence,
            key=f"{key}-{number}"[-64:],
            pooled_with=first,
            **what,
        )
        first = first or part
        made.append(part)
    record(by=by, on=referral, pence=sum(shares.values()), practices=len(made))
    return made


@action("Released money")
def release(*, by: Any, commitment: Commitment, why: str, key: str, amount: int | None = None) -> Commitment:
    """Give back to the allocation ``amount`` pence of a commitment, or all of it that is not payable.

    Raises Denied beyond that, and while an MoU in force promises it.
    """
    referral = lock(commitment.referral)
    commitment = lock(commitment)
    if done := done_before(key):
        check_is_repeat(done, commitment_id=commitment.pk, kind=Kind.RELEASE, amount=amount or done.amount)
        record(by=by, on=commitment, repeat=True)
        return commitment
    rules.check_can_release(by, commitment)
    if not why.strip():
        raise Denied("Say why the money is released.")
    there = ledger.of_commitment(commitment).committed
    amount = there if amount is None else amount
    check_amount(amount)
    if amount > there:
        raise Denied(f"{money(amount)} is more than is committed and not yet payable: {money(there)}.")
    transfer_of(Kind.RELEASE, commitment, amount, by=by, why=why, key=key)
    states: dict[str, Any] = {}
    left = ledger.of_commitments(referral.commitments.all())
    if not any(figures.promised for figures in left.values()):
        states["before"], states["after"] = move(referral, "funding.release")
    record(by=by, on=commitment, why=why, pence=amount, **states)
    return commitment


@action("Released what was not payable")
def release_rest(*, by: Any, referral: Referral, why: str, key: str) -> dict[int, int]:
    """The MoU of ``referral`` was terminated: all that is committed and not payable goes back to the allocation.

    Pence released by commitment id. What is payable or paid stays, and so does what stands in a closed year.
    """
    referral = lock(referral)
    released = {}
    for commitment in hold_money_of([referral]):
        amount = ledger.of_commitment(commitment).committed
        there = ledger.allocation_of(commitment)
        of_this = f"{key}-{commitment.pk}"
        if amount <= 0 or done_before(of_this) or YearClosing.objects.filter(year=there.year_id).exists():
            continue
        transfer_of(Kind.RELEASE, commitment, amount, by=by, why=why, key=of_this)
        released[commitment.pk] = amount
    record(by=by, on=referral, case=referral, why=why, pence=sum(released.values()), released=released)
    return released


@action("Recorded a payment")
def pay(
    *,
    by: Any,
    commitment: Commitment,
    amount: int,
    why: str,
    key: str,
    paid_on: dt.date | None = None,
    is_claimed: bool = False,
) -> Transfer:
    """Record that ``amount`` pence was paid; ``why`` is the payment's reference in the finance system.

    ``paid_on`` is the bank's day, today unless given. ``is_claimed``: it is what a payment run claims; what is
    paid by hand is not. Raises Denied beyond what is payable, or what nothing claims, or for a day to come.
    """
    commitment = lock(commitment)
    done = done_before(key)
    if done is None:
        day = paid_on or today()
        rules.check_can_pay(by, commitment, claimed=0 if is_claimed else None)
        check_amount(amount)
        check_is_no_later(day)
        rules.check_can_pay_this(commitment, amount, is_claimed=is_claimed)
        done = transfer_of(Kind.PAY, commitment, amount, by=by, why=why, key=key, happened_on=day)
    check_is_repeat(done, commitment_id=commitment.pk, kind=Kind.PAY, amount=amount)
    record(by=by, on=commitment, why=why, pence=amount)
    return done


def _take_back(
    kind: Kind,
    account: str,
    *,
    by: Any,
    commitment: Commitment,
    amount: int,
    why: str,
    key: str,
    reference: str = "",
    happened_on: dt.date | None = None,
    kept: int = 0,
    kept_by: str = "",
) -> Transfer:
    """Money that goes the other way: no more of it than stands in ``account``, less the pence ``kept``."""
    done = done_before(key)
    if done is None:
        day = happened_on or today()
        rules.check_can_take_back(by, commitment, account)
        check_amount(amount)
        check_is_no_later(day)
        if not why.strip():
            raise Denied("Say why.")
        there = getattr(ledger.of_commitment(commitment), account)
        if amount > there:
            raise Denied(f"{money(amount)} is more than is {account} of this commitment: {money(there)}.")
        if amount > there - kept:
            raise Denied(f"{money(kept)} of what is {account} {kept_by}")
        said = f"{reference}: {why}" if reference else why
        done = transfer_of(kind, commitment, amount, by=by, why=said, key=key, happened_on=day)
    check_is_repeat(done, commitment_id=commitment.pk, kind=kind, amount=amount)
    record(by=by, on=commitment, why=done.why, pence=amount)
    return done


@action("Withheld what was payable")
def withhold(*, commitment: Commitment, **given: Any) -> Transfer:
    """``amount`` pence that had become payable by mistake is committed only, with the reason.

    Raises Denied for what is in a payment run.
    """
    commitment = lock(commitment)
    kept = claims.in_runs([commitment])[commitment.pk]
    said = "is in a payment run. Take it out of the run first."
    return _take_back(Kind.WITHHOLD, "payable", commitment=commitment, kept=kept, kept_by=said, **given)


@action("Reversed a payment")
def reverse(*, commitment: Commitment, is_of_run: bool = False, **given: Any) -> Transfer:
    """``amount`` pence that was paid came back unpaid, such as from a wrong account: it is payable again.

    Raises Denied for what a payment run paid, unless it ``is_of_run``: that comes back by its line.
    """
    commitment = lock(commitment)
    kept = 0 if is_of_run else claims.paid_by_runs([commitment])[commitment.pk]
    said = "was paid by a payment run. Record on the line of that run that it came back."
    return _take_back(Kind.REVERSE, "paid", commitment=commitment, kept=kept, kept_by=said, **given)


@action("Clawed money back")
def claw_back(*, commitment: Commitment, **given: Any) -> Transfer:
    """``amount`` pence that was paid was recovered from the payee: it is free in the allocation again."""
    return _take_back(Kind.CLAW_BACK, "paid", commitment=lock(commitment), **given)
