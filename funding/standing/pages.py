"""What the pages about a programme year's money share: the year, the person's allocations, files and pages."""

from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from funding.models import Allocation
from resilience.programmes.models import ProgrammeYear


def year_asked(request: HttpRequest, years: list[ProgrammeYear]) -> ProgrammeYear | None:
    """The year asked for, or the latest that is known to the person."""
    wanted = request.GET.get("year", "")
    return next((year for year in years if str(year.pk) == wanted), years[0] if years else None)


def year_tabs(
    page: str, years: list[ProgrammeYear], year: ProgrammeYear | None, **query: Any
) -> list[dict[str, Any]]:
    """A page's own address for each year."""
    return [
        {
            "text": str(each),
            "href": f"{reverse(page)}?{urlencode({'year': each.pk, **query})}",
            "current": each == year,
        }
        for each in years
    ]


def allocations_of(request: HttpRequest, year: ProgrammeYear | None) -> list[Allocation]:
    """Those of the year that the person may see, by CCG and category of spend."""
    return list(
        Allocation.objects.visible_to(request.user)
        .filter(year=year)
        .select_related("commissioner", "category")
    )


def file_asked(request: HttpRequest) -> str:
    """The kind of file that the address asks for; nothing for the page."""
    asked = request.GET.get("export", "")
    return asked if asked in ("xlsx", "csv") else ""


def file_address(page: str, **query: Any) -> str:
    """A page's address, to which "xlsx" or "csv" is put to have it as a file."""
    return f"{reverse(page)}?{urlencode(query)}&export="


def pages_of(page: Page, address: str) -> dict[str, Any] | None:
    """Parameters of the NHS.UK pagination, ``address`` being what a page's number is put to; None for one page."""
    paginator = page.paginator
    if paginator.num_pages < 2:
        return None
    items: list[dict[str, Any]] = [
        {"number": number, "href": f"{address}{number}", "current": number == page.number}
        if isinstance(number, int)
        else {"ellipsis": True}
        for number in paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
    found: dict[str, Any] = {"items": items}
    if page.has_previous():
        found["previous"] = {"href": f"{address}{page.previous_page_number()}"}
    if page.has_next():
        found["next"] = {"href": f"{address}{page.next_page_number()}"}
    return found
