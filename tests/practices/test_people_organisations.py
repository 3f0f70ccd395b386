"""Organisations, localities and suppliers: where one may stand, and who may change what."""

import datetime as dt

import pytest
from django.urls import reverse

from practices import organisation_actions as actions
from practices.models import Organisation, Practice
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from tests.factories import make_ccg, make_local_office, make_organisation, make_person, make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_person(Role.ADMINISTRATOR)


def add(by, **fields):
    return actions.add_organisation(**{"by": by, "code": "NEW1", "name": "New one"} | fields)


def change(by, organisation, **fields):
    names = ("code", "name", "parent", "address", "closed_on", "successor")
    now = {name: getattr(organisation, name) for name in names}
    return actions.change_organisation(by=by, organisation=organisation, **now | fields)


def test_each_kind_stands_where_it_may(admin):
    region = add(admin, kind="region", code="R1")
    office = add(admin, kind="local_office", parent=region, code="L1")
    ccg = add(admin, kind="ccg", parent=office, code="C1")
    locality = add(admin, kind="locality", parent=ccg, code="P1")
    assert locality.parent.parent.parent == region
    for kind, parent in (
        ("locality", office),
        ("locality", None),
        ("ccg", locality),
        ("region", office),
        ("local_office", ccg),
        ("ccg", add(admin, kind="supplier", code="S1")),
    ):
        with pytest.raises(Denied):
            add(admin, kind=kind, parent=parent)
    assert Organisation.objects.filter(code="NEW1").count() == 0


def test_a_taken_code_is_said_in_words(client, admin):
    make_organisation("supplier", code="TAKEN")
    with pytest.raises(Denied, match="another Supplier with the code TAKEN"):
        add(admin, kind="supplier", code="TAKEN")
    client.force_login(admin)
    typed = {"kind": "supplier", "code": "TAKEN", "name": "Copy"}
    page = client.post(reverse("people:add_organisation"), typed)
    assert "another Supplier with the code TAKEN" in page.content.decode()
    page = client.post(reverse("people:add_organisation"), typed | {"code": "no!"})
    assert "code" in page.context["form"].errors


def test_an_administrator_of_an_office_changes_only_what_is_below_it(client):
    office, elsewhere = make_local_office(), make_local_office()
    mine, other = make_ccg(office), make_ccg(elsewhere)
    local = make_person(Role.ADMINISTRATOR, office)
    assert add(local, kind="locality", parent=mine).parent == mine
    with pytest.raises(Denied, match="does not let you put"):
        add(local, kind="locality", code="NEW2", parent=other)
    with pytest.raises(Denied, match="does not let you put"):
        add(local, kind="region", code="NEW3")
    with pytest.raises(Denied, match="does not let you change"):
        change(local, other, name="Taken over")
    with pytest.raises(Denied, match="does not let you put"):
        change(local, mine, parent=elsewhere)
    client.force_login(local)
    for page in ("organisation", "change_organisation"):
        for organisation, status in ((mine, 200), (other, 404), (office.parent, 404)):
            address = reverse(f"people:{page}", kwargs={"organisation": organisation.pk})
            assert client.get(address).status_code == status, (page, organisation)
    listed = client.get(reverse("people:organisations")).content.decode()
    assert mine.name in listed
    assert other.name not in listed


def test_a_successor_never_leads_back(admin):
    first, second, third = make_ccg(), make_ccg(), make_ccg()
    change(admin, first, closed_on=today(), successor=second)
    second.refresh_from_db()
    change(admin, second, closed_on=today(), successor=third)
    third.refresh_from_db()
    for successor in (first, second, third):
        with pytest.raises(Denied, match="lead back"):
            change(admin, third, closed_on=today(), successor=Organisation.objects.get(pk=successor.pk))
    with pytest.raises(Denied, match="Give the date it closed"):
        change(admin, third, successor=make_ccg())
    with pytest.raises(Denied, match="another kind"):
        change(admin, third, closed_on=today(), successor=make_local_office())
    icb = make_organisation("icb", make_local_office())
    assert change(admin, third, closed_on=today(), successor=icb).successor == icb


def test_moving_practices_into_a_locality_keeps_where_they_were(client, admin):
    ccg = make_ccg()
    north, south = make_organisation("locality", ccg), make_organisation("locality", ccg)
    one, two = make_practice(ccg), make_practice(ccg)
    yesterday = today() - dt.timedelta(days=1)
    actions.move_into_locality(by=admin, locality=north, practices=[one], on=yesterday)
    client.force_login(admin)
    page = reverse("people:move_practices", kwargs={"organisation": south.pk})
    typed = {"practices": f"{one.ods_code.lower()}\n{two.ods_code}", "on": today().isoformat()}
    assert client.post(page, typed).status_code == 302
    one.refresh_from_db()
    assert one.locality == south
    past = [(m.organisation, m.joined_on, m.left_on) for m in one.memberships.filter(is_locality=True)]
    assert set(past) == {(north, yesterday, today()), (south, today(), None)}
    assert one.changes.filter(field="locality").count() == 2


def test_all_practices_move_or_none(client, admin):
    ccg = make_ccg()
    locality = make_organisation("locality", ccg)
    near, far = make_practice(ccg), make_practice()
    with pytest.raises(Denied, match="belongs to"):
        actions.move_into_locality(by=admin, locality=locality, practices=[near, far], on=today())
    assert not Practice.objects.filter(locality=locality).exists()
    client.force_login(admin)
    page = reverse("people:move_practices", kwargs={"organisation": locality.pk})
    answer = client.post(page, {"practices": f"{near.ods_code} NOPE9", "on": today().isoformat()})
    assert "has the code NOPE9" in answer.content.decode()
    assert not Practice.objects.filter(locality=locality).exists()


def test_a_supplier_gets_practices_and_loses_them(client, admin):
    supplier, practice = make_organisation("supplier"), make_practice()
    user = make_person(Role.SUPPLIER_USER, supplier)
    client.force_login(admin)
    page = reverse("people:assign_practices", kwargs={"organisation": supplier.pk})
    client.post(page, {"practices": practice.ods_code, "on": today().isoformat()})
    assert list(Practice.objects.visible_to(user)) == [practice]
    again = client.post(page, {"practices": practice.ods_code, "on": today().isoformat()})
    assert "is assigned to" in again.content.decode()
    assignment = practice.supplier_assignments.get()
    end = reverse("people:end_assignment", kwargs={"assignment": assignment.pk})
    too_early = (today() - dt.timedelta(days=1)).isoformat()
    assert "cannot end before that" in client.post(end, {"ended_on": too_early}).content.decode()
    assert client.post(end, {"ended_on": today().isoformat()}).status_code == 302
    assert not Practice.objects.visible_to(make_person(Role.SUPPLIER_USER, supplier)).exists()


def test_who_does_not_manage_organisations_cannot(client):
    supplier, practice = make_organisation("supplier"), make_practice()
    officer = make_person(Role.PROGRAMME_OFFICER)
    with pytest.raises(Denied):
        actions.assign_to_supplier(by=officer, supplier=supplier, practices=[practice], started_on=today())
    client.force_login(officer)
    assert client.get(reverse("people:organisations")).status_code == 403
