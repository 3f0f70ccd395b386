"""Reminders: one email a person, never twice, whatever runs at once and whatever crashes."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connections
from post_office.models import Email

from resilience.core import outbox
from resilience.core.access import Role
from resilience.core.calendar import add_working_days, today
from resilience.core.models import TrailEntry
from resilience.referrals import reminders
from resilience.referrals.models import Referral, Reminder
from resilience.referrals.states import State
from tests.factories import make_ccg, make_person, make_practice, make_referral, make_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    """A CCG, its year, an officer, and a maker of referrals that fall due on a day."""

    class World:
        def __init__(self):
            self.ccg = make_ccg()
            self.year = make_year(owner=self.ccg.parent)
            self.officer = make_person(Role.PROGRAMME_OFFICER, self.ccg)

        def make(self, due, state=State.RECEIVED, **fields):
            referral = make_referral(make_practice(self.ccg), self.year, State.DRAFT, **fields)
            referral.state = state
            referral.reference = f"R{referral.pk}"
            referral.commissioner = self.ccg
            referral.received_on = min(due, today()) - dt.timedelta(days=14)
            referral.received_at = dt.datetime.combine(referral.received_on, dt.time(9), dt.UTC)
            referral.submitted_by = referral.started_by
            referral.acknowledge_by = referral.decide_by = due
            if state != State.RECEIVED:
                referral.acknowledged_at, referral.acknowledged_by = referral.received_at, self.officer
            referral.save()
            return referral

    return World()


def run():
    call_command("send_reminders")


def test_one_email_a_person_with_all_that_is_theirs(world):
    late = world.make(today() - dt.timedelta(days=7), assigned_to=world.officer)
    soon = world.make(add_working_days(today(), 3), assigned_to=world.officer)
    world.make(add_working_days(today(), 4), assigned_to=world.officer)
    world.make(today(), State.ACKNOWLEDGED, assigned_to=world.officer)
    run()
    email = Email.objects.get()
    assert email.to == [world.officer.email]
    assert email.subject == "2 referrals to acknowledge, overdue or due soon"
    assert email.message.index(late.reference) < email.message.index(soon.reference)
    assert "5 working days overdue" in email.message
    assert f"/referrals/{late.pk}/acknowledge/" in email.message
    assert set(Reminder.objects.values_list("referral", "kind")) == {
        (late.pk, "overdue"),
        (soon.pk, "due_soon"),
    }
    assert set(TrailEntry.objects.values_list("act", "by", "case_id", "is_internal")) == {
        ("referrals.remind", None, late.pk, True),
        ("referrals.remind", None, soon.pk, True),
    }


def test_running_twice_sends_once(world):
    world.make(today(), assigned_to=world.officer)
    run()
    assert reminders.outstanding() == {}
    run()
    assert Email.objects.count() == Reminder.objects.count() == 1


def test_soon_and_then_overdue_are_two_reminders(world, monkeypatch):
    referral = world.make(today(), assigned_to=world.officer)
    run()
    tomorrow = today() + dt.timedelta(days=1)
    for module in ("resilience.referrals.reminders", "resilience.core.words"):
        monkeypatch.setattr(f"{module}.today", lambda: tomorrow)
    run()
    run()
    assert list(Reminder.objects.filter(referral=referral).values_list("kind", flat=True)) == [
        "due_soon",
        "overdue",
    ]
    assert Email.objects.count() == 2


@pytest.mark.parametrize("why", ["nobody", "left", "moved"])
def test_without_an_officer_the_programmes_contact_is_reminded(world, why):
    officer = {
        "nobody": None,
        "left": make_person(Role.PROGRAMME_OFFICER, world.ccg, is_active=False),
        "moved": make_person(Role.PROGRAMME_OFFICER, make_ccg()),
    }[why]
    world.make(today(), assigned_to=officer)
    run()
    assert Email.objects.get().to == ["team@example.nhs.uk"]


def test_a_crash_halfway_leaves_nothing_and_the_next_run_sends(world, monkeypatch):
    world.make(today(), assigned_to=world.officer)

    def crash(**_):
        raise RuntimeError("power cut")

    monkeypatch.setattr(outbox, "queue", crash)
    with pytest.raises(RuntimeError):
        run()
    assert not Reminder.objects.exists()
    assert not TrailEntry.objects.exists()
    monkeypatch.undo()
    run()
    assert Email.objects.count() == Reminder.objects.count() == 1


def test_an_address_that_fails_keeps_none_of_the_others_waiting(world):
    broken = make_person(Role.PROGRAMME_OFFICER, world.ccg, email="no-address")
    world.make(today() - dt.timedelta(days=1), assigned_to=broken)
    world.make(today(), assigned_to=world.officer)
    with pytest.raises(ValidationError):
        run()
    assert [email.to for email in Email.objects.all()] == [[world.officer.email]]
    assert Reminder.objects.count() == 1


def test_what_was_acknowledged_meanwhile_is_left_out(world):
    first = world.make(today(), assigned_to=world.officer)
    second = world.make(today(), assigned_to=world.officer)
    waiting = reminders.outstanding()
    Referral.objects.filter(pk=first.pk).update(
        state=State.ACKNOWLEDGED, acknowledged_at=first.received_at, acknowledged_by=world.officer
    )
    assert reminders.remind(by=None, address=world.officer.email, referrals=waiting[world.officer.email]) == [
        second
    ]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_send_one_email(world):
    for _ in range(5):
        world.make(today(), assigned_to=world.officer)
    barrier, failures = threading.Barrier(4), []
    outstanding = reminders.outstanding()

    def both_have_read():
        try:
            barrier.wait()
            for address, referrals in outstanding.items():
                reminders.remind(by=None, address=address, referrals=referrals)
        except LookupError:
            pass
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=both_have_read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Email.objects.count() == 1
    assert Reminder.objects.count() == 5
