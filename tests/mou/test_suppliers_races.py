"""Several officers at once give the same practice to suppliers: it is with one of them, and everyone knows which."""

import threading

import pytest
from django.db import IntegrityError, transaction
from post_office.models import Email

from funding.stages import rules as stage_rules
from funding.stages.actions import hand_in
from mou.ending import actions as ending
from mou.models import Deliverable, SupplierCase
from mou.suppliers import actions, rules
from practices.models import Practice, SupplierAssignment
from resilience.core import trail
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.factories import make_person, make_referral
from tests.mou.after import NOW, on, put
from tests.mou.supplying import again, make_supplied
from tests.mou.together import done, together, wait_after

pytestmark = pytest.mark.django_db(transaction=True)


def assign(supplied, officer, supplier, manager):
    """As a request does it: everything read afresh."""
    world = supplied.world
    return actions.assign_case(
        by=again(officer),
        referral=Referral.objects.get(pk=world.referral.pk),
        practices=[world.practice],
        supplier=supplier,
        change_manager=again(manager),
    )


def test_two_officers_at_once_leave_the_practice_with_one_supplier():
    supplied = make_supplied()
    second = make_person(Role.PROGRAMME_OFFICER, supplied.world.ccg)
    said = together(
        one=lambda: assign(supplied, supplied.world.officer, supplied.supplier, supplied.dev),
        two=lambda: assign(supplied, second, supplied.other, supplied.rival),
    )
    case = SupplierCase.objects.get()
    won, lost = ("one", "two") if case.supplier == supplied.supplier else ("two", "one")
    assert said[won] == [case]
    assert isinstance(said[lost], Denied)
    assert f"is with {case.supplier.name} already" in str(said[lost])
    care = SupplierAssignment.objects.get()
    assert (care.supplier, care.pk) == (case.supplier, case.care_id), "the other opened nothing"
    assert Deliverable.objects.exclude(supplier_case=case).count() == 0
    assert TrailEntry.objects.filter(act="mou.assign_case").count() == 1
    told = {address for email in Email.objects.all() for address in email.to}
    losing = supplied.rival if case.supplier == supplied.supplier else supplied.dev
    assert losing.email not in told
    assert list(trail.verify()) == []


def test_one_officer_who_clicks_three_times_assigns_once():
    supplied = make_supplied()
    click = {
        name: lambda: assign(supplied, supplied.world.officer, supplied.supplier, supplied.dev)
        for name in ("one", "two", "three")
    }
    said = together(**click)
    case = SupplierCase.objects.get()
    assert list(said.values()) == [[case]] * 3
    assert SupplierAssignment.objects.count() == 1


def test_an_end_and_a_reassignment_at_once_leave_one_story():
    supplied = make_supplied()
    case = supplied.assign()
    mine, theirs = (SupplierCase.objects.select_related("referral").get(pk=case.pk) for _ in range(2))
    said = together(
        end=lambda: actions.end_case(by=supplied.world.officer, case=mine, why="Delivered"),
        move=lambda: actions.reassign_case(
            by=supplied.world.officer, case=theirs, supplier=supplied.other, change_manager=supplied.rival,
            why="No capacity",
        ),
    )  # fmt: skip
    case.refresh_from_db()
    done = [name for name, answer in said.items() if not isinstance(answer, Denied)]
    assert done == (["end"] if case.ended_reason == "Delivered" else ["move"])
    assert SupplierCase.objects.open().count() == (0 if done == ["end"] else 1)
    assert SupplierAssignment.objects.in_force().count() == (0 if done == ["end"] else 1)
    assert list(trail.verify()) == []


def test_control_without_the_rule_the_database_alone_refuses_the_second(monkeypatch):
    """What the two officers would meet if the act took no lock and asked no rule."""
    supplied = make_supplied()
    case = supplied.assign()
    monkeypatch.setattr("mou.suppliers.actions.rules.open_case", lambda *_: None)
    monkeypatch.setattr("mou.suppliers.actions.rules.check_can_assign_case", lambda *_: None)
    with pytest.raises(IntegrityError), transaction.atomic():
        supplied.assign(supplier=supplied.other, change_manager=supplied.rival)
    assert SupplierCase.objects.get() == case


def test_an_assignment_that_begins_while_the_last_of_the_same_care_ends_opens_the_practice(monkeypatch):
    supplied = make_supplied()
    world, ending = supplied.world, supplied.assign()
    later = make_referral(world.practice, world.year, State.SUPPORTED)
    meet = threading.Barrier(2)
    for name in ("close_care", "open_care"):
        monkeypatch.setattr(actions, name, wait_after(getattr(actions, name), meet))
    said = together(
        end=lambda: actions.end_case(by=again(world.officer), case=ending, why="Delivered"),
        begin=lambda: supplied.assign(by=again(world.officer), referral=later),
    )
    assert done(said) == {"end", "begin"}, said
    assert Practice.objects.visible_to(again(supplied.dev)).filter(pk=world.practice.pk).exists()


def test_a_stage_is_handed_in_while_its_practice_is_assigned(monkeypatch):
    supplied = make_supplied()
    world = supplied.world
    supplied.commit(1_00, route="direct", supplier=None)
    stage = world.year.stages.create(position=30, name="Health check", amount=1_00, opens="evidence")
    meet = threading.Barrier(2)
    monkeypatch.setattr(stage_rules, "check_can_hand_in", wait_after(stage_rules.check_can_hand_in, meet))
    monkeypatch.setattr(rules, "check_may_assign", wait_after(rules.check_may_assign, meet))
    said = together(
        hand_in=lambda: hand_in(by=again(world.officer), stage=stage, practice=world.practice, words="In."),
        assign=lambda: assign(supplied, world.officer, supplied.supplier, supplied.dev),
    )
    assert done(said) == {"hand_in", "assign"}, said


def test_an_mou_ends_while_the_same_care_ends_in_another_case(monkeypatch):
    supplied = make_supplied()
    world, ended = supplied.world, supplied.assign()
    later = supplied.assign(referral=make_referral(world.practice, world.year, State.SUPPORTED))
    agreement = put(world, "signed")
    on(monkeypatch, NOW)
    meet = threading.Barrier(2)
    monkeypatch.setattr(ending, "_record", wait_after(ending._record, meet))
    monkeypatch.setattr(actions, "_end", wait_after(actions._end, meet))
    said = together(
        mou=lambda: ending.end(by=again(world.officer), agreement=agreement, delivered="All of it."),
        case=lambda: actions.end_case(by=again(world.officer), case=later, why="Delivered"),
    )
    assert done(said) == {"mou", "case"}, said
    assert {each.care_id for each in (ended, later)} == {ended.care_id}, "two cases, one care"
    assert not SupplierCase.objects.open().exists()
    assert not SupplierAssignment.objects.in_force().exists()
    assert list(trail.verify()) == []
