"""Spreadsheets that open safely: text stays text, dates are dates, money is exact.

    content = xlsx("Referrals", [Heading("Reference"), Heading("Amount", "money")], rows)
    content = csv_file([...], rows)

Kinds: "text", "number", "money" (values in pence), "date", "moment", "percent" (a fraction).
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_FORMATS = {
    "money": "£#,##0.00;-£#,##0.00",
    "date": "d mmmm yyyy",
    "moment": "d mmmm yyyy hh:mm",
    "percent": "0.0%",
    "number": "General",
}
_WIDTHS = {"money": 14, "date": 18, "moment": 24, "percent": 10, "number": 12, "text": 28}
_LONGEST_TEXT = 32_767
# "#" begins Excel's error values; the rest begin a formula or a command.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "#")


@dataclass(frozen=True)
class Heading:
    """A column: its label, unique in its sheet, and what kind of value stands in it."""

    label: str
    kind: str = "text"


def _check(headings: Sequence[Heading]) -> None:
    labels = [heading.label.casefold() for heading in headings]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise ValueError(f"two columns have one label: {', '.join(sorted(twice))}")
    if unknown := {heading.kind for heading in headings} - _WIDTHS.keys():
        raise ValueError(f"no such kind of column: {', '.join(sorted(unknown))}")


def _text(value: Any) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", str(value))[:_LONGEST_TEXT]


def _number(value: Any, kind: str) -> Any:
    """The value as the sheet holds it: pounds, a date without a time zone, a number."""
    if kind == "money":
        return Decimal(value) / 100
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(tzinfo=None, microsecond=0) if kind == "moment" else local.date()
    return value


def _cell(sheet: WriteOnlyWorksheet, value: Any, kind: str) -> Any:
    if value is None or value == "":
        return None
    if kind == "text" or isinstance(value, str):
        text = _text(value)
        if not text.startswith(_DANGEROUS):
            return text
        cell = WriteOnlyCell(sheet, "text")
        cell._value = text  # set past the reading of "=" as a formula
        cell.quotePrefix = True
        return cell
    cell = WriteOnlyCell(sheet, _number(value, kind))
    cell.number_format = _FORMATS[kind]
    return cell


def xlsx(title: str, headings: Sequence[Heading], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet with a frozen, filterable heading. Raises ValueError when two columns have one label."""
    _check(headings)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(" " if mark in "[]:*?/\\" else mark for mark in title)[:31])
    for number, heading in enumerate(headings, 1):
        width = max(_WIDTHS[heading.kind], min(len(heading.label) + 4, 40))
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    labels = []
    for heading in headings:
        cell = _cell(sheet, heading.label, "text")
        cell = cell if isinstance(cell, Cell) else WriteOnlyCell(sheet, cell)
        cell.font = Font(bold=True)
        labels.append(cell)
    sheet.append(labels)
    kinds = [heading.kind for heading in headings]
    count = 1
    try:
        for row in rows:
            sheet.append([_cell(sheet, value, kind) for value, kind in zip(row, kinds, strict=True)])
            count += 1
    except Exception:
        sheet.close()
        raise
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{count}"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _plain(value: Any, kind: str) -> Any:
    if value is None or value == "":
        return ""
    if kind == "text" or isinstance(value, str):
        text = _text(value)
        return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
    value = _number(value, kind)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "minutes")
    return f"{value:.2f}" if kind == "money" else value


def csv_file(headings: Sequence[Heading], rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as comma-separated text, dates as 2018-10-05; text that a spreadsheet would run gets an apostrophe."""
    _check(headings)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_plain(heading.label, "text") for heading in headings])
    kinds = [heading.kind for heading in headings]
    for row in rows:
        writer.writerow([_plain(value, kind) for value, kind in zip(row, kinds, strict=True)])
    return out.getvalue().encode("utf-8-sig")
