"""What a file would change, worked out and shown before anything is written."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from funding.models import MoneyImport
from resilience.core.models import StoredFile
from resilience.core.uploaded import Table, Wanted, read_table


@dataclass(frozen=True)
class Line:
    """One row that would change something: where it stands in the file, in words, pence before and after."""

    row: int
    what: str
    before: int
    after: int
    to: Any = field(compare=False, repr=False)
    """What the kind of import needs to write it."""


@dataclass(frozen=True)
class Wrong:
    """Why a row cannot be taken, with what stands there and what to do."""

    row: int | None
    column: str
    typed: str
    words: str


@dataclass
class Plan:
    """All that a file would do. It is taken only without ``wrong``."""

    table: Table
    lines: list[Line]
    wrong: list[Wrong]
    wrong_count: int
    same: int
    """Rows that say what is on record already."""

    @property
    def pence(self) -> int:
        return sum(line.after - line.before for line in self.lines)

    @property
    def digest(self) -> str:
        """The same as long as the same would be written."""
        said = repr([(line.row, line.what, line.before, line.after) for line in self.lines])
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """How one kind of file is read, compared and written.

    ``wanted(year)`` its columns; ``compare(table, user, year)`` gives (lines that change something, rows that
    cannot be taken, how many are on record already); ``write(by, money_import, lines)`` takes the lines, inside
    an action; ``words`` tells people what the file needs.
    """

    words: str
    wanted: Callable[[Any], list[Wanted]]
    compare: Callable[[Table, Any, Any], tuple[list[Line], list[Wrong], int]]
    write: Callable[[Any, MoneyImport, list[Line]], None]


class _Kept(BytesIO):
    """A stored file as the reader takes it."""

    def __init__(self, file: StoredFile) -> None:
        super().__init__(bytes(file.content))
        self.name, self.size = file.name, file.size


def plan_of(money_import: MoneyImport, reading: Reading, user: Any) -> Plan:
    """Read the file and compare it with what is on record now. Raises Unreadable."""
    table = read_table(_Kept(money_import.file), reading.wanted(money_import.year))
    wrong = [Wrong(each.row, each.column, each.typed, each.words) for each in table.problems]
    lines: list[Line] = []
    count, same = table.problem_count, 0
    if not table.missing:
        bad = {each.row for each in wrong}
        lines, more, same = reading.compare(table, user, money_import.year)
        more = [each for each in more if each.row not in bad]
        wrong, count = wrong + more, count + len(more)
    return Plan(table, lines, sorted(wrong, key=lambda each: each.row or 0), count, same)
