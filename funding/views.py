"""Where the money of a programme year stands, the entries behind every number, and allocations."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from funding import actions, ledger, rules
from funding.filters import LedgerFilters, years_with_money
from funding.forms import AllocationForm
from funding.models import Allocation, Commitment, Transfer
from funding.sections import sections
from funding.standing import bars, cuts
from funding.standing.pages import (
    allocations_of,
    file_address,
    file_asked,
    pages_of,
    year_asked,
    year_tabs,
)
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires
from resilience.core.calendar import today
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.programmes.models import ProgrammeYear

MOST_BARS = 20
"""More CCGs than this are read in the table."""
A_PAGE = 100
"""Rows of a cut on one page; the totals under them are of all."""


def _bars(year: ProgrammeYear, cut: cuts.Cut, slices: Sequence[cuts.Slice]) -> list[bars.Bar]:
    """A bar for each CCG or category of spend, where the year is cut by them."""
    if cut.key not in ("commissioner", "category") or len(slices) > MOST_BARS:
        return []
    found = []
    for each in slices:
        figures = each.figures or ledger.Figures()
        query = {"year": year.pk, cut.key: each.value}
        found.append(bars.Bar(each.label, figures, query, bars.next_marks(year, figures)))
    return found


@require_GET
@requires(P.VIEW_MONEY)
def money(request: SignedInRequest) -> HttpResponse:
    """Where a programme year's money stands: in all, then cut one way, every number leading to its entries."""
    years = list(years_with_money(request))
    running = ProgrammeYear.objects.select_related("programme").filter(ends_on__gte=today())
    may_set_for = rules.commissioners_by_year(request.user, running)
    settable = [year for year in running if may_set_for[year.pk]]
    years += [year for year in settable if year not in years]
    year = year_asked(request, years)
    context: dict[str, Any] = {
        "title": "Money",
        "year": year,
        "tabs": year_tabs("funding:money", years, year),
    }
    if year:
        year = ProgrammeYear.objects.prefetch_related("milestones", "spend_categories").get(pk=year.pk)
        stands = cuts.Money.of(year, allocations_of(request, year))
        cut = cuts.cut_asked(request.GET.get("by", ""), year)
        slices = cut.slices(stands)
        if kind := file_asked(request):
            return cuts.table_of(cut, stands, slices, "Total").file(kind)
        page = Paginator(slices, A_PAGE).get_page(request.GET.get("page"))
        marks = bars.next_marks(year, stands.total)
        whole = f"All {len(slices):,}" if page.paginator.num_pages > 1 else "Total"
        query: dict[str, Any] = {"year": year.pk, "by": cut.key}
        context |= {
            "overall": bars.Bar(str(year), stands.total, {"year": year.pk}, marks),
            "has_money": bool(stands.allocations),
            "bars": _bars(year, cut, slices),
            "cut": cut,
            "cuts": [
                {
                    "text": each.text,
                    "href": f"{reverse('funding:money')}?{urlencode({**query, 'by': each.key})}",
                    "current": each.key == cut.key,
                }
                for each in cuts.cuts_of(year)
            ],
            "table": cuts.table_of(cut, stands, page.object_list, whole),
            "pagination": pages_of(page, f"{reverse('funding:money')}?{urlencode(query)}&page="),
            "file": file_address("funding:money", **query),
            "payable": ledger.with_payable(
                Commitment.objects.visible_to(request.user).filter(allocation__year=year)
            ).count(),
        }
    if year and (year in settable or rules.commissioners_of(request.user, year)):
        by = "set_by_category" if year.spend_categories.all() else "set_allocation"
        context["set_href"] = reverse(f"funding:{by}", kwargs={"year": year.pk})
    return render(request, "funding/money.html", {**sections(request), **context})


def _referral_link(row: Transfer) -> str | None:
    return (
        reverse("funding:case", kwargs={"referral": row.commitment.referral_id}) if row.commitment else None
    )


COLUMNS = [
    Column("Made", "made_at", kind="moment", sort="made_at"),
    Column("Kind", lambda row: row.get_kind_display(), sort="kind"),
    Column("Amount", "amount", kind="money", sort="amount"),
    Column("From", lambda row: row.get_debit_display()),
    Column("To", lambda row: row.get_credit_display()),
    Column("CCG", "allocation.commissioner.name", sort="allocation__commissioner__name"),
    Column("Category of spend", "allocation.category.name", on_screen=False),
    Column("To allocation", lambda row: row.to_allocation and row.to_allocation.name, on_screen=False),
    Column("Practice", lambda row: row.practice or (row.commitment and row.commitment.practice) or None),
    Column("Happened", "happened_on", kind="date", sort="happened_on", on_screen=False),
    Column("Programme year", lambda row: str(row.allocation.year), sort="allocation__year__starts_on"),
    Column("Referral", "commitment.referral.reference", link=_referral_link),
    Column("Commitment number", lambda row: row.commitment_id, on_screen=False),
    Column("Category", "commitment.item.name", on_screen=False),
    Column("Why", "why"),
    Column("By", lambda row: row.made_by.name if row.made_by else "The service"),
]


@require_GET
@requires(P.VIEW_MONEY)
def entries(request: SignedInRequest) -> HttpResponse:
    """The ledger: every entry in scope, never changed; with an account, what came in, what left and what stands."""
    page = ListPage(
        request,
        Transfer.objects.visible_to(request.user).select_related(
            "allocation__commissioner",
            "allocation__category",
            "allocation__year__programme",
            "to_allocation__commissioner",
            "to_allocation__category",
            "practice",
            "commitment__practice",
            "commitment__referral",
            "commitment__item",
            "made_by",
        ),
        name="funding:ledger",
        title="Ledger",
        noun="entry,entries",
        columns=COLUMNS,
        filters=LedgerFilters,
        default_sort="-made",
        empty="An entry appears here each time money is allocated, committed, released, made payable or paid.",
    )
    asked = page.filterset
    part = asked.part if asked else None
    came, left = ledger.through(page.rows_asked, part, asked.allocations) if asked and part else (0, 0)
    return page.response(
        "funding/ledger.html",
        part=part,
        came=came,
        left=left,
        stands=came - left,
        **sections(request),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SET_ALLOCATIONS)
def set_allocation(request: HttpRequest, year: int) -> HttpResponse:
    """Make a commissioner's allocation so much in all, with the reason."""
    found = get_object_or_404(ProgrammeYear.objects.select_related("programme"), pk=year)
    commissioners = rules.commissioners_of(request.user, found)
    if not commissioners:
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = AllocationForm(
        data,
        commissioners=commissioners,
        categories=found.spend_categories.all(),
        initial={"commissioner": request.GET.get("commissioner")},
    )
    if form.is_valid():
        try:
            allocation = actions.set_allocation(by=request.user, year=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The allocation of {allocation.name} is set.")
            return redirect(f"{reverse('funding:money')}?year={found.pk}")
    there = list(
        Allocation.objects.visible_to(request.user)
        .filter(year=found)
        .select_related("commissioner", "category")
    )
    figures = ledger.of_allocations(there)
    without = {each.pk for each in commissioners} - {each.commissioner_id for each in there}
    rows = [(each.name, figures[each.pk]) for each in there]
    rows += [(each.name, ledger.Figures()) for each in commissioners if each.pk in without]
    return render(
        request,
        "funding/set_allocation.html",
        {
            "title": "Set an allocation",
            "caption": str(found),
            "form": form,
            "rows": rows,
            "back": f"{reverse('funding:money')}?year={found.pk}",
        },
    )
