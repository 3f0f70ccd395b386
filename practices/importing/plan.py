"""What an import would write, as plain values: shown as the preview, then written as it stands."""

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from practices.importing.records import Rejected


class LineKind(StrEnum):
    """Parts of the preview, in the order shown; the value is its heading."""

    NEW = "New practices"
    CHANGED = "Changed practices"
    CLOSED = "Closed practices"
    MOVED = "Practices that moved to another commissioner"
    PATIENTS = "Practices that gained or lost their registered patients"
    LOCALITY = "Practices placed in a locality"
    LIST_SIZE = "List sizes"
    ORGANISATION = "Commissioners, localities and offices"


class Line(NamedTuple):
    """One line of the preview."""

    kind: LineKind
    code: str
    name: str
    words: str


class PracticeRow(NamedTuple):
    """A practice as the register would have it; organisations by their code."""

    ods_code: str
    name: str
    address: str = ""
    postcode: str = ""
    phone: str = ""
    status: str = "active"
    opened_on: dt.date | None = None
    closed_on: dt.date | None = None
    commissioner: str = ""
    locality: str = ""
    list_size: int | None = None
    list_size_on: dt.date | None = None


class MembershipRow(NamedTuple):
    """A practice in a commissioner or a locality; ``pk`` is None until it is written."""

    pk: int | None
    code: str
    organisation: str
    is_locality: bool
    joined_on: dt.date | None
    left_on: dt.date | None

    @property
    def since(self) -> dt.date:
        return self.left_on or self.joined_on or dt.date.min


class OrganisationRow(NamedTuple):
    """A region, local office, commissioner or locality; ``parent`` is the (kind, code) of the one above."""

    pk: int | None
    kind: str
    code: str
    name: str
    parent: tuple[str, str] | None = None
    address: str = ""
    closed_on: dt.date | None = None


class ListSizeRow(NamedTuple):
    code: str
    on: dt.date
    patients: int
    source: str


class ChangeRow(NamedTuple):
    code: str
    field: str
    before: str
    after: str


@dataclass
class Plan:
    """Every row that would be written, the preview's lines, and what was left out and why."""

    organisations: list[OrganisationRow] = field(default_factory=list)
    practices: list[PracticeRow] = field(default_factory=list)
    memberships: list[MembershipRow] = field(default_factory=list)
    list_sizes: list[ListSizeRow] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_empty(self) -> bool:
        """Nothing would be written."""
        return not (self.organisations or self.practices or self.memberships or self.list_sizes)

    @property
    def digest(self) -> str:
        """SHA-256 of all that would be written and of what was left out: two equal previews have equal digests."""
        said = hashlib.sha256()
        for part in (
            self.organisations,
            self.practices,
            self.memberships,
            self.list_sizes,
            self.changes,
            self.rejected,
        ):
            said.update(repr([tuple(row) for row in part]).encode())
        return said.hexdigest()

    def of(self, kind: LineKind) -> list[Line]:
        return [line for line in self.lines if line.kind == kind]

    def summary(self) -> dict[str, int]:
        """The counts under the words of the preview."""
        kinds = Counter(line.kind for line in self.lines)
        return {
            "Rows read": self.counts["read"],
            "Not a GP practice": self.counts["not_practices"],
            **{kind.value: kinds[kind] for kind in LineKind},
            "Practices unchanged": self.counts["unchanged"],
            "Rows rejected": len(self.rejected),
        }
