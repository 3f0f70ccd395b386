"""The filters of the list of practices."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest

from practices.finder import find
from practices.models import Organisation, Practice
from resilience.core.tables import Filters

_MOST_CHOICES = 200


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    seen = Practice.objects.visible_to(request.user).order_by().values("commissioner")
    return Organisation.objects.filter(pk__in=seen)


def _localities(request: HttpRequest) -> QuerySet[Organisation]:
    """Of the chosen commissioner's practices, else of all that the person sees."""
    seen = Practice.objects.visible_to(request.user).order_by()
    commissioner = request.GET.get("commissioner", "")
    if commissioner.isascii() and commissioner.isdigit():
        seen = seen.filter(commissioner=int(commissioner))
    return Organisation.objects.filter(pk__in=seen.values("locality"))


class PracticeFilters(Filters):
    q = django_filters.CharFilter(label="Name, code or postcode", method="search")
    commissioner = django_filters.ModelChoiceFilter(label="Commissioner", queryset=_commissioners)
    locality = django_filters.ModelChoiceFilter(label="Locality", queryset=_localities)
    status = django_filters.ChoiceFilter(label="Status", choices=Practice.Status.choices)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # A country's worth of localities is no list to choose from: the commissioner comes first.
        chosen = {"commissioner", "locality"} & set(self.data or {})
        if not chosen and _localities(self.request)[: _MOST_CHOICES + 1].count() > _MOST_CHOICES:
            del self.filters["locality"]

    def search(self, rows: QuerySet[Practice], name: str, value: str) -> QuerySet[Practice]:
        return find(value, rows)
