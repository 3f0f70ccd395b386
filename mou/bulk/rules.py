"""Who may have MoUs issued together. Whether one may be issued is the rule of sending it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.text import Truncator

from mou.drafts.states import latest_draft
from mou.models import Agreement
from resilience.core.access import Denied, P
from resilience.core.words import day
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


def declined(on: dt.datetime | dt.date, why: str) -> str:
    """That it was declined, when and why, and what to do."""
    return f"Declined on {day(on)} because “{Truncator(why.strip()).chars(120)}”: redraft it first"


def check_not_declined(referral: Referral, latest: Agreement | None) -> None:
    """What a side declined is not sent again among many: it is redrafted, or sent anew by itself."""
    if latest is None or latest.state != Agreement.State.DECLINED or latest.stopped_at is None:
        return
    draft = latest_draft(referral)
    if draft is None or draft.made_at <= latest.stopped_at:
        raise Denied(f"{declined(latest.stopped_at, latest.stopped_reason)}.")
