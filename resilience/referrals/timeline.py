"""The trail of a case in words: who, when, what, why."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from resilience.core.access import P, allows
from resilience.core.acts import ACTIONS
from resilience.core.models import TrailEntry
from resilience.referrals.models import Referral
from resilience.referrals.states import State

THE_SERVICE = "The service itself"


@dataclass(frozen=True)
class Entry:
    """One line of a timeline; ``state`` is the state the case came into, in words, or ""."""

    at: dt.datetime
    who: str
    what: str
    why: str
    state: str
    detail: str
    is_internal: bool


def entries(user: Any, referral: Referral) -> list[Entry]:
    """The trail of ``referral``, latest first: all of it for the office, else without what is the office's own."""
    rows = TrailEntry.objects.filter(case_id=referral.pk).select_related("by", "reason").order_by("-sequence")
    if not allows(user, P.VIEW_INTERNAL, referral):
        rows = rows.filter(is_internal=False)
    found = list(rows)
    names = _names({entry.facts["assigned_to"] for entry in found if entry.facts.get("assigned_to")})
    return [_entry(entry, names) for entry in found]


def _names(people: set[int]) -> dict[int, str]:
    return dict(get_user_model().objects.filter(pk__in=people).values_list("pk", "name")) if people else {}


def _entry(entry: TrailEntry, names: dict[int, str]) -> Entry:
    act = ACTIONS.get(entry.act)
    after, before = entry.facts.get("after"), entry.facts.get("before")
    moved = after != before and after in State.values
    reason = getattr(entry, "reason", None)
    why = reason.words if reason else ""
    if entry.reason_digest and not reason:
        why = "The words given here were erased."
    detail = ""
    if "assigned_to" in entry.facts:
        detail = f"To {names.get(entry.facts['assigned_to'], 'nobody')}"
    return Entry(
        at=entry.at,
        who=entry.by.name if entry.by else THE_SERVICE,
        what=act.did if act else entry.act.split(".")[-1].replace("_", " ").capitalize(),
        why=why,
        state=State(after).label if moved else "",
        detail=detail,
        is_internal=entry.is_internal,
    )
