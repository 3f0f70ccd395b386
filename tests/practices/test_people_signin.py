"""Signing in, out, up; reset and lockout; sessions. Strangers learn nothing about who is known."""

import re
import time

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from practices.models import Person, RoleHolding
from resilience.core.access import Role
from resilience.core.models import TrailEntry
from tests.factories import PASSWORD, make_person, make_practice

pytestmark = pytest.mark.django_db

LOGIN, RESET = "/account/login/", "/account/password/reset/"


@pytest.fixture(autouse=True)
def _queued(settings):
    """Emails go where they go in production: into the queue (the test runner puts them elsewhere)."""
    settings.EMAIL_BACKEND = "resilience.core.outbox.Backend"


@pytest.fixture
def counted(settings):
    """Attempts are counted, in the table that all processes share."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "shared_cache",
        }
    }
    cache.clear()


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password} | more)


def told(page, *hidden: str) -> str:
    """What the page says, without its tokens and without what was typed."""
    text = re.sub(r'(csrfmiddlewaretoken" )?value="[^"]*"', "", page.content.decode())
    for word in hidden:
        text = text.replace(word, "")
    return text


def ask(url: str, typed: dict[str, str]):
    """A fresh visitor's answer to a form, and the queries it took."""
    client = Client()
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        page = client.post(url, typed)
    return page, len(queries)


def test_sign_in_is_by_email_in_any_case(client):
    person = make_person(Role.OBSERVER)
    page = sign_in(client, person.email.upper())
    assert (page.status_code, page["Location"]) == (302, reverse("home"))
    assert client.session["_auth_user_id"] == str(person.pk)


def test_signing_out_is_by_post_only(client):
    client.force_login(make_person())
    assert client.get("/account/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/account/logout/")
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(counted):
    known, stopped, unverified = make_person(), make_person(is_active=False), make_person()
    unverified.emailaddress_set.update(verified=False)
    unusable = Person.objects.create_user("sso@example.nhs.uk", None, name="Single Sign On")
    unusable.emailaddress_set.create(email=unusable.email, verified=True, primary=True)
    answers = set()
    for email in (known.email, stopped.email, unverified.email, unusable.email, "nobody@example.nhs.uk"):
        page, queries = ask(LOGIN, {"login": email, "password": "not the right one"})
        answers.add((page.status_code, told(page, email), queries))
    assert len(answers) == 1
    assert "is not right" in answers.pop()[1]


def test_an_unknown_person_costs_the_same_hashing(monkeypatch):
    made = []
    original = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *args, **more: made.append(1) or original(*args, **more)
    )
    for email in (make_person().email, "nobody@example.nhs.uk"):
        made.clear()
        ask(LOGIN, {"login": email, "password": "not the right one"})
        assert len(made) == 1, email


def test_reset_says_and_does_the_same_for_known_and_unknown(counted):
    known, stopped = make_person(), make_person(is_active=False)
    answers = set()
    for email in (known.email, stopped.email, "nobody@example.nhs.uk"):
        page, queries = ask(RESET, {"email": email})
        answers.add((page.status_code, page["Location"], queries))
        assert Email.objects.latest("pk").to == [email]
    assert len(answers) == 1
    assert Email.objects.count() == 3


def test_a_reset_link_sets_a_password_once(client):
    person = make_person()
    client.post(RESET, {"email": person.email.upper()})
    letter = Email.objects.get()
    assert "Choose a new password" in letter.subject
    link = re.search(r"http\S+(/account/password/reset/key/\S+)", letter.message)[1]
    page = client.get(link, follow=True)
    chosen = {"password1": "entirely fresh pass words", "password2": "entirely fresh pass words"}
    assert client.post(page.redirect_chain[-1][0], chosen).status_code == 302
    person.refresh_from_db()
    assert person.check_password("entirely fresh pass words")
    assert "does not work any more" in Client().get(link, follow=True).content.decode()


def test_five_wrong_tries_lock_the_person_not_the_place_and_ten_minutes_or_a_reset_open_it(
    client, counted, monkeypatch
):
    person, colleague = make_person(), make_person()
    for _ in range(5):
        assert "is not right" in sign_in(client, person.email, "wrong").content.decode()
    locked = sign_in(client, person.email)
    assert "too many attempts" in locked.content.decode()
    assert "_auth_user_id" not in client.session
    assert sign_in(Client(), colleague.email).status_code == 302
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + 601)
        assert sign_in(Client(), person.email).status_code == 302
    for _ in range(5):
        sign_in(client, person.email, "wrong")
    assert "too many attempts" in sign_in(Client(), person.email).content.decode()
    client.post(RESET, {"email": person.email})
    link = re.search(r"http\S+(/account/password/reset/key/\S+)", Email.objects.latest("pk").message)[1]
    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": PASSWORD + "!", "password2": PASSWORD + "!"})
    assert sign_in(Client(), person.email, PASSWORD + "!").status_code == 302


def test_an_unknown_person_is_locked_out_in_the_same_words(counted):
    pages = []
    for email in (make_person().email, "nobody@example.nhs.uk"):
        client = Client()
        for _ in range(6):
            page = sign_in(client, email, "wrong")
        pages.append(told(page, email))
    assert pages[0] == pages[1]


def test_one_address_is_locked_after_sixty_wrong_tries(counted):
    client = Client()
    for number in range(60):
        sign_in(client, f"guess{number}@example.nhs.uk", "wrong")
    person = make_person()
    assert "too many attempts" in sign_in(client, person.email).content.decode()
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, person.email).status_code == 302


def test_who_signs_up_has_no_right_and_must_show_the_address_is_theirs(client):
    typed = {
        "name": "Sam Selfmade",
        "job_title": "Practice manager",
        "email": "Sam@Example.nhs.uk",
        "password1": "sunny walks on sundays",
        "password2": "sunny walks on sundays",
    }
    page = client.post("/account/signup/", typed)
    assert page["Location"] == reverse("account_email_verification_sent")
    person = Person.objects.get(email="sam@example.nhs.uk")
    assert (person.name, person.job_title) == ("Sam Selfmade", "Practice manager")
    assert not person.holdings.exists()
    assert TrailEntry.objects.get().act == "practices.sign_up"
    sign_in(client, person.email, typed["password1"])
    assert "_auth_user_id" not in client.session, "not before the address is verified"
    link = re.search(r"http\S+(/account/confirm-email/\S+/)", Email.objects.earliest("pk").message)[1]
    client.post(link)
    assert sign_in(client, person.email, typed["password1"]).status_code == 302
    assert client.get(reverse("people:link")).status_code == 200
    for page in ("people:list", "people:invite", "people:links", "people:organisations"):
        assert client.get(reverse(page)).status_code == 403, page


def test_signing_up_with_a_known_address_looks_the_same_and_tells_its_owner(client):
    person = make_person()
    chosen = {"password1": "sunny walks on sundays", "password2": "sunny walks on sundays"}
    typed = {"name": "Eve", "job_title": "GP", "email": person.email} | chosen
    page = client.post("/account/signup/", typed)
    assert page["Location"] == reverse("account_email_verification_sent")
    assert Person.objects.count() == 1
    assert "You have an account already" in Email.objects.get().subject
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_changing_the_password_needs_the_present_one_and_tells_the_owner(client):
    person = make_person()
    client.force_login(person)
    chosen = {"password1": "sunny walks on sundays", "password2": "sunny walks on sundays"}
    page = client.post("/account/password/change/", chosen | {"oldpassword": "wrong"})
    assert "oldpassword" in page.context["form"].errors
    client.post("/account/password/change/", chosen | {"oldpassword": PASSWORD})
    person.refresh_from_db()
    assert person.check_password("sunny walks on sundays")
    assert "Your password was changed" in Email.objects.get().subject


@pytest.mark.parametrize("seconds", [15 * 60 + 1, 12 * 3600 + 1])
def test_a_session_ends_after_15_minutes_idle_and_keeps_where_one_was(client, monkeypatch, seconds):
    client.force_login(make_person())
    page = reverse("people:me")
    assert client.get(page).status_code == 200
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + seconds)
    answer = client.get(f"{page}?tab=roles")
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_login')}?next={page}%3Ftab%3Droles"
    assert "_auth_user_id" not in client.session


def test_a_busy_session_lasts_12_hours_and_no_longer(client, monkeypatch):
    client.force_login(make_person())
    page, start = reverse("people:me"), time.time()
    for minutes in range(0, 12 * 60, 10):
        monkeypatch.setattr(time, "time", lambda minutes=minutes: start + minutes * 60)
        assert client.get(page).status_code == 200, minutes
    monkeypatch.setattr(time, "time", lambda: start + 12 * 3600 + 60)
    assert client.get(page).status_code == 302


def test_a_form_sent_too_late_comes_back_to_its_page(client, monkeypatch):
    client.force_login(make_person(Role.ADMINISTRATOR))
    page = reverse("people:invite") + "?practice=Y00001"
    client.get(page)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 16 * 60)
    answer = client.post(
        reverse("people:invite"), {"name": "N"}, headers={"referer": f"http://testserver{page}"}
    )
    assert answer["Location"] == f"{reverse('account_login')}?next=/people/invite/%3Fpractice%3DY00001"
    evil = Client().post(reverse("people:invite"), headers={"referer": "http://evil.example/x"})
    assert evil["Location"] == f"{reverse('account_login')}?next=/people/invite/"


def test_the_session_of_a_stopped_person_ends_at_once(client):
    person = make_person(Role.OBSERVER)
    client.force_login(person)
    assert client.get(reverse("people:me")).status_code == 200
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get(reverse("people:me")).status_code == 302


def test_what_needs_a_sign_in_is_never_stored(client):
    client.force_login(make_person(Role.ADMINISTRATOR))
    for page in ("people:me", "people:list", "people:hat"):
        assert "no-store" in client.get(reverse(page))["Cache-Control"], page


def test_after_signing_in_one_goes_where_one_wanted_but_never_to_another_host(client):
    person = make_person()
    answer = sign_in(client, person.email, next=reverse("people:me"))
    assert answer["Location"] == reverse("people:me")
    assert sign_in(Client(), person.email, next="https://evil.example/")["Location"] == reverse("home")


def test_createsuperuser_makes_an_administrator_who_can_sign_in(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command(
        "createsuperuser", email="First@Example.nhs.uk", name="First Admin", interactive=False, verbosity=0
    )
    person = Person.objects.get()
    assert person.email == "first@example.nhs.uk"
    assert [str(each) for each in RoleHolding.objects.all()] == ["Administrator, everything"]
    assert TrailEntry.objects.get().act == "practices.make_administrator"
    assert sign_in(client, person.email).status_code == 302
    assert client.get(reverse("people:list")).status_code == 200


def test_a_person_reads_only_plain_words_in_every_email(client):
    """No email of sign-in falls back to a text that is not ours."""
    person = make_person(Role.PRACTICE_USER, make_practice())
    client.post(RESET, {"email": person.email})
    client.post(RESET, {"email": "nobody@example.nhs.uk"})
    for letter in Email.objects.all():
        assert letter.message.strip().endswith("Resilience programmes for general practice")
        assert "example.com" not in letter.message
        assert "&" not in letter.message
