"""Stages that are handed in by a form of another room. That room stands to the left of this one and is not known
here: it registers the one function that answers, when it is loaded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from practices.models import Practice


@dataclass(frozen=True)
class Way:
    """How a stage is handed in, when it is not by a file and a few words."""

    name: str
    """What ``hand_in`` must be told it comes ``through``."""

    what: str
    """What is filled in, in words: "health check"."""

    href: Callable[[Practice], str]
    """The page where a practice fills it in."""

    progress: Callable[[Iterable[int]], dict[int, str]]
    """By practice id, how far those are that have started, in words; in as many queries for many as for one."""

    opens_to: Callable[[Any, Practice], bool]
    """May this person read what this practice handed in?"""

    entered_at: Callable[[Practice], str]
    """The page where an officer enters what a practice sent on paper or by email."""

    why_not_entered: Callable[[Any, Practice], str]
    """Why this person may not enter it for this practice, in a sentence; "" where they may."""

    report: str = ""
    """The page, for the office, of what was said in all of them; "" where there is none."""


_answer: Callable[[Iterable[int]], dict[int, Way]] | None = None


def register(answer: Callable[[Iterable[int]], dict[int, Way]]) -> None:
    """Name the function that says, by stage id, which stages have a way of their own."""
    global _answer
    _answer = answer


def ways(stages: Iterable[int]) -> dict[int, Way]:
    """By stage id, of these stages those that have one; in as many queries for many as for one."""
    ids = list(stages)
    return _answer(ids) if _answer and ids else {}


def way_of(stage: int) -> Way | None:
    """The way of one stage; None where it is handed in here."""
    return ways([stage]).get(stage)
