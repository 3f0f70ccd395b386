"""Which reports call for a reminder today: due soon, or late."""

from collections.abc import Callable, Iterator
from functools import partial

from mou.delivery import letters
from mou.delivery.states import owed
from mou.models import ProgressReport
from mou.reminders import Reminder
from resilience.core.calendar import add_working_days, today

DUE_SOON, LATE = "report_due_soon", "report_late"
SOON = 5
"""Working days before a report is due: the practice is reminded."""

_LETTERS: dict[str, Callable[[ProgressReport], None]] = {DUE_SOON: letters.due_soon, LATE: letters.late}


def kind_now(report: ProgressReport) -> str:
    """The reminder that an open report calls for today, or "" while there is time."""
    if report.due_on < today():
        return LATE
    return DUE_SOON if report.due_on <= add_working_days(today(), SOON) else ""


def outstanding() -> Iterator[Reminder]:
    """Each open report that is due soon or late, of the date it has now."""
    rows = ProgressReport.objects.filter(
        owed(), state__in=ProgressReport.OPEN, due_on__lte=add_working_days(today(), SOON)
    )
    for report in rows.select_related("referral__lead_practice", "referral__year").order_by("due_on", "pk"):
        if kind := kind_now(report):
            yield Reminder(report, kind, report.due_on, partial(_LETTERS[kind], report))
