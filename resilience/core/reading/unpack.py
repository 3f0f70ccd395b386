"""From the bytes of a file to what is inside: unpacked within a limit, decoded."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from typing import Protocol

MAX_UNPACKED = 50 * 1024 * 1024
MAX_MEMBERS = 200
_MOST_TIMES = 500
_SMALL = 1024 * 1024
_XZ_MEMORY = 100 * 1024 * 1024
_PIECE = 1024 * 1024
BROKEN = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f]")


class Unreadable(ValueError):
    """The file cannot be taken; the text is one sentence that names the file and says why."""


def normal(heading: str) -> str:
    """A heading as it is compared: "Practice.Code" and "PRACTICE_CODE" are both "practice code"."""
    return re.sub(r"[^a-z0-9%]+", " ", heading.lower()).strip()


def unpack(name: str, content: bytes) -> bytes:
    """The file inside an xz, gz, bz2 or zip (of one csv), told by its first bytes, never by its name.

    Raises Unreadable when it is damaged or holds over 50 MB.
    """
    try:
        if content.startswith(b"\xfd7zXZ\0"):
            return _unpack_xz(name, content)
        if content.startswith(b"\x1f\x8b"):
            return within(name, gzip.GzipFile(fileobj=io.BytesIO(content)))
        if content.startswith(b"BZh"):
            return within(name, bz2.BZ2File(io.BytesIO(content)))
        if content.startswith(b"PK"):
            return _unpack_zip(name, content)
    except Unreadable:
        raise
    except BROKEN:
        raise Unreadable(f"{name} is damaged: it cannot be unpacked.") from None
    if len(content) > MAX_UNPACKED:
        raise _too_large(name)
    return content


def open_zip(name: str, content: bytes) -> zipfile.ZipFile:
    """The archive, once its directory promises few files, little in them and no password.

    Raises Unreadable before anything is unpacked; a file that holds more than its directory says fails when read.
    """
    # Each entry of the directory begins with this mark: counted before it is read, for reading is slow.
    if content.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise Unreadable(
            f"{name} has more than {MAX_MEMBERS} files packed in it: save it again, and use that."
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except BROKEN:
        raise Unreadable(f"{name} is damaged: it cannot be unpacked.") from None
    members = archive.infolist()
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise _too_large(name)
    if any(
        member.file_size > _SMALL and member.file_size > _MOST_TIMES * member.compress_size
        for member in members
    ):
        raise Unreadable(
            f"{name} unpacks to over {_MOST_TIMES} times its size: copy the table into a new workbook, and use that."
        )
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable(f"{name} has a password: save it without one, and use that.")
    return archive


def decode(name: str, content: bytes) -> str:
    """The text of a csv file: UTF-8 with or without its mark, UTF-16 with it, else cp1252."""
    if not content.strip():
        raise Unreadable(f"{name} is empty.")
    encodings: tuple[str, ...] = ("utf-8-sig", "cp1252")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or text.startswith("%PDF") or _is_noise(text[:10_000]):
            break
        return text
    raise Unreadable(f"{name} is not a text file: choose the csv file itself.")


def _is_noise(text: str) -> bool:
    """Over 1 character in 100 is a control: a stray one is an old system's, many are no text."""
    return len(_CONTROLS.findall(text)) * 100 > len(text)


def _too_large(name: str) -> Unreadable:
    return Unreadable(
        f"{name} unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB, the most that is taken: "
        "copy the table alone into a new file, and use that."
    )


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def within(name: str, packed: _Readable) -> bytes:
    unpacked = bytearray()
    while piece := packed.read(_PIECE):
        unpacked += piece
        if len(unpacked) > MAX_UNPACKED:
            raise _too_large(name)
    return bytes(unpacked)


def _unpack_xz(name: str, content: bytes) -> bytes:
    """One or more xz streams; the memory a stream may claim is bounded too."""
    unpacked = bytearray()
    while content:
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
        given = content
        while not stream.eof:
            piece = stream.decompress(given, _PIECE)
            given = b""
            unpacked += piece
            if len(unpacked) > MAX_UNPACKED:
                raise _too_large(name)
            if not piece and stream.needs_input and not stream.eof:
                raise EOFError
        content = stream.unused_data.lstrip(b"\0")
    return bytes(unpacked)


def _unpack_zip(name: str, content: bytes) -> bytes:
    with open_zip(name, content) as archive:
        inside = [member for member in archive.infolist() if member.filename.lower().endswith(".csv")]
        if len(inside) != 1:
            found = "no csv file" if not inside else f"{len(inside)} csv files"
            raise Unreadable(f"{name} has {found} in it: it must hold exactly one.")
        with archive.open(inside[0]) as member:
            return within(name, member)
