"""A practice's own statement: on screen, as a PDF and as a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from funding.stages.statement import OfYear, statement
from practices.models import Practice
from practices.requests import SignedInRequest
from resilience.core import pdf
from resilience.core.access import P, allows, requires
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.spreadsheets import Heading, xlsx

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = (
    Heading("Programme year"),
    Heading("Date", "date"),
    Heading("What happened"),
    Heading("Amount", "money"),
    Heading("Payment reference"),
    Heading("Stage"),
    Heading("Referral"),
    Heading("Category of support"),
    Heading("How it reaches the practice"),
)


@require_GET
@requires(P.VIEW_STATEMENT)
def of_practice(request: SignedInRequest, ods_code: str) -> HttpResponse:
    """What a practice was promised and paid, year by year, and what is to come; ``?export=pdf`` or ``xlsx``."""
    seen = Practice.objects.visible_to(request.user, P.VIEW_STATEMENT).select_related("commissioner")
    found = get_object_or_404(seen, ods_code=ods_code)
    years = statement(found, request.user)
    context = {
        "title": "Money of this practice",
        "caption": str(found),
        "practice": found,
        "years": years,
        "on": today(),
        "back": _back(request, found),
        "is_office": allows(request.user, P.VIEW_MONEY, found),
    }
    kind = request.GET.get("export")
    name = f"statement-{found.ods_code}-{today():%Y-%m-%d}"
    if kind == "pdf":
        html = render_to_string("funding/stages/statement_pdf.html", context)
        content = pdf.render(html, title=f"Statement of {found}", moment=timezone.now())
        return download(f"{name}.pdf", "application/pdf", content)
    if kind == "xlsx":
        return download(f"{name}.xlsx", _XLSX, xlsx(f"Statement {found.ods_code}", HEADINGS, _rows(years)))
    return render(request, "funding/stages/statement.html", context)


def _back(request: SignedInRequest, practice: Practice) -> str:
    return reverse("practices:practice", kwargs={"ods_code": practice.ods_code})


def _rows(years: list[OfYear]) -> Iterator[list[Any]]:
    for year in years:
        for line in year.lines:
            of = line.commitment
            yield [
                str(year.year),
                line.on,
                line.what,
                line.pence,
                line.reference,
                line.stage,
                of.referral.reference if of else "",
                of.item.name if of else "",
                of.get_route_display() if of else "",
            ]
