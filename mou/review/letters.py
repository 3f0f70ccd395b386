"""The emails about the review at the end."""

from django.urls import reverse

from mou.models import PracticeFeedback, Review
from mou.post import office, practice, send
from resilience.core.outbox import link
from resilience.referrals.models import Referral


def feedback_asked(review: Review) -> None:
    """Ask the practice what helped and what did not."""
    referral = review.referral
    send(
        practice(referral),
        referral,
        f"What helped {referral.lead_practice.name}?",
        f"The support of {referral.lead_practice.name} comes to its end. Please tell us what helped and what "
        "did not, so that we help other practices better. It is three questions:",
        link(reverse("mou:feedback", kwargs={"referral": referral.pk})),
    )


def feedback_given(feedback: PracticeFeedback) -> None:
    """Tell the office that the practice has answered."""
    referral = feedback.review.referral
    send(
        office(referral),
        referral,
        f"{referral.lead_practice.name} has said what helped",
        f"{referral.lead_practice.name} has said what helped and what did not. Read it in the review:",
        link(reverse("mou:review", kwargs={"referral": referral.pk})),
    )


def review_due(referral: Referral) -> None:
    """Tell the officer that support has come to its end, and that the review is to be written."""
    send(
        office(referral),
        referral,
        f"The support of {referral.lead_practice.name} has ended: write the review",
        f"The plan of {referral.lead_practice.name} has come to its end. Start the review: the practice is then asked "
        "what helped, and you say what was achieved and where it would be placed now.",
        link(reverse("mou:review", kwargs={"referral": referral.pk})),
    )
