"""The whole case as one ZIP: written as it is sent, a file at a time, the same bytes for the same case."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from mou.archive.of_trail import head
from mou.archive.pages import Entry, Part, made, page_of, safe_name
from mou.archive.parts import PARTS
from resilience.core.access import P, allows
from resilience.core.outbox import link
from resilience.core.spreadsheets import Heading, csv_file
from resilience.referrals.models import Referral

STYLE = b"""body { font: 1rem/1.5 Arial, sans-serif; color: #212b32; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #768692; padding: .4rem .6rem .4rem 0; text-align: left; vertical-align: top; }
dt { font-weight: bold; } dd { margin: 0 0 .6rem; }
.hash { font-family: monospace; overflow-wrap: anywhere; }
small { color: #4c6272; }
a { color: #005eb8; }
"""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a ZIP: the earliest it can hold."""


@dataclass
class Bundle:
    """The archive of one case for one person, before it is written."""

    name: str
    parts: list[tuple[Part, list[Entry]]]
    left_out: list[str]
    entries: list[Entry]

    @property
    def size(self) -> int:
        """Bytes before packing."""
        return sum(entry.size for entry in self.entries)


def parts_of(case: Referral, viewer: Any) -> list[Part]:
    """The parts that this person may see something of, or is told why not."""
    return [part for adds in PARTS if (part := adds.part(case, viewer))]


def gather(case: Referral, viewer: Any) -> Bundle:
    """Everything of the case that this person may see; stored files by name alone, until they are written."""
    found = parts_of(case, viewer)
    parts = [(part, part.entries()) for part in found]
    files = [entry for _, entries in parts for entry in entries]
    left_out = [sentence for part in found for sentence in part.left_out]
    is_office = allows(viewer, P.VIEW_INTERNAL, case)
    whose = "" if is_office else " It is what the practice may see."
    index = page_of(
        f"{case.reference}: {case.lead_practice.name}",
        "index",
        intro=f"Everything that the service holds of this case, as files.{whose}",
        head=head(case, viewer),
        parts=[{"title": part.title, "files": entries} for part, entries in parts if entries],
        left_out=left_out,
        check_url=link(reverse("mou:check_document")),
    )
    files = [made("index.html", "Index", index), made("style.css", "Style of the pages", STYLE), *files]
    files.sort(key=lambda entry: (entry.path != "index.html", entry.path))
    columns = [Heading("File", "text"), Heading("Bytes", "number"), Heading("SHA-256", "text")]
    manifest = csv_file(columns, ([entry.path, entry.size, entry.sha256] for entry in files))
    files.append(made("manifest.csv", "Manifest", manifest))
    return Bundle(f"{safe_name(case.reference or 'case')}-whole-case.zip", parts, left_out, files)


class _Sent:
    """What is written goes out at once; a ZIP can be written so, never looking back."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, content: bytes) -> int:
        self.waiting.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        content = b"".join(self.waiting)
        self.waiting.clear()
        return content


def stream(bundle: Bundle) -> Iterator[bytes]:
    """The ZIP in pieces; no more than one file is in memory at a time."""
    out: Any = _Sent()
    with zipfile.ZipFile(out, "w") as archive:
        for entry in bundle.entries:
            info = zipfile.ZipInfo(entry.path, EPOCH)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_STORED if entry.stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, entry.read())
            yield out.take()
    yield out.take()
