"""Doing things at a moment in the past, so that the demonstration has a history."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from resilience.core.calendar import is_working_day, today


@contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """Inside, ``timezone.now()`` is ``moment``: model defaults that call it included."""

    class Then(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    with patch.object(timezone, "datetime", Then):
        yield


def working_days_ago(days: int) -> dt.date:
    """The working day that many working days before today (before the next one, at a weekend)."""
    day = today()
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    while days:
        day -= dt.timedelta(days=1)
        days -= is_working_day(day)
    return day


def received_to_be_due(within: int, in_days: int) -> dt.date:
    """A day of receipt whose ``within`` working days end ``in_days`` working days from the next working day."""
    return working_days_ago(within - in_days)


class Chronicle:
    """Acts to be done in the order of their moments, whatever order they are told in."""

    def __init__(self) -> None:
        self._acts: list[tuple[dt.datetime, int, Callable[[], object]]] = []
        self._now = timezone.now()

    def tell(self, day: dt.date, act: Callable[[], object], hour: int = 10, minute: int = 0) -> None:
        """``act`` on ``day`` at that time in England; never in the future."""
        moment = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=timezone.get_current_timezone())
        self._acts.append((min(moment, self._now), len(self._acts), act))

    def happen(self) -> None:
        """Do everything, oldest first."""
        for moment, _, act in sorted(self._acts, key=lambda told: told[:2]):
            with at(moment):
                act()
