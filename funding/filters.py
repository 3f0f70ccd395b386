"""Filters over the entries of the ledger."""

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from funding.models import Account, Allocation, Transfer
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear


def _allocations(request: HttpRequest) -> QuerySet[Allocation]:
    return Allocation.objects.visible_to(request.user)


def years_with_money(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    """Programme years in which the person may see an allocation, the latest first."""
    return ProgrammeYear.objects.filter(pk__in=_allocations(request).values("year")).select_related(
        "programme"
    )


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_allocations(request).values("commissioner"))


class LedgerFilters(Filters):
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="allocation__year", queryset=years_with_money
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="allocation__commissioner", queryset=_commissioners
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

    def by_account(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(Q(debit=value) | Q(credit=value))
