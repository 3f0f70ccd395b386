"""A dispute: every act × state × role; its steps, its notes, and who reads what."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from post_office.models import Email

from mou.disputes import actions
from mou.disputes.states import DISPUTE_ACTS, NONE
from mou.models import Agreement, Dispute
from resilience.assessments.models import Interest
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from tests.factories import client_of, make_ccg, make_person, make_practice
from tests.mou.after import put
from tests.mou.world import everyone, make_world

pytestmark = pytest.mark.django_db
D = Dispute.State
BOTH = {Role.PRACTICE_USER, Role.PROGRAMME_OFFICER, Role.APPROVER}
MAY = {
    "mou.raise_dispute": BOTH,
    "mou.say_in_dispute": BOTH,
    "mou.note_in_dispute": {Role.PROGRAMME_OFFICER},
    "mou.escalate_dispute": BOTH,
    "mou.ask_lmc": {Role.APPROVER},
    "mou.settle_dispute": {Role.PROGRAMME_OFFICER, Role.APPROVER},
}


def disputed(state=D.RAISED):
    world = make_world()
    mou = put(world, Agreement.State.SIGNED)
    if state == NONE:
        return world, mou, None
    dispute = actions.raise_dispute(by=world.manager, agreement=mou, about="Backfill", words="It is late.")
    if state in (D.ESCALATED, D.LMC):
        actions.escalate_dispute(by=world.manager, dispute=dispute, words="No answer.")
    if state == D.LMC:
        actions.ask_lmc(by=world.approver, dispute=dispute, words="Asked Dr Chair.")
    if state == D.SETTLED:
        actions.settle_dispute(by=world.officer, dispute=dispute, words="Paid monthly.")
    return world, mou, Dispute.objects.get(pk=dispute.pk)


@pytest.mark.parametrize("state", [NONE, *D.values])
def test_every_act_in_every_state_by_every_role(state):
    world, mou, dispute = disputed(state)
    for role, in_scope, person in everyone(world):
        for name, act in DISPUTE_ACTS.items():
            if dispute is None and name != "mou.raise_dispute":
                continue
            allowed = in_scope and role in MAY[name] and state in act.moves
            with transaction.atomic():
                try:
                    if name == "mou.raise_dispute":
                        made = actions.raise_dispute(by=person, agreement=mou, about="New", words="x")
                    else:
                        act_of = getattr(actions, name.removeprefix("mou."))
                        made = act_of(by=person, dispute=Dispute.objects.get(pk=dispute.pk), words="x")
                    done = True
                except Denied:
                    done = False
                assert done == allowed, (name, state, role, in_scope)
                found = TrailEntry.objects.filter(act=name, by=person)
                assert found.count() == allowed
                if done:
                    assert Dispute.objects.get(pk=made.pk).state == act.moves[state]
                    assert found.get().is_internal == (name == "mou.note_in_dispute")
                transaction.set_rollback(True)
            person.__dict__.pop("_allowed", None)


def test_both_sides_read_the_steps_and_only_the_office_its_notes():
    world, mou, dispute = disputed(D.ESCALATED)
    actions.note_in_dispute(by=world.officer, dispute=dispute, words="They owe us a report.")
    observer = make_person(Role.OBSERVER, world.ccg)
    for person, sees in ((world.manager, False), (world.officer, True), (observer, True)):
        client = client_of(person)
        page = client.get(reverse("mou:dispute", kwargs={"dispute": dispute.pk})).content.decode()
        assert "No answer." in page
        assert ("They owe us a report." in page) == sees
    assert not [email for email in Email.objects.all() if "They owe us" in email.message]
    client = client_of(make_person(Role.PRACTICE_USER, make_practice(make_ccg())))
    assert client.get(reverse("mou:dispute", kwargs={"dispute": dispute.pk})).status_code == 404
    assert mou.pk


def test_each_step_is_told_to_both_sides_and_the_strategic_lead_once_it_is_theirs():
    world, _, dispute = disputed()
    told = {address for email in Email.objects.all() for address in email.to}
    assert world.manager.email in told
    Email.objects.all().delete()
    actions.escalate_dispute(by=world.manager, dispute=dispute, words="No answer.")
    assert {world.manager.email, world.approver.email} <= {
        address for email in Email.objects.all() for address in email.to
    }


def test_bad_steps_are_refused_and_repeats_are_harmless():
    world, mou, dispute = disputed()
    with pytest.raises(Denied, match="not in the future"):
        actions.say_in_dispute(
            by=world.manager, dispute=dispute, words="x", on=today() + dt.timedelta(days=1)
        )
    with pytest.raises(Denied, match="Say what happened"):
        actions.say_in_dispute(by=world.manager, dispute=dispute, words=" ")
    for _ in range(2):
        actions.say_in_dispute(by=world.manager, dispute=dispute, words="We met.")
    assert dispute.steps.count() == 2
    again = actions.raise_dispute(by=world.manager, agreement=mou, about="Backfill", words="It is late.")
    assert again == dispute
    with pytest.raises(Denied, match="open already"):
        actions.raise_dispute(by=world.officer, agreement=mou, about="Other", words="x")
    Interest.objects.create(
        person=world.officer,
        practice=world.practice,
        nature="x",
        started_on=today(),
        declared_by=world.officer,
    )
    with pytest.raises(Denied, match="declared an interest"):
        actions.settle_dispute(by=world.officer, dispute=dispute, words="x")


def test_a_second_click_settles_once_and_raises_once_and_says_no_to_nobody():
    world, mou, dispute = disputed()
    client = client_of(world.officer)
    said = {"words": "Paid monthly.", "on": str(today())}
    for _ in range(2):
        answer = client.post(reverse("mou:settle_dispute", kwargs={"dispute": dispute.pk}), said)
        assert answer.status_code == 302
    assert dispute.steps.filter(kind="settled").count() == 1
    raised = {"about": "Rooms", "words": "There are none."}
    for _ in range(2):
        answer = client.post(reverse("mou:raise_dispute", kwargs={"agreement": mou.pk}), raised)
        assert answer.status_code == 302
    assert Dispute.objects.filter(about="Rooms").count() == 1


def test_a_settled_dispute_never_changes():
    _, _, dispute = disputed(D.SETTLED)
    with pytest.raises(DatabaseError), transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(about="Other")
    with pytest.raises(DatabaseError), transaction.atomic():
        dispute.steps.update(words="Other")
