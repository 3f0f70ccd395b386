"""A missing or bad setting stops the start with one sentence that says what to set."""

import os
import stat
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from resilience import environment

STRONG_KEY = "0123456789" * 5
OFFICE = {
    "SECRET_KEY": STRONG_KEY,
    "ALLOWED_HOSTS": "resilience.example.nhs.uk",
    "PUBLIC_URL": "https://resilience.example.nhs.uk",
    "EMAIL_URL": "smtp+tls://office:p%40ss@mail.example.nhs.uk",
}
READ = {
    "ALLOWED_HOSTS": environment.allowed_hosts,
    "DATABASE_URL": environment.database,
    "DATA_DIR": environment.data_dir,
    "DEFAULT_FROM_EMAIL": environment.default_from_email,
    "DEMO": environment.demo,
    "EMAIL_URL": environment.email,
    "LOG_LEVEL": environment.log_level,
    "PORT": environment.port,
    "PUBLIC_URL": environment.public_url,
    "SECRET_KEY": environment.secret_key,
}


@pytest.fixture
def office(monkeypatch, tmp_path):
    for name in READ:
        monkeypatch.delenv(name, raising=False)
    for name, value in {**OFFICE, "DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def demo(office):
    for name in OFFICE:
        office.delenv(name)
    office.setenv("DEMO", "1")
    return office


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL", "EMAIL_URL"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_office_must_set(office, name, value):
    office.delenv(name) if value is None else office.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^Set {name} to "):
        READ[name]()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "https://resilience.example.nhs.uk"),
        ("ALLOWED_HOSTS", "one.example two.example"),
        ("DATABASE_URL", "resilience"),
        ("DATABASE_URL", "mysql://u:p@host/name"),
        ("DATABASE_URL", "postgres://u:p@host:port/name"),
        ("DATABASE_URL", "postgres://u:p@host"),
        ("DATABASE_URL", "sqlite://"),
        ("DATA_DIR", "/proc/nowhere"),
        ("DATA_DIR", "/dev/null"),
        ("DEFAULT_FROM_EMAIL", "the office"),
        ("DEMO", "perhaps"),
        ("EMAIL_URL", "mail.example.nhs.uk"),
        ("EMAIL_URL", "http://mail.example.nhs.uk"),
        ("EMAIL_URL", "smtp://mail.example.nhs.uk:many"),
        ("EMAIL_URL", "smtp://"),
        ("LOG_LEVEL", "loud"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "²"),
        ("PUBLIC_URL", "resilience.example.nhs.uk"),
        ("PUBLIC_URL", "http://resilience.example.nhs.uk"),
        ("PUBLIC_URL", "https://resilience.example.nhs.uk/somewhere"),
        ("PUBLIC_URL", "https://resilience.example.nhs.uk:port"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 80),
    ],
)
def test_a_bad_setting_is_named(office, name, value):
    office.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        READ[name]()
    sentence = str(refusal.value)
    assert sentence.startswith(f"Set {name} to ")
    assert "\n" not in sentence
    if name == "SECRET_KEY":
        assert value not in sentence


def test_a_whole_office(office):
    assert environment.secret_key() == STRONG_KEY
    assert environment.allowed_hosts() == ["resilience.example.nhs.uk"]
    assert environment.public_url() == "https://resilience.example.nhs.uk"
    assert environment.default_from_email() == "no-reply@resilience.example.nhs.uk"
    assert environment.demo() is False
    mail = environment.email()
    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"], mail["EMAIL_USE_TLS"]) == (
        "mail.example.nhs.uk",
        587,
        True,
    )
    assert mail["EMAIL_HOST_PASSWORD"] == "p@ss"


def test_the_demonstration_needs_nothing_else(demo, tmp_path):
    demo.setenv("PORT", "8123")
    assert environment.public_url() == "http://127.0.0.1:8123"
    assert "127.0.0.1" in environment.allowed_hosts()
    assert environment.email()["EMAIL_FILE_PATH"] == str(tmp_path / "mail")
    assert environment.database()["NAME"] == str(tmp_path / "db.sqlite3")


def test_the_demonstration_makes_its_key_once(demo, tmp_path):
    everybody, make = threading.Barrier(8), tempfile.mkstemp

    def make_together(**options):
        everybody.wait(10)  # each of the eight has found no key
        return make(**options)

    demo.setattr(tempfile, "mkstemp", make_together)
    with ThreadPoolExecutor(8) as threads:
        keys = {job.result() for job in [threads.submit(environment.secret_key) for _ in range(8)]}
    demo.setattr(tempfile, "mkstemp", make)
    keys.add(environment.secret_key())
    assert len(keys) == 1
    assert len(keys.pop()) >= environment.SECRET_KEY_LENGTH
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_sqlite_takes_the_write_lock_first_and_keeps_every_commit(office):
    office.setenv("DATABASE_URL", "sqlite:////folder/file.sqlite3")
    options = environment.database()["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in options["init_command"]


def test_postgresql_waits_three_seconds_for_a_lock(office):
    office.setenv("DATABASE_URL", "postgres://u:p%2F@db.example:6432/name?sslmode=require")
    settings = environment.database()
    assert (settings["HOST"], settings["PORT"], settings["PASSWORD"]) == ("db.example", 6432, "p/")
    assert settings["OPTIONS"]["sslmode"] == "require"
    assert settings["OPTIONS"]["options"] == "-c lock_timeout=3000"


@pytest.mark.parametrize("command", [["check"], ["start"], ["worker", "--once"]])
def test_any_command_stops_with_the_sentence_alone(office, command):
    office.delenv("SECRET_KEY")
    office.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    run = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=environment.BASE_DIR,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("Set SECRET_KEY to ")
    assert run.stderr.count("\n") == 1
