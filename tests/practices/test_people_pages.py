"""Pages on people: scope, wrong input, hats; and a form changes only its own fields."""

import re

import pytest
from django.apps import apps
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from practices import actions
from practices.models import Invitation, LinkRequest, Organisation, Person, RoleHolding
from practices.scopes import Scope
from resilience.core.access import Role
from tests.factories import client_of, grant, make_ccg, make_organisation, make_person, make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    person = make_person(Role.ADMINISTRATOR)
    client.force_login(person)
    return person


def page_of(name, person):
    return reverse(f"people:{name}", kwargs={"person": person.pk})


def test_the_list_finds_by_name_role_and_place(client, admin):
    practice = make_practice(name="Harbour Street Surgery")
    wanted = make_person(Role.PRACTICE_USER, practice, name="Wanda Wanted", job_title="GP partner")
    make_person(Role.OBSERVER, name="Otto Other")
    for query in (
        {"q": "wanda"},
        {"q": "gp partner"},
        {"q": wanted.email},
        {"role": "practice_user"},
        {"organisation": "harbour"},
        {"organisation": practice.ods_code.lower()},
    ):
        page = client.get(reverse("people:list"), query).content.decode()
        assert "Wanda Wanted" in page, query
        assert "Otto Other" not in page, query
    everyone = client.get(reverse("people:list")).content.decode()
    assert "Otto Other" in everyone
    assert f"Practice user, {practice}" in everyone


@pytest.mark.parametrize(
    "name", ["people:list", "people:invitations", "people:links", "people:organisations"]
)
def test_a_list_takes_the_same_queries_for_one_row_and_for_many(client, admin, name):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        return len(queries)

    def more() -> None:
        practice = make_practice()
        person = make_person(Role.PRACTICE_USER, practice)
        actions.ask_for_link(by=make_person(), practice=practice, role_at_practice="GP")
        actions.invite(
            by=admin, email=f"i{person.pk}@example.nhs.uk", name="I", role=Role.OBSERVER, scope=Scope()
        )

    more()
    client.get(reverse(name))
    few = count()
    for _ in range(12):
        more()
    assert count() == few


def test_a_stranger_is_not_found_on_any_page(client):
    ccg = make_ccg()
    local = make_person(Role.ADMINISTRATOR, ccg)
    stranger = make_person(Role.PRACTICE_USER, make_practice())
    client.force_login(local)
    for name in ("person", "change", "grant_role"):
        assert client.get(page_of(name, stranger)).status_code == 404, name
    end = reverse("people:end_role", kwargs={"holding": stranger.holdings.get().pk})
    assert client.get(end).status_code == 404
    assert client.post(end, {"why": "x"}).status_code == 404
    assert stranger.holdings.in_force().count() == 1


def test_a_person_is_shown_with_only_the_roles_in_reach(client):
    ccg = make_ccg()
    near, far = make_practice(ccg, name="Near Surgery"), make_practice(name="Far Surgery")
    both = make_person(Role.PRACTICE_USER, near)
    grant(both, Role.PRACTICE_USER, far)
    client.force_login(make_person(Role.PROGRAMME_OFFICER, ccg))
    page = client.get(page_of("person", both)).content.decode()
    assert "Near Surgery" in page
    assert "Far Surgery" not in page
    assert "Far Surgery" not in client.get(reverse("people:list")).content.decode()


def test_giving_and_ending_a_role_on_the_page(client, admin):
    person, ccg = make_person(), make_ccg()
    typed = {"role": "observer", "over": "organisation", "organisation": ccg.pk}
    assert client.post(page_of("grant_role", person), typed).status_code == 302
    wrong = client.post(page_of("grant_role", person), typed | {"role": "practice_user"})
    assert "A practice user works for one practice" in wrong.content.decode()
    missing = client.post(page_of("grant_role", person), {"role": "observer", "over": "organisation"})
    assert "organisation" in missing.context["form"].errors
    holding = person.holdings.get()
    end = reverse("people:end_role", kwargs={"holding": holding.pk})
    assert "why" in client.post(end, {"why": ""}).context["form"].errors
    assert client.post(end, {"why": "Has left"}).status_code == 302
    assert "Roles that ended" in client.get(page_of("person", person)).content.decode()


def test_the_last_administrators_page_says_why_the_role_cannot_end(client, admin):
    page = client.get(page_of("person", admin)).content.decode()
    assert "last administrator over everything" in page


def test_stopping_a_person_needs_a_reason(client, admin):
    person = make_person(Role.OBSERVER)
    typed = {"name": person.name, "is_active": "no"}
    page = client.post(page_of("change", person), typed)
    assert "Give the reason" in page.content.decode()
    visitor = client_of(person)
    assert client.post(page_of("change", person), typed | {"why": "Left the CCG"}).status_code == 302
    assert visitor.get(reverse("people:me")).status_code == 302


def test_a_name_that_two_practices_share_asks_for_the_code(client, admin):
    make_practice(name="The Surgery", ods_code="Y10001")
    make_practice(name="The Surgery", ods_code="Y10002")
    typed = {"name": "N", "email": "n@example.nhs.uk", "role": "practice_user", "over": "practice"}
    page = client.post(reverse("people:invite"), typed | {"practice": "the surgery"})
    said = str(page.context["form"].errors["practice"])
    assert "Y10001" in said
    assert "Y10002" in said
    assert client.post(reverse("people:invite"), typed | {"practice": "y10002"}).status_code == 302
    assert Invitation.objects.get().practice.ods_code == "Y10002"


def test_what_was_typed_is_never_lost_and_always_escaped(client, admin):
    typed = {
        "name": "<b>Bold</b> O'Hara",
        "email": "not an address",
        "role": "observer",
        "over": "everything",
    }
    page = client.post(reverse("people:invite"), typed)
    text = page.content.decode()
    assert "email" in page.context["form"].errors
    assert "&lt;b&gt;Bold&lt;/b&gt; O&#39;Hara" in text
    assert "<b>Bold" not in text


def test_hats_switch_and_only_to_ones_own(client):
    practice = make_practice()
    person = make_person(Role.PRACTICE_USER, practice)
    officer = grant(person, Role.PROGRAMME_OFFICER, practice.commissioner)
    user = person.holdings.get(role=Role.PRACTICE_USER)
    foreign = grant(make_person(), Role.ADMINISTRATOR)
    client.force_login(person)
    page = reverse("people:hat")
    assert client.get(page).context["current"] == officer
    assert client.post(page, {"holding": user.pk})["Location"] == reverse("home")
    assert client.get(page).context["current"] == user
    for wrong in (foreign.pk, "", "x", "²"):
        assert client.post(page, {"holding": wrong})["Location"] == page
    assert client.get(page).context["current"] == user
    RoleHolding.objects.filter(pk=user.pk).update(ended_at=user.granted_at, ended_by=person)
    assert client.get(page).context["current"] == officer


def everything_posted() -> dict[str, str]:
    """The name of every field of every model, with a value that would be noticed."""
    names = {field.attname for model in apps.get_models() for field in model._meta.concrete_fields}
    names |= {field.name for model in apps.get_models() for field in model._meta.concrete_fields}
    return dict.fromkeys(sorted(names), "1")


def untouched(row, own: set[str]) -> dict:
    row.refresh_from_db()
    return {name: value for name, value in model_to_dict(row).items() if name not in own}


def test_every_form_changes_only_its_own_fields(client, admin):
    """All model fields are sent to every form, beside what the form itself asks for."""
    person, ccg = make_person(Role.OBSERVER), make_ccg()
    practice = make_practice(ccg)
    link = actions.ask_for_link(by=make_person(), practice=practice, role_at_practice="GP")
    supplier = make_organisation("supplier")
    flood = everything_posted()
    assert {"password", "is_active", "ended_at", "token_hash", "over_everything"} <= set(flood)

    before = untouched(admin, {"name", "job_title", "phone"})
    client.post(reverse("people:me"), flood | {"name": "Renamed", "job_title": "", "phone": ""})
    admin.refresh_from_db()
    assert admin.name == "Renamed"
    assert untouched(admin, {"name", "job_title", "phone"}) == before

    before = untouched(person, {"name", "job_title", "phone", "is_active"})
    client.post(page_of("change", person), flood | {"name": "Changed", "is_active": "yes"})
    person.refresh_from_db()
    assert person.name == "Changed"
    assert untouched(person, {"name", "job_title", "phone", "is_active"}) == before

    own = {"code", "name", "parent", "address", "closed_on", "successor"}
    before = untouched(supplier, own)
    plain = {
        "code": "SUP1",
        "name": "Supplier",
        "parent": "",
        "address": "",
        "closed_on": "",
        "successor": "",
    }
    client.post(reverse("people:change_organisation", kwargs={"organisation": supplier.pk}), flood | plain)
    supplier.refresh_from_db()
    assert supplier.code == "SUP1"
    assert untouched(supplier, own) == before

    client.post(
        reverse("people:invite"),
        flood | {"name": "N", "email": "n@example.nhs.uk", "role": "observer", "over": "everything"},
    )
    offer = Invitation.objects.get(email="n@example.nhs.uk")
    assert (offer.invited_by, offer.accepted_by, offer.cancelled_at) == (admin, None, None)
    assert offer.token_hash != "1"

    client.post(
        page_of("grant_role", person),
        flood | {"role": "approver", "over": "organisation", "organisation": ccg.pk},
    )
    holding = person.holdings.get(role=Role.APPROVER)
    assert (holding.organisation, holding.practice, holding.over_everything) == (ccg, None, False)
    assert (holding.granted_by, holding.ended_at) == (admin, None)

    client.post(
        reverse("people:link_request", kwargs={"link_request": link.pk}),
        flood | {"answer": "confirm", "reason": ""},
    )
    link.refresh_from_db()
    assert (link.confirmed, link.answered_by, link.role_at_practice) == (True, admin, "GP")
    assert link.person.holdings.get().role == Role.PRACTICE_USER

    asker = make_person()
    visitor = client_of(asker)
    visitor.post(
        reverse("people:link"), flood | {"practice": practice.ods_code, "role_at_practice": "Manager"}
    )
    asked = LinkRequest.objects.get(person=asker)
    assert (asked.confirmed, asked.answered_by) == (None, None)
    assert not asker.holdings.exists()


def test_signing_up_with_every_field_gives_no_right(client):
    chosen = {"password1": "sunny walks on sundays", "password2": "sunny walks on sundays"}
    typed = {"name": "Sam", "job_title": "GP", "email": "sam@example.nhs.uk"} | chosen
    client.post("/account/signup/", everything_posted() | typed)
    person = Person.objects.get()
    assert not person.holdings.exists()
    assert person.check_password(chosen["password1"])
    assert not person.emailaddress_set.get().verified
    assert not RoleHolding.objects.exists()
    assert not Organisation.objects.exists()


def test_no_page_of_people_has_a_script_or_style_inside(client, admin):
    for name in (
        "list",
        "me",
        "hat",
        "link",
        "invite",
        "invitations",
        "links",
        "organisations",
        "add_organisation",
    ):
        page = client.get(reverse(f"people:{name}")).content.decode()
        assert not re.search(r"<script(?![^>]*src=)[^>]*>|\sstyle=|\son[a-z]+=", page), name
