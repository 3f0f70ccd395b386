"""The one place that changes the state of a referral, and the rule every act on a case asks first."""

from typing import Any

from django.utils import timezone

from resilience.core import access
from resilience.referrals.models import Referral
from resilience.referrals.states import ACTS, check_state, next_state


def check_act(user: Any, referral: Referral, act: str) -> None:
    """Raise Denied unless the table lets ``user`` do ``act`` on ``referral`` in its present state."""
    access.check(user, ACTS[act].permission, referral)
    check_state(act, referral.state)


def move(referral: Referral, act: str) -> tuple[str, str]:
    """Move a locked ``referral`` as the table says; answers (state before, state after)."""
    before, after = referral.state, next_state(act, referral.state)
    if after != before:
        referral.state = after
        referral.state_since = timezone.now()
    referral.save()
    return before, after


def begin_where(case: Referral, referral: Referral) -> None:
    """Set a new ``case`` that is made out of ``referral`` where that one stands. The caller saves it."""
    case.state, case.state_since = referral.state, referral.state_since
