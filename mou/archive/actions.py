"""Taking a whole case away is on its trail."""

from typing import Any

from mou.archive.bundle import Bundle, gather
from mou.archive.rules import check_can_download
from resilience.core.access import P, allows
from resilience.core.acts import action
from resilience.core.trail import record
from resilience.referrals.models import Referral


@action("Downloaded the whole case")
def download_case(*, by: Any, referral: Referral) -> Bundle:
    """What is to be sent to this person; the trail says that they took it, and how much."""
    check_can_download(by, referral)
    bundle = gather(referral, by)
    is_office = allows(by, P.VIEW_INTERNAL, referral)
    record(by=by, on=referral, internal=is_office, files=len(bundle.entries), bytes=bundle.size)
    return bundle
