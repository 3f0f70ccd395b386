"""Asking to work for a practice, and the officer's answer."""

import pytest
from django.urls import reverse
from post_office.models import Email

from practices import actions
from practices.models import LinkRequest, Person
from resilience.core.access import Denied, Role
from tests.factories import make_ccg, make_person, make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice():
    return make_practice(make_ccg())


@pytest.fixture
def officer(practice):
    return make_person(Role.PROGRAMME_OFFICER, practice.commissioner)


@pytest.fixture
def asked(practice, officer):
    person = make_person()
    return actions.ask_for_link(by=person, practice=practice, role_at_practice="Practice manager")


def answer_page(link):
    return reverse("people:link_request", kwargs={"link_request": link.pk})


def test_officers_of_the_practice_are_told_and_see_it(client, asked, officer):
    make_person(Role.PROGRAMME_OFFICER, make_ccg())
    letter = Email.objects.get()
    assert letter.to == [officer.email]
    assert answer_page(asked) in letter.message
    client.force_login(officer)
    assert asked.person.name in client.get(reverse("people:links")).content.decode()


def test_confirming_makes_a_practice_user_and_tells_them(client, asked, officer, practice):
    client.force_login(officer)
    assert client.post(answer_page(asked), {"answer": "confirm"}).status_code == 302
    person = Person.objects.get(pk=asked.person_id)
    assert [(h.role, h.practice) for h in person.current_holdings] == [(Role.PRACTICE_USER, practice)]
    letter = Email.objects.latest("pk")
    assert letter.to == [person.email]
    assert "confirmed" in letter.message


def test_refusing_needs_a_reason_which_the_person_is_told(client, asked, officer):
    client.force_login(officer)
    page = client.post(answer_page(asked), {"answer": "refuse", "reason": " "})
    assert "reason" in page.context["form"].errors
    assert not LinkRequest.objects.get().answered_at
    with pytest.raises(Denied, match="Say why"):
        actions.answer_link(by=officer, link_request=asked, confirm=False)
    client.post(answer_page(asked), {"answer": "refuse", "reason": "The practice does not know you."})
    assert "The practice does not know you." in Email.objects.latest("pk").message
    assert not Person.objects.get(pk=asked.person_id).current_holdings
    assert LinkRequest.objects.get().confirmed is False


def test_an_answer_is_given_once(asked, officer):
    actions.answer_link(by=officer, link_request=asked, confirm=True)
    with pytest.raises(Denied, match="was answered"):
        actions.answer_link(by=officer, link_request=asked, confirm=False, reason="No")
    assert asked.person.holdings.count() == 1


def test_nobody_answers_outside_their_scope_or_for_themselves(client, asked, practice, officer):
    for stranger in (
        make_person(Role.PROGRAMME_OFFICER, make_ccg()),
        make_person(Role.PROGRAMME_OFFICER, make_practice().commissioner),
    ):
        client.force_login(stranger)
        assert client.get(answer_page(asked)).status_code == 404
        assert client.post(answer_page(asked), {"answer": "confirm"}).status_code == 404
        with pytest.raises(Denied):
            actions.answer_link(by=stranger, link_request=asked, confirm=True)
    client.force_login(make_person(Role.APPROVER, practice.commissioner))
    assert client.get(answer_page(asked)).status_code == 403
    own = actions.ask_for_link(by=officer, practice=practice, role_at_practice="GP")
    with pytest.raises(Denied, match="your own request"):
        actions.answer_link(by=officer, link_request=own, confirm=True)


def test_asking_twice_says_so(client, asked, practice):
    client.force_login(asked.person)
    page = client.post(reverse("people:link"), {"practice": practice.ods_code, "role_at_practice": "GP"})
    assert "already asked" in page.content.decode()
    assert LinkRequest.objects.count() == 1


def test_who_works_there_already_cannot_ask(practice):
    with pytest.raises(Denied, match="already work"):
        actions.ask_for_link(
            by=make_person(Role.PRACTICE_USER, practice), practice=practice, role_at_practice="GP"
        )


def test_nobody_floods_the_officers():
    person, ccg = make_person(), make_ccg()
    for _ in range(5):
        actions.ask_for_link(by=person, practice=make_practice(ccg), role_at_practice="GP")
    with pytest.raises(Denied, match="5 requests without an answer"):
        actions.ask_for_link(by=person, practice=make_practice(ccg), role_at_practice="GP")


def test_a_closed_practice_is_not_found_and_cannot_be_asked_for(client):
    closed = make_practice(status="dormant", name="Sleeping Surgery")
    person = make_person()
    client.force_login(person)
    assert "Sleeping Surgery" not in client.get(reverse("people:link"), {"q": "sleeping"}).content.decode()
    assert client.get(reverse("people:link"), {"practice": closed.ods_code}).status_code == 404
    with pytest.raises(Denied, match="not open"):
        actions.ask_for_link(by=person, practice=closed, role_at_practice="GP")


def test_a_person_without_a_role_finds_their_practice_without_a_script(client):
    make_practice(name="Harbour Street Surgery", ods_code="Y12345", postcode="NV1 2AB")
    make_practice(name="Mill Lane Practice")
    client.force_login(make_person())
    for typed in ("harbour street", "y12345", "NV1 2AB"):
        page = client.get(reverse("people:link"), {"q": typed}).content.decode()
        assert "?practice=Y12345" in page, typed
        assert "Mill Lane" not in page
    assert "No practice matches" in client.get(reverse("people:link"), {"q": "zzz"}).content.decode()
    page = client.get(reverse("people:link"), {"practice": "Y12345"}).content.decode()
    assert "What do you do there?" in page
    client.post(reverse("people:link"), {"practice": "Y12345", "role_at_practice": "Practice manager"})
    assert LinkRequest.objects.get().role_at_practice == "Practice manager"
    assert "waiting for an answer" in client.get(reverse("people:link")).content.decode()
