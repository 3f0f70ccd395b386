"""Reminders of this room: each is sent once for what it is about and the date it is due; a new date, a new reminder."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from mou.models import SentReminder
from resilience.core.acts import action, lock
from resilience.core.trail import record


@dataclass(frozen=True)
class Reminder:
    """What may be due: about which row of a case, why (``kind``), the date it follows, and how it is written."""

    about: Model
    kind: str
    due_on: dt.date
    send: Callable[[], None]


OUTSTANDING: list[Callable[[], Iterator[Reminder]]] = []
"""Each answers with what its topic would remind of today, whether it was sent before or not."""


@action("Sent a reminder")
def send_reminder(*, by: None, reminder: Reminder) -> SentReminder | None:
    """Write it in the outbox, once; None when another run did, or when what it is about changed since it was found."""
    about: Any = lock(reminder.about)
    sent, is_new = None, False
    if _values(about) == _values(reminder.about):
        sent, is_new = SentReminder.objects.get_or_create(
            about=about._meta.label, about_id=about.pk, kind=reminder.kind, due_on=reminder.due_on
        )
    record(by=by, on=about, internal=True, kind=reminder.kind, due=reminder.due_on, repeat=not is_new)
    if is_new:
        reminder.send()
    return sent if is_new else None


def _values(row: Model) -> list[Any]:
    return [getattr(row, field.attname) for field in row._meta.concrete_fields]


def send_all() -> int:
    """Send what is outstanding, a transaction each; how many. One that fails keeps none of the others."""
    sent = {
        (each.about, each.about_id, each.kind, each.due_on) for each in SentReminder.objects.all().iterator()
    }
    count, failed = 0, None
    for topic in OUTSTANDING:
        try:
            found = list(topic())
        except Exception as error:
            failed = failed or error
            continue
        for reminder in found:
            key = (reminder.about._meta.label, reminder.about.pk, reminder.kind, reminder.due_on)
            if key in sent:
                continue
            try:
                count += send_reminder(by=None, reminder=reminder) is not None
            except Exception as error:
                failed = failed or error
    if failed:
        raise failed
    return count
