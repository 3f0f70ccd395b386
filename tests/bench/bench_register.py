"""The national register's import against the bare cost: parse the csv and bulk-insert the same rows, same run.

Prints "name: ours s, floor s, ratio" and ends with status 1 above 4 times the floor or 250 MB at the peak.
Run with ``python tests/bench/bench_register.py``; needs the published files beside the project.
"""

import csv
import io
import lzma
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

MOST_RATIO, MOST_MB, ROUNDS = 4, 250, 5
ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared" / "data" / "ods_epraccur_2018-05.csv.xz"


def _set_up(folder: str) -> None:
    os.environ |= {"DEMO": "1", "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "resilience.settings"}
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _floor() -> None:
    """Every row of the file into a bare table of 27 columns of text, in one statement and one transaction."""
    from django.db import connection, transaction

    with lzma.open(FILE) as packed:
        rows = list(csv.reader(io.TextIOWrapper(packed, "utf-8-sig", newline="")))
    columns = ", ".join(f"c{n} text" for n in range(27))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare ({columns})")
        cursor.executemany(f"INSERT INTO bare VALUES ({', '.join(['%s'] * 27)})", rows)


def _ours() -> None:
    """The whole import: read, compare with what is on record, write, the trail."""
    from practices.register_actions import Source, import_register

    import_register(by=None, sources=[Source(FILE.name, FILE.read_bytes())])


def _empty() -> None:
    from django.core.management import call_command
    from django.db import connection

    from resilience.core import integrity

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
    integrity.drop_triggers()
    call_command("flush", interactive=False, verbosity=0)
    integrity.install_triggers()


def bench() -> None:
    """Print the line; SystemExit with a sentence when a limit is passed. Says so where there is no file."""
    if not FILE.exists():
        print(f"register import: skipped, {FILE.name} is not beside the project")
        return
    with tempfile.TemporaryDirectory() as folder:
        _set_up(folder)
        ours, floor = [], []
        for _ in range(ROUNDS):
            floor.append(_timed(_floor))
            ours.append(_timed(_ours))
            _empty()
    ratio = min(ours) / min(floor)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"register import: {min(ours):.3f} s, floor {min(floor):.3f} s, ratio {ratio:.2f}")
    print(f"register import: {peak:.0f} MB at the peak")
    if ratio > MOST_RATIO or peak > MOST_MB:
        raise SystemExit(f"The register's import is over {MOST_RATIO} times the floor or over {MOST_MB} MB.")


if __name__ == "__main__":
    bench()
