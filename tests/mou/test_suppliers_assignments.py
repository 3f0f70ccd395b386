"""Assigning cases: who sees the practice from when to when, the change manager, letters, history, repeats."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from post_office.models import Email

from mou.models import SupplierCase
from mou.suppliers import actions, letters
from practices.actions import accept_invitation
from practices.models import Invitation, Practice, SupplierAssignment
from practices.organisation_actions import end_assignment
from practices.rules import check_can_grant, check_can_offer
from practices.scopes import Scope
from resilience.core.access import Denied, P, Role
from resilience.core.calendar import add_working_days, today
from resilience.core.models import TrailEntry
from resilience.referrals.states import State
from tests.factories import (
    client_of,
    leave,
    make_ccg,
    make_organisation,
    make_person,
    make_practice,
    make_referral,
)
from tests.mou.supplying import Supplied, again, make_supplied

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplied() -> Supplied:
    return make_supplied()


def sees(person, practice) -> bool:
    return Practice.objects.visible_to(again(person)).filter(pk=practice.pk).exists()


def test_assigning_opens_the_practice_and_dates_what_is_due(supplied):
    practice = supplied.world.practice
    assert not sees(supplied.dev, practice)
    case = supplied.assign()
    assert sees(supplied.dev, practice)
    assert not sees(supplied.rival, practice)
    kinds = [(each.kind.name, each.due_on, each.state) for each in case.deliverables.all()]
    assert kinds == [
        ("Readiness for change conversation", add_working_days(today(), 10), "due"),
        ("Diagnostic review", add_working_days(today(), 25), "due"),
        ("Options report", add_working_days(today(), 35), "due"),
        ("Improvement plan", add_working_days(today(), 50), "due"),
    ]
    entry = TrailEntry.objects.filter(act="mou.assign_case").get()
    assert (entry.case_id, entry.by_id) == (supplied.world.referral.pk, supplied.world.officer.pk)
    sent = {each.to[0]: each.message for each in Email.objects.all()}
    assert set(sent) == {supplied.world.manager.email, supplied.dev.email} or len(sent) == 3
    assert "Dev Kapoor" in sent[supplied.world.manager.email]
    assert "Readiness for change conversation" in sent[supplied.dev.email]


def test_a_second_click_is_the_same_assignment(supplied):
    first, letters = supplied.assign(), Email.objects.count()
    assert supplied.assign() == first
    assert (SupplierCase.objects.count(), Email.objects.count()) == (1, letters)
    other = make_person(Role.PROGRAMME_OFFICER, supplied.world.ccg)
    with pytest.raises(Denied, match="is with Westmere Support Unit already"):
        supplied.assign(by=other)


@pytest.mark.parametrize("state", sorted(set(State.values) - {"draft"}))
def test_only_a_supported_case_is_assigned(supplied, state):
    world = supplied.world
    referral = make_referral(world.practice, world.year, state)
    if state in ("supported", "committed", "agreed"):
        assert supplied.assign(referral=referral).referral == referral
    else:
        with pytest.raises(Denied, match="once support is granted"):
            supplied.assign(referral=referral)


def test_ending_closes_what_assigning_opened_and_nothing_else(supplied):
    world = supplied.world
    case = supplied.assign()
    again_later = make_referral(world.practice, world.year, State.AGREED)
    second = supplied.assign(referral=again_later)
    actions.end_case(by=world.officer, case=case, why="Delivered")
    assert sees(supplied.dev, world.practice)
    assert not SupplierCase.objects.visible_to(again(supplied.dev)).filter(pk=case.pk).exists()
    actions.end_case(by=world.officer, case=second, why="Delivered")
    assert not sees(supplied.dev, world.practice)
    assert SupplierAssignment.objects.get().ended_on == today()
    # What an administrator had opened before stays open.
    world.practice.supplier_assignments.create(supplier=supplied.supplier, started_on=today())
    third = supplied.assign()
    actions.end_case(by=world.officer, case=third, why="Delivered")
    assert sees(supplied.dev, world.practice)
    # And ends by hand only once no case needs it.
    supplied.assign()
    care = SupplierAssignment.objects.in_force().get()
    with pytest.raises(Denied, match="ends that assignment on the case"):
        end_assignment(by=world.administrator, assignment=care, ended_on=today())


def test_reassigning_is_one_act_and_keeps_the_history(supplied):
    world, case = supplied.world, supplied.assign()
    made = actions.reassign_case(
        by=world.officer, case=case, supplier=supplied.other, change_manager=supplied.rival, why="No capacity"
    )
    case.refresh_from_db()
    assert (made.replaces, case.ended_reason) == (case, "No capacity")
    assert (sees(supplied.dev, world.practice), sees(supplied.rival, world.practice)) == (False, True)
    rivals = SupplierCase.objects.visible_to(again(supplied.rival))
    assert list(rivals) == [made]
    page = client_of(world.officer).get(reverse("mou:supplier_case", args=[made.pk]))
    assert b"No capacity" in page.content
    page = client_of(supplied.rival).get(reverse("mou:supplier_case", args=[made.pk]))
    assert b"No capacity" not in page.content
    with pytest.raises(Denied, match="choose another supplier"):
        actions.reassign_case(
            by=world.officer, case=made, supplier=supplied.other, change_manager=supplied.rival, why="x"
        )


def test_an_end_needs_a_reason_and_what_ended_stays_as_it_was(supplied):
    case = supplied.assign()
    with pytest.raises(Denied, match="Say why"):
        actions.end_case(by=supplied.world.officer, case=case, why="  ")
    actions.end_case(by=supplied.world.officer, case=case, why="Delivered")
    letters = Email.objects.count()
    actions.end_case(by=supplied.world.officer, case=case, why="Delivered")
    assert Email.objects.count() == letters
    with pytest.raises(DatabaseError), transaction.atomic():
        SupplierCase.objects.filter(pk=case.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        SupplierCase.objects.filter(pk=case.pk).update(supplier=supplied.other)


def test_one_supplier_at_a_time_says_the_database(supplied):
    case = supplied.assign()
    case.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        case.save(force_insert=True)


def test_a_group_is_assigned_practice_by_practice():
    supplied = make_supplied(others=2)
    world = supplied.world
    first, second, third = (place.practice for place in world.referral.practices.all())
    cases = actions.assign_case(
        by=world.officer, referral=world.referral, practices=[first, second],
        supplier=supplied.supplier, change_manager=supplied.dev,
    )  # fmt: skip
    assert {case.practice for case in cases} == {first, second}
    assert not sees(supplied.dev, third)
    supplied.assign(practices=[third], supplier=supplied.other, change_manager=supplied.rival)
    # A practice of the group sees its own assignment and no other's.
    theirs = make_person(Role.PRACTICE_USER, second)
    assert {case.practice for case in SupplierCase.objects.visible_to(theirs)} == {second}
    with pytest.raises(Denied, match="no practice of this referral"):
        supplied.assign(practices=[make_practice(world.ccg)])


# --- the change manager ---------------------------------------------------------------------------


def test_a_change_manager_is_one_of_the_suppliers_people(supplied):
    with pytest.raises(Denied, match="does not work for Westmere Support Unit"):
        supplied.assign(change_manager=supplied.rival)
    with pytest.raises(Denied, match="Name the change manager"):
        supplied.assign(change_manager=None)


def test_somebody_new_is_invited_once_and_sees_the_practice_on_accepting(supplied):
    new = {"change_manager": None, "name": "Nia New", "email": "Nia@Example.nhs.uk"}
    case = supplied.assign(**new)
    offer = Invitation.objects.get()
    assert (offer.role, offer.organisation, case.manager_email) == (
        Role.SUPPLIER_USER,
        supplied.supplier,
        "nia@example.nhs.uk",
    )
    assert not Email.objects.filter(
        to__contains="nia@", message__contains=supplied.world.practice.name
    ).exists()
    mail = Email.objects.filter(subject="You are invited to Resilience programmes").get()
    token = mail.message.split("/invitation/")[1].split("/")[0]
    holding = accept_invitation(by=None, token=token, name="Nia New", password="correct horse battery")
    assert sees(holding.person, supplied.world.practice)
    # Named by her address for another case, she is who she is.
    other = make_referral(supplied.world.practice, supplied.world.year, State.AGREED)
    assert supplied.assign(referral=other, **new).change_manager == holding.person
    assert Invitation.objects.count() == 1


def test_an_officer_brings_nobody_to_a_supplier_of_practices_elsewhere(supplied):
    scope = Scope(organisation=supplied.supplier)
    officer = supplied.world.officer
    check_can_offer(officer, Role.SUPPLIER_USER, scope)
    with pytest.raises(Denied):
        check_can_grant(officer, Role.SUPPLIER_USER, scope)
    abroad = make_practice(make_ccg())
    abroad.supplier_assignments.create(supplier=supplied.supplier, started_on=today())
    with pytest.raises(Denied, match="Ask an administrator to invite them"):
        supplied.assign(change_manager=None, name="Nia", email="nia@example.nhs.uk")
    assert not SupplierCase.objects.exists()
    for role in (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.OBSERVER):
        with pytest.raises(Denied):
            check_can_offer(officer, role, Scope(organisation=supplied.world.ccg))


def test_another_change_manager_is_named_and_all_are_told(supplied):
    case, colleague = supplied.assign(), make_person(Role.SUPPLIER_USER, supplied.supplier, name="Col League")
    Email.objects.all().delete()
    actions.name_change_manager(by=supplied.world.officer, case=case, change_manager=colleague)
    told = {each.to[0] for each in Email.objects.all()}
    assert {supplied.dev.email, colleague.email, supplied.world.manager.email} <= told


def test_an_address_that_nobody_has_taken_yet_hears_of_no_practice_though_another_is_named(supplied):
    case = supplied.assign(change_manager=None, name="Nia New", email="nia@example.nhs.uk")
    Email.objects.all().delete()
    actions.name_change_manager(by=supplied.world.officer, case=case, change_manager=supplied.dev)
    told = {each.to[0] for each in Email.objects.all()}
    assert supplied.dev.email in told
    assert "nia@example.nhs.uk" not in told


def test_a_change_manager_who_has_left_hears_of_the_practice_no_more(supplied):
    case, colleague = supplied.assign(), make_person(Role.SUPPLIER_USER, supplied.supplier)
    deliverable = case.deliverables.first()
    Email.objects.all().delete()
    letters.late(deliverable)
    assert supplied.dev.email in {each.to[0] for each in Email.objects.all()}
    leave(supplied.dev)
    Email.objects.all().delete()
    letters.late(deliverable)
    told = {each.to[0] for each in Email.objects.all()}
    assert supplied.dev.email not in told
    assert colleague.email in told, "somebody there must know"


# --- several at once, in the browser's words ---------------------------------------------------------


def test_several_are_assigned_from_a_list(supplied):
    world, client = supplied.world, client_of(supplied.world.officer)
    more = [make_referral(make_practice(world.ccg), world.year, State.SUPPORTED) for _ in range(2)]
    foreign = make_referral(make_practice(make_ccg()), world.year, State.SUPPORTED)
    placed = make_referral(make_practice(world.ccg), world.year, State.PLACED)
    assert client.get(reverse("mou:to_assign")).context["list"].total == 3
    chosen = [str(each.pk) for each in (world.referral, *more, foreign, placed)] + ["x", "²"]
    address = reverse("mou:assign_chosen")
    page = client.post(address, {"chosen": chosen, "act": "assign"})
    assert len(page.context["referrals"]) == 3
    page = client.post(address, {"chosen": chosen, "confirmed": "yes", "supplier": supplied.supplier.pk})
    assert "Choose who is the change manager" in page.content.decode() or page.context["form"].errors
    holding = supplied.dev.holdings.get().pk
    typed = {"chosen": chosen, "confirmed": "yes", "supplier": supplied.supplier.pk, "manager": holding}
    assert client.post(address, typed).status_code == 302
    assert SupplierCase.objects.count() == 3
    assert client.post(address, typed).status_code == 302  # nothing is left to assign
    assert SupplierCase.objects.count() == 3


def test_wrong_input_is_told_and_kept(supplied):
    client = client_of(supplied.world.officer)
    address = reverse("mou:assign_case", args=[supplied.world.referral.pk])
    typed = {"supplier": supplied.supplier.pk, "manager": supplied.rival.holdings.get().pk}
    page = client.post(address, typed)
    assert page.context["form"].errors["manager"] == ["Rita Rival does not work for Westmere Support Unit"]
    page = client.post(address, {"supplier": supplied.supplier.pk, "manager": "new", "name": "Nia"})
    assert page.context["form"].errors["email"] == ["Enter their email address"]
    assert 'value="Nia"' in page.content.decode()
    page = client.post(address, {"supplier": make_organisation("other").pk, "manager": "new"})
    assert "supplier" in page.context["form"].errors
    assert not SupplierCase.objects.exists()


def test_suppliers_hold_no_right_over_cases_and_read_the_request_only_where_it_is_shared(supplied):
    case, world = supplied.assign(), supplied.world
    dev = again(supplied.dev)
    assert not any(dev.may(permission) for permission in (P.VIEW_MOU, P.VIEW_REFERRALS, P.VIEW_INTERNAL))
    address = reverse("mou:supplier_case", args=[case.pk])
    words = world.referral.issues
    assert words not in client_of(dev).get(address).content.decode()
    assert words in client_of(world.manager).get(address).content.decode()
    share = reverse("mou:share_request", args=[case.pk])
    assert client_of(dev).post(share, {"shares": "yes"}).status_code == 403
    assert client_of(world.officer).post(share, {"shares": "yes"}).status_code == 302
    assert words in client_of(dev).get(address).content.decode()
    client_of(world.officer).post(share)
    assert words not in client_of(dev).get(address).content.decode()
