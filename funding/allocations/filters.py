"""Filters over allocations and over funds received."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest

from funding.filters import years_with_money
from funding.models import Allocation, Kind, Transfer
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.tables import Filters


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    seen = Allocation.objects.visible_to(request.user)
    return Organisation.objects.filter(pk__in=seen.values("commissioner"))


def funds_rows(user: Any, permission: str = P.VIEW_MONEY) -> QuerySet[Transfer]:
    """Money that came from above, received yet or not, in this person's scope."""
    return Transfer.objects.visible_to(user, permission).filter(kind=Kind.ALLOCATE)


class AllocationFilters(Filters):
    year = django_filters.ModelChoiceFilter(label="Programme year", queryset=years_with_money)
    commissioner = django_filters.ModelChoiceFilter(label="CCG or local office", queryset=_commissioners)
    category = django_filters.CharFilter(
        label="Category of spend", field_name="category__name", lookup_expr="icontains"
    )

    class Meta:
        model = Allocation
        fields: tuple[str, ...] = ()


class FundsFilters(Filters):
    received = django_filters.ChoiceFilter(
        label="Received", choices=[("no", "Not yet"), ("yes", "Received")], method="by_received"
    )
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="allocation__year", queryset=years_with_money
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG or local office", field_name="allocation__commissioner", queryset=_commissioners
    )

    class Meta:
        model = Transfer
        fields: tuple[str, ...] = ()

    def by_received(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(received__isnull=value == "no")
