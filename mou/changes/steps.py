"""What a practice is asked next on a referral whose MoU is varied."""

from collections.abc import Iterable

from django.urls import reverse

from mou.models import Agreement
from resilience.referrals.following import Step
from resilience.referrals.models import Referral


def variation_steps(referrals: Iterable[Referral]) -> dict[int, Step]:
    """A change that waits for the practice's signature, by referral id. One query."""
    wanted = [row.pk for row in referrals]
    rows = Agreement.objects.filter(referral__in=wanted, number__gt=0, state=Agreement.State.SENT)
    return {
        row.referral_id: Step(
            f"{row.name} of your agreement is ready for your signature.",
            "Read and sign it",
            reverse("mou:sign", kwargs={"agreement": row.pk}),
        )
        for row in rows
    }
