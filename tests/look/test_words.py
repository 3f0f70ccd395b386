"""Money, dates and numbers are said in one way."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.core import words


@pytest.mark.parametrize(
    ("pence", "said"),
    [
        (200000, "£2,000"),
        (200050, "£2,000.50"),
        (200005, "£2,000.05"),
        (-2000, "-£20"),
        (-2, "-£0.02"),
        (0, "£0"),
        (1_600_000_000, "£16,000,000"),
        (None, ""),
    ],
)
def test_money(pence, said):
    assert words.money(pence) == said


@pytest.mark.parametrize("wrong", [20.5, "20", True])
def test_money_is_whole_pence_or_an_error(wrong):
    with pytest.raises(TypeError, match="pence"):
        words.money(wrong)


@given(st.integers(-(10**15), 10**15))
def test_money_says_every_penny(pence):
    said = words.money(pence).replace("£", "").replace(",", "")
    pounds, _, rest = said.lstrip("-").partition(".")

    assert int(pounds) * 100 + int(rest or 0) == abs(pence)
    assert said.startswith("-") == (pence < 0)


def test_dates():
    assert words.day(dt.date(2018, 10, 5)) == "5 October 2018"
    assert words.day(None) == ""
    # Half past eleven in the evening, Greenwich, is the next day in an English summer.
    assert words.day(dt.datetime(2018, 6, 30, 23, 30, tzinfo=dt.UTC)) == "1 July 2018"


def test_a_short_date_names_another_year(monkeypatch):
    monkeypatch.setattr(words, "today", lambda: dt.date(2018, 10, 5))

    assert words.shortday(dt.date(2018, 9, 3)) == "3 Sep"
    assert words.shortday(dt.date(2017, 9, 3)) == "3 Sep 2017"


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [(0, 5, "12:05am"), (11, 59, "11:59am"), (12, 0, "12:00pm"), (16, 5, "4:05pm")],
)
def test_moments_are_told_in_england(hour, minute, said):
    assert words.moment(dt.datetime(2018, 12, 5, hour, minute, tzinfo=dt.UTC)) == f"5 December 2018, {said}"


@pytest.mark.parametrize(
    ("now", "due", "said"),
    [
        ((2018, 10, 3), (2018, 10, 8), "3 working days left"),
        ((2018, 10, 5), (2018, 10, 8), "1 working day left"),
        ((2018, 10, 6), (2018, 10, 8), "1 working day left"),
        ((2018, 10, 8), (2018, 10, 8), "due today"),
        ((2018, 10, 9), (2018, 10, 8), "1 working day overdue"),
        ((2018, 10, 10), (2018, 10, 8), "2 working days overdue"),
        ((2018, 10, 7), (2018, 10, 5), "overdue"),
        ((2018, 12, 24), (2018, 12, 27), "1 working day left"),
    ],
)
def test_working_days(monkeypatch, now, due, said):
    monkeypatch.setattr(words, "today", lambda: dt.date(*now))

    assert words.working_days_left(dt.date(*due)) == said


def test_plural():
    assert words.plural(1, "referral") == "1 referral"
    assert words.plural(0, "referral") == "0 referrals"
    assert words.plural(1204, "inquiry,inquiries") == "1,204 inquiries"


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (1, 4, "25%"),
        (999, 1000, "over 99%"),
        (1, 1000, "under 1%"),
        (0, 5, "0%"),
        (5, 5, "100%"),
        (5, 0, "–"),
        (0.45, None, "45%"),
    ],
)
def test_percent_never_rounds_to_all_or_nothing(part, whole, said):
    assert words.percent(part, whole) == said
