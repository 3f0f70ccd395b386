"""Who may write the review, and when; what it still lacks. Each rule raises Denied with a sentence to act on."""

from typing import Any

from mou.delivery.progress import is_delivered, milestones, title_of
from mou.models import Objective, PracticeFeedback, Review, ReviewOutcome
from mou.people import is_for_practice
from mou.plan.in_force import PlanRow, plan_in_force, rows_in_force
from mou.review.states import REVIEW_ACTS, check_review_state
from resilience.assessments.models import ContinuingSupport, Placement
from resilience.assessments.rules import check_can_place_at_end, check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied
from resilience.core.calendar import today
from resilience.core.words import day, within
from resilience.referrals.models import Referral
from resilience.referrals.states import SIGNED, State


def review_of(referral: Referral) -> Review | None:
    """The review of a referral, or None while nobody has started it."""
    return Review.objects.filter(referral=referral).first()


def rows_to_judge(referral: Referral) -> list[PlanRow]:
    """The objectives of the plan in force; its actions where it has no objectives."""
    rows = rows_in_force(referral)
    objectives = [row for row in rows if isinstance(row, Objective)]
    return [*objectives] or rows


def placement_before(referral: Referral) -> Placement | None:
    """The placement that was decided on; the one that stands where the decision names none."""
    decision = referral.decisions.filter(outcome="supported").select_related("placement").first()
    if decision and decision.placement:
        return decision.placement
    return Placement.objects.filter(referral=referral, is_current=True).first()


def _check_office(user: Any, referral: Referral, act: str) -> None:
    access.check(user, REVIEW_ACTS[act].permission, referral)
    check_has_no_interest(user, referral)


def check_is_time(referral: Referral) -> None:
    """The MoU is over, its plan has come to its end, or all of it is delivered."""
    if referral.state not in SIGNED:
        label = State(referral.state).label
        raise Denied(f"The review is written when support ends: this referral is “{label}”.")
    plan = plan_in_force(referral)
    is_over = referral.state == State.ENDED or plan is None or plan.ends_on is None
    if is_over or plan.ends_on <= today() or is_delivered(milestones(referral)):  # type: ignore[union-attr,operator]
        return
    raise Denied(
        f"The review is written when the plan is delivered, or when it ends on {day(plan.ends_on)}. "  # type: ignore[union-attr]
        "Its milestones are not all done yet."
    )


def check_can_start(user: Any, referral: Referral, review: Review | None) -> None:
    """An officer without an interest, when support ends."""
    _check_office(user, referral, "mou.start_review")
    check_review_state("mou.start_review", review)
    check_is_time(referral)


def check_can_write(user: Any, review: Review, act: str = "mou.save_review") -> None:
    """An officer without an interest, until it is complete."""
    _check_office(user, review.referral, act)
    check_review_state(act, review)


def check_can_place(user: Any, review: Review) -> None:
    """Someone who assesses, without an interest, until it is complete; of a practice that was placed before."""
    check_can_write(user, review, "mou.place_after")
    check_can_place_at_end(user, review.referral)


def missing(review: Review) -> list[str]:
    """What must be there before it is complete, in sentences."""
    found = []
    unanswered = [name for name in ContinuingSupport.QUESTIONS if not getattr(review, name)]
    if unanswered:
        found.append(f"Answer the question: {ContinuingSupport.question(unanswered[0])}")
    judged = {
        (outcome.objective_id, outcome.action_id)
        for outcome in ReviewOutcome.objects.filter(review=review).exclude(outcome="")
    }
    for row in rows_to_judge(review.referral):
        key = (row.pk, None) if isinstance(row, Objective) else (None, row.pk)
        if key not in judged:
            found.append(f"Say whether this was achieved: {title_of(row)}")
    if review.before_id and not review.after_id:
        found.append("Place the practice on the matrix again")
    return found


def check_can_complete(user: Any, review: Review) -> None:
    """An officer without an interest, once nothing is missing."""
    check_can_write(user, review, "mou.complete_review")
    if lacks := missing(review):
        raise Denied(f"The review is not complete: {within(lacks[0]).rstrip('.?')}.")


def check_can_give_feedback(user: Any, referral: Referral, review: Review | None) -> None:
    """Someone of the lead practice, once, from the start of the review on."""
    if not is_for_practice(user, referral, REVIEW_ACTS["mou.give_feedback"].permission):
        raise Denied(f"Only {referral.lead_practice.name} says what helped.")
    check_review_state("mou.give_feedback", review)
    given = PracticeFeedback.objects.filter(review=review).first()
    if given:
        raise Denied(f"We have this from your practice since {day(given.given_at)}. Thank you.")
