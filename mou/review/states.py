"""The small table of the review at the end: which state may follow which, by which act, for whom."""

from django.db import models

from mou.models import Review
from resilience.core.access import Denied, P
from resilience.referrals.states import Act


class ReviewState(models.TextChoices):
    """Where a review stands; told from its row, never stored."""

    NONE = "none", "Not started"
    OPEN = "open", "Being written"
    COMPLETE = "complete", "Complete"


S = ReviewState
REVIEW_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.start_review", "Start the review", P.WORK_REFERRALS, {S.NONE: S.OPEN}),
        Act("mou.save_review", "Save the review", P.WORK_REFERRALS, {S.OPEN: S.OPEN}),
        Act("mou.place_after", "Place again", P.ASSESS, {S.OPEN: S.OPEN}),
        Act("mou.complete_review", "Complete the review", P.WORK_REFERRALS, {S.OPEN: S.COMPLETE}),
        Act(
            "mou.give_feedback",
            "Tell what helped",
            P.PLAN_FOR_PRACTICE,
            {S.OPEN: S.OPEN, S.COMPLETE: S.COMPLETE},
        ),
    )
}


def review_state(review: Review | None) -> str:
    """Where a review stands."""
    if review is None:
        return S.NONE
    return S.COMPLETE if review.completed_at else S.OPEN


def check_review_state(act: str, review: Review | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on the review as it stands."""
    state = review_state(review)
    if state in REVIEW_ACTS[act].moves:
        return
    if state == S.NONE:
        raise Denied("The review is not started yet.")
    if act == "mou.start_review":
        raise Denied("The review is started already.")
    raise Denied("The review is complete: nothing in it changes any more.")
