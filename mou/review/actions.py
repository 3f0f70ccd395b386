"""Writing the review at the end, placing the practice again, and the practice's own view."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from mou.models import Objective, PlanAction, PracticeFeedback, Review, ReviewOutcome
from mou.plan.in_force import PlanRow
from mou.review import letters, rules
from resilience.assessments.actions import place_at_end
from resilience.assessments.models import ContinuingSupport, Placement
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.referrals.models import Referral

Judged = Mapping[PlanRow, tuple[str, str]]
"""Of rows of the plan: the outcome ("" while it is not judged), and the words with it."""


def _locked(review: Review) -> Review:
    """The referral, then its review: everyone locks in this order."""
    referral = lock(review.referral)
    review = lock(review)
    review.referral = referral
    return review


@action("Started the review at the end")
def start_review(*, by: Any, referral: Referral) -> Review:
    """Begin the review; the practice is asked what helped and what did not. A second click finds the same."""
    referral = lock(referral)
    review = rules.review_of(referral)
    if review is not None and review.started_by_id == by.pk:
        record(by=by, on=review, internal=True, repeat=True)
        return review
    rules.check_can_start(by, referral, review)
    review = Review.objects.create(referral=referral, before=rules.placement_before(referral), started_by=by)
    record(by=by, on=review, internal=True, before=review.before_id)
    letters.feedback_asked(review)
    return review


@action("Saved the review at the end")
def save_review(*, by: Any, review: Review, judged: Judged, comment: str = "", **answers: str) -> Review:
    """Write what is known so far: any of the five answers, outcomes of rows of the plan, and a comment."""
    review = _locked(review)
    rules.check_can_write(by, review)
    unknown = set(answers) - set(ContinuingSupport.QUESTIONS)
    if unknown:
        raise TypeError(f"a review has no {', '.join(sorted(unknown))}")
    if set(judged) - set(rules.rows_to_judge(review.referral)):
        raise Denied("The plan was changed in the meantime. Open the page again to see the plan in force.")
    for name, answer in answers.items():
        setattr(review, name, answer)
    review.comment = comment
    review.save()
    for row, (outcome, words) in judged.items():
        ReviewOutcome.objects.update_or_create(
            review=review,
            objective=row if isinstance(row, Objective) else None,
            action=row if isinstance(row, PlanAction) else None,
            defaults={"outcome": outcome, "words": words},
        )
    record(by=by, on=review, internal=True, answers=answers, judged=len(judged))
    return review


@action("Placed the practice again for the review")
def place_after(
    *,
    by: Any,
    review: Review,
    scope: int,
    impact: int,
    scope_justification: str,
    impact_justification: str,
) -> Placement:
    """The rating after support, by a placement of its own; until the review is complete a later one takes its place."""
    review = _locked(review)
    rules.check_can_place(by, review)
    review.after = place_at_end(
        by=by,
        referral=review.referral,
        scope=scope,
        impact=impact,
        scope_justification=scope_justification,
        impact_justification=impact_justification,
    )
    review.save()
    record(by=by, on=review, internal=True, after=review.after.pk)
    return review.after


@action("Completed the review at the end")
def complete_review(*, by: Any, review: Review) -> Review:
    """Nothing in it changes any more; the practice's own view may still come. A second click is the same."""
    review = _locked(review)
    if review.completed_by_id == by.pk:
        record(by=by, on=review, internal=True, repeat=True)
        return review
    rules.check_can_complete(by, review)
    review.completed_at, review.completed_by = timezone.now(), by
    review.save()
    record(by=by, on=review, internal=True)
    return review


@action("Said what helped")
def give_feedback(
    *, by: Any, review: Review, helped: str, recommend: int, did_not_help: str = ""
) -> PracticeFeedback:
    """The practice says, once, what helped, what did not, and whether it would recommend it. Tells the office."""
    review = _locked(review)
    given = PracticeFeedback.objects.filter(review=review).first()
    said = helped, did_not_help, recommend, by.pk
    if given and (given.helped, given.did_not_help, given.recommend, given.given_by_id) == said:
        record(by=by, on=given, repeat=True)
        return given
    rules.check_can_give_feedback(by, review.referral, review)
    if not helped.strip():
        raise Denied("Say what helped.")
    if recommend not in PracticeFeedback.Recommend.values:
        raise Denied("Choose from 1 to 5.")
    feedback = PracticeFeedback.objects.create(
        review=review, helped=helped, did_not_help=did_not_help, recommend=recommend, given_by=by
    )
    record(by=by, on=feedback, recommend=recommend)
    letters.feedback_given(feedback)
    return feedback
