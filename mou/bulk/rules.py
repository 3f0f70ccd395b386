"""Who may have MoUs issued together. Whether one may be issued is the rule of sending it."""

from collections.abc import Sequence
from typing import Any

from resilience.core.access import Denied, P
from resilience.referrals.models import Referral

MOST = 500
"""In one order: about two minutes' work for two cores."""


def check_can_issue(user: Any, referrals: Sequence[int]) -> None:
    """An officer, over every case that was chosen. Raises Denied."""
    if not referrals:
        raise Denied("Choose at least one case.")
    if len(referrals) > MOST:
        raise Denied(f"Choose at most {MOST} cases at a time.")
    within = Referral.objects.visible_to(user, P.PLAN_FOR_COMMISSIONER).filter(pk__in=referrals).count()
    if within < len(referrals):
        raise Denied("Some of these cases are not yours to issue an MoU for.")
