"""Filters over moves of money."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from funding.filters import years_with_money
from funding.models import Allocation, Move
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.tables import Filters


def to_answer(user: Any) -> QuerySet[Move]:
    """Moves that wait for an answer which this person may give."""
    mine = Move.objects.all().with_both_ends(user, P.APPROVE_MOVES)
    return mine.filter(state=Move.State.ASKED).exclude(asked_by=user.pk)


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    seen = Allocation.objects.visible_to(request.user)
    return Organisation.objects.filter(pk__in=seen.values("commissioner"))


class MoveFilters(Filters):
    state = django_filters.ChoiceFilter(label="State", choices=Move.State.choices)
    kind = django_filters.ChoiceFilter(label="Kind", choices=Move.Kind.choices)
    year = django_filters.ModelChoiceFilter(
        label="Programme year", field_name="source__year", queryset=years_with_money
    )
    commissioner = django_filters.ModelChoiceFilter(
        label="CCG, from or to", queryset=_commissioners, method="by_commissioner"
    )
    answer = django_filters.ChoiceFilter(
        label="Your answer", choices=[("mine", "Waits for my answer")], method="by_answer"
    )

    class Meta:
        model = Move
        fields: tuple[str, ...] = ()

    def by_commissioner(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(Q(source__commissioner=value) | Q(target__commissioner=value))

    def by_answer(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(pk__in=to_answer(self.request.user))
