"""Filters over the reviews of all cases."""

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest

from mou.models import Review
from practices.finder import find
from practices.models import Organisation, Practice
from resilience.core.access import P
from resilience.core.tables import Filters
from resilience.decisions.models import DecisionCategory
from resilience.programmes.models import MenuItem, ProgrammeYear


def _visible(request: HttpRequest) -> QuerySet[Review]:
    return Review.objects.visible_to(request.user, P.VIEW_INTERNAL).order_by()


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_visible(request).values("referral__commissioner"))


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    found = ProgrammeYear.objects.filter(pk__in=_visible(request).values("referral__year"))
    return found.select_related("programme")


def _categories(request: HttpRequest) -> QuerySet[MenuItem]:
    granted = DecisionCategory.objects.filter(decision__referral__in=_visible(request).values("referral"))
    return MenuItem.objects.filter(pk__in=granted.order_by().values("item"))


class ReviewFilters(Filters):
    q = django_filters.CharFilter(label="Practice name or code", method="by_practice")
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="referral__year", queryset=_years
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="referral__commissioner", queryset=_commissioners
    )
    category = django_filters.ModelChoiceFilter(
        label="Category of support", queryset=_categories, method="by_category"
    )
    state = django_filters.ChoiceFilter(
        label="State", choices=[("open", "Being written"), ("complete", "Complete")], method="by_state"
    )

    class Meta:
        model = Review
        fields: tuple[str, ...] = ()

    def by_practice(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        practices = find(value, Practice.objects.all())
        return rows.filter(referral__practices__practice__in=practices.order_by().values("pk")).distinct()

    def by_category(self, rows: QuerySet, name: str, value: MenuItem) -> QuerySet:
        granted = DecisionCategory.objects.filter(item=value).order_by()
        return rows.filter(referral__in=granted.values("decision__referral"))

    def by_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(completed_at__isnull=value == "open")
