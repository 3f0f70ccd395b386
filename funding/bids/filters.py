"""Filters over bids."""

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from funding.bids.waiting import STANDINGS
from funding.models import Bid
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    seen = Bid.objects.visible_to(request.user).order_by()
    return ProgrammeYear.objects.filter(pk__in=seen.values("referral__year")).select_related("programme")


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    seen = Bid.objects.visible_to(request.user).order_by()
    return Organisation.objects.filter(pk__in=seen.values("referral__commissioner"))


class BidFilters(Filters):
    q = django_filters.CharFilter(label="Practice or referral", method="by_words")
    standing = django_filters.ChoiceFilter(
        label="State", choices=[(key, words) for key, (words, _) in STANDINGS.items()], method="by_standing"
    )
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="referral__year", queryset=_years
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="referral__commissioner", queryset=_commissioners
    )
    sent_from = django_filters.DateFilter(label="Sent from", field_name="sent_at", lookup_expr="date__gte")
    sent_to = django_filters.DateFilter(label="Sent until", field_name="sent_at", lookup_expr="date__lte")

    class Meta:
        model = Bid
        fields: tuple[str, ...] = ()

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Part of the name of the practice that leads, or its code, or a referral's reference."""
        return rows.filter(
            Q(referral__lead_practice__name__icontains=value)
            | Q(referral__lead_practice__ods_code__iexact=value)
            | Q(referral__reference__iexact=value)
        )

    def by_standing(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """What they wait for, or what came of them."""
        return rows.filter(STANDINGS[value][1])
