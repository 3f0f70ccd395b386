"""Filters over the lists of delivery by suppliers."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest

from mou.models import Deliverable, NeedTheme, SupplierCase, SupplierVisit
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.calendar import today
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral

D = Deliverable.State


def _seen(request: HttpRequest) -> QuerySet[SupplierCase]:
    return SupplierCase.objects.visible_to(request.user)


def _suppliers(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_seen(request).values("supplier"))


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_seen(request).values("referral__commissioner"))


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    found = ProgrammeYear.objects.filter(pk__in=_seen(request).values("referral__year"))
    return found.select_related("programme")


def next_due() -> Subquery:
    """Of an assignment that lasts: the day by which something is still to be handed in."""
    waiting = Deliverable.objects.filter(
        supplier_case=OuterRef("pk"), state__in=(D.DUE, D.ASKED_AGAIN), supplier_case__ended_at__isnull=True
    )
    return Subquery(waiting.order_by("due_on").values("due_on")[:1])


def to_answer(cases: QuerySet[SupplierCase]) -> QuerySet[SupplierCase]:
    """With something that waits for the officer's answer."""
    handed_in = Deliverable.objects.filter(supplier_case=OuterRef("pk"), state=D.HANDED_IN)
    return cases.filter(Exists(handed_in), ended_at__isnull=True)


def late(cases: QuerySet[SupplierCase]) -> QuerySet[SupplierCase]:
    """With something that should be in and is not."""
    overdue = Deliverable.objects.filter(
        supplier_case=OuterRef("pk"), state__in=(D.DUE, D.ASKED_AGAIN), due_on__lt=today()
    )
    return cases.filter(Exists(overdue), ended_at__isnull=True)


class CaseFilters(Filters):
    q = django_filters.CharFilter(label="Practice or change manager", method="by_words")
    supplier = django_filters.ModelChoiceFilter(label="Supplier", queryset=_suppliers)
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", queryset=_commissioners, field_name="referral__commissioner"
    )
    year = django_filters.ModelChoiceFilter(
        label="Programme year", queryset=_years, field_name="referral__year"
    )
    waiting = django_filters.ChoiceFilter(
        label="Deliverables",
        choices=[("answer", "handed in, to answer"), ("late", "late")],
        method="by_waiting",
    )
    standing = django_filters.ChoiceFilter(
        label="Assignment", choices=[("open", "lasts"), ("ended", "ended")], method="by_standing"
    )

    class Meta:
        model = SupplierCase
        fields: tuple[str, ...] = ()

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(
            Q(practice__name__icontains=value)
            | Q(practice__ods_code__iexact=value)
            | Q(referral__reference__iexact=value)
            | Q(manager_name__icontains=value)
        )

    def by_waiting(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return to_answer(rows) if value == "answer" else late(rows)

    def by_standing(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(ended_at__isnull=value == "open")


class VisitFilters(Filters):
    q = django_filters.CharFilter(label="Practice", method="by_words")
    supplier = django_filters.ModelChoiceFilter(label="Supplier", queryset=_suppliers)
    visit = django_filters.ChoiceFilter(
        label="Visit",
        choices=[("none", "none booked or made"), ("booked", "booked"), ("made", "made")],
        method="by_visit",
    )

    class Meta:
        model = SupplierCase
        fields: tuple[str, ...] = ()

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(Q(practice__name__icontains=value) | Q(practice__ods_code__iexact=value))

    def by_visit(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        visits = SupplierVisit.objects.filter(supplier_case=OuterRef("pk"), cancelled_at__isnull=True)
        if value == "none":
            return rows.exclude(Exists(visits))
        return rows.filter(Exists(visits.filter(recorded_at__isnull=value == "booked")))


class ToAssignFilters(Filters):
    q = django_filters.CharFilter(label="Practice or reference", method="by_words")
    commissioner = django_filters.ModelChoiceFilter(label="CCG", queryset=Organisation.objects.none())

    class Meta:
        model = Referral
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        seen = Referral.objects.visible_to(self.request.user, P.WORK_REFERRALS)
        self.filters["commissioner"].queryset = Organisation.objects.filter(
            pk__in=seen.values("commissioner")
        )

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(
            Q(lead_practice__name__icontains=value)
            | Q(lead_practice__ods_code__iexact=value)
            | Q(reference__iexact=value)
        )


class NeedFilters(Filters):
    year = django_filters.ModelChoiceFilter(label="Programme year", queryset=_years)
    shared = django_filters.ChoiceFilter(
        label="Shared", choices=[("yes", "by two practices or more")], method="by_shared"
    )

    class Meta:
        model = NeedTheme
        fields: tuple[str, ...] = ()

    def by_shared(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(practices__gte=2)
