"""Reports of progress that stages wait for. They stand to the left of this room and are not known here: their room
registers the one function that answers, when it is loaded. Without one, progress is accepted by itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """A report that is not accepted yet: what must happen in a sentence, its page, and the words of the link."""

    text: str
    href: str
    link: str


Answer = Callable[[Iterable[int]], Mapping[tuple[int, int], Report]]
_answer: Answer | None = None


def register(answer: Answer) -> None:
    """Name the function that says which report each stage of these referrals waits for, by (stage id, referral id)."""
    global _answer
    _answer = answer


def reports_awaited(referrals: Iterable[int]) -> Mapping[tuple[int, int], Report]:
    """By (stage id, referral id); in as many queries for many as for one."""
    ids = list(referrals)
    return _answer(ids) if _answer and ids else {}
