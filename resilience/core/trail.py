"""The trail: append-only, hash-chained; who, when, what, why.

``record`` is called inside an action and nowhere else. ``verify`` walks the chain.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from resilience.core import acts
from resilience.core.models import TrailEntry, TrailReason

START = "0" * 64
_LOCK = 7_301_964
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _canonical(entry: Any) -> bytes:
    return _encode(
        [
            entry.sequence,
            entry.at.isoformat(),
            entry.by_id,
            entry.act,
            entry.subject_type,
            entry.subject_id,
            entry.case_id,
            entry.is_internal,
            entry.facts,
            entry.reason_digest,
            entry.previous_hash,
        ]
    ).encode()


def digest(entry: Any) -> str:
    """SHA-256 over the canonical JSON of everything the entry says, its sequence and the hash before."""
    return hashlib.sha256(_canonical(entry)).hexdigest()


def head() -> TrailEntry | None:
    """The last entry; its hash stands for the whole trail."""
    return TrailEntry.objects.order_by("-sequence").first()


def record(
    *, by: Any, on: Model, why: str = "", case: Model | None = None, internal: bool = False, **facts: Any
) -> TrailEntry:
    """Append one entry for the act under way.

    ``facts`` are identifiers, numbers, states and dates, never words a person typed: those go in
    ``why``. ``case`` is the referral (default: ``on.case`` or the referral itself).
    Raises LookupError outside an action.
    """
    act = acts.running()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = head()
    reason = TrailReason(salt=secrets.token_hex(8), words=why) if why else None
    case_id = case.pk if case is not None else getattr(on, "case_id", None)
    entry = TrailEntry(
        sequence=last.sequence + 1 if last else 1,
        at=timezone.now(),
        by=by,
        act=act,
        subject_type=on._meta.label_lower,
        subject_id=on.pk,
        case_id=case_id,
        is_internal=internal,
        facts=json.loads(json.dumps(facts, default=str)),
        reason_digest=reason.digest() if reason else "",
        previous_hash=last.hash if last else START,
    )
    entry.hash = digest(entry)
    entry.save(force_insert=True)
    if reason:
        reason.entry = entry
        reason.save(force_insert=True)
    return entry


def verify() -> Iterator[str]:
    """A sentence for each thing wrong with the trail, the first bad row first; nothing when whole."""
    expected, previous = 1, START
    erased = set(TrailEntry.objects.filter(act="core.erase_reason").values_list("subject_id", flat=True))
    # Plain rows: a model of each would cost more than all the hashing.
    columns = [field.attname for field in TrailEntry._meta.concrete_fields]
    rows = TrailEntry.objects.values_list(*columns, "reason__salt", "reason__words", named=True)
    for entry in rows.iterator(chunk_size=2000):
        if entry.sequence != expected:
            yield f"Entry {expected} is missing: the next one on record is {entry.sequence}."
        if entry.previous_hash != previous:
            yield f"Entry {entry.sequence} does not follow from the entry before it."
        if entry.hash != digest(entry):
            yield f"Entry {entry.sequence} was changed after it was written."
        reason = None
        if entry.reason__salt is not None:
            reason = TrailReason(salt=entry.reason__salt, words=entry.reason__words)
        if reason and reason.digest() != entry.reason_digest:
            yield f"The reason given with entry {entry.sequence} was changed."
        if entry.reason_digest and not reason and entry.sequence not in erased:
            yield f"The reason given with entry {entry.sequence} was taken away."
        expected, previous = entry.sequence + 1, entry.hash
