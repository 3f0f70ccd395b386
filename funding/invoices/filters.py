"""Filters over the list of invoices."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from funding.invoices.rules import to_approve
from funding.models import Invoice, InvoiceLine
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear

AGES = ((5, "More than 5 days"), (10, "More than 10 days"), (30, "More than 30 days"))
"""Days since it was received, of invoices that are neither rejected nor paid; 30 is the NHS's payment term."""


def _visible(request: HttpRequest) -> QuerySet[Invoice]:
    return Invoice.objects.visible_to(request.user)


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_visible(request).values("commissioner"))


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    lines = InvoiceLine.objects.filter(invoice__in=_visible(request))
    found = ProgrammeYear.objects.filter(pk__in=lines.values("commitment__allocation__year"))
    return found.select_related("programme")


class InvoiceFilters(Filters):
    q = django_filters.CharFilter(label="Payee or number", method="by_words")
    state = django_filters.ChoiceFilter(label="State", choices=Invoice.State.choices)
    commissioner = django_filters.ModelChoiceFilter(label="CCG", queryset=_commissioners)
    year = django_filters.ModelChoiceFilter(label="Programme year", queryset=_years, method="by_year")
    age = django_filters.ChoiceFilter(label="Waiting", choices=AGES, method="by_age")
    mine = django_filters.ChoiceFilter(
        label="Waiting for you", choices=[("approve", "to approve")], method="by_mine"
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.request.user.may(P.APPROVE_INVOICES):
            del self.filters["mine"]

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = ()

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(
            Q(practice__name__icontains=value)
            | Q(practice__ods_code__iexact=value)
            | Q(supplier__name__icontains=value)
            | Q(number_key__contains=Invoice.key_of(value))
        )

    def by_year(self, rows: QuerySet, name: str, value: ProgrammeYear) -> QuerySet:
        of_year = InvoiceLine.objects.filter(invoice=OuterRef("pk"), commitment__allocation__year=value)
        return rows.filter(Exists(of_year))

    def by_age(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        before = timezone.now() - dt.timedelta(days=int(value))
        return rows.live().filter(raised_at__lt=before)  # type: ignore[attr-defined]

    def by_mine(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(pk__in=to_approve(self.request.user).values("pk"))
