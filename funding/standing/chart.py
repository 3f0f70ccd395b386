"""Committed and paid, month by month, as a drawing and as the table beside it."""

import datetime as dt
from calendar import monthrange

from django.utils import timezone

from funding.ledger import Part
from funding.standing.addresses import entries, linked
from funding.standing.bars import Mark
from funding.standing.forecast import Forecast, Month
from funding.standing.tables import Cell, Line, Table
from resilience.core.charts import LineChart, Point, Series
from resilience.core.spreadsheets import Heading
from resilience.core.words import day, money


def _before_first(values: list[int | None]) -> list[int | None]:
    """The year begins at nothing."""
    return [0, *values]


def _expected(months: list[Month]) -> list[int | None]:
    """From where the paid line stood a month ago to the forecast at the year's end."""
    first = next((n for n, each in enumerate(months) if each.expected is not None), None)
    values: list[int | None] = [None, *(each.expected for each in months)]
    if first is not None:
        values[first] = (months[first - 1].paid or 0) if first else 0
    return values


def _place(months: list[Month], on: dt.date) -> float:
    """A day counted in months from the first."""
    first = months[0].month
    whole = (on.year - first.year) * 12 + on.month - first.month
    return whole + on.day / monthrange(on.year, on.month)[1]


def chart_of(forecast: Forecast, marks: list[Mark]) -> LineChart:
    """The lines of what is promised, paid and expected, the allocation, and the milestones about money."""
    months, figures = forecast.months, forecast.figures
    points = []
    for mark in marks:
        on = timezone.localtime(mark.milestone.due_at).date()
        said = f"{mark.milestone.name}: {money(mark.target)} {mark.milestone.measure} by {day(on)}"
        points.append(Point(said, _place(months, on), mark.target))
    lines = [
        Series("Promised: committed, payable or paid", _before_first([each.promised for each in months])),
        Series("Paid", _before_first([each.paid for each in months])),
        Series("Paid, as forecast", _expected(months)),
        Series("Allocation", [figures.allocated] * (len(months) + 1)),
    ]
    return LineChart(
        f"{forecast.year}: promised and paid by month",
        f"{money(figures.promised)} is promised and {money(figures.paid)} is paid of {money(figures.allocated)}. "
        f"The forecast to the year’s end is {money(forecast.total)}. The table below holds every figure.",
        [f"{each.month:%b}" for each in months],
        lines,
        points,
    )


def table_of(forecast: Forecast) -> Table:
    """The same figures, month by month; each month's own lead to its entries."""
    lines = []
    for each in forecast.months:
        query = {"year": forecast.year.pk, "month": f"{each.month:%Y-%m}"}
        in_month = [linked(part, each.happened, **query) for part in (Part.PROMISED, Part.PAID)]
        cells = [
            *(in_month if each.paid is not None else [Cell(None)] * 2),
            Cell(each.promised),
            Cell(each.paid),
            Cell(each.expected),
        ]
        lines.append(Line(f"{each.month:%B %Y}", cells))
    headings = [
        Heading("Month"),
        Heading("Promised in the month", "money"),
        Heading("Paid in the month", "money"),
        Heading("Promised so far", "money"),
        Heading("Paid so far", "money"),
        Heading("Paid, as forecast", "money"),
    ]
    return Table(f"{forecast.year} month by month", headings, lines)


def links_of(forecast: Forecast) -> dict[str, str]:
    """The entries behind what the forecast is made of."""
    of_year = {"year": forecast.year.pk}
    return {part.value: entries(part, **of_year) for part in Part}
