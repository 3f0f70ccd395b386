"""A person's words can be taken off the trail; that it was done, and why, stays on it."""

from typing import Any

from resilience.core.access import Denied, P
from resilience.core.acts import action
from resilience.core.models import TrailEntry, TrailReason
from resilience.core.trail import record


def check_can_erase_reason(user: Any, entry: TrailEntry) -> None:
    """Only an administrator of people, only words that are there, and never the reason of an erasure."""
    if not user.may(P.MANAGE_PEOPLE):
        raise Denied("Only a person who may manage people can erase words from the trail.")
    if entry.act == "core.erase_reason":
        raise Denied(f"Entry {entry.sequence} says why words were erased: that stays.")
    if not TrailReason.objects.filter(entry=entry).exists():
        raise Denied(f"Entry {entry.sequence} holds no words to erase.")


@action("Erased the words of a reason")
def erase_reason(*, by: Any, entry: TrailEntry, why: str) -> TrailEntry:
    """Delete the words given with ``entry``; the entry, its digest and the chain stay as they were."""
    check_can_erase_reason(by, entry)
    # Recorded first: the trail's own lock makes a second erasure of the same words wait for this one.
    erased = record(by=by, on=entry, why=why, internal=True, sequence=entry.sequence)
    if not TrailReason.objects.filter(entry=entry).delete()[0]:
        raise Denied(f"Entry {entry.sequence} holds no words to erase.")
    return erased
