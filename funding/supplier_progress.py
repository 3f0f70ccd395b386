"""What a supplier's money waits for. Its delivery is followed to the left of this room and not known here: that room
registers the one function that answers, when it is loaded."""

from collections.abc import Callable, Iterable

from funding.models import Commitment

_answer: Callable[[list[Commitment]], dict[int, str]] | None = None


def register(answer: Callable[[list[Commitment]], dict[int, str]]) -> None:
    """Name the function that says, by commitment id, what must be delivered first; see ``held_back``."""
    global _answer
    _answer = answer


def held_back(commitments: Iterable[Commitment]) -> dict[int, str]:
    """By id, the commitments whose delivery is followed: what must be accepted first, in a sentence, or "" once all is.

    As many queries for many as for one; none without a supplier.
    """
    rows = [each for each in commitments if each.supplier_id]
    return _answer(rows) if _answer and rows else {}
