"""Filters over published case studies, and over those in the making."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from mou.case_studies.texts import WRITTEN
from mou.models import CaseStudy, Naming, PublishedStudy
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.tables import Filters
from resilience.programmes.models import MenuItem, ProgrammeYear
from resilience.referrals.models import Referral

NOT_STARTED = "not_started"


def _visible(request: HttpRequest) -> QuerySet[PublishedStudy]:
    return PublishedStudy.objects.visible_to(request.user)


def _places(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_visible(request).values("place"))


class PublishedFilters(Filters):
    """What is found is what the copies themselves say: by the year's name, for a programme may be of few practices."""

    q = django_filters.CharFilter(label="Words in it", method="by_words")
    category = django_filters.ChoiceFilter(label="Category of support", method="by_category")
    year = django_filters.ChoiceFilter(label="Year", field_name="year__name")
    place = django_filters.ModelChoiceFilter(label="Local office or region", queryset=_places)

    class Meta:
        model = PublishedStudy
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = MenuItem.objects.filter(published_studies__in=_visible(self.request)).order_by("name")
        found = names.values_list("name", flat=True).distinct()
        self.filters["category"].extra["choices"] = [(name, name) for name in found]
        years = _visible(self.request).order_by("-year__name").values_list("year__name", flat=True).distinct()
        self.filters["year"].extra["choices"] = [(name, name) for name in years]

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        wanted = Q()
        for key in (*WRITTEN, "practice", "place"):
            wanted |= Q(**{f"content__{key}__icontains": value})
        return rows.filter(wanted)

    def by_category(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        of_it = MenuItem.objects.filter(name=value).values("published_studies")
        return rows.filter(pk__in=of_it)


def _cases(request: HttpRequest) -> QuerySet[Referral]:
    return Referral.objects.visible_to(request.user, P.VIEW_INTERNAL)


def _years_of_cases(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    return ProgrammeYear.objects.filter(pk__in=_cases(request).values("year")).select_related("programme")


class MakingFilters(Filters):
    state = django_filters.ChoiceFilter(
        label="Where it stands",
        choices=[(NOT_STARTED, "Promised, not started"), *CaseStudy.State.choices],
        method="by_state",
    )
    handed_in = django_filters.ChoiceFilter(
        label="Ready", choices=[("yes", "said by the practice")], method="by_handed_in"
    )
    naming = django_filters.ChoiceFilter(
        label="Named",
        choices=[("undecided", "Not decided yet"), *Naming.choices[1:]],
        method="by_naming",
    )
    year = django_filters.ModelChoiceFilter(label="Programme year", queryset=_years_of_cases)

    class Meta:
        model = Referral
        fields: tuple[str, ...] = ()

    def by_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        if value == NOT_STARTED:
            return rows.filter(case_study__isnull=True)
        return rows.filter(case_study__state=value)

    def by_handed_in(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(to_edit())

    def by_naming(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(case_study__naming="" if value == "undecided" else value)


def to_edit() -> Q:
    """Written by the practice, and the office has not asked for its consent since."""
    return Q(case_study__state=CaseStudy.State.WRITING, case_study__handed_in_at__isnull=False)


def making_rows(user: Any) -> QuerySet[Referral]:
    """The cases with a case study, started or promised by the agreed plan, that the office of this person has."""
    promised = Q(plan__has_case_study=True, plan__agreed_at__isnull=False)
    rows = Referral.objects.visible_to(user, P.VIEW_INTERNAL)
    return rows.filter(Q(case_study__isnull=False) | promised)
