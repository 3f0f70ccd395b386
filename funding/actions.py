"""Every act that moves money. Amounts are whole pence; ``key`` is the page's own: a repeat moves nothing."""

from typing import Any

from funding import ledger, rules
from funding.models import Account, Allocation, Commitment, Transfer
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.core.words import money
from resilience.programmes.models import MenuItem, PaymentStage, ProgrammeYear
from resilience.referrals.models import Referral
from resilience.referrals.moves import move

Kind = Transfer.Kind


def _transfer(
    kind: str, allocation: Allocation, amount: int, *, by: Any, why: str, key: str, **on: Any
) -> Transfer:
    debit, credit = Transfer.ROUTES[Kind(kind)]
    return Transfer.objects.create(
        kind=kind,
        allocation=allocation,
        debit=debit,
        credit=credit,
        amount=amount,
        made_by=by,
        why=why,
        key=key,
        **on,
    )


def _done_before(key: str) -> Transfer | None:
    return Transfer.objects.select_related("commitment", "allocation").filter(key=key).first()


def _check_is_repeat(done: Any, **same: Any) -> None:
    """A page's key moves money once: sent again it is the same act, or it is refused."""
    if any(getattr(done, name) != value for name, value in same.items()):
        raise Denied(
            "This page was already used to move money. Open it again, then enter what is still needed."
        )


def _check_amount(amount: int) -> None:
    if amount <= 0:
        raise Denied("Enter an amount of more than £0.")


@action("Set the allocation")
def set_allocation(
    *, by: Any, year: ProgrammeYear, commissioner: Organisation, amount: int, why: str, key: str
) -> Allocation:
    """Make a commissioner's allocation ``amount`` pence in all, by a transfer of the difference.

    Raises Denied below what is already promised, or outside the person's scope.
    """
    rules.check_can_set_allocation(by, year, commissioner)
    if amount < 0:
        raise Denied("Enter an amount of £0 or more.")
    allocation, _ = Allocation.objects.get_or_create(year=year, commissioner=commissioner)
    allocation = lock(allocation)
    figures = ledger.of_allocation(allocation)
    difference = amount - figures.allocated
    if difference < 0 and -difference > figures.uncommitted:
        raise Denied(
            f"{money(figures.promised)} of this allocation is already promised. "
            f"Enter {money(figures.promised)} or more."
        )
    if difference and _done_before(key):
        raise Denied("This page was already used to set an allocation. Open it again, then enter the amount.")
    if difference:
        kind = Kind.ALLOCATE if difference > 0 else Kind.WITHDRAW
        _transfer(kind, allocation, abs(difference), by=by, why=why, key=key)
    record(by=by, on=allocation, why=why, pence=amount, before=figures.allocated)
    return allocation


@action("Committed money")
def commit(*, by: Any, referral: Referral, item: MenuItem, amount: int, purpose: str, key: str) -> Commitment:
    """Promise ``amount`` pence to a supported referral, in one category, out of its allocation.

    Locks the referral, then the allocation, so that two people cannot promise the same pound.
    Raises Denied over what is left, over what was granted, or in the wrong state.
    """
    referral = lock(referral)
    done = _done_before(key)
    if done is not None and done.commitment is not None:
        _check_is_repeat(done.commitment, referral_id=referral.pk, item_id=item.pk)
        _check_is_repeat(done, amount=amount)
        record(by=by, on=done.commitment, case=referral, repeat=True)
        return done.commitment
    rules.check_can_commit(by, referral)
    _check_amount(amount)
    allocation = rules.allocation_for(referral)
    assert allocation is not None  # nosec B101 # the rule has just asked
    allocation = lock(allocation)
    rules.check_can_commit_this(referral, allocation, item, amount)
    commitment = Commitment.objects.create(
        allocation=allocation, referral=referral, item=item, purpose=purpose, committed_by=by
    )
    _transfer(Kind.COMMIT, allocation, amount, by=by, why=purpose, key=key, commitment=commitment)
    before, after = move(referral, "funding.commit")
    record(by=by, on=commitment, why=purpose, pence=amount, before=before, after=after)
    return commitment


@action("Released money")
def release(*, by: Any, commitment: Commitment, why: str, key: str) -> Commitment:
    """Give back to the allocation all of a commitment that is not payable. Raises Denied after signature."""
    referral = lock(commitment.referral)
    commitment = lock(commitment)
    if done := _done_before(key):
        _check_is_repeat(done, commitment_id=commitment.pk, kind=Kind.RELEASE)
        record(by=by, on=commitment, repeat=True)
        return commitment
    rules.check_can_release(by, commitment)
    if not why.strip():
        raise Denied("Say why the money is released.")
    allocation = lock(commitment.allocation)
    amount = ledger.of_commitment(commitment).committed
    _transfer(Kind.RELEASE, allocation, amount, by=by, why=why, key=key, commitment=commitment)
    states: dict[str, Any] = {}
    left = ledger.of_commitments(referral.commitments.all())
    if not any(figures.promised for figures in left.values()):
        states["before"], states["after"] = move(referral, "funding.release")
    record(by=by, on=commitment, why=why, pence=amount, **states)
    return commitment


def stage_amounts(stages: list[PaymentStage], total: int) -> dict[int, int]:
    """Pence of each stage by id: fixed sums first, shares of the rest; a last share takes the odd penny.

    The sum never passes ``total``; where the stages' shares make 100 per cent it is ``total``.
    """
    amounts: dict[int, int] = {}
    left = total
    for stage in stages:
        if stage.amount is not None:
            amounts[stage.pk] = min(stage.amount, left)
            left -= amounts[stage.pk]
    shared, whole = left, sum(stage.per_cent or 0 for stage in stages)
    shares = [stage for stage in stages if stage.amount is None]
    for stage in shares:
        amounts[stage.pk] = min(int(shared * (stage.per_cent or 0) / 100), left)
        left -= amounts[stage.pk]
    if shares and whole >= 100:
        amounts[shares[-1].pk] += left
    return amounts


@action("Money became payable")
def make_payable(*, by: Any, commitment: Commitment, stage: PaymentStage, amount: int, key: str) -> Transfer:
    """Open ``amount`` pence of a commitment for payment under one stage of the year.

    Raises Denied before both sides have signed the MoU, unless the stage pays earlier.
    """
    commitment = lock(commitment)
    rules.check_is_open(commitment.referral, stage)
    done = _done_before(key)
    if done is None:
        _check_amount(amount)
        if amount > ledger.of_commitment(commitment).committed:
            raise Denied("More would become payable than is committed.")
        why = f"{stage.name}: {stage.get_opens_display()}"[:300]
        done = _transfer(
            Kind.MAKE_PAYABLE,
            commitment.allocation,
            amount,
            by=by,
            why=why,
            key=key,
            commitment=commitment,
            stage=stage,
        )
    record(by=by, on=commitment, pence=amount, stage=stage.pk)
    return done


def open_stages(*, by: Any, referral: Referral, opens: str) -> list[Transfer]:
    """Make payable what the stages that open by ``opens`` are worth, for each commitment. Safe to repeat."""
    stages = list(referral.year.stages.all())
    made = []
    for commitment in referral.commitments.all():
        figures = ledger.of_commitment(commitment)
        amounts = stage_amounts(stages, figures.promised)
        for stage in stages:
            key = f"stage-{stage.pk}-{commitment.pk}"
            if stage.opens == opens and amounts[stage.pk] > 0 and not _done_before(key):
                made.append(
                    make_payable(by=by, commitment=commitment, stage=stage, amount=amounts[stage.pk], key=key)
                )
    return made


@action("Recorded a payment")
def pay(*, by: Any, commitment: Commitment, amount: int, why: str, key: str) -> Transfer:
    """Record that ``amount`` pence was paid; ``why`` is the payment's reference in the finance system."""
    commitment = lock(commitment)
    done = _done_before(key)
    if done is None:
        rules.check_can_pay(by, commitment)
        _check_amount(amount)
        payable = ledger.of_commitment(commitment).payable
        if amount > payable:
            raise Denied(f"{money(amount)} is more than is payable: {money(payable)}.")
        done = _transfer(
            Kind.PAY, commitment.allocation, amount, by=by, why=why, key=key, commitment=commitment
        )
    _check_is_repeat(done, commitment_id=commitment.pk, kind=Kind.PAY, amount=amount)
    record(by=by, on=commitment, why=why, pence=amount)
    return done


__all__ = [
    "Account",
    "commit",
    "make_payable",
    "open_stages",
    "pay",
    "release",
    "set_allocation",
    "stage_amounts",
]
