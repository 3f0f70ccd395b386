"""What one cell of an uploaded table means."""

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.core.reading.cells import Cell, Refused, typed, value

PENCE = st.integers(-(10**13), 10**13)


def text(kind: str, shown: str):
    return value(kind, Cell("text", shown))


@pytest.mark.parametrize(
    ("shown", "pence"),
    [
        ("2000", 200000),
        ("£2,000.50", 200050),
        ("2,000.5", 200050),
        ("  £ 2 000 ", 200000),
        ("\xa0£1\xa0234.00\xa0", 123400),
        ("\u202f12\u202f345,678.9", 1234567890),
        ("-20", -2000),
        ("−20.01", -2001),
        ("–£20", -2000),
        ("£-20", -2000),
        ("- 20", -2000),
        ("20-", -2000),
        ("20.00 −", -2000),
        ("(1,234.50)", -123450),
        ("£(1,234.50)", -123450),
        ("(£1,234.50)", -123450),
        ("( 20 )", -2000),
        (".5", 50),
        ("5.", 500),
        ("0", 0),
        ("(0.00)", 0),
        ("12.500", 1250),
        ("0.30000000000000004", 30),
        ("1234.5600000001", 123456),
        ("", None),
        ("-", None),
        (" £ -   ", None),
        ("–", None),
        ("\xa0", None),
        ("100,000,000,000.00", 10**13),
    ],
)
def test_money_as_people_write_it(shown, pence):
    assert text("money", shown) == pence


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ("£1.2k", "“k” and “m” are not read"),
        ("(3m)", "“k” and “m” are not read"),
        ("1e3", "in full, such as 1,000"),
        ("1.5E+05", "in full, such as 1,000"),
        ("about 200", "letters in this amount"),
        ("2OO", "letters in this amount"),
        ("tbc", "letters in this amount"),
        ("200 CR", "letters in this amount"),
        ("٣", "Enter pounds and pence"),
        ("nan", "letters in this amount"),
        ("$200", "another currency"),
        ("€200", "another currency"),
        ("5%", "a per cent"),
        ("12.345", "more than two decimals"),
        ("0.00001", "more than two decimals"),
        ("1,23", "commas only between thousands"),
        ("1.234,50", "commas only between thousands"),
        ("12 34", "commas only between thousands"),
        ("12,3456", "commas only between thousands"),
        ("(20", "Enter pounds and pence"),
        ("20)", "Enter pounds and pence"),
        ("(-20)", "more than one sign"),
        ("-20-", "more than one sign"),
        ("--20", "more than one sign"),
        ("()", "Enter pounds and pence"),
        (".", "Enter pounds and pence"),
        ("1.2.3", "Enter pounds and pence"),
        ("££5", "pound sign once"),
        ("1£234", "pound sign once"),
        ("1 £234", "pound sign once"),
        ("100,000,000,000.01", "£100,000,000,000 or less"),
        ("9" * 50, "£100,000,000,000 or less"),
        ("9" * 5000, "too long to be an amount"),
        ("#REF!", "error here"),
    ],
)
def test_money_that_would_have_to_be_guessed_is_refused(shown, why):
    with pytest.raises(Refused, match=why):
        text("money", shown)


def written(pence: int, way: random.Random) -> str:
    """The amount in one of the ways that people write, all of which must be read back."""
    pounds, rest = divmod(abs(pence), 100)
    whole = f"{pounds:,}" if way.random() < 0.5 else str(pounds)
    if way.random() < 0.3:
        whole = whole.replace(",", way.choice([" ", "\xa0", "\u202f", "\u2009"]))
    decimals = f".{rest:02}"
    if rest == 0 and way.random() < 0.5:
        decimals = ""
    elif rest % 10 == 0 and way.random() < 0.5:
        decimals = f".{rest // 10}"
    elif way.random() < 0.2:
        decimals += "0" * way.randint(1, 6)
    amount = way.choice(["", "£", "£ "]) + whole + decimals
    if pence < 0:
        minus = way.choice(["-", "−", "–"])
        amount = way.choice(
            [f"{minus}{amount}", f"({amount})", f"( {amount} )", f"{amount}{minus}", f"{minus} {amount}"]
        )
    space = way.choice(["", " ", "\xa0", "\t"])
    return f"{space}{amount}{space}"


@given(pence=PENCE, way=st.randoms(use_true_random=False))
def test_any_amount_written_in_any_accepted_way_is_read_exactly(pence, way):
    assert text("money", written(pence, way)) == pence


@given(pence=PENCE)
def test_any_amount_as_a_number_of_a_workbook_is_read_exactly(pence):
    pounds = pence / 100
    for held in (repr(pounds), f"{pounds:.17g}", f"{pounds:.15g}", f"{pounds:.17E}"):
        assert value("money", Cell("number", held)) == pence


@given(amounts=st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=40))
def test_a_sum_worked_out_in_binary_is_read_to_the_penny(amounts):
    assert value("money", Cell("number", f"{sum(pence / 100 for pence in amounts):.17g}")) == sum(amounts)


@given(thousandths=st.integers(-(10**12), 10**12).filter(lambda amount: amount % 10))
def test_a_third_decimal_is_never_rounded_away(thousandths):
    with pytest.raises(Refused, match="two decimals"):
        value("money", Cell("number", f"{thousandths / 1000:.17g}"))


@given(st.text(max_size=80))
def test_any_text_is_an_amount_or_is_refused_in_a_sentence(shown):
    for kind in ("money", "date", "integer", "text"):
        said = "."
        try:
            text(kind, shown)
        except Refused as refused:
            said = str(refused)
        assert said.endswith(".")


DAY = dt.date(2018, 4, 1)


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ("01/04/2018", DAY),
        ("1/4/18", DAY),
        ("1.4.2018", DAY),
        ("01-04-2018", DAY),
        ("1 April 2018", DAY),
        ("1st April, 2018", DAY),
        ("01-Apr-18", DAY),
        ("01APR2018", DAY),
        ("01May2022", dt.date(2022, 5, 1)),
        ("01-Sep-20", dt.date(2020, 9, 1)),
        ("1 sept 2020", dt.date(2020, 9, 1)),
        ("2018-04-01", DAY),
        ("2018/4/1", DAY),
        ("2018-04-01 00:00", DAY),
        ("2018-04-01T10:30:00Z", DAY),
        ("01/04/2018 09:15:00", DAY),
        ("20180401", DAY),
        ("43191", DAY),
        ("36251", dt.date(1999, 4, 1)),
        ("18264", dt.date(1950, 1, 1)),
        ("01/04/1999", dt.date(1999, 4, 1)),
        ("1/4/70", dt.date(1970, 4, 1)),
        ("1/4/69", dt.date(2069, 4, 1)),
        ("29/02/2020", dt.date(2020, 2, 29)),
        (" ", None),
        ("-", None),
    ],
)
def test_dates_as_people_write_them(shown, day):
    assert text("date", shown) == day


@pytest.mark.parametrize(
    "shown", ["31/04/2018", "29/02/2019", "04/13/2018", "2018", "April 2018", "1 Foo 2018", "0/1/2018", "1/4/018",
              "soon", "01/04/1812", "99999999", "1 April 2018 or so", "1" * 4000]
)  # fmt: skip
def test_what_is_no_day_is_refused(shown):
    with pytest.raises(Refused, match=r"Enter a date, day first|The year must be"):
        text("date", shown)


@given(st.dates(dt.date(1930, 1, 1), dt.date(2150, 1, 1)))
def test_any_date_in_any_accepted_way_is_read(day):
    for shown in (
        f"{day:%d/%m/%Y}",
        f"{day.day} {day:%B %Y}",
        f"{day:%Y-%m-%d}",
        f"{day:%d-%b-%Y}",
        f"{day:%Y%m%d}",
    ):
        assert text("date", shown) == day
    serial = (day - dt.date(1899, 12, 30)).days
    assert value("date", Cell("date", str(serial))) == day
    assert value("date", Cell("date", f"{serial}.75")) == day
    assert value("date", Cell("date", str(serial - 1462)), since_1904=True) == day


def test_the_first_days_of_both_systems():
    assert value("date", Cell("date", "1")) == dt.date(1900, 1, 1)
    assert value("date", Cell("date", "59")) == dt.date(1900, 2, 28)
    assert value("date", Cell("date", "61")) == dt.date(1900, 3, 1)
    assert value("date", Cell("date", "0"), since_1904=True) == dt.date(1904, 1, 1)


@pytest.mark.parametrize(
    ("kind", "cell", "why"),
    [
        ("money", Cell("date", "43191"), "a date, not an amount"),
        ("money", Cell("percent", "0.5"), "a per cent, not an amount"),
        ("money", Cell("number", "1e300"), "or less"),
        ("money", Cell("number", "1_000"), "not a number"),
        ("money", Cell("truth", "TRUE"), "letters"),
        ("money", Cell("error", "#DIV/0!"), r"error here \(#DIV/0!\)"),
        ("text", Cell("error", "#N/A"), "error here"),
        ("date", Cell("formula", ""), "no result: open the file in Excel"),
        ("money", Cell("formula", ""), "no result: open the file in Excel"),
        ("date", Cell("number", "2018"), "Enter a date"),
        ("date", Cell("date", "0.5"), "Enter a date"),
        ("integer", Cell("number", "4095.25"), "whole number"),
        ("integer", Cell("text", "4,09"), "whole number"),
        ("text", Cell("text", "x" * 1001), "longer than 1,000 characters"),
    ],
)
def test_a_cell_of_another_kind_is_refused(kind, cell, why):
    with pytest.raises(Refused, match=why):
        value(kind, cell)


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("text", Cell("number", "12345"), "12345"),
        ("text", Cell("number", "12345.0"), "12345"),
        ("text", Cell("number", "1E5"), "100000"),
        ("text", Cell("text", " Harbour\n Street\xa0Surgery "), "Harbour Street Surgery"),
        ("text", Cell("text", "'=SUM(A1)"), "=SUM(A1)"),
        ("text", Cell("text", "'tis"), "'tis"),
        ("text", Cell("text", "a\x00b\x1fc\u200b"), "a b c"),
        ("text", Cell("truth", "TRUE"), "TRUE"),
        ("integer", Cell("number", "4095"), 4095),
        ("integer", Cell("text", "4,095"), 4095),
        ("integer", Cell("text", "-"), None),
    ],
)
def test_text_and_whole_numbers(kind, cell, expected):
    assert value(kind, cell) == expected


def test_what_stands_in_a_cell_is_shown_as_the_sheet_shows_it():
    assert typed(Cell("date", "43191")) == "01/04/2018"
    assert typed(Cell("date", "41729"), since_1904=True) == "01/04/2018"
    assert typed(Cell("percent", "0.125")) == "12.5%"
    assert typed(Cell("number", "0.30000000000000004")) == "0.30000000000000004"
    assert typed(Cell("text", "x" * 100)) == "x" * 59 + "…"
    assert typed(None) == ""
