"""Email leaves through a queue in our own database, so it commits with the act that sends it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Model
from django.utils import timezone
from post_office import mail
from post_office.models import STATUS, Attachment, Email


def queue(
    *, to: Iterable[str], subject: str, body: str, about: Model | None = None, attachments: Any = None
) -> Email:
    """Queue one plain-text email; it is sent by the worker after the act has committed.

    ``attachments``: mapping of file name to a file-like object or path, as post_office takes it.
    Line breaks in ``subject`` become spaces (no header can be injected). Neither is ever run as a template.
    """
    headers = {"X-Case": str(about.pk)} if about is not None else None
    return mail.send(
        recipients=[address for address in to if address],
        sender=settings.DEFAULT_FROM_EMAIL,
        # The queue renders what it is given as a template: people's words go in as values, never as its text.
        subject="{{ subject|safe }}",
        message="{{ body|safe }}",
        context={"subject": " ".join(subject.split()), "body": body},
        headers=headers,
        attachments=attachments,
    )


def forget() -> int:
    """Delete the letters done with (sent, or given up on) for longer than ``settings.EMAIL_KEPT``; how many.

    Their text holds links that open an account or set a password: the fewer lie about, the better.
    The acts that sent them stay on the trail; what still waits to be sent stays in the queue.
    """
    done = Email.objects.filter(
        status__in=(STATUS.sent, STATUS.failed), last_updated__lt=timezone.now() - settings.EMAIL_KEPT
    )
    count = done.delete()[1].get(Email._meta.label, 0)
    Attachment.objects.filter(emails=None).delete()
    return count


def link(path: str) -> str:
    """The full address of a page, for an email."""
    return settings.PUBLIC_URL.rstrip("/") + path


class Backend(BaseEmailBackend):
    """Django's own email (sign-in, passwords) goes through the same queue, as plain text."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            queue(to=message.recipients(), subject=str(message.subject), body=str(message.body))
        return len(email_messages)
