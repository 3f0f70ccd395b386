"""Whether this process alone is at some work: a lock that goes with the process, however that ends."""

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection


@contextmanager
def alone(work: str, number: int = 0) -> Iterator[bool]:
    """True when nobody else is at this work now, and then nobody else can begin it before the block ends.

    A PostgreSQL advisory lock, on a connection of its own because the work may close the usual one; or a
    locked file beside SQLite.
    """
    if connection.vendor == "postgresql":
        holder = connection.copy(DEFAULT_DB_ALIAS)
        try:
            with holder.cursor() as cursor:
                # Two signed 32-bit numbers: any that no other program of this database uses.
                cursor.execute(
                    "SELECT pg_try_advisory_lock(%s, %s)", [zlib.crc32(work.encode()) >> 1, number]
                )
                yield cursor.fetchone()[0]
        finally:
            holder.close()
        return
    path = settings.VAR / f"{work}-{number}.lock"
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        # Who held it before may have deleted the file between our opening and our locking it.
        if not path.exists() or not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            yield False
            return
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)
