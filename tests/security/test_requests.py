"""Requests that no page of ours makes."""

import json
import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from practices.models import Person
from resilience import environment
from resilience.core.access import Role
from resilience.core.models import SavedView
from tests import factories as make
from tests.discovery.test_access import client_of, values
from tests.discovery.urls import addresses
from tests.discovery.world import make_corner, make_things
from tests.security.watch import writes

pytestmark = pytest.mark.django_db

ELSEWHERE = (
    "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:evil.example",
    "\thttps://evil.example", "https:///evil.example", "///evil.example", "\\\\evil.example",
)  # fmt: skip


@pytest.fixture
def corner():
    corner = make_corner()
    corner.things |= make_things(corner)
    view = SavedView.objects.create(person=corner.people[Role.PROGRAMME_OFFICER], page="x", name="Mine")
    corner.things["pk"] = view.pk
    return corner


@pytest.fixture
def officer(corner):
    return client_of(corner.people[Role.PROGRAMME_OFFICER])


# --- cross-site requests ------------------------------------------------------------------------


def test_every_post_needs_its_token(corner):
    """Whoever is signed in, at every address: without the page's token nothing is done."""
    wrong = []
    for role in Role.values:
        client = Client(enforce_csrf_checks=True)
        client.force_login(corner.people[role])
        for address in addresses():
            with writes() as made:
                status = client.post(address.fill(values(address, corner)), {"act": "start"}).status_code
            if status != 403 or made:
                wrong.append(f"{role} {address.name}: {status} {made[:1]}")
    assert not wrong, "\n".join(wrong)


def test_sign_in_and_reset_need_their_token():
    client = Client(enforce_csrf_checks=True)
    for name in ("account_login", "account_reset_password", "account_signup", "account_logout"):
        assert client.post(reverse(name), {}).status_code == 403, name


# --- where a request leads ----------------------------------------------------------------------


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_redirect_leaves_the_service(corner, officer, elsewhere):
    chosen = {"chosen": str(corner.things["referral"]), "act": "assign", "next": elsewhere}
    page = officer.post(reverse("referrals:chosen"), chosen).content.decode()
    assert f'href="{elsewhere}"' not in page
    assert "evil.example" not in page
    nothing = officer.post(reverse("referrals:chosen"), {"next": elsewhere})
    saved = officer.post(
        reverse("save_view"), {"name": "Mine", "page": "referrals", "query": "", "next": elsewhere}
    )
    person = corner.people[Role.PROGRAMME_OFFICER]
    signed_in = Client().post(
        reverse("account_login"), {"login": person.email, "password": make.PASSWORD, "next": elsewhere}
    )
    referred = Client().post(reverse("people:me"), headers={"referer": elsewhere})
    out = officer.post(reverse("account_logout"), {"next": elsewhere})
    for response in (nothing, saved, signed_in, referred, out):
        assert response.status_code == 302
        assert "evil" not in response["Location"].replace("%2F", "/").partition("?")[0]
        assert response["Location"].startswith("/")
        assert not response["Location"].startswith(("//", "/\\"))


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example"])
def test_another_host_is_refused(host):
    response = Client().get(reverse("account_login"), headers={"host": host})
    assert response.status_code == 400
    assert response["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_emails_lead_to_the_public_address_whatever_the_host(mailoutbox, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    person = make.make_person(Role.OBSERVER)
    Client().post(
        reverse("account_reset_password"), {"email": person.email}, headers={"host": "other.example"}
    )
    (sent,) = mailoutbox
    assert sent.to == [person.email]
    assert "other.example" not in sent.body
    assert settings.PUBLIC_URL in sent.body


# --- what every error carries -------------------------------------------------------------------


def test_errors_carry_the_headers_and_tell_nothing(corner, officer, monkeypatch):
    def breaks(*args, **kwargs):
        raise RuntimeError("the secret of the house")

    officer.raise_request_exception = False
    strict = Client(enforce_csrf_checks=True)
    answers = {
        404: officer.get("/nowhere/<script>"),
        403: officer.get(reverse("programmes:list")),
        405: officer.get(reverse("save_view")),
    }
    csrf = strict.post(reverse("account_login"), {})
    monkeypatch.setattr("resilience.referrals.views_office.figures.figures", breaks)
    answers[500] = officer.get(reverse("referrals:clock"))
    assert "secret of the house" not in answers[500].content.decode()
    for status, response in [*answers.items(), (403, csrf)]:
        assert response.status_code == status
        assert "default-src 'none'" in response["Content-Security-Policy"], status
        assert "unsafe" not in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert b"<script>" not in response.content
    for status in answers:
        assert "no-store" in answers[status]["Cache-Control"], status


def test_signing_in_and_out_is_not_kept(corner):
    person, client = corner.people[Role.OBSERVER], Client()
    came = client.post(reverse("account_login"), {"login": person.email, "password": make.PASSWORD})
    assert came.status_code == 302
    assert "no-store" in came["Cache-Control"]
    went = client.post(reverse("account_logout"))
    assert went.status_code == 302
    assert "no-store" in went["Cache-Control"]


@override_settings(REQUIRE_SECOND_FACTOR=True)
def test_the_way_to_the_second_step_is_not_kept(officer):
    response = officer.get(reverse("home"))
    assert response.status_code == 302
    assert "no-store" in response["Cache-Control"]


# --- an office's settings -----------------------------------------------------------------------

_ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
host = {"host": "resilience.example.nhs.uk"}
plain = Client().get("/check-a-document/", headers=host)
client = Client()
page = client.get("/check-a-document/", headers=host, secure=True)
cookies = {c.key: [c["secure"], c["httponly"], c["samesite"], c["path"], c["domain"]]
           for c in client.cookies.values()}
cookies[settings.SESSION_COOKIE_NAME] = [
    settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE,
    settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN or ""]
print(json.dumps({"plain": [plain.status_code, plain["Location"]], "hsts": page["Strict-Transport-Security"],
                  "cookies": cookies, "opener": page["Cross-Origin-Opener-Policy"]}))
"""


def test_an_offices_cookies_and_transport(tmp_path):
    office = {
        "DJANGO_SETTINGS_MODULE": "resilience.settings",
        "SECRET_KEY": "0123456789" * 5,
        "ALLOWED_HOSTS": "resilience.example.nhs.uk",
        "PUBLIC_URL": "https://resilience.example.nhs.uk",
        "EMAIL_URL": "smtp+tls://office:pass@mail.example.nhs.uk",
        "DATA_DIR": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    asked = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=settings.BASE_DIR, env=office, capture_output=True, text=True
    )
    assert asked.returncode == 0, asked.stderr[-2000:]
    said = json.loads(asked.stdout.splitlines()[-1])
    assert said["plain"] == [301, "https://resilience.example.nhs.uk/check-a-document/"]
    assert "max-age=31536000; includeSubDomains" in said["hsts"]
    assert said["opener"] == "same-origin"
    assert set(said["cookies"]) == {"__Host-session", "__Host-csrf"}
    for name, (secure, httponly, samesite, path, domain) in said["cookies"].items():
        assert (secure, httponly, samesite, path, domain) == (True, True, "Lax", "/", ""), name


# --- the log ------------------------------------------------------------------------------------


def test_a_log_record_cannot_be_forged():
    formatter = environment.OneLine("%(levelname)s %(message)s")
    record = logging.LogRecord("x", logging.INFO, "", 0, "from %s", ("a\nERROR b\r\x1b[2K\u2028c",), None)
    assert formatter.format(record) == r"INFO from a\nERROR b\r\x1b[2K\u2028c"
    assert environment.logging_config()["formatters"]["line"]["()"] is environment.OneLine


def test_no_password_is_ever_logged(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    person, client = make.make_person(Role.OBSERVER), Client(raise_request_exception=False)
    typed = "a wrong password of mine"
    for login in (person.email, "nobody@example.nhs.uk", "someone\nERROR forged line", "\x00"):
        client.post(reverse("account_login"), {"login": login, "password": typed})
    client.post(reverse("account_login"), {"login": person.email, "password": make.PASSWORD})
    said = capfd.readouterr()
    for text in (caplog.text, said.out, said.err):
        assert typed not in text
        assert make.PASSWORD not in text
        assert "\nERROR forged line" not in text
    assert not Person.objects.filter(password__contains=make.PASSWORD)


# --- guessing -----------------------------------------------------------------------------------


@pytest.fixture
def counting(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


def test_guessing_a_password_is_stopped(counting):
    person, client = make.make_person(Role.OBSERVER), Client()
    for _ in range(5):
        client.post(reverse("account_login"), {"login": person.email, "password": "wrong"})
    right = client.post(reverse("account_login"), {"login": person.email, "password": make.PASSWORD})
    assert right.status_code != 302
    assert "too many attempts" in right.content.decode()


def test_asking_for_resets_is_stopped(counting, mailoutbox):
    person, client = make.make_person(Role.OBSERVER), Client()
    answers = [
        client.post(reverse("account_reset_password"), {"email": person.email}).status_code for _ in range(30)
    ]
    assert 429 in answers
    assert 0 < len(mailoutbox) <= 20


def test_names_of_people_are_in_no_cookie(corner, officer):
    officer.post(reverse("people:me"), {"name": "Sam Secret", "job_title": "Officer", "phone": ""})
    assert set(officer.cookies) <= {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
