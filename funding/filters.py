"""Filters over the entries of the ledger."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from funding.models import Account, Allocation, Transfer
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear, SpendCategory


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
    return SpendCategory.objects.filter(pk__in=_allocations(request).values("category"))


class LedgerFilters(Filters):
    year = django_filters.ModelChoiceFilter(
        label="Programme year", queryset=years_with_money, method="by_allocation"
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", queryset=_commissioners, method="by_allocation"
    )
    category = django_filters.ModelChoiceFilter(
        label="Category of spend", queryset=_categories, method="by_allocation"
    )
    kind = django_filters.ChoiceFilter(label="Kind", choices=Transfer.Kind.choices)
    account = django_filters.ChoiceFilter(
        label="Into or out of",
        choices=[each for each in Account.choices if each[0] != Account.SOURCE],
        method="by_account",
    )
    referral = django_filters.CharFilter(
        label="Referral", field_name="commitment__referral__reference", lookup_expr="iexact"
    )
    commitment = django_filters.NumberFilter(label="Commitment number", field_name="commitment_id")
    made_from = django_filters.DateFilter(label="Made from", field_name="made_at", lookup_expr="date__gte")
    made_to = django_filters.DateFilter(label="Made until", field_name="made_at", lookup_expr="date__lte")

    class Meta:
        model = Transfer
        fields: tuple[str, ...] = ()

    def by_allocation(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """What left or reached the allocations of a year, a commissioner or a category of spend."""
        return rows.filter(Q(**{f"allocation__{name}": value}) | Q(**{f"to_allocation__{name}": value}))

    def by_account(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(Q(debit=value) | Q(credit=value))

    @property
    def allocations(self) -> QuerySet[Allocation]:
        """The allocations that the filters leave, of those the person may see."""
        found = _allocations(self.request)
        for name in ("year", "commissioner", "category"):
            if value := self.form.cleaned_data.get(name):
                found = found.filter(**{name: value})
        return found
