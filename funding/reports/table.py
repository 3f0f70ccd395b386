"""The finance report as tables: lines in groups with subtotals and a grand total, rounded to its unit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from funding.models import FinanceReport
from funding.reports.figures import Line, Report
from funding.reports.rounding import round_table

UNITS = {FinanceReport.Unit.POUNDS: 100, FinanceReport.Unit.THOUSANDS: 100_000}
"""Pence in one printed unit."""

ROUNDED = (
    "Figures are rounded so that every column and row of a table adds up as printed: each is the exact figure "
    "rounded down or up. Tables are rounded one by one: the sum of several may differ from the table of all."
)
_COLUMNS: tuple[Callable[[Line], int], ...] = (
    lambda line: line.budget_to_date,
    lambda line: line.actual_to_date,
    lambda line: line.budget,
    lambda line: line.forecast,
)


@dataclass(frozen=True)
class Printed:
    """The figures of one printed row, in whole units."""

    budget_to_date: int
    actual_to_date: int
    budget: int
    forecast: int

    @property
    def variance_to_date(self) -> int:
        return self.actual_to_date - self.budget_to_date

    @property
    def variance(self) -> int:
        return self.forecast - self.budget

    @property
    def figures(self) -> tuple[int, ...]:
        """In the order of ``HEADINGS``."""
        return (
            self.budget_to_date,
            self.actual_to_date,
            self.variance_to_date,
            self.budget,
            self.forecast,
            self.variance,
        )

    @property
    def said(self) -> list[str]:
        """The same in words; a variance says over or under, and nobody need know what its sign means."""
        return [
            over_or_under(each) if place in (2, 5) else f"{each:,}" for place, each in enumerate(self.figures)
        ]

    @property
    def labelled(self) -> list[tuple[str, str]]:
        """Each figure in words under the heading of its column."""
        return list(zip(HEADINGS, self.said, strict=True))


HEADINGS = (
    "Budget to date",
    "Actual to date",
    "Variance to date",
    "Budget for the year",
    "Forecast for the year",
    "Variance for the year",
)


def over_or_under(units: int) -> str:
    """ "120 over", "30 under", "0"."""
    return f"{abs(units):,} {'over' if units > 0 else 'under'}" if units else "0"


@dataclass(frozen=True)
class Row:
    name: str
    printed: Printed
    lines: tuple[Line, ...]
    """The lines it sums: one, or one of each commissioner."""

    @property
    def href(self) -> str:
        """The page that explains the line, where it is of one commissioner."""
        line = self.lines[0].line if len(self.lines) == 1 else None
        return reverse("funding:explain_line", kwargs={"budget_line": line}) if line else ""


@dataclass(frozen=True)
class Group:
    name: str
    rows: tuple[Row, ...]
    subtotal: Printed


@dataclass(frozen=True)
class Table:
    """One table of the report: of a commissioner, or of all together."""

    title: str
    groups: tuple[Group, ...]
    total: Printed
    headings: tuple[str, ...] = HEADINGS


def _table(title: str, lines: Sequence[Line], unit: int) -> Table:
    gathered: dict[str, dict[str, list[Line]]] = {}
    for line in sorted(lines, key=lambda each: each.line is None):
        gathered.setdefault(line.group, {}).setdefault(line.name, []).append(line)
    columns = [
        round_table(
            [[sum(map(column, same)) for same in of_group.values()] for of_group in gathered.values()], unit
        )
        for column in _COLUMNS
    ]
    groups = []
    for place, (name, of_group) in enumerate(gathered.items()):
        rows = tuple(
            Row(line_name, Printed(*(column[0][place][number] for column in columns)), tuple(same))
            for number, (line_name, same) in enumerate(of_group.items())
        )
        groups.append(Group(name, rows, Printed(*(column[1][place] for column in columns))))
    return Table(title, tuple(groups), Printed(*(column[2] for column in columns)))


def tables_of(report: Report, unit: str) -> list[Table]:
    """All together first where there are several commissioners, then one of each."""
    pence = UNITS[FinanceReport.Unit(unit)]
    each = [
        _table(name, [line for line in report.lines if line.commissioner == name], pence)
        for name in report.commissioners
    ]
    return [_table(f"All of {report.organisation}", report.lines, pence), *each] if len(each) > 1 else each
