"""Filters over the practices that a stage asks, and over the commitments that it pays."""

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest

from funding.models import Commitment
from funding.stages.evidence import Answer
from funding.stages.standing import became_payable, still_to_pay
from practices.finder import find
from practices.models import Organisation, Practice
from resilience.core.access import P
from resilience.core.tables import Filters
from resilience.programmes.models import PaymentStage


def _practices(request: HttpRequest) -> QuerySet[Practice]:
    return Practice.objects.visible_to(request.user, P.VIEW_MONEY)


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_practices(request).order_by().values("commissioner"))


def _localities(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_practices(request).order_by().values("locality"))


class EvidenceFilters(Filters):
    q = django_filters.CharFilter(label="Name, code or postcode", method="search")
    answer = django_filters.ChoiceFilter(label="Answer", choices=Answer.choices)
    commissioner = django_filters.ModelChoiceFilter(label="CCG", queryset=_commissioners)
    locality = django_filters.ModelChoiceFilter(label="Locality", queryset=_localities)
    chased = django_filters.ChoiceFilter(
        label="Chased",
        choices=[("no", "Not yet"), ("yes", "At least once"), ("more", "More than once")],
        method="by_chases",
    )

    class Meta:
        model = Practice
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Practice], name: str, value: str) -> QuerySet[Practice]:
        return find(value, rows)

    def by_chases(self, rows: QuerySet[Practice], name: str, value: str) -> QuerySet[Practice]:
        return rows.filter(
            **{"no": {"chased": 0}, "yes": {"chased__gt": 0}, "more": {"chased__gt": 1}}[value]
        )


WAITS, PAYABLE, PAID = "waits", "payable", "paid"


class StageFilters(Filters):
    stage: PaymentStage
    state = django_filters.ChoiceFilter(
        label="State",
        choices=[(PAYABLE, "Payable, not paid"), (WAITS, "Waits"), (PAID, "Paid")],
        method="by_state",
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG", field_name="referral__commissioner", queryset=_commissioners
    )
    referral = django_filters.CharFilter(
        label="Referral", field_name="referral__reference", lookup_expr="iexact"
    )

    class Meta:
        model = Commitment
        fields: tuple[str, ...] = ()

    def by_state(self, rows: QuerySet[Commitment], name: str, value: str) -> QuerySet[Commitment]:
        made, unpaid = became_payable(self.stage), still_to_pay(self.stage)
        if value == WAITS:
            return rows.filter(~made)
        return rows.filter(unpaid) if value == PAYABLE else rows.filter(made).exclude(unpaid)


def filters_of(stage: PaymentStage) -> type[StageFilters]:
    """The filters over what this stage pays."""
    return type("FiltersOfStage", (StageFilters,), {"stage": stage})
