"""From the bytes of a published file to its rows: unpacked within a limit, decoded, split."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol

MAX_UNPACKED = 50 * 1024 * 1024
MAX_ROWS = 200_000
_XZ_MEMORY = 100 * 1024 * 1024
_PIECE = 1024 * 1024
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)


class Unreadable(ValueError):
    """The file cannot be taken; the text is one sentence that names the file and says why."""


def rows(name: str, content: bytes) -> Iterator[list[str]]:
    """The rows of a csv file, plain or packed as xz, gz, bz2 or zip. The first row of the result is row 1.

    Raises Unreadable: at once when the file is empty, no text or unpacks to over 50 MB; later when a row
    cannot be split or there are over 200,000.
    """
    text = _decode(name, _unpack(name, content))
    return _split(name, text)


def _split(name: str, text: io.TextIOBase) -> Iterator[list[str]]:
    number = 0
    try:
        for number, row in enumerate(csv.reader(text), 1):
            if number > MAX_ROWS:
                raise Unreadable(f"{name} has more than {MAX_ROWS:,} rows: no register is that long.")
            yield row
    except csv.Error as error:
        raise Unreadable(f"{name} cannot be read as a csv file after row {number}: {error}.") from None


def _decode(name: str, content: bytes) -> io.TextIOBase:
    if not content.strip():
        raise Unreadable(f"{name} is empty.")
    if b"\0" in content or content.startswith(b"%PDF"):
        raise Unreadable(f"{name} is not a text file: choose the csv file as it was published.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    raise Unreadable(f"{name} is not a text file: choose the csv file as it was published.")


def _unpack(name: str, content: bytes) -> bytes:
    """The file inside, found by its first bytes, never by its name."""
    try:
        if content.startswith(b"\xfd7zXZ\0"):
            return _unpack_xz(name, content)
        if content.startswith(b"\x1f\x8b"):
            return _within(name, gzip.GzipFile(fileobj=io.BytesIO(content)))
        if content.startswith(b"BZh"):
            return _within(name, bz2.BZ2File(io.BytesIO(content)))
        if content.startswith(b"PK"):
            return _unpack_zip(name, content)
    except _BROKEN:
        raise Unreadable(f"{name} is damaged: it cannot be unpacked.") from None
    if len(content) > MAX_UNPACKED:
        raise _too_large(name)
    return content


def _too_large(name: str) -> Unreadable:
    return Unreadable(
        f"{name} unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB: no register is that large."
    )


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _within(name: str, packed: _Readable) -> bytes:
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
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inside = [member for member in archive.infolist() if member.filename.lower().endswith(".csv")]
        if len(inside) != 1:
            found = "no csv file" if not inside else f"{len(inside)} csv files"
            raise Unreadable(f"{name} has {found} in it: it must hold exactly one.")
        with archive.open(inside[0]) as member:
            return _within(name, member)
