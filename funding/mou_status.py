"""How far the MoU of a referral has come, and which money it promises. The MoU stands to the left of this room and is
not known here: it registers the two functions that answer, when it is loaded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class MouStatus:
    """In the MoU's own words; signed by both sides or not."""

    words: str
    is_signed: bool = False


@dataclass(frozen=True)
class InMou:
    """The money that a signed MoU promises, as the last document says that all sides have signed."""

    named: frozenset[int] = frozenset()
    """Commitments, by id. What is committed later is named once a variation is signed."""
    is_signed: bool = False
    why_no_more: str = ""
    """Why nothing more is committed under it, in a sentence; empty where it is in force."""


NONE = MouStatus("No MoU")
NOTHING = InMou()

Answer = Callable[[Iterable[int]], dict[int, MouStatus]]
MoneyAnswer = Callable[[Iterable[int]], dict[int, InMou]]

_answer: Answer | None = None
_money_answer: MoneyAnswer | None = None


def register(answer: Answer) -> None:
    """Name the function that says, by referral id, how far each MoU is; it may leave out those without one."""
    global _answer
    _answer = answer


def register_money(answer: MoneyAnswer) -> None:
    """Name the function that says, by referral id, what each signed MoU promises; it leaves out the others."""
    global _money_answer
    _money_answer = answer


def mou_status(referrals: Iterable[int]) -> dict[int, MouStatus]:
    """By referral id, for each that is asked; in as many queries for many as for one."""
    ids = list(referrals)
    known = _answer(ids) if _answer else {}
    return {pk: known.get(pk, NONE) for pk in ids}


def in_mou(referrals: Iterable[int]) -> dict[int, InMou]:
    """The same of the money that is promised. Where nobody answers, nothing is."""
    ids = list(referrals)
    known = _money_answer(ids) if _money_answer else {}
    return {pk: known.get(pk, NOTHING) for pk in ids}
