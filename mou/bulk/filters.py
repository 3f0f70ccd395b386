"""The filters over the cases that an MoU may be issued for."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import HiddenInput

from mou.bulk.ready import LACKS, READY
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear


def _years(request: Any) -> QuerySet[ProgrammeYear]:
    return ProgrammeYear.objects.select_related("programme").order_by("-starts_on", "pk")


def _commissioners(request: Any) -> QuerySet[Organisation]:
    return Organisation.objects.filter(referrals__isnull=False).distinct().order_by("name")


TABS = {"ready": "Ready", "not-ready": "Not ready"}


class ReadyFilters(Filters):
    """A panel is told by the days on which it decided."""

    decided_from = django_filters.DateFilter(
        label="Decided from", field_name="decided_at", lookup_expr="date__gte"
    )
    decided_to = django_filters.DateFilter(
        label="Decided up to", field_name="decided_at", lookup_expr="date__lte"
    )
    commissioner = django_filters.ModelChoiceFilter(label="CCG", queryset=_commissioners)
    year = django_filters.ModelChoiceFilter(label="Programme year", queryset=_years)
    lacks = django_filters.ChoiceFilter(
        label="What is missing", choices=[(key, lack.text) for key, lack in LACKS.items() if key != READY]
    )
    tab = django_filters.ChoiceFilter(choices=list(TABS.items()), widget=HiddenInput, method="of_tab")

    def of_tab(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Those that are ready, or those that are not."""
        return queryset.filter(lacks=READY) if value == "ready" else queryset.exclude(lacks=READY)
