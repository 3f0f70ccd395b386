"""Filters over the reports of all cases."""

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from mou.delivery.states import owed
from mou.models import ProgressReport
from practices.finder import find
from practices.models import Organisation, Practice
from resilience.core.calendar import today
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear

S = ProgressReport.State
LATE = "late"


def late_reports() -> Q:
    """Not handed in by their day, where they are owed. Due today is not late."""
    return owed() & Q(state__in=ProgressReport.OPEN, due_on__lt=today())


def _visible(request: HttpRequest) -> QuerySet[ProgressReport]:
    return ProgressReport.objects.visible_to(request.user)


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_visible(request).order_by().values("referral__commissioner"))


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    found = ProgrammeYear.objects.filter(pk__in=_visible(request).order_by().values("referral__year"))
    return found.select_related("programme")


class ReportFilters(Filters):
    q = django_filters.CharFilter(label="Practice name or code", method="by_practice")
    state = django_filters.ChoiceFilter(
        label="State", choices=[(LATE, "Late"), *S.choices], method="by_state"
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="referral__commissioner", queryset=_commissioners
    )
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="referral__year", queryset=_years
    )
    due_from = django_filters.DateFilter(label="Due from", field_name="due_on", lookup_expr="gte")
    due_to = django_filters.DateFilter(label="Due by", field_name="due_on", lookup_expr="lte")

    class Meta:
        model = ProgressReport
        fields: tuple[str, ...] = ()

    def by_practice(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        practices = find(value, Practice.objects.all())
        return rows.filter(referral__practices__practice__in=practices.order_by().values("pk")).distinct()

    def by_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(late_reports()) if value == LATE else rows.filter(state=value)
