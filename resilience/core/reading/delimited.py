"""A csv file as rows of cells, whatever stands between its columns."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice

from resilience.core.reading.cells import Cell
from resilience.core.reading.lines import LONGEST_CELL, TALLEST, Book, Line, Sheet, check_size, too_many_cells
from resilience.core.reading.unpack import Unreadable

_BETWEEN = (",", ";", "\t", "|")
_MOST_CELLS = 1_500_000


def open_text(name: str, text: str, worth: Callable[[list[Line]], tuple[int, ...]], peek: int) -> Book:
    """The one sheet of a csv file. ``worth`` says how much is recognised in its first ``peek`` lines.

    Of comma, semicolon, tab and bar, what stands between the columns is what lets most be recognised.
    Raises Unreadable, now or while it is read.
    """
    text, said = _first_line(text)
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<table", "<?xml")):
        raise Unreadable(
            f"{name} is a web page or XML, whatever its name: open it in Excel, and save it as .xlsx."
        )

    def lines(between: str) -> Iterator[Line]:
        return _lines(name, text, between)

    def found(between: str) -> tuple[tuple[int, ...], int]:
        first: list[Line] = []
        with suppress(Unreadable):  # said when it is read, if this is what stands between the columns
            for line in islice(lines(between), peek):
                first.append(line)
        return worth(first), sum(len(line.cells) for line in first)

    chosen = said or max(_BETWEEN, key=found)
    return Book([Sheet("", False, lambda: lines(chosen))])


def _first_line(text: str) -> tuple[str, str]:
    """Excel's own "sep=;" on the first line says what stands between, and is no row."""
    if text[:4].lower() == "sep=" and text[4:5] in _BETWEEN:
        return text[5:].lstrip("\r").removeprefix("\n"), text[4]
    return text, ""


def _lines(name: str, text: str, between: str) -> Iterator[Line]:
    csv.field_size_limit(LONGEST_CELL)
    number = full = fields = 0
    try:
        # Strict: a quotation mark that is never closed would make one cell of all rows after it.
        for number, row in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True), 1
        ):
            cells = {
                column: Cell("text", value)
                for column, value in enumerate(row)
                if value and not value.isspace()
            }
            fields += len(row)
            if fields > _MOST_CELLS:
                raise Unreadable(too_many_cells(name))
            if number > TALLEST:
                raise Unreadable(
                    f"{name} has more than {TALLEST:,} rows, most of them empty: take those out."
                )
            if cells:
                full += 1
                check_size(name, full, max(cells))
                yield Line(number, cells)
    except csv.Error as error:
        why = "a quotation mark is not closed, or stands where none can"
        if "field larger" in str(error):
            why = f"a cell has more than {LONGEST_CELL:,} characters, or a quotation mark is not closed"
        raise Unreadable(f"{name} cannot be read after row {number}: {why}.") from None
