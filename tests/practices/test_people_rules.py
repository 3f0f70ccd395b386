"""Who may give which role over what: nobody gives rights wider than their own."""

import itertools
import threading

import pytest
from django.db import connection

from practices import actions, rules
from practices.models import Person, Practice, RoleHolding, SupplierAssignment
from practices.scopes import Scope, officers_for
from resilience.core.access import Denied, P, Role
from resilience.core.calendar import today
from tests.factories import (
    grant,
    make_ccg,
    make_local_office,
    make_organisation,
    make_person,
    make_practice,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """Two local offices; the first with two CCGs, one of them with a locality; a practice in each."""
    office, other_office = make_local_office(), make_local_office()
    ccg, sister, far = make_ccg(office), make_ccg(office), make_ccg(other_office)
    locality = make_organisation("locality", ccg)
    supplier, own_supplier = make_organisation("supplier"), make_organisation("supplier", ccg)
    practices = {
        "in_locality": make_practice(ccg, locality=locality),
        "in_ccg": make_practice(ccg),
        "in_sister": make_practice(sister),
        "far": make_practice(far),
    }
    areas = [office.parent, office, other_office, ccg, sister, far, locality, supplier, own_supplier]
    scopes = [Scope(), *(Scope(organisation=each) for each in areas)]
    scopes += [Scope(practice=each) for each in practices.values()]
    SupplierAssignment.objects.create(supplier=supplier, practice=practices["in_ccg"], started_on=today())
    return scopes


def covered(holding: RoleHolding) -> set[int]:
    """The practices a holding covers, counted without the code under test: by walking each one's parents."""
    found = set()
    for practice in Practice.objects.select_related("commissioner", "locality"):
        above, node = set(), practice.locality
        for start in (practice.locality, practice.commissioner):
            node = start
            while node:
                above.add(node.pk)
                node = node.parent
        suppliers = {each.supplier_id for each in practice.supplier_assignments.all()}
        if (
            holding.over_everything
            or holding.practice_id == practice.pk
            or holding.organisation_id in above | suppliers
        ):
            found.add(practice.pk)
    return found


def test_nobody_gives_rights_wider_than_their_own(world):
    """Every role over every scope tries to give every role over every scope."""
    target = make_person()
    given = 0
    for own_role, own_scope in itertools.product(Role, world):
        try:
            rules.check_role_fits(own_role, own_scope)
        except Denied:
            continue
        giver = make_person()
        own = grant(giver, own_role, own_scope.practice or own_scope.organisation)
        mine = covered(own)
        for role, scope in itertools.product(Role, world):
            try:
                rules.check_can_grant(giver, role, scope)
            except Denied:
                continue
            given += 1
            holding = RoleHolding(person=target, role=role, **scope.columns)
            assert covered(holding) <= mine, f"{own} gives {role} over {scope}"
            assert own.over_everything or not scope.is_everything
            assert own_role in (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER)
            if own_role == Role.PROGRAMME_OFFICER:
                assert (role, bool(scope.practice)) == (Role.PRACTICE_USER, True)
    assert given > 100


def test_an_administrator_over_everything_gives_every_role_where_it_fits(world):
    giver = make_person(Role.ADMINISTRATOR)
    for role, scope in itertools.product(Role, world):
        try:
            rules.check_role_fits(role, scope)
        except Denied:
            continue
        rules.check_can_grant(giver, role, scope)


@pytest.mark.parametrize("role", [Role.PRACTICE_USER, Role.SUPPLIER_USER])
def test_a_role_of_one_place_is_never_over_everything(role):
    with pytest.raises(Denied, match="choose it"):
        rules.check_role_fits(role, Scope())


def test_a_role_over_a_closed_organisation_is_refused():
    closed = make_ccg(closed_on=today())
    with pytest.raises(Denied, match="closed on"):
        rules.check_role_fits(Role.OBSERVER, Scope(organisation=closed))


def test_the_last_administrator_over_everything_stays():
    only = make_person(Role.ADMINISTRATOR)
    make_person(Role.ADMINISTRATOR, make_ccg())
    holding = only.holdings.get()
    with pytest.raises(Denied, match="last administrator over everything"):
        actions.end_role(by=only, holding=holding, why="Leaving")
    stopped = make_person(Role.ADMINISTRATOR, is_active=False)
    with pytest.raises(Denied, match="last administrator"):
        actions.end_role(by=only, holding=holding, why="Leaving")
    Person.objects.filter(pk=stopped.pk).update(is_active=True)
    actions.end_role(by=only, holding=holding, why="Leaving")
    holding.refresh_from_db()
    assert holding.ended_at
    assert holding.ended_by == only


def test_the_last_administrator_over_everything_cannot_be_stopped():
    first, second = make_person(Role.ADMINISTRATOR), make_person(Role.ADMINISTRATOR)
    details = {"name": "A", "job_title": "", "phone": "", "is_active": False, "why": "Left"}
    with pytest.raises(Denied, match="your own sign-in"):
        actions.change_person(by=first, person=first, **details)
    actions.change_person(by=first, person=second, **details)
    assert not Person.objects.get(pk=second.pk).is_active


def test_a_local_administrator_changes_only_people_of_their_own_area():
    ccg = make_ccg()
    local = make_person(Role.ADMINISTRATOR, ccg)
    own = make_person(Role.PRACTICE_USER, make_practice(ccg))
    both = make_person(Role.PRACTICE_USER, make_practice(ccg))
    grant(both, Role.PRACTICE_USER, make_practice())
    nobody = make_person()
    rules.check_can_change_person(local, own)
    for stranger in (both, nobody):
        with pytest.raises(Denied, match="outside the area"):
            rules.check_can_change_person(local, stranger)
    assert set(Person.objects.visible_to(local)) == {local, own, both}
    assert RoleHolding.objects.visible_to(local).filter(person=both).count() == 1


def test_an_officer_sees_practice_users_of_their_practices_and_nobody_else():
    ccg = make_ccg()
    officer = make_person(Role.PROGRAMME_OFFICER, ccg)
    user = make_person(Role.PRACTICE_USER, make_practice(ccg))
    make_person(Role.PRACTICE_USER, make_practice())
    make_person(Role.APPROVER, ccg)
    assert list(Person.objects.visible_to(officer)) == [user]


def test_officers_are_those_above_the_practice_else_the_administrators():
    ccg = make_ccg()
    practice = make_practice(ccg, locality=make_organisation("locality", ccg))
    admin = make_person(Role.ADMINISTRATOR)
    make_person(Role.PROGRAMME_OFFICER, make_ccg())
    make_person(Role.PROGRAMME_OFFICER, ccg, is_active=False)
    assert officers_for(practice) == [admin]
    officers = [make_person(Role.PROGRAMME_OFFICER, each) for each in (ccg, ccg.parent, practice.locality)]
    assert {each.pk for each in officers_for(practice)} == {each.pk for each in officers}


def test_every_reach_of_an_organisation_includes_what_is_below_it(world):
    office = world[2].organisation
    person = make_person(Role.ADMINISTRATOR, office)
    reached = person.organisations(P.MANAGE_PEOPLE)
    assert office.pk in reached
    assert office.parent_id not in reached
    assert all(child.pk in reached for child in office.children.all())


def test_a_supplier_sees_a_practice_only_while_it_is_assigned():
    practice, supplier = make_practice(), make_organisation("supplier")
    days = {"started_on": today().replace(year=2030)}
    assignment = SupplierAssignment.objects.create(supplier=supplier, practice=practice, **days)

    def sees() -> bool:
        return Practice.objects.visible_to(make_person(Role.SUPPLIER_USER, supplier)).exists()

    assert not sees()
    assignment.started_on = today()
    assignment.save()
    assert sees()
    assignment.ended_on = today()
    assignment.save()
    assert not sees()


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_end_each_other_at_once_leave_one():
    first, second = make_person(Role.ADMINISTRATOR), make_person(Role.ADMINISTRATOR)
    together, outcomes = threading.Barrier(2), []

    def end(by: Person, other: Person) -> None:
        try:
            together.wait()
            actions.end_role(by=by, holding=other.holdings.get(), why="Leaving")
            outcomes.append("ended")
        except Denied:
            outcomes.append("denied")
        finally:
            connection.close()

    threads = [threading.Thread(target=end, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["denied", "ended"]
    assert rules.administrators_over_everything().count() == 1
