"""Importing money in the browser: bring the file, look at what it would change, then write exactly that."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from funding import rules as money_rules
from funding.imports import actions
from funding.imports.forms import MoneyFileForm
from funding.imports.kinds import READINGS
from funding.imports.plan import Plan
from funding.models import MoneyImport
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.uploaded import Unreadable
from resilience.core.words import plural
from resilience.programmes.models import ProgrammeYear

SHOWN = 200


def _link(row: MoneyImport) -> str:
    return reverse("funding:money_import", kwargs={"money_import": row.pk})


COLUMNS = [
    Column("File", "file.name", link=_link, heading=True),
    Column("What", lambda row: row.get_kind_display(), sort="kind"),
    Column("Programme year", lambda row: str(row.year), sort=("year__programme__name", "year__starts_on")),
    Column("Uploaded by", "kept_by.name"),
    Column("Uploaded", "kept_at", kind="moment", sort="kept_at"),
    Column("Imported", "imported_at", kind="moment", sort="imported_at"),
    Column("Rows", "rows", kind="number"),
    Column("Change", "pence", kind="money"),
]


@require_GET
@requires(P.SET_ALLOCATIONS)
def money_imports(request: SignedInRequest) -> HttpResponse:
    """Every file that was uploaded, and what became of it."""
    page = ListPage(
        request,
        MoneyImport.objects.visible_to(request.user).select_related(
            "file", "year__programme", "kept_by", "imported_by"
        ),
        name="funding:money_imports",
        title="Imports",
        noun="import",
        columns=COLUMNS,
        default_sort="-uploaded",
        actions=[{"text": "Import a spreadsheet", "href": reverse("funding:import_money")}],
        empty="Upload allocations, budgets or earlier payments as the spreadsheet that you have.",
    )
    return page.response(**sections(request))


def _years(user: Any) -> list[int]:
    years = ProgrammeYear.objects.filter(closing__isnull=True).select_related("programme")
    settable = money_rules.commissioners_by_year(user, years)
    return [pk for pk, commissioners in settable.items() if commissioners]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SET_ALLOCATIONS)
def import_money(request: SignedInRequest) -> HttpResponse:
    """Choose what it is, the year, and the file."""
    years = ProgrammeYear.objects.filter(pk__in=_years(request.user)).select_related("programme")
    form = MoneyFileForm(*((request.POST, request.FILES) if request.method == "POST" else ()), years=years)
    if form.is_valid():
        try:
            kept = actions.keep_money_file(by=request.user, **form.cleaned_data)
        except Unreadable as reason:
            form.add_error("file", str(reason))
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect("funding:money_import", money_import=kept.pk)
    return render(
        request,
        "funding/imports/bring.html",
        {
            "title": "Import a spreadsheet",
            "form": form,
            "kinds": [(MoneyImport.Kind(kind).label, reading.words) for kind, reading in READINGS.items()],
            "back": reverse("funding:money_imports"),
            "back_text": "Imports",
        },
    )


def _found(request: SignedInRequest, pk: int) -> MoneyImport:
    rows = MoneyImport.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("file", "year__programme", "kept_by", "imported_by"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SET_ALLOCATIONS)
def money_import(request: SignedInRequest, money_import: int) -> HttpResponse:
    """What the file would change; confirming writes exactly what this page showed. Afterwards, what it changed."""
    found = _found(request, money_import)
    plan: Plan | None = None
    notice = ""
    if request.method == "POST":
        try:
            digest = request.POST.get("digest", "")[:64]
            plan = actions.import_money(by=request.user, money_import=found, digest=digest)
        except actions.Outdated as outdated:
            plan = outdated.plan
            notice = "The ledger has changed since you saw this preview. Nothing was written: look again."
        except (Denied, Unreadable) as reason:
            notice = str(reason)
        else:
            messages.success(request, f"Imported: {plural(len(plan.lines), 'row')}.")
            return redirect("funding:money_imports")
    if plan is None and not found.imported_at:
        try:
            plan = actions.plan(found, request.user)
        except Unreadable as reason:
            notice = str(reason)
    return render(
        request,
        "funding/imports/preview.html",
        {
            **sections(request),
            "title": found.file.name,
            "caption": f"{found.get_kind_display()}, {found.year}",
            "found": found,
            "plan": plan,
            "lines": plan.lines[:SHOWN] if plan else [],
            "wrong": plan.wrong[:SHOWN] if plan else [],
            "shown": SHOWN,
            "notice": notice,
            "may_take": bool(plan and plan.lines and not plan.wrong_count and not plan.table.missing),
            "back": reverse("funding:money_imports"),
            "back_text": "Imports",
        },
    )


@require_GET
@requires(P.SET_ALLOCATIONS)
def money_import_file(request: SignedInRequest, money_import: int) -> HttpResponse:
    """The file as it was uploaded."""
    file = _found(request, money_import).file
    return download(file.name, file.content_type, bytes(file.content))


@require_POST
@requires(P.SET_ALLOCATIONS)
def discard_money_import(request: SignedInRequest, money_import: int) -> HttpResponse:
    """Leave the ledger as it is and forget the file."""
    try:
        actions.discard_money_file(by=request.user, money_import=_found(request, money_import))
    except Denied as denied:
        messages.info(request, str(denied))
    else:
        messages.info(request, "The file was discarded. Nothing was written.")
    return redirect("funding:money_imports")
