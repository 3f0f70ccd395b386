"""Spreadsheets that open safely: text stays text, dates are dates, money is exact.

    content = xlsx("Referrals", [Heading("Reference"), Heading("Amount", "money")], rows)
    content = csv_file([...], rows)

A workbook of several sheets, written to a binary file while ``rows`` (any iterables) are read:

    write_workbook(output, [
        Sheet("Ledger", [Heading("Made", "moment"), Heading("Amount", "money", total=True)], rows),
        Sheet("Drawdown", headings, lines, title="Drawdown, 2017/18", notes=["To 5 October 2018", ...]),
    ], made_at=moment)

Kinds: "text", "number", "money" (values in pence), "date", "moment", "percent" (a fraction).
``total=True`` ends the sheet with a row of totals: a live SUBTOTAL that follows the filter, holding the sum of
all rows. A row that is a ``Subtotal`` sums the rows since the one before it, in the same columns; the total
leaves it out. The same sheets and ``made_at`` give the same bytes.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.utils import timezone
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_FORMATS = {
    "text": "General",
    "money": "£#,##0.00;-£#,##0.00",
    "date": "d mmmm yyyy",
    "moment": "d mmmm yyyy hh:mm",
    "percent": "0.0%",
    "number": "General",
}
_WIDTHS = {"money": 14, "date": 18, "moment": 24, "percent": 10, "number": 12, "text": 28}
_SUMMED = ("money", "number")
_LONGEST_TEXT, _LONGEST_NAME = 32_767, 31
MOST_ROWS = 1_048_576
"""What a sheet holds, headings and totals included."""
# What XML cannot hold; a file with one of them would not open.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# "#" begins Excel's error values; the rest begin a formula or a command.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "#")
_CSV_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_FIRST_DAY = dt.date(1900, 3, 1)
"""Excel counts a 29 February 1900 and knows no day before that year: earlier dates are written as text."""
_DAY_ZERO = dt.date(1899, 12, 30).toordinal()


@dataclass(frozen=True)
class Heading:
    """A column: its label, unique in its sheet, what kind of value stands in it, and whether it is added up."""

    label: str
    kind: str = "text"
    total: bool = False
    width: float = 0


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook. Above the headings stand its title and notes, where it has any."""

    name: str
    headings: Sequence[Heading]
    rows: Iterable[Sequence[Any]]
    title: str = ""
    notes: Sequence[str] = ()


class Subtotal(list):
    """A row, in bold, whose columns with a total hold the sum of the rows since the last of its kind."""


def _check(headings: Sequence[Heading]) -> None:
    labels = [heading.label.casefold() for heading in headings]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise ValueError(f"two columns have one label: {', '.join(sorted(twice))}")
    if unknown := {heading.kind for heading in headings} - _WIDTHS.keys():
        raise ValueError(f"no such kind of column: {', '.join(sorted(unknown))}")
    if wrong := [each.label for each in headings if each.total and each.kind not in _SUMMED]:
        raise ValueError(f"only money and numbers are added up: {', '.join(wrong)}")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    if not text.isprintable():  # quicker than the search, and true of nearly all
        text = _ILLEGAL.sub("", text)
    return text[:_LONGEST_TEXT]


def _cell_text(value: Any) -> str:
    """With line breaks as a cell has them."""
    text = _text(value)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _local(value: dt.datetime) -> dt.datetime:
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.replace(tzinfo=None, microsecond=0)


def sheet_name(name: str, taken: Iterable[str] = ()) -> str:
    """``name`` as Excel takes it: 31 letters, none of []:*?/\\, unlike those ``taken`` in any case."""
    plain = "".join(" " if mark in "[]:*?/\\" else mark for mark in _text(name)).strip(" '") or "Sheet"
    used = {"history", *(each.casefold() for each in taken)}  # Excel keeps this name for itself
    found, number = plain[:_LONGEST_NAME].rstrip(" '"), 1
    while found.casefold() in used:
        number += 1
        ending = f" {number}"
        found = plain[: _LONGEST_NAME - len(ending)].rstrip(" '") + ending
    return found


class _Writer:
    """One sheet, written row by row: a row that was written is out of memory."""

    def __init__(self, book: "_Book", sheet: Sheet, name: str) -> None:
        _check(sheet.headings)
        self.book, self.sheet = book, sheet
        self.page: Worksheet = book.workbook.add_worksheet(name)
        self.headings = sheet.headings
        for column, heading in enumerate(self.headings):
            width = heading.width or max(_WIDTHS[heading.kind], min(len(heading.label) + 4, 40))
            self.page.set_column(column, column, width)
        self.row = 0
        for number, line in enumerate((sheet.title, *sheet.notes)):
            if line:
                self.text(self.row, 0, line, bold=number == 0, size=16 if number == 0 else 11)
                self.row += 1
        self.row += bool(self.row)
        self.top = self.row
        for column, heading in enumerate(self.headings):
            self.text(self.top, column, heading.label, bold=True, text_wrap=True)
        self.row += 1
        self.page.freeze_panes(self.row, 0)
        self.page.repeat_rows(self.top)
        self.page.set_landscape()
        self.page.fit_to_pages(1, 0)

    def text(self, row: int, column: int, value: Any, **look: Any) -> None:
        text = _cell_text(value)
        if text.startswith(_DANGEROUS):
            look["quote_prefix"] = True
        self.page.write_string(row, column, text, self.book.look(**look) if look else None)

    def write(self) -> None:
        cells = [self.cells(heading.kind) for heading in self.headings]
        bold = [self.cells(heading.kind, bold=True) for heading in self.headings]
        totals = [column for column, heading in enumerate(self.headings) if heading.total]
        sums, all_sums = dict.fromkeys(totals, 0), dict.fromkeys(totals, 0)
        since = first = self.row
        for values in self.sheet.rows:
            is_subtotal = isinstance(values, Subtotal)
            for column, (value, cell) in enumerate(zip(values, bold if is_subtotal else cells, strict=True)):
                if value is not None and value != "":
                    cell(self.row, column, value)
            if is_subtotal:
                self.sums(since, sums)
                sums, since = dict.fromkeys(totals, 0), self.row + 1
            else:
                for column in totals:
                    if (value := values[column]) is not None and not isinstance(value, str):
                        sums[column] += value
                        all_sums[column] += value
            self.row += 1
            if self.row >= MOST_ROWS:
                raise ValueError(f"a sheet holds no more than {MOST_ROWS:,} rows")
        self.page.autofilter(self.top, 0, max(self.row - 1, self.top), len(self.headings) - 1)
        if totals:
            if not self.headings[0].total:
                self.text(self.row, 0, "Total", bold=True, top=1)
            self.sums(first, all_sums, top=1)

    def sums(self, first: int, values: dict[int, Any], **look: Any) -> None:
        """A live sum in each of the columns, over the rows from ``first`` to the one above."""
        for column, value in values.items():
            kind = self.headings[column].kind
            shown = self.book.look(bold=True, num_format=_FORMATS[kind], **look)
            held = float(Decimal(value) / 100 if kind == "money" else value)
            if first == self.row:  # no row above: a range would turn round and hold this very cell
                self.page.write_number(self.row, column, held, shown)
                continue
            name = xl_col_to_name(column)
            formula = f"=SUBTOTAL(9,{name}{first + 1}:{name}{self.row})"
            self.page.write_formula(self.row, column, formula, shown, held)

    def cells(self, kind: str, **look: Any) -> Callable[[int, int, Any], Any]:
        """Writes a value of one kind: chosen once a column, as a sheet may have a million cells."""
        write_string, write_number = self.page.write_string, self.page.write_number
        plain = self.book.look(**look) if look else None
        quoted = self.book.look(quote_prefix=True, **look)
        shown = self.book.look(num_format=_FORMATS[kind], **look)

        def text(row: int, column: int, value: Any) -> None:
            said = _cell_text(value)
            write_string(row, column, said, quoted if said.startswith(_DANGEROUS) else plain)

        def money(row: int, column: int, value: Any) -> None:
            if isinstance(value, str):
                text(row, column, value)
            else:  # a whole number below 2**53, over 100, is the float nearest to the pounds: the pence are exact
                write_number(row, column, value / 100, shown)

        def date(row: int, column: int, value: Any) -> None:
            if isinstance(value, str):
                text(row, column, value)
                return
            day = _local(value).date() if isinstance(value, dt.datetime) else value
            if day < _FIRST_DAY:
                text(row, column, day.isoformat())
            else:
                write_number(row, column, day.toordinal() - _DAY_ZERO, shown)

        def moment(row: int, column: int, value: Any) -> None:
            if not isinstance(value, dt.datetime):
                date(row, column, value)
                return
            local = _local(value)
            if local.date() < _FIRST_DAY:
                text(row, column, local.isoformat(" ", "minutes"))
            else:
                seconds = local.hour * 3600 + local.minute * 60 + local.second
                write_number(row, column, local.toordinal() - _DAY_ZERO + seconds / 86_400, shown)

        def number(row: int, column: int, value: Any) -> None:
            if isinstance(value, str):
                text(row, column, value)
            else:
                write_number(row, column, value, shown)

        return {"text": text, "money": money, "date": date, "moment": moment}.get(kind, number)


class _Book:
    def __init__(self, output: IO[bytes], folder: str, made_at: dt.datetime) -> None:
        self.workbook = Workbook(output, {"constant_memory": True, "tmpdir": folder})
        self.workbook.set_properties({"created": made_at.astimezone(dt.UTC).replace(tzinfo=None)})
        self.looks: dict[tuple[tuple[str, Any], ...], Format] = {}

    def look(self, **look: Any) -> Format:
        """A cell's look; each is kept once in the book."""
        key = tuple(sorted(look.items()))
        if key not in self.looks:
            self.looks[key] = self.workbook.add_format(look)
        return self.looks[key]


def write_workbook(output: IO[bytes], sheets: Sequence[Sheet], *, made_at: dt.datetime | None = None) -> None:
    """Write an .xlsx of these sheets. Raises ValueError when two columns of a sheet have one label.

    ``made_at`` (default: now) is the moment the file itself says it was made.
    """
    with TemporaryDirectory() as folder:
        book = _Book(output, folder, made_at or timezone.now())
        names: list[str] = []
        try:
            for sheet in sheets:
                names.append(sheet_name(sheet.name, names))
                _Writer(book, sheet, names[-1]).write()
        except BaseException:
            for page in book.workbook.worksheets():
                page.row_data_fh.close()
            raise
        book.workbook.close()


def xlsx(
    title: str,
    headings: Sequence[Heading],
    rows: Iterable[Sequence[Any]],
    *,
    made_at: dt.datetime | None = None,
) -> bytes:
    """One sheet with a frozen, filterable heading. Raises ValueError when two columns have one label."""
    out = io.BytesIO()
    write_workbook(out, [Sheet(title, headings, rows)], made_at=made_at)
    return out.getvalue()


def _csv_text(value: Any) -> str:
    text = _text(value)
    return f"'{text}" if text.startswith(_CSV_DANGEROUS) else text


def _csv_money(value: Any) -> str:
    return f"{value / 100:.2f}"


def _csv_date(value: Any) -> str:
    return (_local(value).date() if isinstance(value, dt.datetime) else value).isoformat()


def _csv_moment(value: Any) -> str:
    return _local(value).isoformat(" ", "minutes") if isinstance(value, dt.datetime) else value.isoformat()


_CSV: dict[str, Callable[[Any], Any]] = {
    "text": _csv_text,
    "money": _csv_money,
    "date": _csv_date,
    "moment": _csv_moment,
    "percent": str,
    "number": str,
}


def _csv_row(values: Sequence[Any], writes: Sequence[Callable[[Any], Any]]) -> Iterator[Any]:
    for value, write in zip(values, writes, strict=True):
        if value is None:
            yield ""
        else:
            yield _csv_text(value) if isinstance(value, str) else write(value)


def write_csv(output: IO[bytes], headings: Sequence[Heading], rows: Iterable[Sequence[Any]]) -> None:
    """The same as comma-separated text, row by row, without totals.

    Dates as 2018-10-05; text that a spreadsheet would run gets an apostrophe.
    """
    _check(headings)
    out = io.TextIOWrapper(output, "utf-8-sig", newline="")
    writer = csv.writer(out)
    writer.writerow([_csv_text(heading.label) for heading in headings])
    writes = [_CSV[heading.kind] for heading in headings]
    writer.writerows(_csv_row(row, writes) for row in rows if not isinstance(row, Subtotal))
    out.detach()


def csv_file(headings: Sequence[Heading], rows: Iterable[Sequence[Any]]) -> bytes:
    """``write_csv`` in memory."""
    out = io.BytesIO()
    write_csv(out, headings, rows)
    return out.getvalue()
