"""Each kind of file as records, and the rows that cannot be one with the reason why."""

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from practices.importing.columns import ODS_CODE, Recognised
from practices.importing.unpack import Unreadable

MAX_REJECTED = 1000
GP_PRACTICE = ("4", "RO76")
STATUSES = {"A": "active", "C": "closed", "D": "dormant", "P": "proposed"}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WRITTEN = re.compile(r"(\d{1,2})[- ]?([A-Za-z]{3})[a-z]*[- ]?(\d{4}|\d{2})")


class Rejected(NamedTuple):
    """A row that was left out."""

    file: str
    row: int
    reason: str


class PracticeRecord(NamedTuple):
    """A row of the register of practices."""

    row: int
    code: str
    name: str
    address: str
    postcode: str
    phone: str
    status: str
    opened_on: dt.date | None
    closed_on: dt.date | None
    commissioner: str
    joined_on: dt.date | None
    left_on: dt.date | None
    is_gp: bool
    office: str
    region: str

    @property
    def latest(self) -> dt.date:
        """The last day the row tells of."""
        return max(
            filter(None, (self.opened_on, self.closed_on, self.joined_on, self.left_on)), default=dt.date.min
        )


class CommissionerRecord(NamedTuple):
    code: str
    name: str
    address: str
    closed_on: dt.date | None


class ListSizeRecord(NamedTuple):
    row: int
    code: str
    on: dt.date
    patients: int


class LocalityRecord(NamedTuple):
    row: int
    code: str
    on: dt.date
    locality: str
    locality_name: str
    commissioner: str


class RejectedRows(list[Rejected]):
    """Rejected rows of one import. Raises Unreadable when they are so many that the file must be another one."""

    def add(self, file: str, row: int, reason: str) -> None:
        self.append(Rejected(file, row, reason))
        if len(self) > MAX_REJECTED:
            raise Unreadable(
                f"{file} has over {MAX_REJECTED:,} rows that cannot be taken, the last because {reason}: "
                "it must be another file than it seems."
            )


@lru_cache(maxsize=20_000)
def compact_day(text: str) -> dt.date | None:
    """ "20180430"; nothing for nothing. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    if len(text) != 8 or not text.isdigit():
        raise ValueError(f"“{text[:20]}” is not a date such as 20180430")
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueError(f"“{text}” is not a day of the calendar") from None


@lru_cache(maxsize=1000)
def written_day(text: str) -> dt.date:
    """ "01JAN2021", "01May2022", "01-Sep-20", "2021-01-01" or "01/01/2021". Raises ValueError."""
    text = text.strip()
    try:
        if match := _WRITTEN.fullmatch(text):
            year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
            return dt.date(year, _MONTHS.index(match[2].lower()) + 1, int(match[1]))
        if match := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text):
            return dt.date(int(match[3]), int(match[2]), int(match[1]))
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text[:20]}” is not a date such as 01JAN2021") from None


def practices(file: Recognised, rejected: RejectedRows, known: set[str]) -> Iterator[PracticeRecord | None]:
    """Records of GP practices and of codes ``known`` to us; None for a row that is no practice."""
    seen: dict[str, int] = {}
    for number, row in file.rows:
        if len(row) != 27:
            if row and any(row):
                rejected.add(file.name, number, f"it has {len(row)} columns, the register has 27")
            continue
        code = row[0].strip()
        if code in seen:
            rejected.add(file.name, number, f"{code} is already in row {seen[code]}")
            continue
        seen[code] = number
        is_gp = row[25] in GP_PRACTICE
        if not is_gp and code not in known:
            yield None
            continue
        try:
            yield _practice(number, code, row, is_gp)
        except ValueError as error:
            rejected.add(file.name, number, str(error))


def _practice(number: int, code: str, row: list[str], is_gp: bool) -> PracticeRecord:
    if not ODS_CODE.fullmatch(code):
        raise ValueError(f"“{code[:20]}” is not an ODS code")
    name = row[1].strip()
    if not name or len(name) > 200:
        raise ValueError(f"{code} has no name" if not name else f"the name of {code} is over 200 letters")
    if row[12] not in STATUSES:
        raise ValueError(f"the status of {code} is “{row[12][:20]}”, not A, C, D or P")
    status = STATUSES[row[12]]
    opened, closed = compact_day(row[10]), compact_day(row[11])
    joined, left = compact_day(row[15]), compact_day(row[16])
    if status == "closed" and not closed:
        raise ValueError(f"{code} is closed, but without the day it closed")
    if joined and left and left < joined:
        raise ValueError(f"{code} left its commissioner before it joined")
    commissioner = row[14].strip()
    if commissioner and not ODS_CODE.fullmatch(commissioner):
        raise ValueError(f"“{commissioner[:20]}” is not the code of a commissioner")
    address = "\n".join([line.strip() for line in row[4:9] if line.strip()])
    return PracticeRecord(
        number, code, name, address, " ".join(row[9].split())[:10], row[17].strip()[:30], status, opened, closed,
        commissioner, joined, left, is_gp, row[3].strip()[:10], row[2].strip()[:10],
    )  # fmt: skip


def commissioners(file: Recognised, rejected: RejectedRows) -> Iterator[CommissionerRecord]:
    for number, row in file.rows:
        if len(row) != 27:
            if row and any(row):
                rejected.add(file.name, number, f"it has {len(row)} columns, the list has 27")
            continue
        try:
            closed = compact_day(row[11])
        except ValueError as error:
            rejected.add(file.name, number, str(error))
            continue
        address = "\n".join(line.strip() for line in (*row[4:9], row[9]) if line.strip())
        yield CommissionerRecord(row[0].strip(), row[1].strip()[:200], address, closed)


def _wide_enough(file: Recognised, rejected: RejectedRows) -> Iterator[tuple[int, list[str]]]:
    width = max(file.at.values()) + 1
    for number, row in file.rows:
        if len(row) >= width:
            yield number, row
        elif any(row):
            rejected.add(file.name, number, f"it has {len(row)} columns, too few")


def list_sizes(file: Recognised, rejected: RejectedRows) -> Iterator[ListSizeRecord]:
    """One record a practice: all ages, both sexes."""
    seen: dict[tuple[str, dt.date], int] = {}
    at, found = file.at, False
    totals = [at[column] for column in ("sex", "age") if column in at]
    for number, row in _wide_enough(file, rejected):
        if any(row[column].strip().upper() != "ALL" for column in totals):
            continue
        if "type" in at and row[at["type"]].strip().upper() != "GP":
            continue
        found = True
        code, patients = row[at["practice code"]].strip(), row[at["number of patients"]].strip()
        try:
            on = written_day(row[at["extract date"]])
        except ValueError as error:
            rejected.add(file.name, number, str(error))
            continue
        if not ODS_CODE.fullmatch(code):
            rejected.add(file.name, number, f"“{code[:20]}” is not an ODS code")
        elif not patients.isdigit() or len(patients) > 7:
            rejected.add(file.name, number, f"“{patients[:20]}” is not a number of patients")
        elif (code, on) in seen:
            rejected.add(file.name, number, f"{code} is already in row {seen[code, on]}")
        else:
            seen[code, on] = number
            yield ListSizeRecord(number, code, on, int(patients))
    if not found:
        raise Unreadable(
            f"{file.name} has no rows of practices with all ages and both sexes: choose gp-reg-pat-prac-all."
        )


def localities(file: Recognised, rejected: RejectedRows) -> Iterator[LocalityRecord]:
    """One record a practice; an empty locality for a practice that is in none ("U", unallocated)."""
    seen: dict[str, int] = {}
    at = file.at
    for number, row in _wide_enough(file, rejected):
        code, locality = row[at["practice code"]].strip(), row[at["PCN code"]].strip()
        name = row[at["PCN name"]].strip()[:200]
        if locality in ("U", "") or name.lower() == "unallocated":
            locality = name = ""
        try:
            on = written_day(row[at["extract date"]])
        except ValueError as error:
            rejected.add(file.name, number, str(error))
            continue
        if locality and not ODS_CODE.fullmatch(locality):
            rejected.add(file.name, number, f"“{locality[:20]}” is not the code of a network")
        elif code in seen:
            rejected.add(file.name, number, f"{code} is already in row {seen[code]}")
        else:
            seen[code] = number
            commissioner = row[at["commissioner code"]].strip() if "commissioner code" in at else ""
            yield LocalityRecord(number, code, on, locality, name or locality, commissioner)


def names(file: Recognised, row: list[str]) -> Iterator[tuple[str, str, str]]:
    """(kind, code, name) of the commissioner, local office and region that a row with headings names."""
    for kind, word in (("ccg", "commissioner"), ("local_office", "office"), ("region", "region")):
        code, name = file.at.get(f"{word} code"), file.at.get(f"{word} name")
        if code is not None and name is not None and max(code, name) < len(row):
            value, called = row[code].strip(), " ".join(row[name].split())[:200]
            if called and ODS_CODE.fullmatch(value):
                yield kind, value, called
