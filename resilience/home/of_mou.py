"""What waits in the room of the MoU: tasks of the home pages, by role."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from mou.agreement.states import OUT
from mou.delivery.filters import LATE, late_reports
from mou.models import Agreement, ProgressReport, Review
from resilience.core.access import P
from resilience.home.tasks import Task, worklist

UNSIGNED_TOO_LONG = dt.timedelta(days=14)


def mous_unsigned(user: Any) -> Task:
    """Sent and not signed by all for too long."""
    late = Agreement.objects.visible_to(user, P.PLAN_FOR_COMMISSIONER).filter(
        state__in=OUT,
        sent_at__lt=timezone.now() - UNSIGNED_TOO_LONG,
    )
    return Task(
        late.count(), "MoU", "sent more than 14 days ago and not signed", worklist(tab="agreement"), True
    )


def reports_late(user: Any) -> list[Task]:
    """Reports of progress that practices have not handed in by their day."""
    late = ProgressReport.objects.visible_to(user, P.WORK_REFERRALS).filter(late_reports())
    href = f"{reverse('mou:progress_reports')}?state={LATE}"
    return [Task(late.count(), "progress report", "late", href, True)]


def reports_to_read(user: Any) -> list[Task]:
    """Reports of progress that wait for the officer to accept them or to ask again."""
    handed_in = ProgressReport.State.HANDED_IN
    rows = ProgressReport.objects.visible_to(user, P.WORK_REFERRALS).filter(state=handed_in)
    href = f"{reverse('mou:progress_reports')}?state={handed_in}"
    return [Task(rows.count(), "progress report", "handed in: accept it or ask again", href)]


def reviews_open(user: Any) -> list[Task]:
    """Reviews at the end that were started and are not complete."""
    rows = Review.objects.visible_to(user, P.WORK_REFERRALS).filter(completed_at__isnull=True)
    return [
        Task(
            rows.count(),
            "review",
            "at the end of support to complete",
            f"{reverse('mou:reviews')}?state=open",
        )
    ]


DELIVERY: dict[str, list[Callable[[Any], list[Task]]]] = {
    "programme_officer": [reports_late, reports_to_read, reviews_open],
    "approver": [],
    "finance_lead": [],
    "administrator": [],
}
"""By role: what comes after the tasks of the referral and the money."""
