"""From the bytes of a published file to its rows: unpacked within a limit, decoded, split."""

import csv
import io
from collections.abc import Iterator

from resilience.core.reading.unpack import Unreadable, decode, unpack

__all__ = ["MAX_ROWS", "Unreadable", "rows"]

MAX_ROWS = 200_000


def rows(name: str, content: bytes) -> Iterator[list[str]]:
    """The rows of a csv file, plain or packed as xz, gz, bz2 or zip. The first row of the result is row 1.

    Raises Unreadable: at once when the file is empty, no text or unpacks to over 50 MB; later when a row
    cannot be split or there are over 200,000.
    """
    return _split(name, decode(name, unpack(name, content)))


def _split(name: str, text: str) -> Iterator[list[str]]:
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
            if number > MAX_ROWS:
                raise Unreadable(f"{name} has more than {MAX_ROWS:,} rows: no register is that long.")
            yield row
    except csv.Error as error:
        raise Unreadable(f"{name} cannot be read as a csv file after row {number}: {error}.") from None
