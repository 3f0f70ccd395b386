"""The choice between one MoU for a group and one each, where the officer looks for it."""

from typing import Any

from django.urls import reverse

from mou.groups.rules import check_can_divide
from resilience.core.access import P, allows, why_not
from resilience.core.words import plural
from resilience.referrals.models import Referral
from resilience.referrals.states import State


def choice(user: Any, referral: Referral) -> dict[str, str] | None:
    """What the Plan and the MoU tab say of a group that is supported, to whoever works on it, and of a divided one."""
    if referral.state == State.DIVIDED:
        return {"question": "Each practice has a plan and an MoU of its own, in its own case.", "href": ""}
    if referral.state != State.SUPPORTED or not allows(user, P.WORK_REFERRALS, referral):
        return None
    count = referral.practices.count()
    if count < 2:
        return None
    return {
        "question": f"One MoU for all {plural(count, 'practice')}, or one each?",
        "href": reverse("mou:divide", kwargs={"referral": referral.pk}),
        "why_not": why_not(check_can_divide, user, referral),
    }
