"""A case at the end of its support, for the tests of the review: placed before it, decided on that placement."""

from typing import Any

from mou.delivery import actions as delivery
from mou.models import Review
from mou.review import actions, rules
from resilience.assessments.models import Assessment, Placement
from resilience.decisions.models import Decision
from resilience.programmes.models import MatrixCell
from tests.factories import make_person
from tests.mou.delivering import make_delivering, rows_of
from tests.mou.world import World

ANSWERS = {
    "delivered": "yes",
    "achieved": "partly",
    "longer_commitment": "no",
    "waste_if_stopped": "yes",
    "still_backed": "no",
}
PLACED = {"scope": 2, "impact": 3, "scope_justification": "Posts are filled", "impact_justification": "Calm"}


def make_reviewable(**more: Any) -> World:
    """Everything in the plan is done; the practice was placed at scope 5, impact 4, and supported on that."""
    world = make_delivering(**more)
    by = make_person()
    Assessment.objects.create(referral=world.referral, criteria_set=world.year.criteria_set, started_by=by)
    before = Placement.objects.create(
        referral=world.referral,
        cell=MatrixCell.objects.get(matrix=world.year.matrix, scope=5, impact=4),
        scope_justification="Two posts are vacant",
        impact_justification="Patients wait",
        placed_by=by,
    )
    assert Decision.objects.get(referral=world.referral).placement is None
    for row in rows_of(world):
        delivery.record_progress(by=world.manager, referral=world.referral, row=row, standing="done")
    assert before.is_current
    return world


def written(world: World) -> Review:
    """A review with everything in it, not completed."""
    review = actions.start_review(by=world.officer, referral=world.referral)
    judged = dict.fromkeys(rules.rows_to_judge(world.referral), ("achieved", "Contracts signed"))
    actions.save_review(by=world.officer, review=review, judged=judged, comment="Start earlier.", **ANSWERS)
    actions.place_after(by=world.officer, review=review, **PLACED)
    review.refresh_from_db()
    return review
