"""The rating before and after, in words; what the pages of a review share."""

from collections.abc import Iterable
from dataclasses import dataclass

from mou.models import Review, ReviewOutcome
from resilience.assessments.board import Rating, with_ratings
from resilience.assessments.models import Placement
from resilience.core import words

_ORDER = {rating: place for place, rating in enumerate(words.RATINGS)}

LESS = "Less need for support than before"
SAME = "The same need for support as before"
MORE = "More need for support than before"


@dataclass(frozen=True)
class Side:
    """One placement: its heading, the placement, and its rating in the words of its matrix."""

    heading: str
    placement: Placement | None

    @property
    def rating(self) -> Rating | None:
        return self.placement.rating if self.placement else None  # type: ignore[attr-defined]


def change(before: Placement | None, after: Placement | None) -> str:
    """What the two priority ratings say together: a lower priority after support is less need for it."""
    if before is None or after is None:
        return ""
    steps = _ORDER[after.cell.rating] - _ORDER[before.cell.rating]
    return LESS if steps > 0 else MORE if steps < 0 else SAME


def sides(review: Review) -> list[Side]:
    """Before and after, side by side; nothing for a practice that was not placed."""
    placements = Placement.objects.filter(pk__in=[review.before_id, review.after_id])
    found = {each.pk: each for each in placements.select_related("cell__matrix", "placed_by")}
    with_ratings(list(found.values()))
    if review.before_id is None:
        return []
    return [
        Side("Before support", found.get(review.before_id)),
        Side("After support", found.get(review.after_id or 0)),
    ]


def outcomes_by_key(outcomes: Iterable[ReviewOutcome]) -> dict[str, ReviewOutcome]:
    """By the key of the row of the plan."""
    return {
        f"objective-{each.objective_id}" if each.objective_id else f"action-{each.action_id}": each
        for each in outcomes
    }
