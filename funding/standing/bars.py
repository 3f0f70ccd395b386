"""An allocation, or several together, as a bar; and the milestones that money is measured by."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from funding.ledger import Figures, Part
from funding.standing.addresses import entries
from resilience.core.calendar import today
from resilience.core.words import percent
from resilience.programmes.models import Milestone, ProgrammeYear

_PARTS = {"paid": Part.PAID, "payable": Part.PAYABLE, "committed": Part.COMMITTED, "left": Part.UNCOMMITTED}
MEASURES = {Milestone.Measure.COMMITTED: Part.PROMISED, Milestone.Measure.SPENT: Part.PAID}
"""Which figure a milestone's measure is about."""


@dataclass
class Mark:
    """A milestone that money is measured by, and how far these figures have come."""

    milestone: Milestone
    figures: Figures

    @property
    def part(self) -> Part:
        return MEASURES[Milestone.Measure(self.milestone.measure)]

    @property
    def fraction(self) -> float:
        return (self.milestone.target or 0) / 100

    @property
    def reached(self) -> int:
        """Pence committed (in the wide sense) or paid."""
        return self.part.of(self.figures)

    @property
    def target(self) -> int:
        """Pence that the milestone asks for, rounded up to the penny."""
        return -(-self.figures.allocated * (self.milestone.target or 0) // 100)

    @property
    def missing(self) -> int:
        """Pence still to come; 0 where it is reached."""
        return max(self.target - self.reached, 0)

    @property
    def now(self) -> str:
        return percent(self.reached, self.figures.allocated)

    @property
    def is_past(self) -> bool:
        return self.milestone.due_at.date() < today()

    @property
    def does(self) -> str:
        """What is still to be done with what is missing."""
        return "commit" if self.part == Part.PROMISED else "pay"


def all_marks(year: ProgrammeYear, figures: Figures) -> list[Mark]:
    """Every milestone of the year that is about money, by date."""
    return [Mark(each, figures) for each in year.milestones.all() if each.measure in MEASURES and each.target]


def next_marks(year: ProgrammeYear, figures: Figures) -> list[Mark]:
    """The next milestone of each measure, or its last when all are past; the soonest first."""
    found = []
    rows = all_marks(year, figures)
    for measure in MEASURES:
        of_one = [mark for mark in rows if mark.milestone.measure == measure]
        coming = [mark for mark in of_one if not mark.is_past]
        found += coming[:1] or of_one[-1:]
    return sorted(found, key=lambda mark: (mark.is_past, mark.milestone.due_at))


@dataclass
class Bar:
    """Figures as a bar whose numbers lead to the entries behind them. ``marks`` are as of ``next_marks``."""

    label: str
    figures: Figures
    query: dict[str, Any]
    marks: Iterable[Mark] = field(default_factory=list)

    @property
    def links(self) -> dict[str, str]:
        """The address of the entries behind each part."""
        return {name: entries(part, **self.query) for name, part in _PARTS.items()}

    @property
    def allocated_href(self) -> str:
        return entries(Part.ALLOCATED, **self.query)

    @property
    def mark_at(self) -> float | None:
        """Where the bar's line stands: the soonest milestone."""
        return next((mark.fraction for mark in self.marks), None)
