"""Who may take a whole case away: whoever sees the case, for what they see of it."""

from typing import Any

from resilience.core import access
from resilience.core.access import Denied, P
from resilience.referrals.models import Referral


def check_can_download(user: Any, referral: Referral) -> None:
    """Raises Denied before the referral is sent, or outside the person's scope."""
    access.check(user, P.VIEW_REFERRALS, referral)
    if referral.is_draft:
        raise Denied("There is nothing to download before the referral is sent.")
