"""What waits in the room of the MoU: tasks of the home pages, by role."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from mou.agreement.states import OUT
from mou.models import Agreement
from resilience.core.access import P
from resilience.home.tasks import Task, worklist

UNSIGNED_TOO_LONG = dt.timedelta(days=14)

DELIVERY: dict[str, list[Callable[[Any], list[Task]]]] = {
    "programme_officer": [],
    "approver": [],
    "finance_lead": [],
    "administrator": [],
}
"""By role: what comes after the tasks of the referral and the money."""


def mous_unsigned(user: Any) -> Task:
    """Sent and not signed by all for too long."""
    late = Agreement.objects.visible_to(user, P.PLAN_FOR_COMMISSIONER).filter(
        state__in=OUT,
        sent_at__lt=timezone.now() - UNSIGNED_TOO_LONG,
    )
    return Task(
        late.count(), "MoU", "sent more than 14 days ago and not signed", worklist(tab="agreement"), True
    )
