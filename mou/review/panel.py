"""The review on the Delivery tab, and what the practice is asked next."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mou.delivery.panels import Panel
from mou.models import Review
from mou.people import is_for_practice
from mou.review import page, rules
from resilience.core.access import P, allows, why_not
from resilience.referrals.following import Step
from resilience.referrals.models import Referral
from resilience.referrals.states import SIGNED


def review_panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """The office starts, writes or reads it; the practice says what helped."""
    if referral.state not in SIGNED:
        return None
    row = rules.review_of(referral)
    if allows(request.user, P.VIEW_INTERNAL, referral):
        sides = page.sides(row) if row else []
        context: dict[str, Any] = {
            "review": row,
            "sides": sides,
            "change": page.change(*(side.placement for side in sides)) if sides else "",
            "why_not": "" if row else why_not(rules.check_can_start, request.user, referral, row),
            "href": reverse("mou:review", kwargs={"referral": referral.pk}),
        }
        return Panel("Review at the end", "mou/review/panel.html", context)
    if row is None or not is_for_practice(request.user, referral):
        return None
    context = {
        "given": hasattr(row, "feedback"),
        "href": reverse("mou:feedback", kwargs={"referral": referral.pk}),
    }
    return Panel("What helped, and what did not", "mou/review/panel_practice.html", context)


def feedback_steps(referrals: Iterable[Referral]) -> dict[int, Step]:
    """The practice's own view, where it is asked for and not given, by referral id. One query."""
    wanted = [row.pk for row in referrals if row.state in SIGNED]
    rows = Review.objects.filter(referral__in=wanted, feedback__isnull=True)
    return {pk: _step(pk) for pk in rows.values_list("referral", flat=True)}


def _step(referral: int) -> Step:
    return Step(
        "Your support comes to its end. Tell us what helped and what did not: it is three questions.",
        "Tell us what helped",
        reverse("mou:feedback", kwargs={"referral": referral}),
    )
