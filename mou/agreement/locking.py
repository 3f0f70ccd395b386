"""The order in which everyone locks."""

from mou.models import Agreement
from resilience.core.acts import lock
from resilience.referrals.models import Referral


def locked(agreement: Agreement) -> tuple[Referral, Agreement]:
    """The referral, then its agreement: everyone locks in this order."""
    referral = lock(agreement.referral)
    agreement = lock(agreement)
    agreement.referral = referral
    return referral, agreement
