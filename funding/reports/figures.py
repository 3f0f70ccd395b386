"""The figures of the finance report, line by line, in pence.

- Budget to date: the budget of the months up to and with the one reported. Budget of the year: all months.
- Actual: what was paid, less what came back, by the day the bank says, up to the end of the month; of a line
  that stands for nothing in the ledger, what was typed for those months.
- Forecast: what was typed for the year at this month; else the actual to date plus the budget of the months to come.
- Variance: actual less budget. More than £0 is over, less is under.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from funding import ledger
from funding.bodies import below
from funding.models import (
    BudgetLine,
    BudgetMonth,
    BudgetRevision,
    LineFigure,
    Narrative,
    NarrativeThreshold,
    Transfer,
    months_of,
)
from practices.models import Organisation
from resilience.programmes.models import ProgrammeYear

OUTSIDE = ("No budget line", "Paid outside the budget lines")
"""Group and name of what was paid and no line stands for."""
_BY = (
    "allocation__commissioner",
    "allocation__category",
    "commitment__item__name",
    "commitment__route",
)


@dataclass(frozen=True)
class Line:
    """One line of one commissioner, at the end of one month."""

    line: int | None
    """None: what was paid and no line stands for."""
    commissioner: str
    group: str
    name: str
    budget_to_date: int
    actual_to_date: int
    budget: int
    forecast: int
    forecast_is_typed: bool = False
    narrative: str = ""
    narrative_by: str = ""
    narrative_at: str = ""

    @property
    def variance_to_date(self) -> int:
        return self.actual_to_date - self.budget_to_date

    @property
    def variance(self) -> int:
        return self.forecast - self.budget

    def needs_narrative(self, threshold: int) -> bool:
        """Over or under its budget by more than the threshold, to date or for the year.

        What no line stands for asks for a budget line, not for words.
        """
        return self.line is not None and max(abs(self.variance_to_date), abs(self.variance)) > threshold


@dataclass(frozen=True)
class Report:
    """What a finance report says, whatever its unit."""

    year: str
    organisation: str
    month: dt.date
    threshold: int
    lines: tuple[Line, ...]

    @property
    def commissioners(self) -> list[str]:
        return list(dict.fromkeys(line.commissioner for line in self.lines))

    @property
    def missing(self) -> list[Line]:
        """Lines that need a narrative and have none."""
        return [line for line in self.lines if line.needs_narrative(self.threshold) and not line.narrative]

    @property
    def month_end(self) -> dt.date:
        return last_day(self.month)

    def facts(self) -> dict[str, Any]:
        """As kept with a report that was issued."""
        return {
            **asdict(self),
            "month": self.month.isoformat(),
            "lines": [asdict(line) for line in self.lines],
        }


def from_facts(facts: dict[str, Any]) -> Report:
    """The report that such facts were taken from."""
    lines = tuple(Line(**line) for line in facts["lines"])
    return Report(**{**facts, "month": dt.date.fromisoformat(facts["month"]), "lines": lines})


def last_day(month: dt.date) -> dt.date:
    return (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def budgets_of(lines: Iterable[BudgetLine]) -> dict[int, dict[dt.date, int]]:
    """line id → month → pence, by each line's latest revision. Two queries."""
    revisions = BudgetRevision.objects.filter(line__in=list(lines)).order_by("id")
    latest = {line: pk for pk, line in revisions.values_list("pk", "line")}
    owner = {pk: line for line, pk in latest.items()}
    found: dict[int, dict[dt.date, int]] = {line: {} for line in latest}
    rows = BudgetMonth.objects.filter(revision__in=owner).values_list("revision", "month", "pence")
    for revision, month, pence in rows.order_by("month"):
        found[owner[revision]][month] = pence
    return found


def threshold_of(year: ProgrammeYear) -> int:
    """Pence; £0, so that every variance needs a narrative, until finance sets another."""
    latest = NarrativeThreshold.objects.filter(year=year).first()
    return latest.pence if latest else 0


def typed_of(lines: list[BudgetLine], kind: str) -> dict[tuple[int, dt.date], int]:
    """(line id, month) → pence as last typed. One query."""
    rows = LineFigure.objects.filter(line__in=lines, kind=kind).order_by("id")
    latest = {(line, month): pence for line, month, pence in rows.values_list("line", "month", "pence")}
    return {key: pence for key, pence in latest.items() if pence is not None}


def _paid(year: ProgrammeYear, commissioners: set[int], until: dt.date) -> dict[tuple[Any, ...], int]:
    rows = Transfer.objects.filter(
        allocation__year=year, allocation__commissioner__in=commissioners, happened_on__lte=until
    )
    return ledger.paid_net(rows, *_BY)


def _stands_for(line: BudgetLine) -> tuple[str, Any]:
    if line.item:
        return "item", line.item.name
    return ("category", line.category_id) if line.category_id else ("route", line.route)


def _actuals(
    lines: list[BudgetLine], paid: dict[tuple[Any, ...], int]
) -> tuple[dict[int, int], dict[int, int]]:
    """What was paid by line id, and by commissioner id what no line of theirs stands for."""
    there = {(line.commissioner_id, *_stands_for(line)): line.pk for line in lines if line.kind}
    actual: dict[int, int] = {}
    outside: dict[int, int] = {}
    for (commissioner, category, item, route), pence in paid.items():
        keys = (("item", item), ("category", category), ("route", route))
        line = next((pk for kind, value in keys if (pk := there.get((commissioner, kind, value)))), None)
        if line is None:
            outside[commissioner] = outside.get(commissioner, 0) + pence
        else:
            actual[line] = actual.get(line, 0) + pence
    return actual, {commissioner: pence for commissioner, pence in outside.items() if pence}


def report_of(year: ProgrammeYear, organisation: Organisation, month: dt.date) -> Report:
    """The report of an organisation and all below it, at the end of a month of the year.

    As many queries for one line as for a hundred.
    """
    ids = below(organisation)
    lines = list(
        BudgetLine.objects.filter(year=year, commissioner__in=ids).select_related("commissioner", "item")
    )
    budgets = budgets_of(lines)
    actual, outside = _actuals(lines, _paid(year, ids, last_day(month)))
    typed, forecasts = (typed_of(lines, kind) for kind in (LineFigure.Kind.ACTUAL, LineFigure.Kind.FORECAST))
    said = {
        each.line_id: each
        for each in Narrative.objects.filter(line__in=lines, month=month).order_by("id").select_related("written_by")
    }  # fmt: skip
    shown = []
    for line in lines:
        budget = budgets.get(line.pk, {})
        to_date = sum(pence for day, pence in budget.items() if day <= month)
        whole = sum(budget.values())
        spent = actual.get(line.pk, 0)
        if not line.kind:
            spent = sum(pence for (pk, day), pence in typed.items() if pk == line.pk and day <= month)
        forecast = forecasts.get((line.pk, month))
        words = said.get(line.pk)
        shown.append(
            Line(
                line.pk,
                line.commissioner.name,
                line.group,
                line.name,
                to_date,
                spent,
                whole,
                spent + whole - to_date if forecast is None else forecast,
                forecast is not None,
                words.words if words else "",
                words.written_by.name if words else "",
                words.written_at.isoformat() if words else "",
            )
        )
    names = dict(Organisation.objects.filter(pk__in=outside).values_list("pk", "name"))
    shown += [Line(None, names[pk], *OUTSIDE, 0, pence, 0, pence) for pk, pence in outside.items()]
    shown.sort(key=lambda line: line.commissioner)
    return Report(str(year), organisation.name, month, threshold_of(year), tuple(shown))


def month_asked(year: ProgrammeYear, asked: str, day: dt.date) -> dt.date:
    """The month asked for as 2018-10-01, else the last one that has ended, within the year."""
    months = months_of(year)
    found = next((month for month in months if month.isoformat() == asked), None)
    ended = [month for month in months if last_day(month) < day]
    return found or (ended[-1] if ended else months[0])
