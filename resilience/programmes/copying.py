"""A year made from the year before: every row again, every date a year later."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from resilience.core.copies import copy_of
from resilience.programmes.models import (
    ExcludedSpend,
    MenuItem,
    Milestone,
    PaymentStage,
    ProgrammeYear,
    SpendCategory,
)

Row = TypeVar("Row", bound=models.Model)

PARTS: tuple[type[models.Model], ...] = (MenuItem, Milestone, PaymentStage, SpendCategory, ExcludedSpend)
"""What a year consists of besides its own fields."""

MORE: list[Callable[[Any, ProgrammeYear, ProgrammeYear], None]] = []
"""What other rooms keep of a year and copy with it: each is told by whom, from which year, and to which new one."""


def a_year_later(value: Any) -> Any:
    """The same day of the next year, 28 February for the 29th; a moment keeps its time of day in England."""
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value)
        return timezone.make_aware(dt.datetime.combine(a_year_later(local.date()), local.time()))
    if not isinstance(value, dt.date):
        return value
    try:
        return value.replace(year=value.year + 1)
    except ValueError:
        return value.replace(year=value.year + 1, day=28)


def later(row: Row, **changed: Any) -> Row:
    """An unsaved copy of ``row``, its dates a year later, with ``changed`` in place."""
    return copy_of(row, a_year_later, **changed)


def year_after(name: str) -> str:
    """ "2019/20" after "2018/19"; the numbers of any other name each one higher."""

    def next_number(found: re.Match[str]) -> str:
        number = str(int(found[0]) + 1).zfill(len(found[0]))
        return "00" if number == "100" and len(found[0]) == 2 else number

    return re.sub(r"\d+", next_number, name, flags=re.ASCII)
