"""Working days of England, and what day it is there."""

import calendar
import datetime as dt
from functools import cache

import holidays
from django.utils import timezone

_ONE_DAY = dt.timedelta(days=1)


@cache
def _bank_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def today() -> dt.date:
    """The date in England now."""
    return timezone.localdate()


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month so many months on, or that month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def is_working_day(day: dt.date) -> bool:
    """Neither a weekend nor a bank holiday of England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def add_working_days(start: dt.date, days: int) -> dt.date:
    """The ``days``-th working day after ``start`` (the day of receipt itself is day 0); days >= 0.

    With 0 days: ``start`` itself, or the first working day after it.
    """
    if days < 0:
        raise ValueError("working days are counted forwards")
    day = start
    while days or not is_working_day(day):
        day += _ONE_DAY
        if days and is_working_day(day):
            days -= 1
    return day


def working_days_between(start: dt.date, end: dt.date) -> int:
    """How many working days lie in (start, end]; negative when ``end`` is before ``start``."""
    if end < start:
        return -working_days_between(end, start)
    span = (start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(map(is_working_day, span))
