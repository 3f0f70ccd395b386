"""Files are what they say, or are refused with a sentence that names them."""

import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from resilience.referrals.uploads import check_file, safe_name
from tests.referrals.drafts import PDF, package, png, upload


def _jpeg() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (4, 4)).save(made, "JPEG")
    return made.getvalue()


def _refusal(name: str, content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        check_file(upload(name, content))
    [sentence] = refused.value.messages
    assert f"“{safe_name(name)}”" in sentence
    return sentence


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("report.pdf", PDF, "application/pdf"),
        ("Report.PDF", PDF + b"\r\n\0\0", "application/pdf"),
        ("plan.docx", package(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (
            "rota.xlsx",
            package("xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("scan.png", png(), "image/png"),
        ("scan.jpg", _jpeg(), "image/jpeg"),
        ("scan.jpeg", _jpeg(), "image/jpeg"),
    ],
)
def test_true_files_are_kept_with_their_true_type(name, content, content_type):
    kept = check_file(upload(name, content))
    assert (kept.content_type, kept.content) == (content_type, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", b"MZ\x90\0 this is a program"),
        ("report.pdf", PDF + b"MZ\x90\0 a program behind it"),
        ("report.pdf", b"<html>%PDF-1.7 %%EOF"),
        ("plan.docx", PDF),
        ("plan.docx", package("xl/workbook.xml")),
        ("rota.xlsx", package("word/document.xml")),
        ("plan.docx", b"MZ\x90\0" + package()),
        ("plan.docx", package() + b"MZ\x90\0"),
        ("plan.docx", package()[:-40]),
        ("scan.png", _jpeg()),
        ("scan.jpg", png()),
        ("scan.png", png()[:-20]),
        ("scan.png", b"<svg onload=alert(1)>"),
    ],
)
def test_content_that_belies_its_name_is_refused(name, content):
    assert "Save" in _refusal(name, content) or "save" in _refusal(name, content)


@pytest.mark.parametrize(
    "name", ["page.html", "run.exe", "macro.docm", "old.doc", "noending", "report.pdf.exe", ".pdf "]
)
def test_other_kinds_are_refused(name):
    assert "cannot be added" in _refusal(name, PDF)


def test_macros_are_refused():
    assert "macros" in _refusal("plan.docx", package(word__vbaProject_bin=b"code"))
    types = b'<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
    assert "macros" in _refusal("plan.docx", package(types=types))


def test_a_password_or_an_old_format_is_said():
    assert "password" in _refusal("plan.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600)


def test_size_is_limited(settings):
    settings.MAX_UPLOAD = 1024 * 1024
    assert "larger than 1 MB" in _refusal("report.pdf", PDF[:-6] + b" " * 1024 * 1024 + PDF[-6:])
    assert "empty" in _refusal("report.pdf", b"")


def _bomb(members: int, each: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("word/document.xml", b"<document/>")
        for number in range(members):
            archive.writestr(f"word/media/{number}.bin", b"\0" * each)
    return made.getvalue()


def _liar() -> bytes:
    """The directory says one byte; the data holds 200 MB of types."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"\0" * 200_000_000)
        archive.writestr("word/document.xml", b"<document/>")
    return made.getvalue().replace((200_000_000).to_bytes(4, "little"), (1).to_bytes(4, "little"))


HOSTILE = {
    "large.docx": (lambda: _bomb(1, 200_000_000), "more than 50 MB"),
    "many.docx": (lambda: _bomb(20_000, 0), "too many parts"),
    "liar.docx": (_liar, "damaged"),
    "wide.png": (lambda: png(9_000, 9_000), "too large"),
    "endless.png": (lambda: png(2_000_000, 2_000_000), "picture"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_unpack_to_too_much_is_refused_unopened(name):
    make, words = HOSTILE[name]
    assert words in _refusal(name, make())


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\Pat\\rota.xlsx", "rota.xlsx"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ('a"b;c.pdf', "a_b_c.pdf"),
        ("report\u202efdp.exe", "reportfdp.exe"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
        ("Prifysgol â Chymru.PDF", "Prifysgol â Chymru.pdf"),
    ],
)
def test_names_are_made_safe(name, safe):
    assert safe_name(name) == safe
