"""What a file really is: its content is checked, whatever its name and its sender say.

``check_file`` answers a safe name, the true content type and the bytes, or raises ValidationError with a
sentence that names the file, what is wrong with it and what to do.
"""

import io
import re
import struct
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from PIL import Image

MOST_FILES = 10
"""Attachments on one form or one message."""

KINDS = "PDF, Word (.docx), Excel (.xlsx), PNG or JPEG"
ACCEPT = ".pdf,.docx,.xlsx,.png,.jpg,.jpeg"

_MEMBERS = 1_000
_UNPACKED = 50 * 1024 * 1024
_DIRECTORY = 512 * 1024
_PIXELS = 50_000_000
_LONGEST_NAME = 120


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be kept."""

    name: str
    content_type: str
    content: bytes


def safe_name(name: str) -> str:
    """The last part of ``name`` without controls, marks of direction or anything a disk or a header would mind."""
    last = PurePath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    printable = "".join(
        each for each in last if not unicodedata.category(each).startswith(("C", "Z")) or each == " "
    )
    clean = re.sub(r"\s+", " ", re.sub(r'[<>:"/|?*;%]', "_", printable)).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    if not dot:
        stem, ending = clean, ""
    return f"{stem[:_LONGEST_NAME] or 'file'}{dot}{ending[:10].lower()}"


def _refuse(name: str, what: str, do: str) -> ValidationError:
    return ValidationError(f"“{name}” {what}. {do}", code="file")


def _check_pdf(name: str, content: bytes) -> None:
    body = content.rstrip(b"\x00 \t\r\n")
    if not content.startswith(b"%PDF-") or not body.endswith(b"%%EOF"):
        raise _refuse(name, "is not a whole PDF", "Save it as a PDF again, open it to check, and add that")


def _directory_end(name: str, content: bytes) -> tuple[int, int]:
    """(members, bytes of the directory) as the end of the archive says, before anything is unpacked."""
    end = content[-22:]
    if len(end) < 22 or not end.startswith(b"PK\x05\x06") or not content.startswith(b"PK\x03\x04"):
        raise _refuse(
            name, "is damaged or not what its name says", "Save it again in Word or Excel, and add that"
        )
    members, size = struct.unpack("<HI", end[10:16])
    return members, size


def _check_package(main_part: str, product: str) -> Callable[[str, bytes], None]:
    """Check a .docx or .xlsx: a zip with few members, a bounded size, its main part, no macros."""

    def check(name: str, content: bytes) -> None:
        again = f"Open it in {product}, save it again as {KIND_NAMES[product]}, and add that"
        if content.startswith(b"\xd0\xcf\x11\xe0"):
            raise _refuse(name, "has a password or is in an older format", again)
        members, size = _directory_end(name, content)
        if members > _MEMBERS or size > _DIRECTORY:
            raise _refuse(name, "holds too many parts to be checked", "Add a smaller document")
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                parts = package.infolist()
                if len(parts) > _MEMBERS or sum(part.file_size for part in parts) > _UNPACKED:
                    raise _refuse(
                        name, "unpacks to more than 50 MB", "Take out large pictures, or add it as a PDF"
                    )
                if any(part.flag_bits & 1 for part in parts):
                    raise _refuse(name, "has a password", again)
                names = [part.filename.lower() for part in parts]
                if (
                    len(set(names)) != len(names)
                    or "[content_types].xml" not in names
                    or main_part not in names
                ):
                    raise _refuse(name, f"is not a whole {product} document", again)
                types = package.read(parts[names.index("[content_types].xml")])
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OSError,
            ValueError,
        ) as error:
            raise _refuse(name, "is damaged", again) from error
        holds_code = any("vbaproject" in each or "/activex/" in each for each in names)
        if holds_code or b"macroenabled" in types.lower():
            raise _refuse(name, "holds macros, which could do harm", again)

    return check


def _check_image(form: str) -> Callable[[str, bytes], None]:
    def check(name: str, content: bytes) -> None:
        do = "Save the picture again as a PNG or a JPEG, and add that"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                with Image.open(io.BytesIO(content), formats=[form]) as image:
                    width, height = image.size
                    if width * height > _PIXELS:
                        raise _refuse(name, "is too large a picture", "Make it smaller, and add that")
                    image.verify()
        except ValidationError:
            raise
        except Exception as error:  # Pillow raises many kinds for a broken picture
            raise _refuse(name, "is not a whole picture of the kind its name says", do) from error

    return check


KIND_NAMES = {"Word": "a Word document (.docx)", "Excel": "an Excel workbook (.xlsx)"}

_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES: dict[str, tuple[str, Callable[[str, bytes], None]]] = {
    "pdf": ("application/pdf", _check_pdf),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _check_package("word/document.xml", "Word")),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _check_package("xl/workbook.xml", "Excel")),
    "png": ("image/png", _check_image("PNG")),
    "jpg": ("image/jpeg", _check_image("JPEG")),
    "jpeg": ("image/jpeg", _check_image("JPEG")),
}


def check_file(upload: UploadedFile) -> CheckedFile:
    """The file, checked. Raises ValidationError with a sentence about it."""
    name = safe_name(upload.name or "file")
    ending = name.rpartition(".")[2] if "." in name else ""
    if ending not in _TYPES:
        raise _refuse(name, "is of a kind that cannot be added", f"Add it as {KINDS}")
    size = upload.size or 0
    if size == 0:
        raise _refuse(name, "is empty", "Choose the file again")
    if size > settings.MAX_UPLOAD:
        most = settings.MAX_UPLOAD // (1024 * 1024)
        raise _refuse(name, f"is larger than {most} MB", "Make it smaller or split it, and add that")
    content = upload.read()
    content_type, check = _TYPES[ending]
    check(name, content)
    return CheckedFile(name, content_type, content)
