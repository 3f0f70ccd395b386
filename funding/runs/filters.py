"""Filters over payment runs, payments made, and what did not match."""

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from funding.models import Allocation, Invoice, Kind, PaymentRow, PaymentRun, PaymentsUpload, Transfer
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear

PAYMENT_KINDS = (Kind.PAY, Kind.REVERSE, Kind.CLAW_BACK, Kind.PAID_BEFORE, Kind.RECOVERED_BEFORE)
"""Transfers by which money left or came back."""

BACK = (Kind.REVERSE, Kind.CLAW_BACK, Kind.RECOVERED_BEFORE)
"""Of those, the ones by which it came back."""


def _payers(request: HttpRequest) -> QuerySet[Organisation]:
    runs = PaymentRun.objects.visible_to(request.user)
    return Organisation.objects.filter(pk__in=runs.values("commissioner"))


def _uploaders(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(
        pk__in=PaymentsUpload.objects.visible_to(request.user).values("organisation")
    )


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(
        pk__in=Allocation.objects.visible_to(request.user).values("commissioner")
    )


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    seen = Allocation.objects.visible_to(request.user)
    return ProgrammeYear.objects.filter(pk__in=seen.values("year")).select_related("programme")


class RunFilters(Filters):
    state = django_filters.ChoiceFilter(label="State", choices=PaymentRun.State.choices)
    commissioner = django_filters.ModelChoiceFilter(label="Paid by", queryset=_payers)
    made_from = django_filters.DateFilter(label="Made from", field_name="made_at", lookup_expr="date__gte")
    made_to = django_filters.DateFilter(label="Made until", field_name="made_at", lookup_expr="date__lte")

    class Meta:
        model = PaymentRun
        fields: tuple[str, ...] = ()


class PaymentFilters(Filters):
    q = django_filters.CharFilter(label="Payee, reference or invoice", method="by_words")
    kind = django_filters.ChoiceFilter(
        label="Kind", choices=[(kind.value, kind.label) for kind in PAYMENT_KINDS]
    )
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="allocation__year", queryset=_years
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="allocation__commissioner", queryset=_commissioners
    )
    run = django_filters.CharFilter(label="Payment run", method="by_run")
    paid_from = django_filters.DateFilter(label="Paid from", field_name="happened_on", lookup_expr="gte")
    paid_to = django_filters.DateFilter(label="Paid until", field_name="happened_on", lookup_expr="lte")

    class Meta:
        model = Transfer
        fields: tuple[str, ...] = ()

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(
            Q(practice__name__icontains=value)
            | Q(practice__ods_code__iexact=value)
            | Q(commitment__practice__name__icontains=value)
            | Q(commitment__practice__ods_code__iexact=value)
            | Q(commitment__supplier__name__icontains=value)
            | Q(why__icontains=value)
            | Q(of_line__line__reference__iexact=value)
            | Q(of_line__line__invoice__number_key__contains=Invoice.key_of(value))
        )

    def by_run(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        digits = value.strip().upper().removeprefix("R")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
            return rows.none()
        return rows.filter(of_line__line__run=int(digits))


class UnmatchedFilters(Filters):
    standing = django_filters.ChoiceFilter(
        label="Standing", choices=[("open", "To settle"), ("settled", "Settled")], method="by_standing"
    )
    finding = django_filters.ChoiceFilter(
        label="What is wrong",
        choices=[each for each in PaymentRow.Finding.choices if each[0] not in PaymentRow.IN_ORDER],
    )
    organisation = django_filters.ModelChoiceFilter(
        label="Payments of", field_name="upload__organisation", queryset=_uploaders
    )

    class Meta:
        model = PaymentRow
        fields: tuple[str, ...] = ()

    def by_standing(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(settled_at__isnull=value == "open")
