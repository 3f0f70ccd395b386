"""Working days of England against a naive second implementation."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.core.calendar import add_working_days, is_working_day, working_days_between

# The government's published list for England and Wales, written out by hand.
BANK_HOLIDAYS = {
    "2016": ["01-01", "03-25", "03-28", "05-02", "05-30", "08-29", "12-26", "12-27"],
    "2017": ["01-02", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"],
    "2018": ["01-01", "03-30", "04-02", "05-07", "05-28", "08-27", "12-25", "12-26"],
    "2019": ["01-01", "04-19", "04-22", "05-06", "05-27", "08-26", "12-25", "12-26"],
    "2020": ["01-01", "04-10", "04-13", "05-08", "05-25", "08-31", "12-25", "12-28"],
    "2021": ["01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-27", "12-28"],
    "2022": ["01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"],
    "2023": ["01-02", "04-07", "04-10", "05-01", "05-08", "05-29", "08-28", "12-25", "12-26"],
}
CLOSED = {dt.date.fromisoformat(f"{year}-{day}") for year, days in BANK_HOLIDAYS.items() for day in days}
DAYS = st.dates(dt.date(2016, 1, 1), dt.date(2023, 6, 30))


def naive_is_working_day(day: dt.date) -> bool:
    return day.strftime("%A") not in ("Saturday", "Sunday") and day not in CLOSED


def naive_add(start: dt.date, days: int) -> dt.date:
    """Write out every working day after ``start`` and take the one that is asked for."""
    if days == 0 and naive_is_working_day(start):
        return start
    following = (start + dt.timedelta(days=n) for n in range(1, 200))
    return [day for day in following if naive_is_working_day(day)][max(days, 1) - 1]


@pytest.mark.parametrize("year", range(2016, 2024))
def test_every_day_of_the_year_is_told_apart(year):
    first = dt.date(year, 1, 1)
    for day in (first + dt.timedelta(days=n) for n in range(365)):
        assert is_working_day(day) == naive_is_working_day(day), day


@given(start=DAYS, days=st.integers(0, 60))
def test_adding_agrees_with_writing_them_out(start, days):
    assert add_working_days(start, days) == naive_add(start, days)


@given(start=DAYS, end=DAYS)
def test_counting_agrees_and_is_antisymmetric(start, end):
    low, high = sorted((start, end))
    naive = sum(naive_is_working_day(low + dt.timedelta(days=n)) for n in range(1, (high - low).days + 1))
    assert working_days_between(low, high) == naive
    assert working_days_between(high, low) == -naive


@given(start=DAYS, days=st.integers(1, 40))
def test_the_due_day_is_exactly_so_many_working_days_away(start, days):
    due = add_working_days(start, days)
    assert is_working_day(due)
    assert working_days_between(start, due) == days


def test_ten_working_days_over_christmas():
    # Received Friday 14 December 2018: 25 and 26 December and 1 January do not count.
    assert add_working_days(dt.date(2018, 12, 14), 10) == dt.date(2019, 1, 2)


def test_working_days_are_never_counted_backwards():
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(dt.date(2018, 1, 1), -1)
