"""Virement and slippage: asked by one person, approved or refused by another. Amounts are whole pence."""

from typing import Any

from django.utils import timezone

from funding.models import Kind, Move
from funding.moves import letters, rules
from funding.moves.states import MOVE_ACTS
from funding.rules import check_can_set_allocation, check_category
from funding.transfers import allocation_in, check_amount, check_is_repeat, hold, transfer
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import ProgrammeYear, SpendCategory

Place = tuple[Organisation, SpendCategory | None]
"""Whose money, and in which category of spend; None in a year without categories."""


@action("Asked for a move of money")
def ask_move(
    *,
    by: Any,
    year: ProgrammeYear,
    kind: str,
    source: Place,
    target: Place,
    amount: int,
    why: str,
    key: str,
) -> Move:
    """Ask that ``amount`` uncommitted pence goes from one CCG or category to another. Nothing moves yet.

    Raises Denied outside the person's scope, beyond what is free now, and before the day of slippage.
    """
    done = Move.objects.filter(key=key).first()
    if done is not None:
        check_is_repeat(done, asked_by_id=by.pk, amount=amount, kind=kind)
        record(by=by, on=done, repeat=True)
        return done
    check_amount(amount)
    if source == target:
        raise Denied("The money would stay where it is. Choose another CCG or category to move it to.")
    for commissioner, category in (source, target):
        check_can_set_allocation(by, year, commissioner)
        check_category(year, category)
    rules.check_kind(year, kind)
    if not why.strip():
        raise Denied("Say why the money should move.")
    out, into = allocation_in(year, *source), allocation_in(year, *target)
    rules.check_is_free(out, amount)
    move = Move.objects.create(
        kind=kind, source=out, target=into, amount=amount, why=why, key=key, asked_by=by
    )
    record(by=by, on=move, why=why, pence=amount, kind=kind, source=out.pk, target=into.pk, state=move.state)
    letters.asked(move)
    return move


@action("Approved a move of money")
def approve_move(*, by: Any, move: Move) -> Move:
    """Move the money, if it is still free. Raises Denied for the person who asked, and where it is not."""
    move = lock(move)
    rules.check_can_answer(by, move)
    move.source, move.target = hold(move.source, move.target)
    rules.check_kind(move.source.year, move.kind)
    rules.check_is_still_free(move)
    move.transfer = transfer(
        Kind.MOVE,
        move.source,
        move.amount,
        by=by,
        why=f"{move.get_kind_display()}: {move.why}",
        key=f"move-{move.pk}",
        to_allocation=move.target,
    )
    return _answer(move, "funding.approve_move", by, "")


@action("Refused a move of money")
def refuse_move(*, by: Any, move: Move, why: str) -> Move:
    """Nothing moves; whoever asked reads why."""
    move = lock(move)
    rules.check_can_answer(by, move, "funding.refuse_move")
    return _answer(move, "funding.refuse_move", by, why)


@action("Withdrew a move of money")
def withdraw_move(*, by: Any, move: Move, why: str) -> Move:
    """The person who asked takes it back before it is answered."""
    move = lock(move)
    rules.check_can_withdraw(by, move)
    return _answer(move, "funding.withdraw_move", by, why)


def _answer(move: Move, act: str, by: Any, why: str) -> Move:
    before, after = move.state, MOVE_ACTS[act].moves[move.state]
    if after != Move.State.APPROVED and not why.strip():
        raise Denied("Say why, for the person who asked." if by.pk != move.asked_by_id else "Say why.")
    move.state, move.answer = after, why
    move.answered_at, move.answered_by = timezone.now(), by
    move.save()
    record(by=by, on=move, why=why, pence=move.amount, before=before, after=after)
    letters.answered(move)
    return move
