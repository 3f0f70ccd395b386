"""The committee's finance report: on screen, as a workbook and a PDF, and as it was issued."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from funding.bodies import years_of
from funding.models import FinanceReport, months_of
from funding.reports import actions, files, rules
from funding.reports.changes import changes_since
from funding.reports.figures import last_day, month_asked, report_of
from funding.reports.forms import IssueForm
from funding.reports.table import ROUNDED, tables_of
from funding.reports.views import asked_for, find_year, year_tabs
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.models import StoredFile
from resilience.core.tables import Column, ListPage

Unit = FinanceReport.Unit


def _unit(asked: str | None) -> Unit:
    return Unit(asked) if asked in Unit.values else Unit.POUNDS


@require_GET
@requires(P.VIEW_MONEY)
def finance_report(request: SignedInRequest) -> HttpResponse:
    """The report of an organisation of a year at a month end; ``?file=`` answers with it as xlsx or pdf."""
    years = years_of(request.user, P.VIEW_MONEY)
    year, choices, chosen = asked_for(request, years)
    context: dict[str, Any] = {
        **sections(request),
        "title": "Finance report",
        "tabs": year_tabs("funding:finance_report", years, year),
        "year": year,
        "choices": choices,
        "chosen": chosen,
        "units": Unit.choices,
    }
    if year and chosen:
        month = month_asked(year, request.GET.get("month", ""), today())
        unit = _unit(request.GET.get("unit"))
        report = report_of(year, chosen, month)
        file = request.GET.get("file")
        if file in ("xlsx", "pdf"):
            content = files.workbook(report, unit) if file == "xlsx" else files.document(report, unit)
            kind = files.XLSX if file == "xlsx" else files.PDF
            return download(f"{files.name_of(report)}.{file}", kind, content)
        query = urlencode(
            {
                "year": str(year.pk),
                "commissioner": str(chosen.pk),
                "month": str(month),
                "unit": str(unit.value),
            }
        )
        context |= {
            "report": report,
            "month": month,
            "months": [(each.isoformat(), f"{each:%B %Y}") for each in months_of(year)],
            "month_end": last_day(month),
            "unit": unit,
            "tables": tables_of(report, unit),
            "rounded": ROUNDED,
            "said": [line for line in report.lines if line.narrative],
            "address": f"{request.path}?{query}",
            "issue_query": query,
            "may_report": request.user.may(P.MAKE_RETURNS),
            "may_explain": not why_not(rules.check_can_report, request.user, year, chosen),
        }
    return render(request, "funding/reports/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MAKE_RETURNS)
def issue_finance_report(request: SignedInRequest, year: int) -> HttpResponse:
    """Keep the report as a committee is shown it."""
    found, choices = find_year(request, year)
    begun = [month for month in months_of(found) if month <= today()]
    initial = {
        "commissioner": request.GET.get("commissioner", choices[0].pk),
        "month": month_asked(found, request.GET.get("month", ""), today()).isoformat(),
        "unit": _unit(request.GET.get("unit")),
    }
    data = request.POST if request.method == "POST" else None
    form = IssueForm(data, bodies=choices, months=begun, initial=initial)
    if form.is_valid():
        try:
            made = actions.issue_finance_report(by=request.user, year=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The report is issued. It is kept as it is now, byte for byte.")
            return redirect("funding:issued_report", finance_report=made.pk)
    return render(
        request,
        "form.html",
        {
            "title": "Issue a finance report",
            "caption": str(found),
            "intro": "The workbook and the PDF are kept exactly as they are made now, and can be downloaded again.",
            "form": form,
            "back": f"{reverse('funding:finance_report')}?year={found.pk}",
        },
    )


ISSUED = [
    Column(
        "Report of",
        "commissioner.name",
        sort="commissioner__name",
        link=lambda row: reverse("funding:issued_report", kwargs={"finance_report": row.pk}),
        heading=True,
    ),
    Column("Programme year", lambda row: str(row.year)),
    Column("At the end of", lambda row: f"{row.month:%B %Y}", sort="month"),
    Column("Committee", "committee"),
    Column("Figures in", lambda row: row.get_unit_display()),
    Column("Issued", "issued_at", kind="moment", sort="issued_at"),
    Column("By", "issued_by.name"),
]


@require_GET
@requires(P.VIEW_MONEY)
def issued_reports(request: SignedInRequest) -> HttpResponse:
    """Every finance report that was issued, the latest first."""
    rows = FinanceReport.objects.visible_to(request.user).select_related(
        "year__programme", "commissioner", "issued_by"
    )
    page = ListPage(
        request,
        rows.defer("facts"),
        name="funding:issued_reports",
        title="Finance reports issued",
        noun="report",
        columns=ISSUED,
        default_sort="-issued",
        empty="A report that finance issues to a committee is kept here as it was.",
    )
    return page.response(back=reverse("funding:finance_report"), **sections(request))


def _find(request: SignedInRequest, pk: int) -> FinanceReport:
    rows = FinanceReport.objects.visible_to(request.user).select_related(
        "year__programme__owner", "commissioner", "issued_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
@requires(P.VIEW_MONEY)
def issued_report(request: SignedInRequest, finance_report: int) -> HttpResponse:
    """A report as it was issued, its files, and what has changed since."""
    found = _find(request, finance_report)
    file_ids = [found.workbook_id, found.document_id]
    sizes = dict(StoredFile.objects.filter(pk__in=file_ids).values_list("pk", "sha256"))
    return render(
        request,
        "funding/reports/issued_report.html",
        {
            **sections(request),
            "title": f"Finance report {found.pk}",
            "caption": f"{found.commissioner.name}, {found.month:%B %Y}",
            "report": found,
            "changes": changes_since(found),
            "workbook_sha256": sizes[found.workbook_id],
            "document_sha256": sizes[found.document_id],
            "back": reverse("funding:issued_reports"),
        },
    )


def _download(file: StoredFile) -> HttpResponse:
    return download(file.name, file.content_type, bytes(file.content))


@require_GET
@requires(P.VIEW_MONEY)
def issued_workbook(request: SignedInRequest, finance_report: int) -> HttpResponse:
    """The workbook, byte for byte as it was issued."""
    return _download(_find(request, finance_report).workbook)


@require_GET
@requires(P.VIEW_MONEY)
def issued_document(request: SignedInRequest, finance_report: int) -> HttpResponse:
    """The PDF, byte for byte as it was issued."""
    return _download(_find(request, finance_report).document)
