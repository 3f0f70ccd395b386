"""How far the MoU of a referral has come. The MoU stands to the left of this room and is not known here: it registers
the one function that answers, when it is loaded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class MouStatus:
    """In the MoU's own words; signed by both sides or not."""

    words: str
    is_signed: bool = False


NONE = MouStatus("No MoU")

_answer: Callable[[Iterable[int]], dict[int, MouStatus]] | None = None


def register(answer: Callable[[Iterable[int]], dict[int, MouStatus]]) -> None:
    """Name the function that says, by referral id, how far each MoU is; it may leave out those without one."""
    global _answer
    _answer = answer


def mou_status(referrals: Iterable[int]) -> dict[int, MouStatus]:
    """By referral id, for each that is asked; in as many queries for many as for one."""
    ids = list(referrals)
    known = _answer(ids) if _answer else {}
    return {pk: known.get(pk, NONE) for pk in ids}
