"""Which deliverables are reminded of: due within three working days, and late."""

from collections.abc import Iterator
from functools import partial

from mou.models import Deliverable
from mou.reminders import Reminder
from mou.suppliers import letters
from mou.suppliers.states import SUPPORTED
from resilience.core.calendar import add_working_days, today

SOON = 3
"""Working days before the date."""


def outstanding() -> Iterator[Reminder]:
    """Of assignments that last: what is not in and due soon, or late."""
    rows = Deliverable.objects.filter(
        state__in=(Deliverable.State.DUE, Deliverable.State.ASKED_AGAIN),
        supplier_case__ended_at__isnull=True,
        supplier_case__referral__state__in=SUPPORTED,
        due_on__lte=add_working_days(today(), SOON),
    ).select_related(
        "kind",
        "supplier_case__referral__year",
        "supplier_case__practice",
        "supplier_case__supplier",
        "supplier_case__invitation",
    )
    for each in rows.order_by("pk"):
        is_late = each.due_on < today()
        kind, letter = ("late", letters.late) if is_late else ("due soon", letters.due_soon)
        yield Reminder(each, kind, each.due_on, partial(letter, each))
