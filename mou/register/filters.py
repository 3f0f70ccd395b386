"""Filters over the register of MoUs."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from mou.models import Agreement
from mou.register.rows import SOON, UNSIGNED_TOO_LONG, ends_soon, unsigned_for
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.tables import Filters
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral


def _referrals(request: HttpRequest) -> QuerySet[Referral]:
    seen = Agreement.objects.visible_to(request.user, P.VIEW_INTERNAL)
    return Referral.objects.filter(pk__in=seen.values("referral"))


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_referrals(request).values("commissioner"))


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    found = ProgrammeYear.objects.filter(pk__in=_referrals(request).values("year"))
    return found.select_related("programme").order_by("programme__name", "-starts_on")


_WAITS = {
    Agreement.State.PRACTICE_SIGNED: ", not yet by the next side",
    Agreement.State.SUPPLIER_SIGNED: ", not yet by the commissioner",
}
_STATES = [(each.value, f"{each.label}{_WAITS.get(each, '')}") for each in Agreement.State]


class RegisterFilters(Filters):
    """What the register can be narrowed by. An address with these can be sent to a colleague."""

    q = django_filters.CharFilter(label="Practice, code or reference", method="find")
    state = django_filters.ChoiceFilter(label="State", choices=_STATES)
    ccg = django_filters.ModelChoiceFilter(
        label="CCG", field_name="referral__commissioner", queryset=_commissioners
    )
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="referral__year", queryset=_years
    )
    unsigned = django_filters.ChoiceFilter(
        label="Unsigned",
        method="by_unsigned",
        choices=[
            (str(days), f"For more than {days} days") for days in (UNSIGNED_TOO_LONG, 2 * UNSIGNED_TOO_LONG)
        ],
    )
    ends = django_filters.ChoiceFilter(
        label="Ends", method="by_end", choices=[("soon", f"In {SOON} days or less")]
    )
    disputed = django_filters.ChoiceFilter(
        label="Dispute", method="by_dispute", choices=[("yes", "Open"), ("no", "None open")]
    )
    varied = django_filters.ChoiceFilter(
        label="Variations", method="by_variations", choices=[("yes", "Varied"), ("no", "Never varied")]
    )

    class Meta:
        model = Agreement
        fields: tuple[str, ...] = ()

    def find(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(
            Q(referral__reference__icontains=value)
            | Q(referral__lead_practice__name__icontains=value)
            | Q(referral__lead_practice__ods_code__iexact=value)
        )

    def by_unsigned(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(unsigned_for(int(value)))

    def by_end(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(ends_soon())

    def by_dispute(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(in_dispute=value == "yes")

    def by_variations(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(varied__gt=0) if value == "yes" else rows.filter(varied=0)
