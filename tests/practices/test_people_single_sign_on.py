"""NHS sign-in by OpenID Connect: off unless set, opens an account that is there, gives no right."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from practices.models import Person
from practices.signin import SingleSignOnAdapter
from resilience import environment
from resilience.core.access import Role
from tests.factories import make_person

SERVER = "https://identity.example.nhs.uk"
NAMES = ("OIDC_SERVER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in (*NAMES, "OIDC_NAME", "PROXIES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def chosen(monkeypatch):
    for name, value in zip(NAMES, (SERVER, "client", "secret"), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OIDC_NAME", "Sign in with NHSmail")


class Provider(requests.Session):
    """Stands for the identity provider; ``person`` is what it says of whoever signs in."""

    person: dict = {}

    def request(self, method, url, *args, **options):
        said = {
            "/.well-known/openid-configuration": {
                "authorization_endpoint": f"{SERVER}/authorize",
                "token_endpoint": f"{SERVER}/token",
                "userinfo_endpoint": f"{SERVER}/userinfo",
                "jwks_uri": f"{SERVER}/keys",
                "issuer": SERVER,
            },
            "/token": {"access_token": "access", "token_type": "Bearer"},
            "/userinfo": self.person,
        }[urlsplit(url).path]
        answer = requests.Response()
        answer.status_code, answer._content = 200, json.dumps(said).encode()
        answer.headers["content-type"] = "application/json"
        return answer


@pytest.fixture
def provider(settings, chosen, monkeypatch):
    settings.SOCIALACCOUNT_PROVIDERS = environment.single_sign_on()
    monkeypatch.setattr(SingleSignOnAdapter, "get_requests_session", lambda self: Provider())
    return monkeypatch


def come_back(client, provider, process="login", **said):
    """Leave for the provider and come back as the person it vouches for."""
    provider.setattr(Provider, "person", {"sub": "123", "name": "From Elsewhere"} | said)
    away = client.post(f"/account/oidc/nhs/login/?process={process}")
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert away["Location"].startswith(f"{SERVER}/authorize?")
    assert "code_challenge" in asked
    return client.get("/account/oidc/nhs/login/callback/", {"code": "x", "state": asked["state"][0]})


def signed_in(client) -> str | None:
    return client.session.get("_auth_user_id")


def test_nothing_set_is_off_and_everything_set_is_on(monkeypatch, chosen):
    made = environment.single_sign_on()["openid_connect"]["APPS"][0]
    assert made["settings"]["server_url"] == SERVER
    assert made["name"] == "Sign in with NHSmail"
    assert environment.single_sign_on_origin() == [SERVER]
    for name in NAMES:
        monkeypatch.delenv(name)
    assert environment.single_sign_on() == {}
    assert environment.single_sign_on_origin() == []


@pytest.mark.parametrize("missing", NAMES)
def test_half_set_says_what_is_missing(monkeypatch, chosen, missing):
    monkeypatch.delenv(missing)
    with pytest.raises(ImproperlyConfigured, match=f"Set {missing} too"):
        environment.single_sign_on()


def test_an_address_without_https_is_refused(monkeypatch, chosen):
    monkeypatch.setenv("OIDC_SERVER", "http://identity.example.nhs.uk")
    with pytest.raises(ImproperlyConfigured, match="starts with https://"):
        environment.single_sign_on()


@pytest.mark.parametrize(("value", "proxies"), [("", 0), ("2", 2)])
def test_proxies_are_counted(monkeypatch, value, proxies):
    monkeypatch.setenv("PROXIES", value)
    monkeypatch.setenv("PUBLIC_URL", "")
    assert environment.proxies() == proxies
    monkeypatch.setenv("PUBLIC_URL", "https://resilience.example.nhs.uk")
    assert environment.proxies() == (proxies or 1)
    monkeypatch.setenv("PROXIES", "many")
    with pytest.raises(ImproperlyConfigured, match="Set PROXIES to the number"):
        environment.proxies()


@pytest.mark.django_db
def test_the_button_is_there_only_when_set(provider, settings):
    assert "Sign in with NHSmail" in Client().get("/account/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    page = Client().get("/account/login/").content.decode()
    assert "/oidc/" not in page
    assert Client().get("/account/oidc/nhs/login/").status_code == 404


@pytest.mark.django_db
def test_it_opens_the_account_with_that_verified_address_and_gives_no_right(client, provider):
    person = make_person()
    come_back(client, provider, email=person.email.upper(), email_verified=True)
    assert signed_in(client) == str(person.pk)
    assert not person.holdings.exists()
    again = Client()
    come_back(again, provider, email="moved@example.nhs.uk", email_verified=True)
    assert signed_in(again) == str(person.pk), "joined once, it is known by the provider's own number"
    assert Person.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("verified", [False, None, "false", "true", 1])
def test_an_address_the_provider_has_not_verified_opens_nothing(client, provider, verified):
    person = make_person(Role.ADMINISTRATOR)
    page = come_back(client, provider, email=person.email, email_verified=verified)
    assert signed_in(client) is None
    assert page.status_code in (200, 302)
    assert person.socialaccount_set.count() == 0


@pytest.mark.django_db
def test_an_address_we_have_not_verified_opens_nothing(client, provider):
    person = make_person()
    person.emailaddress_set.update(verified=False)
    come_back(client, provider, email=person.email, email_verified=True)
    assert signed_in(client) is None


@pytest.mark.django_db
def test_a_stranger_gets_no_account(client, provider):
    page = come_back(client, provider, email="stranger@example.nhs.uk", email_verified=True)
    assert "No account has that address" in page.content.decode()
    assert not Person.objects.exists()


@pytest.mark.django_db
def test_a_stopped_person_stays_out(client, provider):
    person = make_person(is_active=False)
    come_back(client, provider, email=person.email, email_verified=True)
    assert signed_in(client) is None


@pytest.mark.django_db
def test_nobody_joins_another_address_to_their_account(client, provider):
    person = make_person()
    client.force_login(person)
    answer = come_back(client, provider, process="connect", email="else@example.nhs.uk", email_verified=True)
    assert answer["Location"] == reverse("people:me")
    assert person.socialaccount_set.count() == 0
