"""`manage.py worker`: one failing command keeps none of the others; two workers never share a round."""

import signal
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from post_office import mail
from post_office.models import STATUS, Email

from resilience.core.alone import alone
from resilience.core.management.commands import worker
from resilience.environment import BASE_DIR

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ran(settings, monkeypatch, tmp_path):
    """The names of the commands as they run; `breaks` raises."""
    settings.VAR = tmp_path
    settings.WORKER_COMMANDS = ["breaks", "send_reminders"]
    names = []

    def run(name, **options):
        names.append(name)
        if name == "breaks":
            raise RuntimeError("out of ink")

    monkeypatch.setattr(worker, "call_command", run)
    return names


def test_a_failing_command_is_logged_and_keeps_none_of_the_others(ran, caplog):
    assert worker.one_round() is False
    assert ran == ["send_queued_mail", "breaks", "send_reminders"]
    assert "breaks failed" in caplog.text
    assert "out of ink" in caplog.text


def test_once_says_by_its_status_whether_a_part_failed(ran, settings):
    with pytest.raises(CommandError):
        call_command("worker", once=True)
    settings.WORKER_COMMANDS = ["send_reminders"]
    call_command("worker", once=True)


def test_a_second_worker_leaves_the_round_to_the_first(ran):
    with alone("worker") as first:
        assert first
        assert worker.one_round() is True
        assert ran == []
    worker.one_round()
    assert "send_reminders" in ran


def test_the_lock_outlives_a_command_that_closes_the_connection():
    with alone("worker") as first:
        assert first
        connection.close()
        with alone("worker") as second:
            assert not second


def test_queued_email_is_sent(settings, tmp_path, mailoutbox):
    settings.VAR, settings.WORKER_COMMANDS = tmp_path, []
    mail.send("practice@example.nhs.uk", "office@example.nhs.uk", subject="Received", message="Thank you.")
    assert worker.one_round() is True
    assert Email.objects.get().status == STATUS.sent
    assert [letter.subject for letter in mailoutbox] == ["Received"]


def test_a_signal_stops_it_cleanly(office_environment):
    command = [sys.executable, "manage.py", "worker"]
    with subprocess.Popen(
        command,
        cwd=BASE_DIR,
        env={**office_environment, "LOG_LEVEL": "DEBUG"},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert any("The worker is at work" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
