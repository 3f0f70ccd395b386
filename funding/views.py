"""Where the money of a programme year stands, the entries behind every number, and allocations."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from funding import actions, ledger, rules
from funding.filters import LedgerFilters, years_with_money
from funding.forms import AllocationForm
from funding.models import Account, Allocation, Commitment, Transfer
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires
from resilience.core.calendar import today
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.words import percent
from resilience.programmes.models import Milestone, ProgrammeYear

PARTS = {
    "paid": Account.PAID,
    "payable": Account.PAYABLE,
    "committed": Account.COMMITTED,
    "left": Account.UNCOMMITTED,
}


@dataclass
class Bar:
    """One allocation, or several together, as a bar whose numbers lead to the entries behind them."""

    label: str
    figures: ledger.Figures
    query: dict[str, int]

    @property
    def links(self) -> dict[str, str]:
        """The address of the entries behind each part."""
        return {part: self.entries(account=account.value) for part, account in PARTS.items()}

    @property
    def allocated_href(self) -> str:
        return self.entries()

    def entries(self, **more: Any) -> str:
        """The ledger, cut to this bar."""
        return f"{reverse('funding:ledger')}?{urlencode({**self.query, **more})}"


@dataclass
class Mark:
    """The next milestone that money is measured by, and how far it has come."""

    milestone: Milestone
    reached: int
    allocated: int

    @property
    def fraction(self) -> float:
        return (self.milestone.target or 0) / 100

    @property
    def now(self) -> str:
        return percent(self.reached, self.allocated)

    @property
    def is_past(self) -> bool:
        return self.milestone.due_at.date() < today()


def _mark(year: ProgrammeYear, figures: ledger.Figures) -> Mark | None:
    measured = {Milestone.Measure.COMMITTED: figures.promised, Milestone.Measure.SPENT: figures.paid}
    rows = [each for each in year.milestones.all() if each.measure in measured and each.target]
    coming = [each for each in rows if each.due_at.date() >= today()] or rows[-1:]
    if not coming:
        return None
    return Mark(coming[0], measured[Milestone.Measure(coming[0].measure)], figures.allocated)


def _year_asked(request: HttpRequest, years: list[ProgrammeYear]) -> ProgrammeYear | None:
    """The year asked for, or the latest that is known to the person."""
    wanted = request.GET.get("year", "")
    return next((year for year in years if str(year.pk) == wanted), years[0] if years else None)


@require_GET
@requires(P.VIEW_MONEY)
def money(request: SignedInRequest) -> HttpResponse:
    """A programme year's allocation as one bar, and the same for each CCG below."""
    years = list(years_with_money(request))
    running = ProgrammeYear.objects.select_related("programme").filter(ends_on__gte=today())
    may_set_for = rules.commissioners_by_year(request.user, running)
    settable = [year for year in running if may_set_for[year.pk]]
    years += [year for year in settable if year not in years]
    year = _year_asked(request, years)
    bars: list[Bar] = []
    overall = mark = None
    payable: list[tuple[Commitment, int]] = []
    if year:
        promised = Commitment.objects.visible_to(request.user).filter(allocation__year=year)
        payable = ledger.payable(promised.select_related("referral__lead_practice", "item"))
        allocations = list(
            Allocation.objects.visible_to(request.user)
            .filter(year=year)
            .select_related("commissioner", "category")
        )
        figures = ledger.of_allocations(allocations)
        bars = [
            Bar(
                commissioner.name,
                ledger.total(figures[each.pk] for each in of_one),
                {"year": year.pk, "commissioner": commissioner.pk},
            )
            for commissioner, of_one in groupby(allocations, key=lambda each: each.commissioner)
        ]
        overall = Bar(str(year), ledger.total(figures.values()), {"year": year.pk})
        mark = _mark(year, overall.figures)
    return render(
        request,
        "funding/money.html",
        {
            **sections(request),
            "title": "Money",
            "year": year,
            "tabs": [
                {
                    "text": str(each),
                    "href": f"{reverse('funding:money')}?year={each.pk}",
                    "current": each == year,
                }
                for each in years
            ],
            "overall": overall,
            "bars": bars,
            "mark": mark,
            "payable": payable,
            "may_pay": request.user.may(P.PAY),
            "mark_at": mark.fraction if mark else None,
            "may_set": year in settable or bool(year and rules.commissioners_of(request.user, year)),
        },
    )


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
