"""Who may decide, and who may not."""

from typing import Any

from django.db.models import Q, QuerySet

from resilience.assessments.models import Assessment, Finding, Placement
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.calendar import today
from resilience.decisions.models import Interest
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act
from resilience.referrals.states import State


def interests_in_force(referral: Referral) -> QuerySet[Interest]:
    """Interests, begun and not ended, in any practice of the referral."""
    day = today()
    return Interest.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=day),
        started_on__lte=day,
        practice__in=referral.practices.values("practice"),
    ).select_related("person", "practice")


def check_has_no_interest(user: Any, referral: Referral) -> None:
    """Nobody assesses or decides on a practice in which they declared an interest (invariant 4)."""
    interest = interests_in_force(referral).filter(person=user).first()
    if interest is not None:
        raise Denied(
            f"You declared an interest in {interest.practice.name}, so a colleague must deal with this referral."
        )


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


def check_can_declare(user: Any) -> None:
    """Anyone who works for the office declares their own interests."""
    if not user.may(P.VIEW_INTERNAL):
        raise Denied("Only people who work for the commissioner declare interests here.")


def check_can_end_interest(user: Any, interest: Interest) -> None:
    """The person who holds it, or an approver in whose scope the practice is."""
    if interest.ended_on is not None:
        raise Denied("This interest has ended already.")
    if interest.person_id != user.pk and not access.allows(user, P.DECIDE, interest):
        raise Denied("Only the person who declared this interest, or an approver, can end it.")
