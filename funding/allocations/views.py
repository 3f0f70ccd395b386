"""Pages on allocations: all of them, a CCG's by category, fair shares, categories of spend, funds received."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from funding import ledger, rules
from funding.allocations import actions, fair
from funding.allocations import rules as own
from funding.allocations.filters import AllocationFilters, FundsFilters, funds_rows
from funding.allocations.forms import ByCategoryForm, ConfirmFundsForm, ProposeForm, ShareOutForm, TotalForm
from funding.allocations.shares import indicative
from funding.closing.rules import is_closed
from funding.filters import years_with_money
from funding.models import Allocation
from funding.sections import sections
from practices.models import Organisation
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, ask_together, requires, why_not
from resilience.core.calendar import today
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.words import money, percent
from resilience.programmes.models import ProgrammeYear


def _list_of(year: ProgrammeYear) -> str:
    return f"{reverse('funding:allocations')}?{urlencode({'year': year.pk})}"


def _entries(row: Allocation, **more: Any) -> str:
    query = {"year": row.year_id, "commissioner": row.commissioner_id, **more}
    if row.category_id:
        query["category"] = row.category_id
    return f"{reverse('funding:ledger')}?{urlencode(query)}"


def _figure(words: str, part: ledger.Part) -> Column:
    """A figure of each allocation, leading to its entries."""
    return Column(
        words,
        lambda row: part.of(row.figures),
        kind="money",
        link=lambda row: _entries(row, account=part.value),
    )


def _share_link(row: Any) -> str | None:
    return reverse("funding:share_out", kwargs={"allocation": row.pk}) if row.may_share else None


COLUMNS = [
    Column(
        "CCG or local office", "commissioner.name", sort="commissioner__name", link=_entries, heading=True
    ),
    Column("Category of spend", "category.name", sort="category__position"),
    Column("Programme year", lambda row: str(row.year), sort="year__starts_on"),
    _figure("Allocated", ledger.Part.ALLOCATED),
    _figure("Promised", ledger.Part.PROMISED),
    _figure("Paid", ledger.Part.PAID),
    _figure("Uncommitted", ledger.Part.UNCOMMITTED),
    Column("Share out", lambda row: "Share out" if row.may_share else None, link=_share_link, export=False),
]


def _acts(request: SignedInRequest, year: ProgrammeYear) -> list[dict[str, Any]]:
    """What finance may do with the money of one year."""
    if not rules.commissioners_of(request.user, year):
        return []
    if is_closed(year):
        return [_act("How the year closed", "funding:close_year", year, "secondary")]
    by_category = year.spend_categories.exists()
    return [
        _act("Set an allocation", f"funding:set_{'by_category' if by_category else 'allocation'}", year),
        _act("Move money", "funding:ask_move", year, "secondary"),
        _act("Close the year", "funding:close_year", year, "secondary"),
    ]


def _act(text: str, name: str, year: ProgrammeYear, variant: str = "") -> dict[str, Any]:
    return {"text": text, "href": reverse(name, kwargs={"year": year.pk}), "variant": variant}


@require_GET
@requires(P.VIEW_MONEY)
def allocations(request: SignedInRequest) -> HttpResponse:
    """Every allocation in scope with its figures, a tab a year; the acts are of the year that is open."""
    years = list(years_with_money(request))
    running = ProgrammeYear.objects.select_related("programme").filter(ends_on__gte=today())
    settable = rules.commissioners_by_year(request.user, running)
    years += [each for each in running if settable[each.pk] and each not in years]
    chosen = next((each for each in years if str(each.pk) == request.GET.get("year")), None)
    may_set = request.user.may(P.SET_ALLOCATIONS)

    def prepare(rows: list[Any]) -> None:
        figures = ledger.of_allocations(rows)
        ask_together(request.user, P.SET_ALLOCATIONS, rows)
        for row in rows:
            row.figures = figures[row.pk]
            row.may_share = may_set and not row.commissioner.is_commissioner and row.figures.uncommitted > 0

    page = ListPage(
        request,
        Allocation.objects.visible_to(request.user).select_related(
            "commissioner", "category", "year__programme"
        ),
        name="funding:allocations",
        title="Allocations",
        noun="allocation",
        columns=COLUMNS if may_set else COLUMNS[:-1],
        filters=AllocationFilters,
        prepare=prepare,
        tabs=[
            {"text": "All years", "href": reverse("funding:allocations"), "current": chosen is None},
            *({"text": str(each), "href": _list_of(each), "current": each == chosen} for each in years),
        ],
        actions=_acts(request, chosen) if chosen else [],
        empty="An allocation appears here once finance has set it.",
    )
    return page.response(
        "funding/allocations.html",
        year=chosen,
        is_closed=bool(chosen and is_closed(chosen)),
        **sections(request),
    )


@dataclass(frozen=True)
class CategoryLine:
    """A category of spend: what was meant for it, and what happened."""

    name: str
    share: str
    meant: int
    figures: ledger.Figures
    whole: ledger.Figures
    entries: str
    """Address of its entries in the ledger."""

    @property
    def allocated(self) -> str:
        return percent(self.figures.allocated, self.whole.allocated)

    @property
    def committed(self) -> str:
        return percent(self.figures.promised, self.whole.promised)

    @property
    def paid(self) -> str:
        return percent(self.figures.paid, self.whole.paid)


@require_GET
@requires(P.VIEW_MONEY)
def categories(request: SignedInRequest, year: int) -> HttpResponse:
    """The indicative shares of a year against what was allocated, committed and paid, in this person's scope."""
    found = get_object_or_404(years_with_money(request), pk=year)
    rows = list(
        Allocation.objects.visible_to(request.user)
        .filter(year=found)
        .select_related("category", "commissioner")
    )
    figures = ledger.of_allocations(rows)
    whole = ledger.total(figures.values())
    meant = indicative(found, whole.allocated)
    lines = [
        CategoryLine(
            each.name,
            f"{each.indicative_share.normalize():f}%",
            pence,
            ledger.total(figures[row.pk] for row in rows if row.category_id == each.pk),
            whole,
            f"{reverse('funding:ledger')}?{urlencode({'year': found.pk, 'category': each.pk})}",
        )
        for each, pence in meant.items()
    ]
    context = {
        "title": "Categories of spend",
        "caption": str(found),
        "lines": lines,
        "whole": whole,
        "back": _list_of(found),
        **sections(request, "funding:allocations"),
    }
    return render(request, "funding/categories.html", context)


def _settable(request: HttpRequest, year: int) -> tuple[ProgrammeYear, list[Organisation]]:
    found = get_object_or_404(ProgrammeYear.objects.select_related("programme"), pk=year)
    commissioners = rules.commissioners_of(request.user, found)
    if not commissioners:
        raise Http404
    return found, commissioners


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SET_ALLOCATIONS)
def set_by_category(request: HttpRequest, year: int) -> HttpResponse:
    """A CCG's allocation in every category of spend at once; a total is shared by the indicative shares first."""
    found, commissioners = _settable(request, year)
    asked = ProposeForm(request.GET if "commissioner" in request.GET else None, commissioners=commissioners)
    commissioner, total = None, None
    if asked.is_bound and asked.is_valid():
        commissioner, total = asked.cleaned_data["commissioner"], asked.cleaned_data["total"]
    form = None
    if commissioner is not None and total is not None:
        data = request.POST if request.method == "POST" else None
        form = ByCategoryForm(data, proposed=indicative(found, total))
        if form.is_valid():
            try:
                actions.set_allocations(
                    by=request.user,
                    year=found,
                    commissioner=commissioner,
                    amounts=form.amounts,
                    why=form.cleaned_data["why"],
                    key=form.cleaned_data["key"],
                )
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, f"The allocations of {commissioner} are set.")
                return redirect(_list_of(found))
    context = {
        "title": "Set allocations by category of spend",
        "caption": str(found),
        "asked": asked,
        "form": form,
        "commissioner": commissioner,
        "total": total,
        "has_categories": found.spend_categories.exists(),
        "one_sum": reverse("funding:set_allocation", kwargs={"year": found.pk}),
        "back": _list_of(found),
    }
    return render(request, "funding/set_by_category.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SET_ALLOCATIONS)
def share_out(request: HttpRequest, allocation: int) -> HttpResponse:
    """An office's uncommitted money by registered list size: look, adjust with a reason, share out."""
    mine = Allocation.objects.visible_to(request.user, P.SET_ALLOCATIONS)
    found = get_object_or_404(
        mine.select_related("year__programme", "commissioner", "category"), pk=allocation
    )
    figures = ledger.of_allocation(found)
    denied = why_not(own.check_can_share_out, request.user, found, figures)
    asked = TotalForm(
        request.GET if "total" in request.GET else {"total": money(figures.uncommitted).replace("£", "")}
    )
    form, patients = None, []
    if not denied and asked.is_valid():
        total = asked.cleaned_data["total"]
        patients = fair.patients_below(request.user, found)
        try:
            data = request.POST if request.method == "POST" else None
            form = ShareOutForm(data, proposed=fair.proposal(patients, total), total=total)
        except Denied as refused:
            denied = str(refused)
    if form is not None and form.is_valid():
        try:
            actions.share_out(
                by=request.user,
                allocation=found,
                total=form.total,
                amounts=form.amounts,
                reasons=form.reasons,
                key=form.cleaned_data["key"],
            )
        except Denied as refused:
            add_denied(form, refused)
        else:
            messages.success(request, f"{money(form.total)} is shared out.")
            return redirect(_list_of(found.year))
    context = {
        "title": "Share out by registered patients",
        "caption": str(found),
        "figures": figures,
        "asked": asked,
        "form": form,
        "patients": patients,
        "all_patients": f"{sum(each.count for each in patients):,}",
        "denied": denied,
        "back": _list_of(found.year),
    }
    return render(request, "funding/share_out.html", context)


def _confirm_link(row: Any) -> str | None:
    return reverse("funding:confirm_funds", kwargs={"transfer": row.pk})


FUNDS = [
    Column("Allocated", "made_at", kind="moment", sort="made_at"),
    Column("CCG or local office", "allocation.commissioner.name", sort="allocation__commissioner__name"),
    Column("Category of spend", "allocation.category.name"),
    Column("Programme year", lambda row: str(row.allocation.year), sort="allocation__year__starts_on"),
    Column("Amount", "amount", kind="money", sort="amount", link=_confirm_link),
    Column("Why", "why"),
    Column("Received", "received.received_on", kind="date", sort="received__received_on"),
    Column("Reference", "received.reference", sort="received__reference"),
    Column("Confirmed by", "received.confirmed_by.name", on_screen=False),
]


@require_GET
@requires(P.VIEW_MONEY)
def funds(request: SignedInRequest) -> HttpResponse:
    """Every sum that was allocated from above: what finance confirmed as received, and what has not come yet."""
    page = ListPage(
        request,
        funds_rows(request.user).select_related(
            "allocation__commissioner",
            "allocation__category",
            "allocation__year__programme",
            "received__confirmed_by",
        ),
        name="funding:funds",
        title="Funds received",
        noun="sum",
        columns=FUNDS,
        filters=FundsFilters,
        default_sort="-allocated",
        empty="A sum appears here once it is allocated. Finance confirms when the money arrives.",
    )
    return page.response(**sections(request))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_MONEY)
def confirm_funds(request: HttpRequest, transfer: int) -> HttpResponse:
    """One sum from above; finance confirms that it arrived, once."""
    found = get_object_or_404(
        funds_rows(request.user).select_related(
            "allocation__commissioner",
            "allocation__category",
            "allocation__year__programme",
            "received__confirmed_by",
        ),
        pk=transfer,
    )
    denied = why_not(own.check_can_confirm_funds, request.user, found)
    form = ConfirmFundsForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.confirm_funds(by=request.user, transfer=found, **form.cleaned_data)
        except Denied as refused:
            add_denied(form, refused)
        else:
            messages.success(request, f"{money(found.amount)} is confirmed as received.")
            return redirect("funding:funds")
    context = {
        "title": "Confirmation of funds received",
        "caption": str(found.allocation),
        "entry": found,
        "received": getattr(found, "received", None),
        "denied": denied,
        "form": form,
        "back": reverse("funding:funds"),
    }
    return render(request, "funding/confirm_funds.html", context)
