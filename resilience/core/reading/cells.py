"""What one cell means: text, money in whole pence, a date, a whole number. Refused in a sentence, never guessed."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

LONGEST_TEXT = 1_000
_MOST_PENCE = 10**13
_PENNY = Decimal(1) / 100
_NEAR = Decimal("0.000001")  # of a pound: what adding up in binary may leave behind
_FIRST_DAY = dt.date(1904, 1, 2)
_DAYS_BETWEEN_SYSTEMS = 1462


class Cell(NamedTuple):
    """A cell with something in it.

    ``kind`` is text, number, date (a number shown as one), percent, truth, error or formula (without a result);
    ``text`` is what the file holds.
    """

    kind: str
    text: str


class Refused(ValueError):
    """The cell cannot be taken; the text is a sentence that says what to do."""


def typed(cell: Cell | None, *, since_1904: bool = False) -> str:
    """The cell as a person sees it in the sheet, 60 characters at most."""
    if cell is None:
        return ""
    shown = cell.text
    try:
        if cell.kind == "date":
            found = _serial(cell.text, since_1904=since_1904)
            shown = f"{found:%d/%m/%Y}"
        elif cell.kind in ("number", "percent"):
            number = _decimal(cell.text)
            shown = f"{(number * 100).normalize():f}%" if cell.kind == "percent" else f"{number:f}"
    except Refused:
        pass
    shown = _spaced(shown)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def text(cell: Cell, *, since_1904: bool = False) -> str | None:
    """One line, spaces collapsed. The apostrophe that our own csv files put before = + - @ goes."""
    if cell.kind == "date":
        return f"{_serial(cell.text, since_1904=since_1904):%d/%m/%Y}"
    if cell.kind in ("number", "percent"):
        whole = _decimal(cell.text).normalize()
        return f"{whole:f}"
    found = _spaced(cell.text)
    if re.match(r"'[=+\-@]", found):
        found = found[1:]
    if len(found) > LONGEST_TEXT:
        raise Refused(f"This is longer than {LONGEST_TEXT:,} characters: shorten it.")
    return found or None


_AMOUNT = re.compile(
    r"(?P<minus>-)?(?P<bracket>\()?(?P<inner>-)?(?P<pounds>\d{1,3}(?:[, ]\d{3})+|\d*)(?:\.(?P<rest>\d*))?"
    r"(?P<after>-)?(?P<close>\))?(?P<last>-)?",
    re.ASCII,
)


def money(cell: Cell, *, since_1904: bool = False) -> int | None:
    """Whole pence, exact; None for nothing ("-" or only spaces).

    A third decimal is refused, unless it is what adding up in binary leaves (within a millionth of a pound).
    """
    if cell.kind == "date":
        raise Refused("This is a date, not an amount: enter pounds and pence, and show the cell as a number.")
    if cell.kind == "percent":
        raise Refused("This is a per cent, not an amount: enter pounds and pence.")
    if cell.kind == "number":
        return _pence(_decimal(cell.text))
    shown = re.sub(r"[−–—‐‑]", "-", _spaced(cell.text))
    if len(shown) > 60:
        raise Refused("This is too long to be an amount: enter pounds and pence, such as 2,000.50.")
    if shown.count("£") > 1 or re.search(r"[\d.] ?£", shown):
        raise Refused("Write the pound sign once, before the amount, or leave it out.")
    shown = re.sub(r"(?<!\d) | (?!\d)", "", shown.replace("£", ""))
    if shown in ("", "-"):
        return None
    match = _AMOUNT.fullmatch(shown)
    if not match or not (match["pounds"] or match["rest"]) or bool(match["bracket"]) != bool(match["close"]):
        raise Refused(_why_no_amount(shown))
    minuses = [part for part in ("minus", "inner", "bracket", "after", "last") if match[part]]
    if len(minuses) > 1:
        raise Refused(
            "This has more than one sign of a negative amount: use one minus, or one pair of brackets."
        )
    digits = re.sub("[, ]", "", match["pounds"]) or "0"
    pence = _pence(Decimal(f"{digits}.{match['rest'] or 0}"))
    return -pence if minuses else pence


_TOO_LARGE = "The amount must be £100,000,000,000 or less."


def _pence(pounds: Decimal) -> int:
    if abs(pounds) * 100 > _MOST_PENCE:
        raise Refused(_TOO_LARGE)
    whole = pounds.quantize(_PENNY, ROUND_HALF_EVEN)
    if abs(whole - pounds) > _NEAR:
        raise Refused("This has more than two decimals: round it to the penny.")
    return int(whole * 100)


def _why_no_amount(shown: str) -> str:
    if re.fullmatch(r"[-(]*[\d.,]+e[+-]?\d+\)?", shown, re.I):
        return "This is short for a longer number: write the amount out in full, such as 1,000."
    if re.fullmatch(r"[-(]*[\d.,]+ ?(k|m|bn|mn|million|thousand)\)?", shown, re.I):
        return "Write the amount out in full, such as 1,200: “k” and “m” are not read."
    if "%" in shown:
        return "This is a per cent, not an amount: enter pounds and pence."
    if re.search(r"[$€¥]", shown):
        return "This is in another currency: enter pounds and pence."
    if any(mark.isalpha() for mark in shown):
        return (
            "There are letters in this amount: enter pounds and pence, such as 2,000.50, or leave it empty."
        )
    if re.search(r"\d[, ]\d", shown):
        return "Write commas only between thousands, and a point before the pence, such as 1,234.50."
    return "Enter pounds and pence, such as 2,000 or 2,000.50."


def integer(cell: Cell, *, since_1904: bool = False) -> int | None:
    """A whole number; None for nothing."""
    if cell.kind in ("date", "percent"):
        raise Refused("Enter a whole number, such as 4,095.")
    if cell.kind == "number":
        found = _decimal(cell.text)
    else:
        shown = _spaced(cell.text)[:60]
        if shown in ("", "-"):
            return None
        if not re.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d{1,18})(\.\d{1,18})?", shown, re.ASCII):
            raise Refused("Enter a whole number, such as 4,095.")
        found = Decimal(shown.replace(",", ""))
    whole = found.to_integral_value()
    if abs(found - whole) > _NEAR or abs(found) > 10**15:
        raise Refused("Enter a whole number, such as 4,095.")
    return int(whole)


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
            "sep sept september", "oct october", "nov november", "dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_TIME = r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"
_DATES = [
    re.compile(rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}", re.ASCII),
    re.compile(r"(?P<y>(?:19|20|21)\d\d)(?P<m>\d\d)(?P<d>\d\d)", re.ASCII),
    re.compile(rf"(?P<d>\d{{1,2}})[-/.](?P<m>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d\d){_TIME}", re.ASCII),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/. ]?(?P<m>[a-z]{3,9})\.?,?[-/. ]?(?P<y>\d{4}|\d\d)", re.A | re.I),
]  # fmt: skip
_ENTER_DATE = "Enter a date, day first, such as 1 April 2018 or 01/04/2018."


def date(cell: Cell, *, since_1904: bool = False) -> dt.date | None:
    """A date: written out, or a spreadsheet's count of days; None for nothing. Two-digit years are 1970 to 2069."""
    if cell.kind == "date":
        return _serial(cell.text, since_1904=since_1904)
    if cell.kind == "percent":
        raise Refused(_ENTER_DATE)
    shown = _spaced(cell.text)
    if shown in ("", "-"):
        return None
    if len(shown) > 60:
        raise Refused(_ENTER_DATE)
    if cell.kind == "number" or re.fullmatch(r"\d{5}(\.\d+)?", shown, re.ASCII):
        whole = str(_decimal(shown).to_integral_value())
        if not re.fullmatch(_DATES[1], whole):
            # A count of days below 10,000 (1927) is likelier a year or another number that strayed here.
            if _decimal(shown) < 10_000:
                raise Refused(_ENTER_DATE)
            return _serial(shown, since_1904=since_1904)
        shown = whole
    for pattern in _DATES:
        if match := pattern.fullmatch(shown):
            break
    else:
        raise Refused(_ENTER_DATE)
    year, month, day = match["y"], match["m"], match["d"]
    number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
    full = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 70 else 1900)
    try:
        found = dt.date(full, number, int(day))
    except ValueError:
        raise Refused(f"There is no such day. {_ENTER_DATE}") from None
    return _possible(found)


def _possible(found: dt.date) -> dt.date:
    if not 1900 <= found.year <= 2199:
        raise Refused("The year must be between 1900 and 2199.")
    return found


def _serial(text: str, *, since_1904: bool) -> dt.date:
    """Excel's count of days. The 1900 system counts a 29 February 1900 that never was."""
    if match := re.match(r"(\d{4})-(\d\d)-(\d\d)", text):  # a workbook may hold a date as one
        return date(Cell("text", match[0])) or _FIRST_DAY
    days = int(_decimal(text))
    if since_1904:
        days += _DAYS_BETWEEN_SYSTEMS
    if not 1 <= days <= 110_000:
        raise Refused(_ENTER_DATE)
    return _possible(dt.date(1899, 12, 30) + dt.timedelta(days + (days < 60)))


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def _decimal(text: str) -> Decimal:
    """A number of a spreadsheet: the shortest decimal that its eight bytes stand for."""
    if not _NUMBER.fullmatch(text):
        raise Refused("This is not a number.")
    value = float(text)
    if abs(value) > 1e15:
        raise Refused(_TOO_LARGE)
    return Decimal(repr(value)) if value % 1 else Decimal(int(value))


def _spaced(text: str) -> str:
    """Single spaces for every kind of white space and control; nothing for what has no width."""
    text = re.sub("[\u200b-\u200f\u2060\ufeff\u202a-\u202e]", "", text)
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())


READERS: dict[str, Callable[..., str | int | dt.date | None]] = {
    "text": text,
    "money": money,
    "integer": integer,
    "date": date,
}


def value(kind: str, cell: Cell, *, since_1904: bool = False) -> str | int | dt.date | None:
    """The cell as ``kind``: text, money (pence), integer or date. Raises Refused with a sentence."""
    if cell.kind == "error" or (cell.kind == "text" and cell.text.strip() in ERRORS):
        raise Refused(f"The sheet shows an error here ({cell.text.strip()}): correct its formula.")
    if cell.kind == "formula":
        raise Refused("This formula has no result: open the file in Excel, save it, and choose it again.")
    if cell.kind == "truth":
        cell = Cell("text", cell.text)
    return READERS[kind](cell, since_1904=since_1904)


ERRORS = frozenset(
    ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
