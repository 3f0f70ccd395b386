"""Verifying a trail of 100,000 entries against bare hashing of the same bytes, read from the same table.

Prints "name: ours, floor, ratio". Run with ``python -m tests.bench.bench_trail``.
"""

import hashlib
import tempfile

from tests.bench import measure

ENTRIES, MOST_RATIO, MOST_MB = 100_000, 4, 250


def _write() -> None:
    from django.db import transaction
    from django.utils import timezone

    from resilience.core import trail
    from resilience.core.models import TrailEntry

    entries, previous = [], trail.START
    now = timezone.now()
    for sequence in range(1, ENTRIES + 1):
        entry = TrailEntry(
            sequence=sequence, at=now, act="referrals.note", subject_type="referrals.referral",
            subject_id=sequence % 500, case_id=sequence % 500, facts={"before": "placed", "pence": sequence},
            previous_hash=previous,
        )  # fmt: skip
        entry.hash = previous = trail.digest(entry)
        entries.append(entry)
    with transaction.atomic():
        TrailEntry.objects.bulk_create(entries, batch_size=5000)


def _verify() -> None:
    from resilience.core import trail

    assert list(trail.verify()) == []


def _bare() -> None:
    """The rows as the driver gives them, each hashed: no model, no comparison."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM core_trailentry ORDER BY sequence")
        while rows := cursor.fetchmany(2000):
            for row in rows:
                hashlib.sha256(repr(row).encode()).hexdigest()


def bench() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure.set_up(folder)
        _write()
        before = measure.peak()
        ratio = measure.line(f"verify {ENTRIES:,} entries", measure.best(_verify, 3), measure.best(_bare, 3))
        growth = measure.peak() - before
    print(f"verify {ENTRIES:,} entries: {growth:.0f} MB more at the peak")
    if ratio > MOST_RATIO or growth > MOST_MB:
        raise SystemExit(f"Verifying is over {MOST_RATIO} times the floor or grows over {MOST_MB} MB.")


if __name__ == "__main__":
    bench()
