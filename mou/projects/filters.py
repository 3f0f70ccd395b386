"""Filters over the tracker of the high impact actions, and over clusters."""

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from mou.models import HighImpactAction, Horizon, Project, ProjectAction, ProjectProgress
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear


def _of(request: HttpRequest, field: str) -> QuerySet:
    return Project.objects.visible_to(request.user).order_by().values(field)


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_of(request, "commissioner"))


def _localities(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_of(request, "locality"))


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    return ProgrammeYear.objects.filter(pk__in=_of(request, "year")).select_related("programme")


class TrackerFilters(Filters):
    q = django_filters.CharFilter(label="Project or lead practice", method="search")
    action = django_filters.ModelChoiceFilter(
        label="High impact action", queryset=HighImpactAction.objects.all()
    )
    status = django_filters.ChoiceFilter(label="Status", choices=ProjectProgress.Status.choices)
    horizon = django_filters.ChoiceFilter(
        label="Horizon", field_name="project__horizon", choices=Horizon.choices
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="project__commissioner", queryset=_commissioners
    )
    locality = django_filters.ModelChoiceFilter(
        label="Locality", field_name="project__locality", queryset=_localities
    )
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="project__year", queryset=_years
    )

    class Meta:
        model = ProjectAction
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[ProjectAction], name: str, value: str) -> QuerySet[ProjectAction]:
        for word in value.split():
            rows = rows.filter(
                Q(project__name__icontains=word)
                | Q(project__lead_practice__name__icontains=word)
                | Q(project__lead_practice__ods_code__istartswith=word)
            )
        return rows
