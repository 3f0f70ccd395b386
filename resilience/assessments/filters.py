"""Filters over placements, escalations and interests."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from practices.models import Organisation
from resilience.assessments.models import Placement, SafetyEscalation
from resilience.core.access import P
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral


def _referrals(request: HttpRequest) -> QuerySet[Referral]:
    return Referral.objects.visible_to(request.user, P.VIEW_INTERNAL)


def years_with_placements(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    """Programme years in which the person may see a placement, the latest first."""
    placed = Placement.objects.visible_to(request.user).filter(is_current=True)
    return ProgrammeYear.objects.filter(pk__in=placed.values("referral__year")).select_related("programme")


def commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    """Commissioners of the referrals that the person may see."""
    return Organisation.objects.filter(pk__in=_referrals(request).values("commissioner"))


class PlacementFilters(Filters):
    """One programme year at a time: the latest unless another is asked for."""

    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="referral__year", queryset=years_with_placements, empty_label=None
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="referral__commissioner", queryset=commissioners
    )
    placed_from = django_filters.DateFilter(
        label="Placed from", field_name="placed_at", lookup_expr="date__gte"
    )
    placed_to = django_filters.DateFilter(
        label="Placed until", field_name="placed_at", lookup_expr="date__lte"
    )

    class Meta:
        model = Placement
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *args: Any, request: HttpRequest, **options: Any) -> None:
        given = QueryDict(mutable=True)
        given.update(data or {})
        latest = years_with_placements(request).first()
        if latest and not given.get("year"):
            given["year"] = str(latest.pk)
        super().__init__(given, *args, request=request, **options)


class EscalationFilters(Filters):
    taken = django_filters.ChoiceFilter(
        label="State", choices=[("no", "Nobody has taken it"), ("yes", "Taken")], method="by_taken"
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="referral__commissioner", queryset=commissioners
    )

    class Meta:
        model = SafetyEscalation
        fields: tuple[str, ...] = ()

    def by_taken(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(taken_at__isnull=value == "no")
