"""What the referrals room puts on the page of a practice."""

from typing import Any

from django.http import HttpRequest

from practices.models import Practice
from resilience.core.access import P
from resilience.referrals.models import Referral


def referrals_of(request: HttpRequest, practice: Practice) -> tuple[str, dict[str, Any]] | None:
    """Every referral it was ever part of, as far as the person may see them; latest first."""
    user: Any = request.user
    if not user.may(P.VIEW_REFERRALS):
        return None
    found = (
        Referral.objects.visible_to(user)
        .filter(pk__in=practice.referral_places.values("referral"), received_at__isnull=False)
        .select_related("year__programme", "lead_practice")
        .order_by("-received_on", "-pk")
    )
    rows = [{"referral": each, "is_lead": each.lead_practice_id == practice.pk} for each in found]
    return "referrals/office/of_practice.html", {"rows": rows}
