"""Two clicks at once, and the power cut in the middle of a signature."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from post_office.models import Email

from funding.models import Transfer
from mou.agreement import actions, rules, stopping
from mou.models import Agreement, Signature
from mou.seal import verify
from resilience.core import trail
from resilience.core.access import Denied
from resilience.core.models import TrailEntry
from resilience.referrals.states import State
from tests.factories import client_of
from tests.mou.together import together
from tests.mou.world import make_world, send_mou, signing

pytestmark = pytest.mark.django_db(transaction=True)
A = Agreement.State


@pytest.mark.parametrize("who", ["manager", "approver"])
def test_a_double_click_signs_once(who):
    world = make_world()
    agreement = send_mou(world)
    if who == "approver":
        actions.sign_for_practice(**signing(agreement, world.manager))
    person = getattr(world, who)
    address = reverse("mou:sign", kwargs={"agreement": agreement.pk})
    data = {
        "document_sha256": agreement.document.sha256,
        "role": "Lead",
        "agreed": "on",
        "typed_name": person.name,
    }
    clients = [client_of(person) for _ in range(3)]
    answers = together(*(partial(client.post, address, data) for client in clients)).values()
    after = reverse("mou:signed", kwargs={"agreement": agreement.pk})
    assert [(answer.status_code, answer.headers.get("Location")) for answer in answers] == [(302, after)] * 3
    assert Signature.objects.filter(person=person).count() == 1
    assert list(trail.verify()) == []
    if who == "approver":
        assert sum(each.amount for each in Transfer.objects.filter(kind="make_payable")) == 200_000
        assert TrailEntry.objects.filter(act="mou.sign_for_commissioner").count() == 1


@pytest.mark.parametrize("act", ["withdraw", "expire"])
def test_the_last_signature_and_its_end_at_once_leave_one_story(act, monkeypatch):
    """The office withdraws it, or its last day passes at midnight, in the moment of the last signature."""
    world = make_world()
    agreement = send_mou(world)
    actions.sign_for_practice(**signing(agreement, world.manager))
    mine, theirs = (Agreement.objects.get(pk=agreement.pk) for _ in range(2))
    stops = {
        "withdraw": lambda: stopping.withdraw_agreement(by=world.officer, agreement=theirs, why="A slip."),
        "expire": lambda: stopping.expire(by=None, agreement=theirs),
    }
    if act == "expire":
        last = agreement.sign_by
        after = last + dt.timedelta(days=1)
        monkeypatch.setattr(
            rules, "today", lambda: after if threading.current_thread().name == "stop" else last
        )
    said = together(
        sign=lambda: actions.sign_for_commissioner(**signing(mine, world.approver)), stop=stops[act]
    )
    agreement.refresh_from_db()
    world.referral.refresh_from_db()
    payable = sum(each.amount for each in Transfer.objects.filter(kind="make_payable"))
    acts = TrailEntry.objects.filter(
        act__in=["mou.sign_for_commissioner", "mou.withdraw_agreement", "mou.expire"]
    )
    story = (
        agreement.state,
        agreement.signed_at is not None,
        agreement.sealed is not None,
        agreement.stopped_at is not None,
        Signature.objects.count(),
        world.referral.state,
        payable,
        [entry.act for entry in acts if entry.facts.get("after")],
        Email.objects.filter(subject__contains="is signed").exists(),
        Email.objects.filter(subject__regex="was withdrawn|was not signed in time").exists(),
    )
    is_signed = isinstance(said["sign"], Agreement)
    assert isinstance(said["stop"], Agreement) is not is_signed, said
    if is_signed:
        signed = "mou.sign_for_commissioner"
        assert story == (A.SIGNED, True, True, False, 2, State.AGREED, 200_000, [signed], True, False)
        assert verify(bytes(agreement.sealed.content)).genuine
    else:
        state, stopped = {
            "withdraw": (A.WITHDRAWN, "mou.withdraw_agreement"),
            "expire": (A.EXPIRED, "mou.expire"),
        }[act]
        assert isinstance(said["sign"], Denied)
        assert story == (state, False, False, True, 1, State.COMMITTED, 0, [stopped], False, True)
    assert list(trail.verify()) == []


KILLED = """
import os, signal
import django
django.setup()
from django.contrib.auth import get_user_model
from mou.agreement import actions
from mou.models import Agreement
agreement = Agreement.objects.get(pk={agreement})
person = get_user_model().objects.get(pk={person})
actions.{where} = lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL)
actions.sign_for_commissioner(
    by=person, agreement=agreement, typed_name=person.name, role="Lead", agreed=True,
    document_sha256=agreement.document.sha256, evidence=actions.Evidence(),
)
"""


def database_url():
    """Of the database this test runs on, for another process."""
    of = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(of['NAME']))}"
    return f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}/{of['NAME']}"


def kill_while_signing(where, agreement, person):
    code = KILLED.format(agreement=agreement.pk, person=person.pk, where=where)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("where", ["open_stages", "_write_signature"])
def test_killed_in_the_middle_of_the_second_signature_nothing_of_it_remains(where):
    world = make_world()
    agreement = send_mou(world)
    actions.sign_for_practice(**signing(agreement, world.manager))
    entries = TrailEntry.objects.count()
    kill_while_signing(where, agreement, world.approver)
    agreement.refresh_from_db()
    world.referral.refresh_from_db()
    assert agreement.state == A.PRACTICE_SIGNED
    assert agreement.signed_at is None
    assert Signature.objects.count() == 1
    assert world.referral.state == State.COMMITTED
    assert not Transfer.objects.filter(kind="make_payable").exists()
    assert TrailEntry.objects.count() == entries
    actions.sign_for_commissioner(**signing(agreement, world.approver))
    agreement.refresh_from_db()
    assert verify(bytes(agreement.sealed.content)).genuine
    assert list(trail.verify()) == []


def test_killed_before_the_seal_the_signatures_stand_and_the_sweep_seals():
    world = make_world()
    agreement = send_mou(world)
    actions.sign_for_practice(**signing(agreement, world.manager))
    kill_while_signing("seal", agreement, world.approver)
    agreement.refresh_from_db()
    assert agreement.state == A.SIGNED
    assert agreement.sealed is None
    assert [each.pk for each in actions.unsealed()] == [agreement.pk]
    assert actions.seal_now(agreement)
    agreement.refresh_from_db()
    assert verify(bytes(agreement.sealed.content)).genuine
