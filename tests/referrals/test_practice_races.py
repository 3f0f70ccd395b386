"""One referral, whatever runs at once and whatever is killed; each proof has its control."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, nullcontext

import pytest
from django.db import DatabaseError, connection
from post_office.models import Attachment as EmailAttachment
from post_office.models import Email

from practices.models import Person
from resilience.core import acts, integrity, trail
from resilience.core.access import Denied
from resilience.core.models import TrailEntry
from resilience.referrals import actions, rules
from resilience.referrals.models import ReferenceNumber, Referral
from resilience.referrals.states import State
from tests.referrals.drafts import CASE, make_draft, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def _race(person: Person, drafts: list[Referral]) -> list[str]:
    """Send each draft from a thread of its own, all let go together; answers what each came to."""
    gate, outcomes = threading.Barrier(len(drafts)), []

    def send(pk: int) -> None:
        try:
            by, draft = Person.objects.get(pk=person.pk), Referral.objects.get(pk=pk)
            gate.wait(timeout=10)
            outcomes.append(actions.submit(by=by, referral=draft, knows_of_open=True).reference)
        except (Denied, DatabaseError) as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[draft.pk]) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


@contextmanager
def _meeting(monkeypatch, module, name):
    """Both threads are past ``name`` before either goes on."""
    meet, asked = threading.Barrier(2), getattr(module, name)

    def ask_then_wait(*args, **kwargs):
        answer = asked(*args, **kwargs)
        meet.wait(timeout=10)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(module, name, ask_then_wait)
        yield patch


def test_two_clicks_at_once_make_one_referral():
    person, practice, year = make_world()
    draft = make_draft(person, practice, year)
    outcomes = _race(person, [draft, draft])
    sent = Referral.objects.get()
    assert outcomes == [sent.reference, "AlreadySent"]
    assert Email.objects.count() == 2
    assert TrailEntry.objects.filter(act="referrals.submit").count() == 1
    assert ReferenceNumber.objects.get().last == 1


def test_control_without_lock_and_guard_both_clicks_go_on_to_write(monkeypatch):
    person, practice, year = make_world()
    draft = make_draft(person, practice, year)
    integrity.drop_triggers()
    try:
        with _meeting(monkeypatch, rules, "check_can_submit") as patch:
            patch.setattr(actions, "lock", lambda row: type(row)._default_manager.get(pk=row.pk))
            if connection.vendor == "sqlite":  # there the transaction itself is the lock (IMMEDIATE)
                patch.setattr(acts.transaction, "atomic", lambda *_, **__: nullcontext())
            outcomes = _race(person, [draft, draft])
    finally:
        integrity.install_triggers()
    # What each came to write is left to chance: a number twice, a letter twice, or an entry of the trail that clashes.
    assert len(outcomes) == 2
    assert "AlreadySent" not in outcomes


def test_two_drafts_that_ask_for_the_same_at_once_make_one_referral():
    person, practice, year = make_world()
    drafts = [make_draft(person, practice, year) for _ in range(2)]
    outcomes = _race(person, drafts)
    assert outcomes[1] == "Denied"
    assert [each.state for each in Referral.objects.order_by("state")] == [State.DRAFT, State.RECEIVED]
    assert Email.objects.count() == 2


def test_control_without_the_constraint_both_are_received():
    person, practice, year = make_world()
    drafts = [make_draft(person, practice, year) for _ in range(2)]
    [once] = [each for each in Referral._meta.constraints if each.name == "same_referral_once"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Referral, once)
    try:
        assert "Denied" not in _race(person, drafts)
    finally:
        integrity.drop_triggers()
        Referral.objects.filter(pk=drafts[0].pk).update(content_digest="another")
        with connection.schema_editor() as editor:
            editor.add_constraint(Referral, once)
        integrity.install_triggers()


def test_references_given_out_at_once_follow_each_other():
    person, practice, year = make_world()
    drafts = [make_draft(person, practice, year, issues=f"Issue {n}") for n in range(6)]
    references = _race(person, drafts)
    assert [int(each.rpartition("-")[2]) for each in references] == list(range(1, 7))
    assert list(trail.verify()) == []


KILLED = """
import os, signal, sys
import django
django.setup()
from practices.models import Person
from resilience.referrals import actions
from resilience.referrals.models import Referral

def die():
    os.kill(os.getpid(), signal.SIGKILL)

point, person, draft = sys.argv[1:]
if point != "committed":
    does = getattr(actions, point)
    def does_and_dies(*args, **kwargs):
        does(*args, **kwargs)
        die()
    setattr(actions, point, does_and_dies)
actions.submit(by=Person.objects.get(pk=person), referral=Referral.objects.get(pk=draft))
die()
"""


def _kill_at(point: str, person: Person, draft: Referral, folder) -> None:
    """Send the draft in a process of its own, which kills itself with signal 9 at ``point``."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"sqlite:///{database['NAME']}"
    else:
        address = (
            f"postgres://{database['USER']}:{database['PASSWORD']}"
            f"@{database['HOST']}:{database['PORT']}/{database['NAME']}"
        )
    done = subprocess.run(
        [sys.executable, "-c", KILLED, point, str(person.pk), str(draft.pk)],
        env=os.environ
        | {
            "DATABASE_URL": address,
            "DATA_DIR": str(folder),
            "DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "resilience.settings",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("point", ["receive", "record", "send_confirmation"])
def test_killed_while_sending_nothing_is_half_done_and_nothing_lost(point, tmp_path):
    person, practice, year = make_world()
    draft = make_draft(person, practice, year)
    entries = TrailEntry.objects.count()
    _kill_at(point, person, draft, tmp_path)

    draft.refresh_from_db()
    assert draft.is_draft
    assert (draft.reference, draft.received_at, draft.content_digest) == (None, None, "")
    assert (draft.issues, draft.support_wanted) == (CASE["issues"], CASE["support_wanted"])
    assert draft.wanted.count() == draft.practices.count() == 1
    assert not ReferenceNumber.objects.exists()
    assert not Email.objects.exists()
    assert not EmailAttachment.objects.exists()
    assert TrailEntry.objects.count() == entries
    assert list(trail.verify()) == []
    assert actions.submit(by=person, referral=draft).reference.endswith("-0001")


def test_killed_just_after_sending_the_referral_and_its_email_are_there(tmp_path):
    person, practice, year = make_world()
    draft = make_draft(person, practice, year)
    _kill_at("committed", person, draft, tmp_path)

    draft.refresh_from_db()
    assert draft.state == State.RECEIVED
    confirmation = Email.objects.order_by("pk").first()
    assert draft.reference in confirmation.subject
    assert confirmation.attachments.get().file.read().startswith(b"%PDF-")
    assert TrailEntry.objects.last().act == "referrals.submit"
    assert list(trail.verify()) == []
