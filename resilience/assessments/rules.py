"""Who may assess and place, and who may not."""

from typing import Any

from django.db.models import QuerySet

from resilience.assessments.findings import unjudged
from resilience.assessments.models import Assessment, Interest, Placement, SafetyEscalation
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act


def interests_in_force(referral: Referral) -> QuerySet[Interest]:
    """Interests, begun and not ended, in any practice of the referral."""
    of_referral = Interest.objects.in_force().filter(practice__in=referral.practices.values("practice"))
    return of_referral.select_related("person", "practice")


def check_has_no_interest(user: Any, referral: Referral) -> None:
    """Nobody assesses or decides on a practice in which they declared an interest (invariant 4)."""
    interest = interests_in_force(referral).filter(person=user).first()
    if interest is not None:
        raise Denied(
            f"You declared an interest in {interest.practice.name}, so a colleague must deal with it."
        )


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


def check_can_assess(user: Any, referral: Referral, act: str) -> None:
    """An officer without an interest, in a year that assesses; ``act`` is the act of the table."""
    check_act(user, referral, act)
    check_has_no_interest(user, referral)
    if not referral.year.is_assessed:
        raise Denied(f"{referral.year} decides without an assessment.")


def check_can_complete(user: Any, assessment: Assessment) -> None:
    """Once, when every criterion has a level of concern."""
    check_can_assess(user, assessment.referral, "assessments.complete")
    if assessment.completed_at is not None:
        raise Denied("This assessment is complete already.")
    if missing := unjudged(assessment):
        numbers = ", ".join(str(criterion.number) for criterion in missing)
        raise Denied(f"Give a level of concern for criteria {numbers} first.")


def check_can_place(user: Any, referral: Referral) -> None:
    """Once every criterion has a finding and the assessment is complete."""
    check_can_assess(user, referral, "assessments.place")
    assessment = Assessment.objects.filter(referral=referral).first()
    if assessment is None or assessment.completed_at is None:
        raise Denied("Complete the assessment first: every criterion needs a finding.")


def check_can_review(user: Any, referral: Referral) -> None:
    """A second officer: not the one whose placement stands."""
    check_can_assess(user, referral, "assessments.review")
    placement = Placement.objects.filter(referral=referral, is_current=True).first()
    if placement is not None and placement.placed_by_id == user.pk:
        raise Denied("You made this placement. A second officer reviews it.")


def check_can_place_at_end(user: Any, referral: Referral) -> None:
    """An officer without an interest, once support was agreed, of a practice that was placed before."""
    check_can_assess(user, referral, "assessments.place_at_end")
    if not Placement.objects.filter(referral=referral, is_current=True).exists():
        raise Denied(
            "This practice was not placed on the matrix before support, so there is nothing to compare."
        )


def check_can_take(user: Any, escalation: SafetyEscalation) -> None:
    """Someone of the office other than the one who raised it, and only once."""
    access.check(user, P.VIEW_INTERNAL, escalation)
    if escalation.taken_by is not None:
        raise Denied(f"{escalation.taken_by.name} has taken this escalation already.")
    if escalation.raised_by_id == user.pk:
        raise Denied("You raised this escalation. Someone else must take it.")
