"""Filters over commitments."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from funding import ledger
from funding.commitments.unnamed import not_in_the_mou
from funding.filters import years_with_money
from funding.models import Commitment
from practices.models import Organisation
from resilience.core.tables import Filters
from resilience.programmes.models import MenuItem, SpendCategory
from resilience.referrals.states import State


def left_after_the_end(rows: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Of MoUs that ended, with money still committed and not payable: it becomes payable, or is released."""
    return ledger.with_committed(rows.filter(referral__state=State.ENDED))


def _seen(request: HttpRequest) -> QuerySet[Commitment]:
    return Commitment.objects.visible_to(request.user).order_by()


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_seen(request).values("allocation__commissioner"))


def _suppliers(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_seen(request).values("supplier"))


def _items(request: HttpRequest) -> QuerySet[MenuItem]:
    return MenuItem.objects.filter(pk__in=_seen(request).values("item"))


def _categories(request: HttpRequest) -> QuerySet[SpendCategory]:
    return SpendCategory.objects.filter(pk__in=_seen(request).values("allocation__category"))


class CommitmentFilters(Filters):
    q = django_filters.CharFilter(label="Practice or referral", method="by_words")
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="allocation__year", queryset=years_with_money
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="allocation__commissioner", queryset=_commissioners
    )
    item = django_filters.ModelChoiceFilter(label="Category of support", queryset=_items)
    category = django_filters.ModelChoiceFilter(
        label="Category of spend", field_name="allocation__category", queryset=_categories
    )
    route = django_filters.ChoiceFilter(label="Route", choices=Commitment.Route.choices)
    supplier = django_filters.ModelChoiceFilter(label="Supplier", queryset=_suppliers)
    cost_centre = django_filters.CharFilter(
        label="Cost centre", field_name="cost_centre", lookup_expr="iexact"
    )
    payable = django_filters.ChoiceFilter(
        label="Payable", choices=[("yes", "Has money payable")], method="by_payable"
    )
    ended = django_filters.ChoiceFilter(
        label="After the MoU", choices=[("left", "Still committed, MoU ended")], method="by_end"
    )

    named = django_filters.ChoiceFilter(
        label="In the MoU", choices=[("no", "Not in the MoU yet")], method="by_name"
    )

    class Meta:
        model = Commitment
        fields: tuple[str, ...] = ()

    def by_words(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Part of a practice's name, or its code, or a referral's reference."""
        return rows.filter(
            Q(practice__name__icontains=value)
            | Q(practice__ods_code__iexact=value)
            | Q(referral__reference__iexact=value)
        )

    def by_payable(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Commitments with money payable now."""
        return ledger.with_payable(rows)

    def by_end(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return left_after_the_end(rows)

    def by_name(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Commitments made after signature that no variation names yet."""
        return not_in_the_mou(rows)
