"""Email waits in our own database and carries no header that nobody meant."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.core.mail import send_mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from post_office.models import STATUS, Attachment, Email

from resilience import settings as product
from resilience.core import outbox

pytestmark = pytest.mark.django_db


def test_a_subject_stays_one_line():
    outbox.queue(to=["a@example.org"], subject="Hello\r\nBcc: b@example.org\n x", body="Text")
    email = Email.objects.get()
    assert email.subject == "Hello Bcc: b@example.org x"
    assert (email.to, email.cc, email.bcc) == (["a@example.org"], [], [])
    assert "\n" not in str(email.email_message().message()["Subject"])


@pytest.mark.parametrize(
    "text",
    [
        "<b>Smith & Jones's</b>",
        "{{ settings.SECRET_KEY }}",
        "{% include 'base.html' %}",
        "{% load nothing %}",
        "{% debug %}{% now 'Y' %}",
        "{# gone #}",
        "{{ body|safe }}",
        "{{",
    ],
)
def test_text_is_sent_as_typed_and_never_run(text):
    outbox.queue(to=["a@example.org"], subject=text, body=f"{text}\n")
    message = Email.objects.get().email_message()
    assert (message.subject, message.body) == (text, f"{text}\n")
    assert not getattr(message, "alternatives", None)


def test_an_act_that_fails_sends_nothing():
    with transaction.atomic():
        outbox.queue(to=["a@example.org"], subject="s", body="b")
        transaction.set_rollback(True)
    assert not Email.objects.exists()


def test_the_sender_is_an_address_the_queue_takes():
    outbox.queue(to=["a@example.org"], subject="s", body="b")
    assert "@" in Email.objects.get().from_email


def test_djangos_own_email_joins_the_queue_and_is_never_run(settings):
    settings.EMAIL_BACKEND = "resilience.core.outbox.Backend"
    send_mail("{%x%} Reset", "Dear {{ name }}, {%x%}@example.org", None, ["a@example.org"])
    email = Email.objects.get()
    assert (email.to, email.subject) == (["a@example.org"], "{%x%} Reset")
    assert email.message == "Dear {{ name }}, {%x%}@example.org"


def test_the_service_uses_that_queue():
    assert product.EMAIL_BACKEND == "resilience.core.outbox.Backend"


def test_letters_done_with_are_forgotten_and_those_that_wait_are_not(settings):
    old, new = timezone.now() - settings.EMAIL_KEPT - dt.timedelta(minutes=1), timezone.now()
    for name, status in STATUS._asdict().items():
        for moment in (old, new):
            letter = outbox.queue(
                to=["a@example.org"],
                subject=f"{name} {'old' if moment is old else 'new'}",
                body="Link",
                attachments={"a.txt": ContentFile(b"a")},
            )
            Email.objects.filter(pk=letter.pk).update(status=status, last_updated=moment)
    call_command("forget_sent_email")
    left = {email.subject for email in Email.objects.all()}
    names = set(STATUS._fields)
    assert left == {f"{name} old" for name in names - {"sent", "failed"}} | {f"{name} new" for name in names}
    assert Attachment.objects.count() == len(left)


def test_the_worker_forgets_letters_within_days():
    assert "forget_sent_email" in product.WORKER_COMMANDS
    assert dt.timedelta(days=1) <= product.EMAIL_KEPT <= dt.timedelta(days=14)
