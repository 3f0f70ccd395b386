"""What the office does with a referral until it is assessed."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from practices.models import Person
from resilience.core import outbox
from resilience.core.acts import action, lock
from resilience.core.calendar import working_days_between
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.referrals import office_rules as rules
from resilience.referrals.letters import one_line
from resilience.referrals.models import Attachment, Message, Referral
from resilience.referrals.moves import move
from resilience.referrals.rules import check_number_of_files
from resilience.referrals.uploads import CheckedFile


def _say(
    *,
    by: Any,
    referral: Referral,
    kind: str,
    text: str,
    subject: str = "",
    files: Iterable[CheckedFile] = (),
) -> Message:
    """Write one message, with its files. A note is internal and nothing else is."""
    files = list(files)
    check_number_of_files(0, len(files))
    message = Message.objects.create(
        referral=referral,
        kind=kind,
        is_internal=kind == Message.Kind.NOTE,
        subject=subject,
        text=text,
        written_by=by,
    )
    for file in files:
        kept = StoredFile.keep(name=file.name, content_type=file.content_type, content=file.content, by=by)
        Attachment.objects.create(referral=referral, message=message, file=kept, attached_by=by)
    return message


def _tell(referral: Referral, subject: str, text: str) -> None:
    """An email to the contact that leads to the practice's own page; nothing without an address."""
    if not referral.contact_email:
        return
    page = outbox.link(reverse("referrals:follow", kwargs={"referral": referral.pk}))
    outbox.queue(
        to=[referral.contact_email],
        subject=subject,
        body=f"Dear {referral.contact_name}\n\n{text}\n\n{page}\n\n{referral.year.contact_name}\n",
        about=referral,
    )


@action("Acknowledged the referral")
def acknowledge(*, by: Any, referral: Referral, subject: str, body: str) -> Referral:
    """Stop the clock and email ``body`` to the contact; the exact text stays on record.

    A referral without an email address is acknowledged by a letter that somebody posts.
    """
    referral = lock(referral)
    rules.check_can_acknowledge(by, referral)
    referral.acknowledged_at = timezone.now()
    referral.acknowledged_by = by
    before, after = move(referral, "referrals.acknowledge")
    received_on: Any = referral.received_on
    due: Any = referral.acknowledge_by
    subject = one_line(subject)
    message = _say(by=by, referral=referral, kind=Message.Kind.EMAIL, subject=subject, text=body)
    if referral.contact_email:
        outbox.queue(to=[referral.contact_email], subject=subject, body=body, about=referral)
    day = timezone.localdate(referral.acknowledged_at)
    record(
        by=by,
        on=referral,
        before=before,
        after=after,
        message=message.pk,
        working_days=working_days_between(received_on, day),
        due=due,
        in_time=day <= due,
    )
    return referral


@action("Assigned the referral")
def assign(*, by: Any, referral: Referral, officer: Person | None) -> Referral:
    """Give ``referral`` to ``officer``, or to nobody."""
    referral = lock(referral)
    rules.check_can_assign(by, referral, officer)
    before = referral.assigned_to_id
    referral.assigned_to = officer
    move(referral, "referrals.assign")
    record(
        by=by, on=referral, internal=True, assigned_to=officer.pk if officer else None, assigned_before=before
    )
    return referral


@action("Asked the practice for information")
def ask(*, by: Any, referral: Referral, text: str, files: Iterable[CheckedFile] = ()) -> Message:
    """Put a question to the practice: on record, and an email to the contact that leads to it."""
    referral = lock(referral)
    rules.check_can_ask(by, referral)
    rules.check_not_repeated(by, referral, Message.Kind.QUESTION, text)
    message = _say(by=by, referral=referral, kind=Message.Kind.QUESTION, text=text, files=files)
    _tell(
        referral,
        f"A question about your referral {referral.reference}",
        f"We need to know more about your referral {referral.reference}. {by.name} asks:\n\n{text}\n\n"
        "Please sign in and answer here:",
    )
    record(by=by, on=referral, message=message.pk)
    return message


@action("Added an internal note")
def note(*, by: Any, referral: Referral, text: str, files: Iterable[CheckedFile] = ()) -> Message:
    """Add a note that only the office reads; it can never become a message to the practice."""
    referral = lock(referral)
    rules.check_can_note(by, referral)
    rules.check_not_repeated(by, referral, Message.Kind.NOTE, text)
    message = _say(by=by, referral=referral, kind=Message.Kind.NOTE, text=text, files=files)
    record(by=by, on=referral, internal=True, message=message.pk)
    return message


@action("Recorded a correction")
def correct(*, by: Any, referral: Referral, text: str) -> Message:
    """Set a correction beside what was sent, which itself never changes; the contact is told."""
    referral = lock(referral)
    rules.check_can_correct(by, referral)
    rules.check_not_repeated(by, referral, Message.Kind.CORRECTION, text)
    message = _say(by=by, referral=referral, kind=Message.Kind.CORRECTION, text=text)
    _tell(
        referral,
        f"A correction to your referral {referral.reference}",
        f"{by.name} put this correction on the record of your referral {referral.reference}:\n\n{text}\n\n"
        "What you sent stays as it was. If this is not right, tell us. Your referral:",
    )
    record(by=by, on=referral, message=message.pk)
    return message


@action("Wrote the commissioner's statement")
def state_support(*, by: Any, referral: Referral, statement: str, priority: str) -> Referral:
    """Keep the commissioner's statement and priority; each version stays on the trail."""
    referral = lock(referral)
    rules.check_can_state_support(by, referral)
    before = referral.priority
    referral.commissioner_statement = statement
    referral.priority = priority
    move(referral, "referrals.state_support")
    record(by=by, on=referral, why=statement, internal=True, priority=priority, priority_before=before)
    return referral
