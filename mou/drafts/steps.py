"""What a practice is asked next about a draft of its MoU."""

from collections.abc import Iterable

from django.urls import reverse

from mou.models import Agreement, Draft
from resilience.referrals.following import Step
from resilience.referrals.models import Referral
from resilience.referrals.states import State


def draft_steps(referrals: Iterable[Referral]) -> dict[int, Step]:
    """The drafts that wait for its word, by referral id, while no MoU is out. Two queries."""
    asked = {row.pk for row in referrals if row.state == State.COMMITTED}
    rows = Draft.objects.filter(referral__in=asked).order_by("number")
    latest = {draft.referral_id: draft for draft in rows.defer("html")}
    out = Agreement.objects.filter(referral__in=latest).not_stopped()
    is_out = set(out.values_list("referral", flat=True))
    return {
        referral: Step(
            f"Draft {draft.number} of your agreement is ready for you to read.",
            "Read the draft",
            reverse("mou:read_draft", kwargs={"mou_draft": draft.pk}),
        )
        for referral, draft in latest.items()
        if draft.agreed_at is None and referral not in is_out
    }
