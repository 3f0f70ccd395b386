"""Who may ask for a move of money, and who may answer."""

from typing import Any

from django.db.models import Q

from funding import ledger
from funding.models import Allocation, Move
from funding.moves.states import MOVE_ACTS, check_move_state
from practices.models import Organisation, Person, RoleHolding
from resilience.core.access import ROLE_PERMISSIONS, Denied, P
from resilience.core.calendar import today
from resilience.core.words import day, money
from resilience.programmes.models import ProgrammeYear


def check_over_both(user: Any, permission: str, *commissioners: Organisation) -> None:
    """A move concerns both ends: the permission is asked over each."""
    reach = user.reach(permission)
    for each in commissioners:
        if not (reach.everything or each.pk in reach.commissioners):
            raise Denied(f"Your role does not let you {P(permission).label} for {each.name}.")


def check_kind(year: ProgrammeYear, kind: str) -> None:
    """Slippage moves on and after the year's day for it; virement in any open year."""
    if kind != Move.Kind.SLIPPAGE:
        return
    if year.slippage_from is None:
        raise Denied(f"{year} has no day from which money moves as slippage.")
    if today() < year.slippage_from:
        raise Denied(
            f"Money moves as slippage from {day(year.slippage_from)}. Until then, ask for a virement."
        )


def check_is_free(source: Allocation, amount: int) -> None:
    """What is asked for is uncommitted. Ask it with the allocation locked."""
    left = ledger.of_allocation(source).uncommitted
    if amount > left:
        raise Denied(f"{money(amount)} is more than is left: {source.name} has {money(left)} uncommitted.")


def check_is_still_free(move: Move) -> None:
    """What was free when it was asked may have been committed since. Ask it with the allocations locked."""
    left = ledger.of_allocation(move.source).uncommitted
    if move.amount > left:
        raise Denied(
            f"{money(move.amount)} was uncommitted when this was asked. {move.source.name} now has "
            f"{money(left)}. Refuse the move, or ask finance to release money first."
        )


def check_can_answer(user: Any, move: Move, act: str = "funding.approve_move") -> None:
    """Somebody who approves moves over both ends, and never the person who asked."""
    check_move_state(act, move.state)
    check_over_both(user, MOVE_ACTS[act].permission, move.source.commissioner, move.target.commissioner)
    if move.asked_by_id == user.pk:
        raise Denied("You asked for this move, so another person approves or refuses it.")


def check_can_withdraw(user: Any, move: Move) -> None:
    """The person who asked, until it is answered."""
    check_move_state("funding.withdraw_move", move.state)
    if move.asked_by_id != user.pk:
        raise Denied(f"{move.asked_by.name} asked for this move and can withdraw it. You can refuse it.")


def approvers(move: Move) -> list[Person]:
    """Everyone who may answer, by name."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if P.APPROVE_MOVES in held]
    rows = RoleHolding.objects.in_force().filter(role__in=roles, person__is_active=True)
    everywhere = rows.filter(over_everything=True).values("person")
    people = Person.objects.exclude(pk=move.asked_by_id).order_by("name", "email")
    over_both = Q()
    for end in (move.source.commissioner, move.target.commissioner):
        above: list[int] = []
        node: Organisation | None = end
        while node is not None:
            above.append(node.pk)
            node = node.parent
        over_both &= Q(pk__in=rows.filter(organisation__in=above).values("person"))
    return list(people.filter(Q(pk__in=everywhere) | over_both))
