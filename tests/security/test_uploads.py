"""Every box for a file, found on the pages: what is too large, not what it says, or a bomb, is refused."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from functools import cache

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from resilience.core.access import Role
from resilience.referrals.states import State
from resilience.referrals.uploads import safe_name
from tests import factories as make
from tests.discovery.test_access import values
from tests.discovery.urls import addresses
from tests.discovery.world import make_corner, make_things, referral_in
from tests.security.forms import Sent, sent_by
from tests.security.watch import writes

pytestmark = pytest.mark.django_db

ZEROS = b"\0" * (60 * 1024 * 1024)
FOUND = {"referrals:part", "referrals:answer", "referrals:ask", "referrals:messages", "referrals:enter",
         "practices:import", "mou:check_document", "mou:import_wording", "mou:record_paper"}  # fmt: skip


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


@cache
def hostile() -> dict[str, bytes]:
    """By file name: what it is comes out of the name."""
    return {
        "large.pdf": b"%PDF-1.4" + b" " * settings.MAX_REGISTER_UPLOAD + b"%%EOF",
        "program.exe": b"MZ\x90\x00" + b"\0" * 100,
        "program.pdf": b"MZ\x90\x00" + b"\0" * 100,
        "page.png": b"<html><script>alert(1)</script>",
        "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "empty.pdf": b"",
        "bomb.docx": _zip(word__document_dot_xml=ZEROS, Content_Types=b"x"),
        "bomb.xlsx": _zip(xl__workbook_dot_xml=ZEROS, Content_Types=b"x"),
        "bomb.csv.zip": _zip(register_dot_csv=ZEROS),
        "bomb.csv.gz": gzip.compress(ZEROS, 1),
        "bomb.csv.xz": lzma.compress(ZEROS, preset=0),
        "bomb.csv.bz2": bz2.compress(ZEROS, 1),
        "bomb.png": _png(60_000, 60_000),
        "../../../etc/passwd": b"root:x:0:0\n",
    }


def _png(width: int, height: int) -> bytes:
    """The head of a picture that would unpack to gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def boxes() -> dict[str, tuple[Client, Sent]]:
    """By address, a form with a box for a file, and someone who may send it."""
    corner = make_corner()
    asked = referral_in(corner, State.UNDER_ASSESSMENT)
    corner.things |= make_things(corner)
    corner.things["referral"] = asked.pk
    officer = corner.people[Role.PROGRAMME_OFFICER]
    corner.things["message"] = asked.messages.create(
        kind="question", is_internal=False, text="How many?", written_by=officer
    ).pk
    corner.things["part"] = "files"
    people = [corner.people[role] for role in (Role.PRACTICE_USER, Role.PROGRAMME_OFFICER)]
    people.append(make.make_person(Role.ADMINISTRATOR))
    found: dict[str, tuple[Client, Sent]] = {}
    for person in people:
        client = Client(raise_request_exception=False)
        client.force_login(person)
        for address in addresses():
            if address.name in found or "pk" in address.arguments:
                continue
            path = address.fill(values(address, corner))
            page = client.get(path)
            if page.status_code == 200 and b'type="file"' in page.content:
                found[address.name] = next((client, sent) for sent in sent_by(path, page) if sent.files)
    return found


def test_each_box_refuses_what_it_should(boxes):
    assert set(boxes) == FOUND
    wrong = []
    for name, (client, sent) in boxes.items():
        (box,) = sent.files
        for file, content in hostile().items():
            upload = SimpleUploadedFile("x", content, "application/pdf")
            upload.name = file  # as a client that is no browser names it
            with writes() as made:
                response = sent.post(client, **{box: upload})
            if response.status_code != 200 or made:
                wrong.append(f"{name} {file}: {response.status_code}, {len(made)} writes")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.pdf",
        "a\r\nSet-Cookie: x=1.pdf",
        '"><img src=x>.pdf',
        "\u202efdp.pdf",
        "C:\\evil.pdf",
    ],
)
def test_a_file_is_kept_under_a_harmless_name(name):
    kept = safe_name(name)
    assert kept.endswith(".pdf")
    assert not set(kept) & set('\r\n\0/\\<>"|:\u202e'), kept
