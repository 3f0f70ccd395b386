"""Which row holds the headings, which column is which, and what each row says. Nothing is guessed."""

import re
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from resilience.core.reading import cells
from resilience.core.reading.cells import Cell, Refused
from resilience.core.reading.delimited import open_text
from resilience.core.reading.lines import Book, Line, Sheet, letters_of
from resilience.core.reading.unpack import Unreadable, decode, normal, open_zip, unpack
from resilience.core.reading.workbook import open_book

PEEK = 50
"""Rows with something in them among which the headings are looked for."""
MOST_PROBLEMS = 500
_MOST_SHEETS = 50
_LONGEST_HEADING = 300

_TOTAL = re.compile(r"(grand|sub|overall)?[\s-]*totals?([^a-z]*|\s*\(.*\)|\s+(for|of)\b.*)", re.I)
_TOTAL_BESIDE = re.compile(r"(grand|sub|overall)?[\s-]*totals?\b.*|sum", re.I)


@dataclass(frozen=True)
class Wanted:
    """A column that is wanted, by our word for it (``key``), as text, money, date or integer.

    ``names`` are the headings it may have beside the key itself; capitals, spaces, line breaks and punctuation
    do not count. ``required``: without it the file is not taken. ``filled``: each row must have it.
    The first of the columns wanted is what a row is about: a row without it, with the word Total, is a total.
    """

    key: str
    kind: str = "text"
    names: tuple[str, ...] = ()
    required: bool = False
    filled: bool = False

    def __post_init__(self) -> None:
        if self.kind not in cells.READERS:
            raise ValueError(f"no such kind of column: {self.kind}")

    def fits(self, heading: str) -> bool:
        return heading in {normal(name) for name in (self.key, *self.names)}


@dataclass(frozen=True)
class Problem:
    """What is wrong and what to do (``words``), where, and what stands there (``typed``, 60 characters at most)."""

    words: str
    row: int | None = None
    column: str = ""
    cell: str = ""
    typed: str = ""


@dataclass
class Found:
    """What was read: plain values only, for it crosses from one process to another."""

    sheet: str = ""
    heading_row: int | None = None
    headings: list[str] = field(default_factory=list)
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[Any]]] = field(default_factory=list)
    totals: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    def refuse(self, problem: Problem) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True)
class _Heading:
    """A row taken for the headings: the columns that each key fits, by position."""

    line: Line
    at: dict[str, list[int]]

    @property
    def worth(self) -> tuple[int, int]:
        return sum(map(bool, self.at.values())), -self.line.number

    def text(self, column: int) -> str:
        return cells.typed(self.line.cells.get(column)) or letters_of(column)


def read(name: str, content: bytes, wanted: list[Wanted]) -> Found:
    """Raises Unreadable when the file is no table at all; what is wrong within it is in the problems."""
    book = _open(name, content, wanted)
    found = Found()
    sheet, heading = _choose(name, book, wanted, found)
    found.sheet = sheet.name
    found.heading_row = heading.line.number
    found.headings = [heading.text(column) for column in sorted(heading.line.cells)]
    _recognise(heading, wanted, found)
    if not found.problems:
        _read_rows(sheet, heading, wanted, found, since_1904=book.since_1904)
    return found


def _open(name: str, content: bytes, wanted: list[Wanted]) -> Book:
    if not content.strip():
        raise Unreadable(f"{name} is empty.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        what = "is in an old format of Excel (.xls), or another old document"
        if "EncryptedPackage".encode("utf-16-le") in content:
            what = "has a password"
        raise Unreadable(
            f"{name} {what}: open it in Excel, save it as .xlsx without a password, and use that."
        )
    if not content.startswith(b"PK"):
        content = unpack(name, content)
    if content.startswith(b"PK"):
        with open_zip(name, content) as archive:
            members = [member.filename.lower() for member in archive.infolist()]
        # A packed csv has nothing of a document around it.
        if not any(member.endswith(".csv") for member in members):
            return open_book(name, content)
        content = unpack(name, content)
    try:
        text = decode(name, content)
    except Unreadable:
        raise Unreadable(
            f"{name} is neither a workbook (.xlsx) nor a csv file: choose one of those."
        ) from None

    def worth(lines: list[Line]) -> tuple[int, ...]:
        return _best(lines, wanted).worth if lines else (0, 0)

    return open_text(name, text, worth, PEEK)


def _best(lines: list[Line], wanted: list[Wanted]) -> _Heading:
    """The row with most of the columns; the first of several."""
    return max((_heading(line, wanted) for line in lines), key=lambda each: each.worth)


def _heading(line: Line, wanted: list[Wanted]) -> _Heading:
    names = {
        column: normal(cell.text)
        for column, cell in line.cells.items()
        if cell.kind == "text" and len(cell.text) <= _LONGEST_HEADING
    }
    return _Heading(
        line, {each.key: [column for column, name in names.items() if each.fits(name)] for each in wanted}
    )


def _choose(name: str, book: Book, wanted: list[Wanted], found: Found) -> tuple[Sheet, _Heading]:
    """The first sheet in sight that has all that is required, else the one that has most; the others are said."""
    peeked = []
    for sheet in book.sheets[:_MOST_SHEETS]:
        if lines := list(islice(sheet.lines(), PEEK)):
            peeked.append((sheet, _best(lines, wanted)))
    seen = [each for each in peeked if not each[0].hidden]
    hidden = [sheet for sheet, heading in peeked if sheet.hidden and _is_whole(heading, wanted)]
    if not seen:
        if hidden:
            raise Unreadable(
                f"{name} has the table on a hidden sheet, “{hidden[0].name}”: show the sheet, and use that."
            )
        raise Unreadable(f"{name} has nothing in its sheets.")
    whole = [each for each in seen if _is_whole(each[1], wanted)]
    if not whole:
        if hidden:
            found.refuse(
                Problem(
                    f"The columns are on a hidden sheet, “{hidden[0].name}”, which is not read: show it, or copy it."
                )
            )
        return max(seen, key=lambda each: each[1].worth[0])
    chosen = whole[0][0]
    others = [sheet.name for sheet, _ in whole[1:]]
    if others:
        names = ", ".join(f"“{other}”" for other in others)
        rest = "has the same columns, and was" if len(others) == 1 else "have the same columns, and were"
        found.notes.append(f"The sheet “{chosen.name}” was read. {names} {rest} not read.")
    elif len(book.sheets) > 1:
        found.notes.append(f"The sheet “{chosen.name}” was read, of {len(book.sheets)} sheets.")
    found.notes.extend(
        f"The hidden sheet “{sheet.name}” has the same columns, and was not read." for sheet in hidden
    )
    return whole[0]


def _is_whole(heading: _Heading, wanted: list[Wanted]) -> bool:
    return all(heading.at[each.key] for each in wanted if each.required)


def _recognise(heading: _Heading, wanted: list[Wanted], found: Found) -> None:
    row = heading.line.number
    for each in wanted:
        at = heading.at[each.key]
        if len(at) > 1:
            where = " and ".join(letters_of(column) for column in at)
            found.refuse(
                Problem(
                    f"Columns {where} could each be the {each.key}: keep one, or give the others another heading.",
                    row,
                    heading.text(at[0]),
                )
            )
        elif at:
            found.columns[each.key] = (letters_of(at[0]), heading.text(at[0]))
        elif each.required:
            found.missing.append(each.key)
    if found.missing:
        shown = ", ".join(found.headings[:30])
        for each in wanted:
            if each.key in found.missing:
                names = ", ".join(dict.fromkeys(f"“{name}”" for name in (each.key, *each.names)))
                found.refuse(
                    Problem(
                        f"There is no column for the {each.key}: give it one of these headings: {names}. "
                        f"The headings found on row {row} are: {shown[:600]}.",
                        row,
                    )
                )


def _read_rows(
    sheet: Sheet, heading: _Heading, wanted: list[Wanted], found: Found, *, since_1904: bool
) -> None:
    at = {each.key: heading.at[each.key][0] for each in wanted if heading.at[each.key]}
    hidden: list[int] = []
    aside: list[int] = []
    for line in sheet.lines():
        if line.number <= heading.line.number:
            continue
        given = {key: line.cells[column] for key, column in at.items() if column in line.cells}
        if given and all(_is_heading(cell, heading.line.cells[at[key]]) for key, cell in given.items()):
            found.notes.append(f"Row {line.number} repeats the headings, and was left out.")
        elif not given or not _read_row(_Reading(line, heading, at, since_1904), wanted, found):
            aside.append(line.number)
        elif line.hidden:
            hidden.append(line.number)
    if not found.rows:
        found.refuse(Problem(f"There are no rows under the headings of row {heading.line.number}: add them."))
    if aside:
        found.notes.append(f"{_rows(aside)} left out: nothing stands there in the columns that are read.")
    if hidden:
        found.notes.append(f"{_rows(hidden)} hidden in the sheet, and read like the others.")


def _is_heading(cell: Cell, heading: Cell) -> bool:
    return cell.kind == "text" and cell.text.strip() == heading.text.strip()


def _rows(numbers: list[int]) -> str:
    """ "Row 5 is", "Rows 5, 6 and 3 more are": the beginning of a sentence."""
    if len(numbers) == 1:
        return f"Row {numbers[0]} is"
    first = ", ".join(map(str, numbers[:5]))
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"Rows {first}{more} are"


@dataclass(frozen=True)
class _Reading:
    """One row about to be read."""

    line: Line
    heading: _Heading
    at: dict[str, int]
    since_1904: bool

    def cell(self, key: str) -> Cell | None:
        return self.line.cells.get(self.at[key])

    def problem(self, words: str, key: str) -> Problem:
        return Problem(
            words,
            self.line.number,
            self.heading.text(self.at[key]),
            f"{letters_of(self.at[key])}{self.line.number}",
            cells.typed(self.cell(key), since_1904=self.since_1904),
        )

    def total(self, key: str) -> bool:
        """Is it a total, not one more row? It says so in place of its key, or has no key and says so beside."""
        named = self.cell(key)
        if named is not None:
            return named.kind == "text" and bool(_TOTAL.fullmatch(named.text.strip()))
        return any(
            cell.kind == "text" and _TOTAL_BESIDE.fullmatch(cell.text.strip())
            for cell in self.line.cells.values()
        )


def _read_row(row: _Reading, wanted: list[Wanted], found: Found) -> bool:
    """Read it as a row or as a total. False when nothing stands in it, or only noughts without a key."""
    is_total = wanted[0].key in row.at and row.total(wanted[0].key)
    values: list[Any] = []
    refused: dict[str, str] = {}
    unread = False
    for each in wanted:
        cell = row.cell(each.key) if each.key in row.at else None
        value = None
        if cell is not None and not (is_total and each.kind in ("text", "date")):
            try:
                value = cells.value(each.kind, cell, since_1904=row.since_1904)
            except Refused as reason:
                refused[each.key], unread = str(reason), True
        if value is None and each.filled and each.key in row.at and not is_total:
            refused.setdefault(each.key, _EMPTY.format(each.key))
        values.append(value)
    if is_total:
        named = zip(wanted, values, strict=True)
        stated = {each.key: value for each, value in named if value is not None}
        found.totals.append((row.line.number, stated))
    elif unread or any(value not in (None, 0) for value in values):
        found.rows.append((row.line.number, values))
    else:
        return False
    for key, words in refused.items():
        found.refuse(row.problem(words, key))
    return True


_EMPTY = "The {} is not given: enter it, or clear the row. If the row is a total, write “Total” in it."
