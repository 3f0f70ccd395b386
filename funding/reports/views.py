"""Budgets: the lines of each commissioner, what each has by month, and every revision."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from funding.bodies import bodies, named, years_of
from funding.models import BudgetLine, BudgetRevision, LineFigure, months_of
from funding.reports import actions, rules
from funding.reports.figures import budgets_of, last_day, month_asked, report_of, threshold_of
from funding.reports.forms import (
    AddLineForm,
    ChangeLineForm,
    ExplainForm,
    MonthsForm,
    ThresholdForm,
    stands_for_value,
)
from funding.sections import sections
from practices.models import Organisation
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.calendar import today
from resilience.core.forms import add_denied
from resilience.programmes.models import ProgrammeYear


def asked_for(
    request: SignedInRequest, years: list[ProgrammeYear], permission: str = P.VIEW_MONEY
) -> tuple[ProgrammeYear | None, list[Organisation], Organisation | None]:
    """The year that the address asks for, for whom it can be shown, and for whom it is asked.

    Unasked, the latest year that has budget lines.
    """
    year = next((each for each in years if str(each.pk) == request.GET.get("year")), None)
    if year is None:
        mine = BudgetLine.objects.visible_to(request.user, permission).order_by()
        known = set(mine.values_list("year", flat=True).distinct())
        year = next((each for each in years if each.pk in known), next(iter(years), None))
    choices = bodies(request.user, year, permission) if year else []
    return year, choices, named(choices, request.GET.get("commissioner"))


def year_tabs(name: str, years: list[ProgrammeYear], year: ProgrammeYear | None) -> list[dict[str, Any]]:
    """A tab for each year, where there are several."""
    if len(years) < 2:
        return []
    return [
        {"text": str(each), "href": f"{reverse(name)}?year={each.pk}", "current": each == year}
        for each in years
    ]


def find_year(request: SignedInRequest, pk: int) -> tuple[ProgrammeYear, list[Organisation]]:
    """A year for some of whose commissioners the person makes reports, else 404."""
    year = get_object_or_404(ProgrammeYear.objects.select_related("programme__owner"), pk=pk)
    choices = bodies(request.user, year, P.MAKE_RETURNS)
    if not choices:
        raise Http404
    return year, choices


def _find_line(request: SignedInRequest, pk: int) -> BudgetLine:
    mine = BudgetLine.objects.visible_to(request.user, P.MAKE_RETURNS).select_related(
        "year__programme__owner", "commissioner", "item", "category"
    )
    return get_object_or_404(mine, pk=pk)


def _budget_page(line: BudgetLine) -> str:
    query = urlencode({"year": line.year_id, "commissioner": line.commissioner_id})
    return f"{reverse('funding:budget')}?{query}"


@require_GET
@requires(P.VIEW_MONEY)
def budget(request: SignedInRequest) -> HttpResponse:
    """The budget lines of one commissioner of a year, in their groups, with the budget of each month."""
    years = years_of(request.user, P.VIEW_MONEY)
    year, choices, chosen = asked_for(request, years)
    if year and "commissioner" not in request.GET:
        chosen = _first_with_lines(request, year, choices) or chosen
    lines: list[BudgetLine] = []
    months: list[dt.date] = []
    if year and chosen:
        lines = list(
            BudgetLine.objects.visible_to(request.user)
            .filter(year=year, commissioner=chosen)
            .select_related("item", "category")
        )
        months = months_of(year)
    budgets = budgets_of(lines)
    rows = [(line, [budgets.get(line.pk, {}).get(month, 0) for month in months]) for line in lines]
    gathered: dict[str, list[tuple[BudgetLine, list[int]]]] = {}
    for line, amounts in rows:
        gathered.setdefault(line.group, []).append((line, amounts))
    refused = why_not(rules.check_can_budget, request.user, year, chosen) if year and chosen else ""
    may_change = request.user.may(P.MAKE_RETURNS) and not refused
    return render(
        request,
        "funding/reports/budget.html",
        {
            **sections(request),
            "title": "Budgets",
            "tabs": year_tabs("funding:budget", years, year),
            "year": year,
            "choices": choices,
            "chosen": chosen,
            "months": months,
            "groups": [
                {
                    "name": name,
                    "rows": [(line, amounts, sum(amounts)) for line, amounts in of_group],
                    "subtotal": _sums([amounts for _, amounts in of_group]),
                    "sum": sum(sum(amounts) for _, amounts in of_group),
                }
                for name, of_group in gathered.items()
            ],
            "total": _sums([amounts for _, amounts in rows]),
            "sum": sum(sum(amounts) for _, amounts in rows),
            "columns": len(months) + 2 + may_change,
            "may_change": may_change,
            "add_href": (
                f"{reverse('funding:add_budget_line', kwargs={'year': year.pk})}?commissioner={chosen.pk}"
                if year and chosen
                else ""
            ),
            "threshold": threshold_of(year) if year else 0,
            "may_report": request.user.may(P.MAKE_RETURNS),
            "may_set_threshold": bool(year)
            and not why_not(rules.check_can_set_threshold, request.user, year),
            "refused": refused,
        },
    )


def _first_with_lines(
    request: SignedInRequest, year: ProgrammeYear, choices: list[Organisation]
) -> Organisation | None:
    mine = BudgetLine.objects.visible_to(request.user).filter(year=year)
    has_lines = set(mine.order_by().values_list("commissioner", flat=True).distinct())
    return next((each for each in choices if each.pk in has_lines), None)


def _sums(rows: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MAKE_RETURNS)
def add_budget_line(request: SignedInRequest, year: int) -> HttpResponse:
    """A line with its budget, spread evenly or by month."""
    found, choices = find_year(request, year)
    data = request.POST if request.method == "POST" else None
    initial = {"commissioner": request.GET.get("commissioner")}
    form = AddLineForm(data, year=found, bodies=choices, initial=initial)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            line = actions.set_budget(
                by=request.user,
                year=found,
                commissioner=typed["commissioner"],
                group=typed["group"],
                name=typed["name"],
                pence=form.pence,
                why=typed["why"],
                key=typed["key"],
                **typed["stands_for"],
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The budget of “{line.name}” is set.")
            return redirect(_budget_page(line))
    back = f"{reverse('funding:budget')}?year={found.pk}"
    return render(
        request,
        "form.html",
        {"title": "Add a budget line", "caption": str(found), "form": form, "back": back},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MAKE_RETURNS)
def set_line_budget(request: SignedInRequest, budget_line: int) -> HttpResponse:
    """Another budget for a line; the ones before stay on record and are shown."""
    found = _find_line(request, budget_line)
    revisions = list(
        BudgetRevision.objects.visible_to(request.user)
        .filter(line=found)
        .select_related("set_by")
        .prefetch_related("months")
    )
    now = [each.pence for each in revisions[0].months.all()] if revisions else []
    months = months_of(found.year)
    is_even = now == actions.spread_evenly(sum(now), len(months))
    initial: dict[str, Any] = {"annual": sum(now), "spread": "even" if is_even else "by_month"}
    initial |= {f"month_{month:%Y_%m}": pence for month, pence in zip(months, now, strict=False)}
    data = request.POST if request.method == "POST" else None
    form = MonthsForm(data, year=found.year, initial=initial)
    refused = why_not(rules.check_can_budget, request.user, found.year, found.commissioner)
    if form.is_valid():
        try:
            actions.set_budget(
                by=request.user,
                year=found.year,
                commissioner=found.commissioner,
                group=found.group,
                name=found.name,
                pence=form.pence,
                why=form.cleaned_data["why"],
                key=form.cleaned_data["key"],
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The budget of “{found.name}” is set.")
            return redirect(_budget_page(found))
    return render(
        request,
        "funding/reports/set_line_budget.html",
        {
            "title": f"Budget of {found.name}",
            "caption": f"{found.commissioner.name}, {found.year}",
            "form": form,
            "refused": refused,
            "line": found,
            "revisions": [(each, sum(month.pence for month in each.months.all())) for each in revisions],
            "back": _budget_page(found),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MAKE_RETURNS)
def change_budget_line(request: SignedInRequest, budget_line: int) -> HttpResponse:
    """Its group, its name, and what of the ledger it stands for."""
    found = _find_line(request, budget_line)
    initial = {"group": found.group, "name": found.name, "stands_for": stands_for_value(found)}
    form = ChangeLineForm(
        request.POST if request.method == "POST" else None, year=found.year, initial=initial
    )
    if form.is_valid():
        typed = form.cleaned_data
        try:
            actions.change_budget_line(
                by=request.user,
                line=found,
                group=typed["group"],
                name=typed["name"],
                why=typed["why"],
                **typed["stands_for"],
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The budget line is changed.")
            return redirect(_budget_page(found))
    return render(
        request,
        "form.html",
        {
            "title": f"Change “{found.name}”",
            "caption": f"{found.commissioner.name}, {found.year}",
            "form": form,
            "back": _budget_page(found),
        },
    )


@require_POST
@requires(P.MAKE_RETURNS)
def raise_budget_line(request: SignedInRequest, budget_line: int) -> HttpResponse:
    """One place up."""
    found = _find_line(request, budget_line)
    try:
        actions.raise_budget_line(by=request.user, line=found)
    except Denied as denied:
        messages.error(request, str(denied))
    return redirect(_budget_page(found))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MAKE_RETURNS)
def explain_line(request: SignedInRequest, budget_line: int) -> HttpResponse:
    """Narrative, forecast and, where the ledger knows nothing of it, actual of a line at the end of a month."""
    found = _find_line(request, budget_line)
    month = month_asked(found.year, request.GET.get("month", ""), today())
    report = report_of(found.year, found.commissioner, month)
    shown = next(each for each in report.lines if each.line == found.pk)
    typed = {
        each.kind: each.pence
        for each in LineFigure.objects.visible_to(request.user).filter(line=found, month=month).order_by("id")
    }
    initial = {"narrative": shown.narrative, "actual": typed.get("actual"), "forecast": typed.get("forecast")}
    form = ExplainForm(
        request.POST if request.method == "POST" else None, is_typed=not found.kind, initial=initial
    )
    query = urlencode(
        {"year": str(found.year_id), "commissioner": str(found.commissioner_id), "month": str(month)}
    )
    back = f"{reverse('funding:finance_report')}?{query}"
    if form.is_valid():
        try:
            actions.explain_line(by=request.user, line=found, month=month, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"What you said of “{found.name}” is saved.")
            return redirect(back)
    return render(
        request,
        "funding/reports/explain_line.html",
        {
            "title": f"{found.name} at the end of {month:%B %Y}",
            "caption": f"{found.commissioner.name}: {found.group}",
            "form": form,
            "shown": shown,
            "line": found,
            "month_end": last_day(month),
            "needs": shown.needs_narrative(report.threshold),
            "back": back,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MAKE_RETURNS)
def set_narrative_threshold(request: SignedInRequest, year: int) -> HttpResponse:
    """From which variance on the lines of a year need a narrative."""
    found, _ = find_year(request, year)
    form = ThresholdForm(
        request.POST if request.method == "POST" else None, initial={"pence": threshold_of(found)}
    )
    back = f"{reverse('funding:budget')}?year={found.pk}"
    if form.is_valid():
        try:
            actions.set_narrative_threshold(by=request.user, year=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "Saved.")
            return redirect(back)
    return render(
        request,
        "form.html",
        {"title": "When a narrative is needed", "caption": str(found), "form": form, "back": back},
    )
