"""A programme year's money over time and stage by stage."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from funding.filters import years_with_money
from funding.sections import sections
from funding.standing import bars, chart, drawdown, forecast
from funding.standing.pages import (
    allocations_of,
    file_address,
    file_asked,
    year_asked,
    year_tabs,
)
from practices.requests import SignedInRequest
from resilience.core.access import P, requires


@require_GET
@requires(P.VIEW_MONEY)
def by_month(request: SignedInRequest) -> HttpResponse:
    """Committed and paid month by month against the milestones, and the forecast to the year's end."""
    years = list(years_with_money(request))
    year = year_asked(request, years)
    context: dict[str, Any] = {"title": "Month by month"}
    if year:
        found = forecast.forecast(year, allocations_of(request, year))
        table = chart.table_of(found)
        if kind := file_asked(request):
            return table.file(kind)
        marks = bars.all_marks(year, found.figures)
        context |= {
            "forecast": found,
            "table": table,
            "chart": chart.chart_of(found, marks),
            "links": chart.links_of(found),
            "file": file_address("funding:by_month", year=year.pk),
        }
    tabs = year_tabs("funding:by_month", years, year)
    return render(
        request, "funding/by_month.html", {**sections(request), "year": year, "tabs": tabs, **context}
    )


@require_GET
@requires(P.VIEW_MONEY)
def drawdown_table(request: SignedInRequest) -> HttpResponse:
    """Per CCG: practices in, the money of each stage, budget and what is uncommitted."""
    years = list(years_with_money(request))
    year = year_asked(request, years)
    table = drawdown.drawdown(year, allocations_of(request, year)) if year else None
    if table and (kind := file_asked(request)):
        return table.file(kind)
    return render(
        request,
        "funding/drawdown.html",
        {
            **sections(request),
            "title": "Drawdown",
            "year": year,
            "tabs": year_tabs("funding:drawdown", years, year),
            "table": table,
            "file": file_address("funding:drawdown", year=year.pk) if year else "",
        },
    )
