"""Filters over the entries of the ledger."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import django_filters
from django.db.models import Max, Min, Q, QuerySet
from django.http import HttpRequest
from django_filters.fields import ModelChoiceField

from funding import ledger
from funding.models import Allocation, Commitment, Transfer
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import MenuItem, PaymentStage, ProgrammeYear, SpendCategory

NONE = "null"
"""What stands in an address for entries that have no such thing."""


def _allocations(request: HttpRequest) -> QuerySet[Allocation]:
    return Allocation.objects.visible_to(request.user)


def years_with_money(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    """Programme years in which the person may see an allocation, the latest first."""
    return ProgrammeYear.objects.filter(pk__in=_allocations(request).values("year")).select_related(
        "programme"
    )


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_allocations(request).values("commissioner"))


def _categories(request: HttpRequest) -> QuerySet[SpendCategory]:
    return SpendCategory.objects.filter(pk__in=_allocations(request).values("category")).select_related(
        "year__programme"
    )


def _items(request: HttpRequest) -> QuerySet[MenuItem]:
    return MenuItem.objects.filter(year__in=_allocations(request).values("year")).select_related(
        "year__programme"
    )


def _stages(request: HttpRequest) -> QuerySet[PaymentStage]:
    return PaymentStage.objects.filter(year__in=_allocations(request).values("year")).select_related(
        "year__programme"
    )


def _suppliers(request: HttpRequest) -> QuerySet[Organisation]:
    promised = Commitment.objects.filter(allocation__in=_allocations(request))
    return Organisation.objects.filter(pk__in=promised.values("supplier"))


def _months() -> Iterator[tuple[str, str]]:
    """Every month from the first day that an entry names to the last, the latest first."""
    days = Transfer.objects.aggregate(first=Min("happened_on"), last=Max("happened_on"))
    if days["first"]:
        first, month = days["first"].replace(day=1), days["last"].replace(day=1)
        while month >= first:
            yield f"{month:%Y-%m}", f"{month:%B %Y}"
            month = (month - dt.timedelta(days=1)).replace(day=1)


class _OfYearField(ModelChoiceField):
    """A row of a programme year, which says of which one."""

    def label_from_instance(self, row: Any) -> str:
        return f"{row} ({row.year})"


class OfYearFilter(django_filters.ModelChoiceFilter):
    field_class = _OfYearField


class LedgerFilters(Filters):
    year = django_filters.ModelChoiceFilter(
        label="Programme year", queryset=years_with_money, method="together"
    )
    commissioner = django_filters.ModelChoiceFilter(label="CCG", queryset=_commissioners, method="together")
    category = OfYearFilter(
        label="Category of spend", queryset=_categories, method="together", null_label="No category"
    )
    kind = django_filters.ChoiceFilter(label="Kind", choices=Transfer.Kind.choices)
    account = django_filters.ChoiceFilter(
        label="Into or out of", choices=ledger.Part.choices, method="together"
    )
    item = OfYearFilter(
        label="Category of support",
        field_name="commitment__item",
        queryset=_items,
        null_label="Without a commitment",
    )
    route = django_filters.ChoiceFilter(
        label="Route",
        field_name="commitment__route",
        choices=Commitment.Route.choices,
        null_label="Without a commitment",
    )
    supplier = django_filters.ModelChoiceFilter(
        label="Supplier", field_name="commitment__supplier", queryset=_suppliers, null_label="No supplier"
    )
    stage = OfYearFilter(label="Payment stage", queryset=_stages, null_label="Without a stage")
    practice = django_filters.CharFilter(label="Practice code", method="by_practice")
    referral = django_filters.CharFilter(
        label="Referral", field_name="commitment__referral__reference", lookup_expr="iexact"
    )
    commitment = django_filters.NumberFilter(label="Commitment number", field_name="commitment_id")
    month = django_filters.ChoiceFilter(label="Month it happened", choices=(), method="by_month")
    made_from = django_filters.DateFilter(label="Made from", field_name="made_at", lookup_expr="date__gte")
    made_to = django_filters.DateFilter(label="Made until", field_name="made_at", lookup_expr="date__lte")

    class Meta:
        model = Transfer
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["month"].extra["choices"] = list(_months())

    def together(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """These are asked of one allocation at a time: see ``filter_queryset``."""
        return rows

    def by_practice(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        of = "practice__ods_code__iexact", "commitment__practice__ods_code__iexact"
        if value.lower() == NONE:
            return rows.filter(practice__isnull=True, commitment__isnull=True)
        return rows.filter(Q((of[0], value)) | Q((of[1], value)))

    def by_month(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        first = dt.date.fromisoformat(f"{value}-01")
        return rows.filter(
            happened_on__gte=first, happened_on__lt=(first + dt.timedelta(days=32)).replace(day=1)
        )

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Year, CCG, category of spend and account are asked of the same side of an entry."""
        rows = super().filter_queryset(queryset)
        if self.part:
            return ledger.behind(rows, self.part, self.allocations)
        if any(self._asked.get(name) for name in ("year", "commissioner", "category")):
            return rows.filter(Q(allocation__in=self.allocations) | Q(to_allocation__in=self.allocations))
        return rows

    @property
    def _asked(self) -> dict[str, Any]:
        """What could be understood of the filters."""
        _ = self.form.errors
        return getattr(self.form, "cleaned_data", {})

    @property
    def part(self) -> ledger.Part | None:
        """The figure whose entries are asked for."""
        chosen = self._asked.get("account")
        return ledger.Part(chosen) if chosen else None

    @property
    def allocations(self) -> QuerySet[Allocation]:
        """The allocations that the filters leave, of those the person may see."""
        found = _allocations(self.request)
        for name in ("year", "commissioner", "category"):
            if value := self._asked.get(name):
                found = found.filter(**{name: None if value == NONE else value})
        return found
