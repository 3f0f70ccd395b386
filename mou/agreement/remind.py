"""Whom to remind that an MoU waits for their signature."""

import datetime as dt
from collections.abc import Iterator
from functools import partial

from django.utils import timezone

from mou.agreement import letters, rules
from mou.agreement.states import OUT
from mou.models import Agreement
from mou.reminders import Reminder
from resilience.core.calendar import today

AFTER = dt.timedelta(days=7)
"""Since it became the side's turn."""
BEFORE_LAST_DAY = dt.timedelta(days=3)


def to_sign() -> Iterator[Reminder]:
    """Of each MoU that is out: after a week with the same side, and before the last day to sign."""
    rows = Agreement.objects.filter(state__in=OUT).select_related(
        "referral__year__programme", "referral__lead_practice", "referral__commissioner", "supplier"
    )
    for agreement in rows.prefetch_related("signatures"):
        if rules.is_overdue(agreement):
            continue
        since = max([agreement.sent_at, *(each.signed_at for each in agreement.signatures.all())])
        due = timezone.localdate(since) + AFTER
        send = partial(letters.remind, agreement)
        if due <= today():
            yield Reminder(agreement, f"to sign: {agreement.turn}", due, send)
        if agreement.sign_by and agreement.sign_by - BEFORE_LAST_DAY <= today():
            yield Reminder(agreement, f"last day: {agreement.turn}", agreement.sign_by, send)
