"""The trail of a case: who, when, what, why, with the hashes that prove it."""

import json
from typing import Any

from mou.archive.pages import Part, Table
from resilience.core.access import P, allows
from resilience.core.acts import ACTIONS
from resilience.core.models import TrailEntry
from resilience.core.tables import Column
from resilience.referrals.models import Referral

DOWNLOADED = "mou.download_case"


def entries(case: Referral, viewer: Any) -> Any:
    """The case's entries that this person may see, oldest first; not that somebody downloaded the case, which
    changes nothing in it and would change every copy.
    """
    rows = TrailEntry.objects.filter(case_id=case.pk).exclude(act=DOWNLOADED).order_by("sequence")
    if not allows(viewer, P.VIEW_INTERNAL, case):
        rows = rows.filter(is_internal=False)
    return rows.select_related("by", "reason")


def head(case: Referral, viewer: Any) -> TrailEntry | None:
    """The last of them."""
    return entries(case, viewer).last()


def _did(entry: TrailEntry) -> str:
    act = ACTIONS.get(entry.act)
    return act.did if act else entry.act


def _why(entry: TrailEntry) -> str:
    reason = getattr(entry, "reason", None)
    return reason.words if reason else "Erased" if entry.reason_digest else ""


_COLUMNS = [
    Column("Entry", "sequence", kind="number"),
    Column("When", "at", kind="moment"),
    Column("What", _did),
]
_OF_OFFICE = [
    Column("Who", lambda row: row.by.name if row.by else "The service itself"),
    Column("Why", _why),
    Column("Internal", lambda row: "Internal" if row.is_internal else ""),
    Column("About", lambda row: f"{row.subject_type} {row.subject_id}"),
    Column("Facts", lambda row: json.dumps(row.facts, sort_keys=True, ensure_ascii=False)),
]
_HASH = [Column("Hash", "hash")]
_BEFORE = [Column("Hash of the entry before", "previous_hash")]


def trail(case: Referral, viewer: Any) -> Part:
    """All of it for the office; for the practice, what happened and when, and the hash of each entry."""
    part = Part("trail", "Timeline")
    if allows(viewer, P.VIEW_INTERNAL, case):
        columns = [*_COLUMNS, *_OF_OFFICE, *_HASH, *_BEFORE]
    else:
        columns = [*_COLUMNS, *_HASH]
        part.left_out.append(
            "Acts of the office among itself, and what it noted with its acts: they are its own working papers."
        )
    part.blocks = [Table("Every act", columns, list(entries(case, viewer)), "trail.csv")]
    part.left_out.append("Who downloaded the case: the office sees that on its timeline.")
    return part
