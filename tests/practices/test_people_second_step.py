"""The second step of signing in: the office must have one; recovery codes; a code works once."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from resilience.core.access import Role
from tests.factories import PASSWORD, make_person, make_practice

pytestmark = pytest.mark.django_db

ACTIVATE = "/account/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def _required(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}
    }
    cache.clear()


@pytest.fixture
def officer():
    return make_person(Role.PROGRAMME_OFFICER)


def code(secret: str, later: int = 0) -> str:
    """What the app shows for ``secret``, ``later`` half minutes from now."""
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30 + later))


def sign_in(person) -> Client:
    client = Client()
    client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    return client


def set_up(person) -> tuple[Client, str]:
    client = sign_in(person)
    secret = client.get(ACTIVATE).context["form"].secret
    answer = client.post(ACTIVATE, {"code": code(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    return client, secret


def test_an_officer_without_one_is_sent_to_set_it_up_from_every_page(officer):
    client = sign_in(officer)
    for page in ("people:me", "people:links", "home", "people:hat"):
        answer = client.get(reverse(page))
        assert (answer.status_code, answer["Location"]) == (302, ACTIVATE), page
    assert client.post(reverse("people:me"), {"name": "X"})["Location"] == ACTIVATE
    page = client.get(ACTIVATE)
    assert page.status_code == 200
    assert "Your role needs one" in page.content.decode()
    assert client.post(reverse("account_logout")).status_code == 302


def test_a_practice_user_need_not(settings):
    client = sign_in(make_person(Role.PRACTICE_USER, make_practice()))
    assert client.get(reverse("people:me")).status_code == 200


def test_the_demo_does_not_ask_for_it(settings, officer):
    settings.REQUIRE_SECOND_FACTOR = False
    assert sign_in(officer).get(reverse("people:me")).status_code == 200


def test_once_set_up_it_shows_recovery_codes_and_opens_everything(officer):
    client, _ = set_up(officer)
    page = client.get(reverse("mfa_view_recovery_codes"))
    assert page.status_code == 200
    codes = re.findall(r"\b\d{8}\b", page.content.decode())
    assert len(set(codes)) == 10
    assert client.get(reverse("people:me")).status_code == 200
    assert client.get(reverse("mfa_index")).status_code == 200


def test_an_old_sign_in_has_to_be_proved_again(officer, monkeypatch):
    client, _ = set_up(officer)
    now = time.time()
    for minutes in (10, 20):
        monkeypatch.setattr(time, "time", lambda minutes=minutes: now + minutes * 60)
        answer = client.get(reverse("mfa_generate_recovery_codes"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    client.post(answer["Location"], {"password": "wrong"})
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 302
    client.post(answer["Location"], {"password": PASSWORD})
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200


def test_its_secret_lies_encrypted_and_outlives_a_new_key(officer, settings):
    _, secret = set_up(officer)
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough for anybody's liking, surely"
    client = sign_in(officer)
    client.post(reverse("mfa_authenticate"), {"code": code(secret, later=1)})
    assert client.session["_auth_user_id"] == str(officer.pk)


def test_a_wrong_code_sets_nothing_up(officer):
    client = sign_in(officer)
    client.get(ACTIVATE)
    page = client.post(ACTIVATE, {"code": "000000"})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not Authenticator.objects.exists()


def test_from_then_on_the_password_alone_lets_nobody_in(officer):
    _, secret = set_up(officer)
    client = sign_in(officer)
    assert "_auth_user_id" not in client.session
    page = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert page.context["form"].errors
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": code(secret, later=1)})
    assert client.session["_auth_user_id"] == str(officer.pk)


def test_a_code_works_once(officer):
    _, secret = set_up(officer)
    used = code(secret, later=1)
    first, second = sign_in(officer), sign_in(officer)
    first.post(reverse("mfa_authenticate"), {"code": used})
    second.post(reverse("mfa_authenticate"), {"code": used})
    assert "_auth_user_id" in first.session
    assert "_auth_user_id" not in second.session


def test_a_recovery_code_lets_in_once(officer):
    client, _ = set_up(officer)
    codes = re.findall(r"\b\d{8}\b", client.get(reverse("mfa_view_recovery_codes")).content.decode())
    first, second = sign_in(officer), sign_in(officer)
    first.post(reverse("mfa_authenticate"), {"code": codes[0]})
    second.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert "_auth_user_id" in first.session
    assert "_auth_user_id" not in second.session


def test_guessing_codes_is_locked_out(officer):
    set_up(officer)
    client = sign_in(officer)
    for _ in range(6):
        page = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "too many" in page.content.decode().lower()


def test_taking_it_off_brings_the_demand_back(officer):
    client, _ = set_up(officer)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(type="totp").exists()
    assert client.get(reverse("people:me"))["Location"] == ACTIVATE
