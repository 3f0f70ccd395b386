"""The small table of a move of money: which state may follow which, by which act, for whom."""

from funding.models import Move
from resilience.core.access import Denied, P
from resilience.referrals.states import Act

S = Move.State

NOT_ASKED = ""

MOVE_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("funding.ask_move", "Ask for a move", P.SET_ALLOCATIONS, {NOT_ASKED: S.ASKED}),
        Act("funding.approve_move", "Approve", P.APPROVE_MOVES, {S.ASKED: S.APPROVED}),
        Act("funding.refuse_move", "Refuse", P.APPROVE_MOVES, {S.ASKED: S.REFUSED}),
        Act("funding.withdraw_move", "Withdraw", P.SET_ALLOCATIONS, {S.ASKED: S.WITHDRAWN}),
    )
}
"""Each permission is asked over both allocations. The asker alone withdraws, and alone cannot answer."""


def check_move_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on a move in ``state``."""
    if state not in MOVE_ACTS[act].moves:
        raise Denied(f"“{MOVE_ACTS[act].label}” is not possible now: this move is “{S(state).label}”.")
