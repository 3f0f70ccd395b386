"""The order in which practices are visited: by the rating of their placement, then by the day they were received."""

from typing import Any

from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from mou.models import SupplierCase
from resilience.assessments.models import Placement
from resilience.core.words import RATINGS

UNRATED = len(RATINGS)
"""After every rating: a case of a year without a matrix, or not placed."""


def in_order(cases: QuerySet[SupplierCase]) -> QuerySet[SupplierCase]:
    """Support first (G) comes first. ``rank`` is the place of the rating: never for a supplier's eyes."""
    standing = Placement.objects.filter(referral=OuterRef("referral"), is_current=True)
    ranked = standing.annotate(
        rank=Case(
            *(When(cell__rating=rating, then=Value(place)) for place, rating in enumerate(RATINGS)),
            default=Value(UNRATED),
            output_field=IntegerField(),
        )
    )
    found = Subquery(ranked.values("rank")[:1], output_field=IntegerField())
    rows = cases.annotate(rank=Coalesce(found, UNRATED))
    return rows.order_by("rank", "referral__received_on", "referral_id", "practice__name", "pk")


def numbers(user: Any) -> dict[int, int]:
    """By assignment id, its number in the order, among all that last and that the person sees: 1, 2, 3."""
    rows = in_order(SupplierCase.objects.visible_to(user).open())
    return {pk: number for number, pk in enumerate(rows.values_list("pk", flat=True), start=1)}
