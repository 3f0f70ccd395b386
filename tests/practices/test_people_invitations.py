"""Invitations: a link that works once, for one mailbox, for 14 days."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from practices import actions
from practices.models import Invitation, Person
from practices.scopes import Scope
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry, TrailReason
from tests.factories import PASSWORD, grant, make_ccg, make_person, make_practice

pytestmark = pytest.mark.django_db

PICKED = "a long and winding password"


@pytest.fixture(autouse=True)
def _home(settings):
    settings.LOGIN_REDIRECT_URL = "people:me"


@pytest.fixture
def admin():
    return make_person(Role.ADMINISTRATOR)


@pytest.fixture
def practice():
    return make_practice()


def offer(admin, practice, email="new@example.nhs.uk", **fields):
    return actions.invite(
        **{
            "by": admin,
            "email": email,
            "name": "Nadia New",
            "role": Role.PRACTICE_USER,
            "scope": Scope(practice=practice),
        }
        | fields
    )


def token_sent() -> str:
    return re.search(r"/people/invitation/([^/\s]+)/", Email.objects.latest("pk").message)[1]


def address(token: str) -> str:
    return reverse("people:invitation", kwargs={"token": token})


def accept_form(**fields):
    return {
        "name": "Nadia New",
        "job_title": "Practice manager",
        "password1": PICKED,
        "password2": PICKED,
    } | fields


def test_the_token_is_kept_only_hashed_and_the_email_has_it(admin, practice):
    made = offer(admin, practice, email=" New@Example.NHS.uk ")
    token = token_sent()
    assert made.email == "new@example.nhs.uk"
    assert token not in str(list(Invitation.objects.values()))
    assert made.token_hash == actions._hash(token)
    assert Email.objects.latest("pk").to == ["new@example.nhs.uk"]
    assert dt.timedelta(days=13, hours=23) < made.expires_at - timezone.now() <= dt.timedelta(days=14)


def test_a_new_person_accepts_and_is_signed_in_with_the_role(client, admin, practice):
    offer(admin, practice)
    page = client.get(address(token_sent()))
    assert page.status_code == 200
    assert practice.name in page.content.decode()
    answer = client.post(address(token_sent()), accept_form())
    assert answer.status_code == 302
    person = Person.objects.get(email="new@example.nhs.uk")
    assert client.get(reverse("people:me")).context["user"] == person
    assert person.check_password(PICKED)
    assert [(h.role, h.practice, h.granted_by) for h in person.current_holdings] == [
        (Role.PRACTICE_USER, practice, admin)
    ]
    assert person.emailaddress_set.get().verified
    client.logout()
    assert (
        client.post(reverse("account_login"), {"login": person.email, "password": PICKED}).status_code == 302
    )


def test_the_link_works_once(client, admin, practice):
    offer(admin, practice)
    token = token_sent()
    client.post(address(token), accept_form())
    client.logout()
    assert client.get(address(token)).status_code == 404
    assert client.post(address(token), accept_form(name="Twice")).status_code == 404
    assert Person.objects.filter(email="new@example.nhs.uk").count() == 1


def dead_tokens(admin, practice):
    """Tokens of an invitation that was never made, used, cancelled, expired, or whose sender lost the right."""
    yield "unknown", "never-made"
    used = offer(admin, practice, "used@example.nhs.uk")
    yield_token = token_sent()
    actions.accept_invitation(by=None, token=yield_token, name="Used", job_title="GP", password=PICKED)
    assert Invitation.objects.get(pk=used.pk).state == "accepted"
    yield "used", yield_token
    cancelled = offer(admin, practice, "cancelled@example.nhs.uk")
    yield_token = token_sent()
    actions.cancel_invitation(by=admin, invitation=cancelled)
    yield "cancelled", yield_token
    expired = offer(admin, practice, "expired@example.nhs.uk")
    Invitation.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    yield "expired", token_sent()
    leaver = make_person(Role.ADMINISTRATOR)
    offer(leaver, practice, "leaver@example.nhs.uk")
    Person.objects.filter(pk=leaver.pk).update(is_active=False)
    yield "sender stopped", token_sent()
    again = offer(admin, practice, "again@example.nhs.uk")
    yield_token = token_sent()
    actions.resend_invitation(by=admin, invitation=again)
    yield "sent again", yield_token
    stopped = make_person(is_active=False)
    offer(admin, practice, stopped.email)
    yield "account stopped", token_sent()


def strip(page) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page.content.decode())


def test_every_dead_token_shows_a_stranger_the_same_page(client, admin, practice):
    pages = {}
    for why, token in dead_tokens(admin, practice):
        page = client.get(address(token))
        assert page.status_code == 404, why
        assert client.post(address(token), accept_form()).status_code == 404, why
        pages[why] = strip(page)
    assert len(set(pages.values())) == 1
    assert practice.name not in pages["expired"]


def test_an_invitation_of_someone_else_shows_that_page_too(client, admin, practice):
    offer(admin, practice, make_person().email)
    token = token_sent()
    other = make_person(Role.OBSERVER)
    client.force_login(other)
    page = client.get(address(token))
    assert page.status_code == 404
    assert practice.name not in page.content.decode()
    client.post(address(token))
    assert not other.holdings.filter(practice=practice).exists()


def test_who_has_an_account_signs_in_and_accepts(client, admin, practice):
    person = make_person()
    offer(admin, practice, person.email)
    token = token_sent()
    page = client.get(address(token))
    assert f"{reverse('account_login')}?next={address(token)}" in page.content.decode()
    assert client.post(address(token), accept_form()).status_code == 200, "a password does not replace theirs"
    assert Person.objects.get(pk=person.pk).check_password(PASSWORD)
    client.force_login(person)
    assert client.post(address(token)).status_code == 302
    assert person.holdings.in_force().get().practice == practice


def test_an_account_that_someone_made_with_my_address_becomes_mine(client, admin, practice):
    """Whoever signed up with an address they cannot read keeps no way in."""
    squatter = Person.objects.create_user("new@example.nhs.uk", "the squatters password", name="Squatter")
    squatter.emailaddress_set.create(email=squatter.email, verified=False, primary=True)
    offer(admin, practice)
    client.post(address(token_sent()), accept_form())
    person = Person.objects.get(email="new@example.nhs.uk")
    assert person.name == "Nadia New"
    assert person.check_password(PICKED)
    assert not person.check_password("the squatters password")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password2": "something else entirely"}, "password2"),
        ({"name": ""}, "name"),
        ({"password1": "", "password2": ""}, "password1"),
    ],
)
def test_wrong_input_writes_nothing_and_says_where(client, admin, practice, fields, field):
    offer(admin, practice)
    page = client.post(address(token_sent()), accept_form(**fields))
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert not Person.objects.filter(email="new@example.nhs.uk").exists()


def test_the_same_offer_twice_is_refused_and_a_held_role_is_not_offered(admin, practice):
    offer(admin, practice)
    with pytest.raises(Denied, match="invited to that role already"):
        offer(admin, practice, "NEW@example.nhs.uk")
    holder = make_person(Role.PRACTICE_USER, practice)
    with pytest.raises(Denied, match="already has this role"):
        offer(admin, practice, holder.email)


def test_an_officer_invites_practice_users_of_their_practices_only(admin):
    ccg = make_ccg()
    officer = make_person(Role.PROGRAMME_OFFICER, ccg)
    offer(officer, make_practice(ccg))
    for scope, role in (
        (Scope(practice=make_practice()), Role.PRACTICE_USER),
        (Scope(organisation=ccg), Role.OBSERVER),
        (Scope(), Role.ADMINISTRATOR),
    ):
        with pytest.raises(Denied, match="Your own role does not let you"):
            offer(officer, None, role=role, scope=scope)
    with pytest.raises(Denied, match="does not let you invite"):
        offer(make_person(Role.OBSERVER), make_practice())


def test_nobody_manages_an_invitation_outside_their_reach(client, admin, practice):
    made = offer(admin, practice)
    stranger = make_person(Role.ADMINISTRATOR, make_ccg())
    with pytest.raises(Denied, match="does not reach far enough"):
        actions.cancel_invitation(by=stranger, invitation=made)
    client.force_login(stranger)
    page = reverse("people:sent_invitation", kwargs={"invitation": made.pk})
    assert client.get(page).status_code == 404
    assert client.post(page, {"act": "cancel"}).status_code == 404
    client.force_login(admin)
    assert client.post(page, {"act": "cancel"}).status_code == 302
    assert Invitation.objects.get().state == "cancelled"
    assert client.post(page, {"act": "resend"}).status_code == 200, "a cancelled one is not sent again"


def test_the_form_offers_no_more_than_ones_reach(client):
    ccg = make_ccg()
    practice, far = make_practice(ccg, name="Near Surgery"), make_practice(name="Far Surgery")
    officer = make_person(Role.PROGRAMME_OFFICER, ccg)
    client.force_login(officer)
    typed = {"name": "N", "email": "n@example.nhs.uk", "role": "practice_user", "over": "practice"}
    page = client.post(reverse("people:invite"), typed | {"practice": far.ods_code})
    assert "No practice you look after" in page.content.decode()
    page = client.post(reverse("people:invite"), typed | {"over": "everything"})
    assert "over" in page.context["form"].errors
    page = client.post(
        reverse("people:invite"), typed | {"role": "administrator", "practice": practice.ods_code}
    )
    assert "role" in page.context["form"].errors
    assert not Invitation.objects.exists()
    assert client.post(reverse("people:invite"), typed | {"practice": "near"}).status_code == 302
    assert Invitation.objects.get().practice == practice


def test_the_trail_holds_no_word_about_a_person(admin, practice):
    offer(admin, practice)
    actions.accept_invitation(by=None, token=token_sent(), name="Nadia New", job_title="GP", password=PICKED)
    facts = str(list(TrailEntry.objects.values_list("facts", flat=True)))
    assert [entry.act for entry in TrailEntry.objects.all()] == [
        "practices.invite",
        "practices.accept_invitation",
    ]
    assert "Nadia" not in facts
    assert "example" not in facts
    assert not TrailReason.objects.exists()


def test_grant_and_end_stay_on_record_and_are_told(admin, practice):
    person = make_person()
    holding = actions.grant_role(
        by=admin, person=person, role=Role.PRACTICE_USER, scope=Scope(practice=practice), why="New manager"
    )
    assert practice.name in Email.objects.latest("pk").message
    with pytest.raises(Denied, match="already has this role"):
        actions.grant_role(by=admin, person=person, role=Role.PRACTICE_USER, scope=Scope(practice=practice))
    actions.end_role(by=admin, holding=holding, why="Moved away")
    assert not Person.objects.get(pk=person.pk).current_holdings
    assert person.holdings.count() == 1
    with pytest.raises(Denied, match="ended on"):
        actions.end_role(by=admin, holding=holding, why="Again")
    assert [str(each) for each in TrailReason.objects.order_by("entry")] == ["New manager", "Moved away"]
    grant(person, Role.PRACTICE_USER, practice)
