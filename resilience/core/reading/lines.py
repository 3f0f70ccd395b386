"""What the readers of workbooks and of csv files give: sheets of lines of cells, within a size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from resilience.core.reading.cells import Cell
from resilience.core.reading.unpack import Unreadable

MAX_COLUMNS = 256
MAX_ROWS = 20_000
TALLEST = 1_048_576
"""Rows of an Excel sheet, the empty ones counted."""
LONGEST_CELL = 32_767


class Line(NamedTuple):
    """A row with something in it: its number as the sheet shows it, its cells by column (from 0), hidden or not."""

    number: int
    cells: dict[int, Cell]
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet by name; ``lines()`` reads it from the top, skipping empty rows."""

    name: str
    hidden: bool
    lines: Callable[[], Iterator[Line]]


@dataclass(frozen=True)
class Book:
    sheets: list[Sheet]
    since_1904: bool = False


def check_size(name: str, rows: int, last_column: int) -> None:
    """Raises Unreadable when a sheet is larger than any that is taken. Only rows and cells with something count."""
    if rows > MAX_ROWS:
        raise Unreadable(
            f"{name} has more than {MAX_ROWS:,} rows, the most that is taken: split it, or take out what is not needed."
        )
    if last_column >= MAX_COLUMNS:
        raise Unreadable(
            f"{name} has something in column {letters_of(last_column)}: the most is {MAX_COLUMNS} columns. "
            "Clear what is right of the table, and use that."
        )


def too_many_cells(name: str) -> str:
    return f"{name} has more cells than are taken: copy the table alone into a new file, and use that."


def letters_of(column: int) -> str:
    """A column as a spreadsheet names it: 0 is A, 16,383 is XFD."""
    letters = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        letters = chr(ord("A") + rest) + letters
        column -= 1
    return letters
