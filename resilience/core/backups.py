"""A backup: the database at one moment, the seal's keys, and a manifest that says what they hold.

``manifest.json`` is written last: a folder without it is no backup. It names every file with its SHA-256,
counts the rows of every table, adds up what ``BACKUP_TOTALS`` names, and holds the head of the trail.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess  # nosec B404
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.postgresql.client import DatabaseClient
from django.utils import timezone

from resilience.core import trail
from resilience.core.models import TrailEntry

MANIFEST = "manifest.json"
SEAL = "seal"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class BackupError(Exception):
    """The message is a sentence on what is wrong and what to do."""


def backup(folder: Path) -> dict[str, Any]:
    """Write a backup into ``folder``, which is made, while the service works on; returns the manifest.

    Raises BackupError when the folder holds anything, or pg_dump is missing or fails.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} holds something already: name a new or an empty folder.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)  # people's data, and the key of the seal
    copy = folder / DATABASE[connection.vendor]
    facts = _copy_sqlite(copy) if connection.vendor == "sqlite" else _dump_postgresql(copy)
    if Path(settings.SEAL_DIR).is_dir():
        shutil.copytree(settings.SEAL_DIR, folder / SEAL)
    manifest = {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "database": connection.vendor,
        **facts,
        "files": {name: _sha256(folder / name) for name in _files(folder)},
    }
    with open(folder / MANIFEST, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def restore(folder: Path) -> dict[str, Any]:
    """Bring a backup back into a database without tables, and check that all agrees; returns the manifest.

    Raises BackupError: before anything is written, when a file is not as the manifest says, the database is
    another kind or not empty, or other keys of the seal are here; afterwards, when what came back disagrees.
    """
    manifest = _whole(folder)
    _check_place(folder, manifest)
    copy = folder / DATABASE[connection.vendor]
    connection.close()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(_name())) as target:
            source.backup(target)
    else:
        _run_postgresql(
            "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-acl", copy
        )
    if (folder / SEAL).is_dir():
        shutil.copytree(folder / SEAL, settings.SEAL_DIR, dirs_exist_ok=True)
    if wrong := list(_disagreements(manifest)):
        raise BackupError(f"Do not use the restored database: {' '.join(wrong)}")
    return manifest


def _copy_sqlite(copy: Path) -> dict[str, Any]:
    """The database as of one moment; writers go on meanwhile. Returns what the copy holds."""
    copy.touch(mode=0o600)
    address = f"{Path(_name()).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # the one file is all of it
        return _facts(target.cursor())


def _dump_postgresql(copy: Path) -> dict[str, Any]:
    """The same for PostgreSQL: the dump and the counts are of one snapshot."""
    holder = connection.copy(DEFAULT_DB_ALIAS)
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            _run_postgresql("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={copy}")
            return _facts(cursor)
    finally:
        holder.close()


def _run_postgresql(program: str, *arguments: str | Path) -> None:
    if not shutil.which(program):
        raise BackupError(
            f"{program} is not installed: install PostgreSQL's client programs (Debian: postgresql-client)."
        )
    command, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    where = [*command[1:-1], f"--dbname={command[-1]}", "--no-password"]
    done = subprocess.run(  # nosec B603 # fixed words and our own settings
        [program, *where, *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {' '.join(done.stderr.split())}")


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _tables(cursor: Any) -> list[str]:
    if connection.vendor == "sqlite":
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
    else:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return sorted(name for (name,) in cursor.fetchall())


def _facts(cursor: Any) -> dict[str, Any]:
    """Rows of each table, the totals, and the trail's head, as the cursor's database has them."""

    def one(sql: str) -> Any:
        cursor.execute(sql)
        return cursor.fetchone()

    tables = _tables(cursor)
    totals = {}
    for label in settings.BACKUP_TOTALS:
        model, _, field = label.rpartition(".")
        options = apps.get_model(model)._meta
        if options.db_table in tables:
            column = options.get_field(field).column
            totals[label] = int(one(f'SELECT COALESCE(SUM("{column}"), 0) FROM "{options.db_table}"')[0])  # nosec B608 # names of our models
    head = None
    if (entries := TrailEntry._meta.db_table) in tables:
        head = one(f'SELECT sequence, hash FROM "{entries}" ORDER BY sequence DESC LIMIT 1')  # nosec B608 # as above
    return {
        "rows": {table: one(f'SELECT COUNT(*) FROM "{table}"')[0] for table in tables},  # nosec B608 # as above
        "totals": totals,
        "trail_head": {"sequence": head[0], "hash": head[1]} if head else None,
    }


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and path != folder / MANIFEST
    )


def _sha256(file: Path) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _whole(folder: Path) -> dict[str, Any]:
    """The manifest of a folder that holds what it says, no more and no less."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        expected = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError(f"{folder} is no backup: it has no {MANIFEST} that can be read.") from None
    found = _files(folder)
    if missing := sorted(set(expected) - set(found)):
        raise BackupError(f"The backup is not whole: {missing[0]} is missing.")
    for name in found:
        if expected.get(name) != _sha256(folder / name):
            raise BackupError(
                f"The backup was changed after it was made: {name} is not what its manifest says."
            )
    return manifest


def _check_place(folder: Path, manifest: dict[str, Any]) -> None:
    kind = manifest.get("database")
    if kind != connection.vendor:
        raise BackupError(
            f"This is a backup of {NAMES.get(str(kind), 'another database')}, and DATABASE_URL names "
            f"{NAMES[connection.vendor]}: name a database of the same kind."
        )
    with connection.cursor() as cursor:
        if _tables(cursor):
            raise BackupError(
                "The database is not empty: set DATABASE_URL (or DATA_DIR) to a new one, without any tables."
            )
    for name in _files(folder / SEAL) if (folder / SEAL).is_dir() else ():
        there = Path(settings.SEAL_DIR) / name
        if there.exists() and _sha256(there) != _sha256(folder / SEAL / name):
            raise BackupError(f"{there} is another one than the backup's: move it away first.")


def _disagreements(manifest: dict[str, Any]) -> Iterator[str]:
    """A sentence for each thing that did not come back as it was."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # PostgreSQL checks each key and constraint as it restores
            cursor.execute("PRAGMA integrity_check")
            if [row[0] for row in cursor.fetchall()] != ["ok"]:
                yield "Its file is damaged."
            cursor.execute("PRAGMA foreign_key_check")
            if cursor.fetchall():
                yield "Some of its rows point at rows that are not there."
        facts = _facts(cursor)
    for table, count in manifest["rows"].items():
        if facts["rows"].get(table) != count:
            yield f"{table} should have {count} rows and has {facts['rows'].get(table, 'none')}."
    for label, total in manifest["totals"].items():
        if facts["totals"].get(label) != total:
            yield f"{label} should add up to {total}."
    yield from trail.verify()
    if facts["trail_head"] != manifest["trail_head"]:
        yield "The trail does not end where the backup's did."
