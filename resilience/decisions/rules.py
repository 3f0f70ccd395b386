"""Who may decide, and who may not."""

from typing import Any

from resilience.assessments.models import Assessment, Finding, Placement
from resilience.assessments.rules import check_has_no_interest
from resilience.core.access import Denied
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act
from resilience.referrals.states import State


def assessors(referral: Referral) -> set[int]:
    """Ids of everyone who had a hand in the assessment: findings, completion, placements."""
    people = set(Placement.objects.filter(referral=referral).values_list("placed_by", flat=True))
    people.update(Finding.objects.filter(assessment__referral=referral).values_list("found_by", flat=True))
    people.update(
        Assessment.objects.filter(referral=referral, completed_by__isnull=False).values_list(
            "completed_by", flat=True
        )
    )
    return people


def check_can_decide(user: Any, referral: Referral, act: str = "decisions.support") -> None:
    """An approver without an interest, who did not assess, once the practice is placed on the matrix."""
    check_act(user, referral, act)
    check_has_no_interest(user, referral)
    if user.pk in assessors(referral):
        raise Denied("You took part in assessing this referral. Someone else must decide.")
    if referral.state == State.ACKNOWLEDGED and referral.year.is_assessed:
        raise Denied("Assess this referral and place it on the matrix before it is decided.")
