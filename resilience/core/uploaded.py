"""The tables that people send: an .xlsx or a .csv as it is, read safely into rows.

    wanted = [
        Wanted("practice code", names=("Practice", "ODS code"), required=True, filled=True),
        Wanted("amount", "money", names=("allocation", "GP Forward View"), required=True, filled=True),
        Wanted("paid on", "date"),
    ]
    try:
        table = read_table(request.FILES["file"], wanted)
    except Unreadable as reason:
        form.add_error("file", str(reason))
    if not table.problems:
        for row in table.rows:
            row.number, row["practice code"], row["amount"]   # as in the file; text; whole pence

The file is parsed in a process of its own, within limits of memory and time: nothing in it can harm this one.
"""

import datetime as dt
import json
import logging
import subprocess  # nosec B404
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import PurePath
from typing import Any, Protocol

from django.conf import settings

from resilience.core.reading.table import MOST_PROBLEMS, Problem, Wanted
from resilience.core.reading.unpack import Unreadable, normal
from resilience.core.words import money, plural

__all__ = ["Problem", "Row", "Table", "Unreadable", "Wanted", "read_table"]

log = logging.getLogger(__name__)

_SUMMED: dict[str, Callable[[int], str]] = {"money": money, "integer": plural}

Value = str | int | dt.date | None


@dataclass(frozen=True)
class Limits:
    """What reading one file may take: bytes of memory, seconds of work, seconds at all."""

    memory: int = 384 * 1024 * 1024
    cpu: int = 4
    wall: int = 20


class Upload(Protocol):
    """A file that came with a form."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def read(self) -> bytes: ...


@dataclass(frozen=True)
class Row:
    """A row: its number as the sheet shows it, its values by our words for the columns; None where nothing is."""

    number: int
    values: Mapping[str, Value]

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


@dataclass(frozen=True)
class Table:
    """What a file holds.

    ``columns``: our word for a column to its letter and heading; ``missing``: the required ones it lacks.
    ``problems``: why it cannot be taken, at most 500 of ``problem_count``; a row with one is among the rows,
    its bad value None. ``notes``: what was left out or chosen, to be shown before anything is taken.
    ``totals``: the numbers of the rows that are totals; they are not among the rows, and agree with them
    or are a problem.
    """

    name: str
    sheet: str
    heading_row: int | None
    headings: list[str]
    columns: dict[str, tuple[str, str]]
    missing: list[str]
    rows: list[Row]
    totals: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)

    def sum(self, key: str) -> int:
        """The sum of a column of money (pence) or whole numbers."""
        return sum(row[key] or 0 for row in self.rows)


def read_table(upload: Upload, columns: Sequence[Wanted], *, limits: Limits | None = None) -> Table:
    """The wanted columns of the first sheet that has them. Writes nothing.

    Raises Unreadable, one sentence that begins with the file's name, for a file that is not a table, is damaged
    or larger than what is taken (settings.MAX_UPLOAD, 50 MB unpacked, 20,000 rows, 256 columns).
    """
    _check(columns)
    name = _shown(upload.name)
    most = settings.MAX_UPLOAD
    if (upload.size or 0) > most or len(content := upload.read()) > most:
        raise Unreadable(f"{name} is larger than {most // 1024 // 1024} MB: split it, or take out pictures.")
    found = _read_apart(name, content, columns, limits or Limits())
    problems = [Problem(**each) for each in found["problems"]]
    kinds = [each.kind for each in columns]
    keys = [each.key for each in columns]
    rows = [
        Row(number, dict(zip(keys, map(_value, kinds, values), strict=True)))
        for number, values in found["rows"]
    ]
    mismatches = _compare_totals(rows, found, columns)
    return Table(
        name=name,
        sheet=found["sheet"],
        heading_row=found["heading_row"],
        headings=found["headings"],
        columns={key: (letters, heading) for key, (letters, heading) in found["columns"].items()},
        missing=found["missing"],
        rows=rows,
        totals=[number for number, _ in found["totals"]],
        problems=(problems + mismatches)[:MOST_PROBLEMS],
        problem_count=found["problem_count"] + len(mismatches),
        notes=found["notes"] + _said_of_totals(found["totals"]),
    )


def _check(columns: Sequence[Wanted]) -> None:
    """Raises ValueError when one heading would be two of the columns."""
    named = Counter(name for each in columns for name in {normal(name) for name in (each.key, *each.names)})
    if twice := [name for name, count in named.items() if count > 1]:
        raise ValueError(f"two columns have one name: {', '.join(twice)}")


def _shown(name: str | None) -> str:
    last = PurePath((name or "").replace("\\", "/")).name
    return "".join(each for each in last if each.isprintable())[:120] or "The file"


def _value(kind: str, value: Any) -> Value:
    return dt.date.fromisoformat(value) if kind == "date" and value else value


def _command(limits: Limits) -> list[str]:
    numbers = map(str, (limits.memory, limits.cpu, limits.wall))
    return [sys.executable, "-E", "-s", "-S", "-m", "resilience.core.reading", *numbers]


def _read_apart(name: str, content: bytes, columns: Sequence[Wanted], limits: Limits) -> dict[str, Any]:
    """What the process that reads the file found. It has our limits, no environment, and no more than the file."""
    asked = json.dumps({"name": name, "columns": [asdict(each) for each in columns]}).encode()
    process = subprocess.Popen(  # nosec B603 # fixed words and numbers
        _command(limits),
        cwd=settings.BASE_DIR,
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        # The process ends itself when its time is over; should it not, it is ended.
        answer, errors = process.communicate(asked + b"\n" + content, timeout=limits.wall + 2)
    except subprocess.TimeoutExpired:
        answer, errors = b"", b""
    finally:
        process.kill()
        process.wait()
    if process.returncode == 0:
        said = json.loads(answer)
        if "found" in said:
            return said["found"]
        if "unreadable" in said:
            raise Unreadable(said["unreadable"])
    else:
        log.error("Reading an uploaded table ended with %s: %s", process.returncode, errors.decode()[-500:])
        if process.returncode > 0:
            raise Unreadable(
                f"{name} cannot be read: open it in Excel, save it again as .xlsx, and use that."
            )
    raise Unreadable(
        f"{name} takes more time or memory to read than a table should: copy the table alone into a new "
        "workbook, and use that."
    )


def _compare_totals(rows: list[Row], found: dict[str, Any], columns: Sequence[Wanted]) -> list[Problem]:
    """A total agrees with all rows above it, with those since the total before it, or (at the top) with all."""
    kinds = {each.key: each.kind for each in columns}
    unsure = {problem["column"] for problem in found["problems"]}
    sums = {key: [0, *accumulate(row[key] or 0 for row in rows)] for key in kinds if kinds[key] in _SUMMED}
    numbers = [row.number for row in rows]
    problems = []
    before = 0
    for number, stated in found["totals"]:
        above = bisect_left(numbers, number)
        for key, total in stated.items():
            letters, heading = found["columns"][key]
            if heading in unsure:  # its sum is not known while a cell of it cannot be read
                continue
            running = sums[key]
            expected = running[above] if above else running[-1]
            if total in (expected, running[above] - running[before]):
                continue
            show = _SUMMED[kinds[key]]
            problems.append(
                Problem(
                    f"The total says {show(total)}, but the rows add up to {show(expected)} "
                    f"({show(abs(total - expected))} {'less' if expected < total else 'more'}): correct the "
                    "total or the rows, or take the total out.",
                    number,
                    heading,
                    f"{letters}{number}",
                    show(total),
                )
            )
        before = above
    return problems


def _said_of_totals(totals: list[Any]) -> list[str]:
    if not totals:
        return []
    if len(totals) == 1:
        return [f"Row {totals[0][0]} is a total: it was compared with the rows, and left out."]
    numbers = ", ".join(str(number) for number, _ in totals[:10])
    more = f" and {len(totals) - 10} more" if len(totals) > 10 else ""
    return [f"Rows {numbers}{more} are totals: they were compared with the rows, and left out."]
