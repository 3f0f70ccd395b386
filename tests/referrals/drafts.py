"""Drafts filled in through the acts themselves."""

import io
import re
import struct
import zipfile
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from practices.models import Person, Practice
from resilience.core.access import Role
from resilience.programmes.models import ProgrammeYear
from resilience.referrals import actions
from resilience.referrals.models import Referral
from tests.factories import make_ccg, make_person, make_practice, make_year

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
CONTACT = {
    "contact_name": "Pat Manager",
    "contact_email": "pat@example.nhs.uk",
    "contact_phone": "01632 960001",
}
CASE = {"issues": "Two of our four GPs have left.", "support_wanted": "Help with recruitment."}
NO_PAST = {scheme: {"had": False, "years": ""} for scheme in ("rcgp", "vulnerable", "this")}


def make_world(**year: Any) -> tuple[Person, Practice, ProgrammeYear]:
    """A practice user, the practice, and an open programme year that covers it."""
    practice = make_practice(make_ccg())
    return (
        make_person(Role.PRACTICE_USER, practice),
        practice,
        make_year(owner=practice.commissioner.parent, **year),
    )


def support(year: ProgrammeYear) -> dict[str, Any]:
    return {"commissioner_supports": "yes", "categories": [year.menu.first().pk], "past": NO_PAST}


def make_draft(by: Person, practice: Practice, year: ProgrammeYear, **case: str) -> Referral:
    """A draft with every part complete."""
    draft = actions.start(by=by, practice=practice, year=year)
    for part, answers in (
        ("contact", CONTACT),
        ("practices", {"is_group": False}),
        ("support", support(year)),
        ("case", CASE | case),
    ):
        draft = actions.save_part(by=by, referral=draft, part=part, answers=answers)
    return draft


def upload(name: str, content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def package(main: str = "word/document.xml", **more: bytes) -> bytes:
    """A small .docx or .xlsx."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", more.pop("types", b"<Types/>"))
        archive.writestr(main, b"<document/>")
        for name, content in more.items():
            archive.writestr(name.replace("__", "/").replace("_bin", ".bin"), content)
    return made.getvalue()


def png(width: int = 1, height: int = 1) -> bytes:
    """A PNG that says it is so large; its pixels are there only when small."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"\0" * width if width < 100 else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * min(height, 100)))
        + chunk(b"IEND", b"")
    )


def part_address(draft: Referral, part: str, **query: str) -> str:
    return reverse("referrals:part", kwargs={"referral": draft.pk, "part": part}, query=query or None)


def page_address(name: str, draft: Referral) -> str:
    return reverse(f"referrals:{name}", kwargs={"referral": draft.pk})


def text_of(response: Any) -> str:
    """A page on one line."""
    return re.sub(r"\s+", " ", response.content.decode())


NHS_NUMBER = "943 476 5919"
DRAFT_PAGES = ("draft", "group", "check", "discard")
