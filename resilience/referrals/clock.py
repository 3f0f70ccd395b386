"""The acknowledgement clock in figures: one definition of "within time", by CCG and month.

Counted in the month of receipt, for referrals whose outcome on the clock is known:
- acknowledged by the end of the due date (England's date): within time;
- acknowledged later, or still waiting past the due date: late, and it stays late;
- waiting with time left: not counted yet, shown beside;
- withdrawn before it was acknowledged: within time cannot be known, so never counted, shown beside.

A group's referral that was divided counts once: its practices' cases were not received and acknowledged again.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from resilience.core.calendar import today
from resilience.core.words import percent
from resilience.referrals.models import Referral

IN_TIME, LATE, LATE_WAITING, WAITING, WITHDRAWN = "in_time", "late", "late_waiting", "waiting", "withdrawn"

EXPLANATION = (
    "A referral counts in the month it was received.",
    "Within time: acknowledged on or before its due date.",
    "Late: acknowledged after its due date, or still waiting past it. A late one stays late.",
    "Not counted: those still within their time, and those withdrawn before they were acknowledged.",
)


def outcome(
    *,
    acknowledge_by: dt.date,
    acknowledged_at: dt.datetime | None,
    withdrawn_at: dt.datetime | None,
    now: dt.date,
) -> str:
    """What the clock says of one referral on the day ``now``."""
    if acknowledged_at is not None:
        return IN_TIME if timezone.localdate(acknowledged_at) <= acknowledge_by else LATE
    if withdrawn_at is not None:
        return WITHDRAWN
    return LATE_WAITING if now > acknowledge_by else WAITING


@dataclass
class Figures:
    """How many referrals of one CCG and month had each outcome."""

    commissioner: str
    month: dt.date | None
    in_time: int = 0
    late: int = 0
    late_waiting: int = 0
    waiting: int = 0
    withdrawn: int = 0

    def count(self, outcome: str) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)

    @property
    def received(self) -> int:
        return self.counted + self.waiting + self.withdrawn

    @property
    def counted(self) -> int:
        return self.in_time + self.late + self.late_waiting

    @property
    def within_time(self) -> str:
        """ "93%", or a dash where nothing is counted yet."""
        return percent(self.in_time, self.counted)

    @property
    def month_words(self) -> str:
        return f"{self.month:%B %Y}" if self.month else "All months"


def figures(referrals: QuerySet[Referral]) -> tuple[list[Figures], Figures]:
    """Per month (latest first) and CCG, and the total; ``referrals`` as the person may see them."""
    now = today()
    cells: dict[tuple[dt.date, str], Figures] = {}
    total = Figures("All", None)
    rows = referrals.filter(received_at__isnull=False, divided_from__isnull=True).values_list(
        "commissioner__name", "received_on", "acknowledge_by", "acknowledged_at", "withdrawn_at"
    )
    row: Any
    for row in rows.iterator(chunk_size=2000):
        name, received_on, acknowledge_by, acknowledged_at, withdrawn_at = row
        month = received_on.replace(day=1)
        cell = cells.setdefault((month, name), Figures(name, month))
        found = outcome(
            acknowledge_by=acknowledge_by, acknowledged_at=acknowledged_at, withdrawn_at=withdrawn_at, now=now
        )
        cell.count(found)
        total.count(found)
    latest_first = sorted(cells, key=lambda key: (-key[0].toordinal(), key[1]))
    return [cells[key] for key in latest_first], total
