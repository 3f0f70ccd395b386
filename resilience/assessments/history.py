"""What a practice had before: earlier referrals that were supported, and whether that was asked about."""

from django.db.models import QuerySet

from resilience.assessments.models import ContinuingSupport
from resilience.referrals.models import Referral
from resilience.referrals.states import State

SUPPORTED_STATES = (State.SUPPORTED, State.COMMITTED, State.AGREED, State.ENDED)


def earlier_supported(referral: Referral) -> QuerySet[Referral]:
    """Referrals received before this one, of any of its practices, that were supported; the latest first.

    Each comes with its review at the end, where there is one. Read by name: it stands in a room to the left.
    """
    return (
        Referral.objects.filter(
            practices__practice__in=referral.practices.values("practice"),
            state__in=SUPPORTED_STATES,
            received_at__lt=referral.received_at,
        )
        .exclude(pk=referral.pk)
        .select_related("year__programme", "lead_practice", "review")
        .distinct()
        .order_by("-received_at")
    )


def needs_continuing(referral: Referral) -> bool:
    """Was a practice of this referral supported before, by its own word or on record?"""
    return referral.past_support.filter(had=True).exists() or earlier_supported(referral).exists()


def continuing_answers(referral: Referral) -> ContinuingSupport | None:
    """The answers that stand to the five questions; None while they are unanswered."""
    return ContinuingSupport.objects.filter(referral=referral).select_related("answered_by").first()
