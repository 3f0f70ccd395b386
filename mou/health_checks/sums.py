"""Health checks of many practices summed, so that nobody can tell from any sums what one practice answered.

Where a person may read each health check, every one counts, as corrected. Where not, answers to a question are
counted in blocks: in each cell (a cluster, or the CCG), in the order they were handed in and as they were handed in,
``least`` practices at a time; those left over wait for the next block. Every sum that is shown is one of whole
blocks. So the difference of any two of them, such as a total less its parts, or today's less yesterday's, is one of
whole blocks too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from mou.health_checks.answers import shows_need
from mou.models import Question

Cell = tuple[int | None, int | None]
"""(commissioner, locality) on the day it was handed in."""

Kind = Question.Kind
SUMMED = frozenset({Kind.SCALE, Kind.YES_NO, Kind.NUMBER})
"""Kinds whose answers can be summed: a date or a text would be somebody's own."""


@dataclass(frozen=True)
class Entry:
    """What one practice answered, in which cell. Entries stand in the order they were handed in."""

    cell: Cell
    answers: Mapping[str, str]


@dataclass
class Sum:
    """The answers to one question, of practices that cannot be told apart."""

    practices: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    total: Decimal = Decimal(0)
    in_need: int = 0

    def add(self, question: Question, value: str) -> None:
        """Count one answer."""
        self.practices += 1
        self.in_need += shows_need(question, value)
        if question.kind == Kind.NUMBER:
            self.total += Decimal(value)
        else:
            self.answers[value] += 1

    def join(self, other: "Sum") -> None:
        """Count another sum's answers too."""
        self.practices += other.practices
        self.answers += other.answers
        self.total += other.total
        self.in_need += other.in_need

    @property
    def mean(self) -> Decimal | None:
        """Of numbers, and of scales from 1 to 4; None where nothing is counted."""
        if not self.practices:
            return None
        if not self.answers:
            return self.total / self.practices
        if not all(value.isdigit() for value in self.answers):
            return None
        points = sum(int(value) * times for value, times in self.answers.items())
        return Decimal(points) / self.practices


Sums = dict[Cell, Sum]


def counted(values: Sequence[str], least: int | None) -> Sequence[str]:
    """The first so many as make whole blocks; all of them without ``least``."""
    return values if least is None else values[: len(values) // least * least]


def sums_of(question: Question, entries: Iterable[Entry], least: int | None) -> Sums:
    """The sum of each cell that has one. ``least``: the practices of a block; None where each may be read."""
    if question.kind not in SUMMED:
        return {}
    values: dict[Cell, list[str]] = defaultdict(list)
    for entry in entries:
        if value := entry.answers.get(question.key):
            values[entry.cell].append(value)
    found: Sums = {}
    for cell, each in values.items():
        for value in counted(each, least):
            found.setdefault(cell, Sum()).add(question, value)
    return found


def together(sums: Mapping[Cell, Sum], cells: Iterable[Cell] | None = None) -> Sum:
    """Several cells as one; all of them without ``cells``."""
    wanted = None if cells is None else set(cells)
    found = Sum()
    for cell, each in sums.items():
        if wanted is None or cell in wanted:
            found.join(each)
    return found


def needs_of(theme: Sequence[Question], entries: Iterable[Entry], least: int | None) -> Sums:
    """Practices whose answers show a need in any question of a theme, of those that answered one; by cell."""
    said: dict[Cell, list[str]] = defaultdict(list)
    for entry in entries:
        given = [(each, entry.answers[each.key]) for each in theme if each.key in entry.answers]
        if given:
            need = any(shows_need(question, value) for question, value in given)
            said[entry.cell].append("need" if need else "none")
    found: Sums = {}
    for cell, values in said.items():
        if kept := counted(values, least):
            needs = sum(value == "need" for value in kept)
            found[cell] = Sum(practices=len(kept), in_need=needs)
    return found
