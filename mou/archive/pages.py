"""What an archive is made of: pages that need nothing but a browser, tables for spreadsheets, and files as stored.

The same rows make the same bytes: no moment of making, no order but the rows' own.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string

from resilience.core.models import StoredFile
from resilience.core.spreadsheets import Heading, csv_file
from resilience.core.tables import Column

_MOST = 80
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A file's name that any machine takes and that leads nowhere: letters, digits, and . - _ and blanks between."""
    plain = unicodedata.normalize("NFC", name)
    plain = re.sub(r"[^\w.\- ]+", "-", plain).strip(" .-_")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 8:
        plain = f"{stem[: _MOST - len(ending) - 1].rstrip(' .')}.{ending}"
    plain = plain[:_MOST].strip(" .")
    return f"file-{plain}".strip("-") if not plain or _RESERVED.fullmatch(plain) else plain


@dataclass(frozen=True)
class Entry:
    """One file of an archive, and its words in the index. ``stored`` is read when its turn comes."""

    path: str
    title: str
    size: int
    sha256: str
    content: bytes = b""
    stored: int | None = None

    def read(self) -> bytes:
        """Its bytes. Raises StoredFile.DoesNotExist."""
        if self.stored is None:
            return self.content
        return bytes(StoredFile.objects.values_list("content", flat=True).get(pk=self.stored))


def made(path: str, title: str, content: bytes) -> Entry:
    """A file that is made for the archive."""
    return Entry(path, title, len(content), hashlib.sha256(content).hexdigest(), content)


def kept(folder: str, number: int, file: StoredFile, title: str = "") -> Entry:
    """A stored file as it is, under a number, so that no name hides another."""
    path = f"{folder}/{number:03d}-{safe_name(file.name)}"
    return Entry(path, title or file.name, file.size, file.sha256, stored=file.pk)


@dataclass(frozen=True)
class Pairs:
    """Questions and answers."""

    heading: str
    rows: list[tuple[str, Any]]


@dataclass(frozen=True)
class Table:
    """Rows under headings; ``csv`` names the file that gives the same to a spreadsheet."""

    heading: str
    columns: Sequence[Column]
    rows: Iterable[Any]
    csv: str = ""
    empty: str = "None."

    @property
    def body(self) -> list[list[Any]]:
        return [[column.cell(row) for column in self.columns] for row in self.rows]

    @property
    def headings(self) -> list[str]:
        return [column.label for column in self.columns]

    def sheet(self) -> bytes:
        """The plain values; nothing in them runs as a formula."""
        headings = [Heading(column.label, column.kind) for column in self.columns]
        return csv_file(headings, ([column.of(row) for column in self.columns] for row in self.rows))


@dataclass
class Part:
    """A part of an archive: a page of its blocks, the tables among them as sheets, and files."""

    folder: str
    title: str
    blocks: list[Pairs | Table] = field(default_factory=list)
    files: list[Entry] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Sentences: what of this part is not here, and why."""

    @property
    def is_empty(self) -> bool:
        """It has nothing but what it leaves out."""
        return not self.blocks and not self.files

    def entries(self) -> list[Entry]:
        """Its files, the page first."""
        page = page_of(self.title, blocks=[_block(block) for block in self.blocks], up="../")
        found = [made(f"{self.folder}/{self.folder}.html", self.title, page)] if self.blocks else []
        for block in self.blocks:
            if isinstance(block, Table) and block.csv:
                title = f"{block.heading} (for a spreadsheet)"
                found.append(made(f"{self.folder}/{block.csv}", title, block.sheet()))
        return found + self.files


def _block(block: Pairs | Table) -> dict[str, Any]:
    if isinstance(block, Pairs):
        return {"heading": block.heading, "pairs": block.rows}
    return {
        "heading": block.heading,
        "headings": block.headings,
        "body": block.body,
        "is_table": True,
        "empty": block.empty,
    }


def page_of(title: str, template: str = "page", **context: Any) -> bytes:
    """A page that needs no script and no network; what people typed is escaped in it."""
    return render_to_string(f"mou/archive/{template}.html", {"title": title, **context}).encode()
