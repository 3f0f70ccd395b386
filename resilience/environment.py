"""What the environment says, checked: each reader raises ImproperlyConfigured with a sentence on what to set.

manage.py prints that sentence and stops with status 2; settings.py only composes what is read here.
"""

import logging
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
TRUE, FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
SECRET_KEY_LENGTH = 50


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def switch(name: str) -> bool:
    value = text(name).lower()
    if value not in TRUE + FALSE:
        raise ImproperlyConfigured(f"Set {name} to 1 or 0, not “{value}”.")
    return value in TRUE


def demo() -> bool:
    """The fictional programme, on one machine: keys are made on the first start, nothing else need be set."""
    return switch("DEMO")


def port() -> int:
    value = text("PORT", "8000")
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise ImproperlyConfigured(f"Set PORT to a number from 1 to 65535, not “{value}”.")
    return int(value)


def log_level() -> str:
    level = text("LOG_LEVEL", "INFO").upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ImproperlyConfigured(
            f"Set LOG_LEVEL to DEBUG, INFO, WARNING, ERROR or CRITICAL, not “{level}”."
        )
    return level


class OneLine(logging.Formatter):
    """Nobody forges a record: controls in a message, line breaks among them, are written as \\n and the like."""

    _CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(self._CONTROLS)
        return super().formatMessage(record)


def logging_config() -> dict:
    """Everything to standard error, one line a record: whoever runs the service keeps it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": OneLine, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": log_level()},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": log_level(), "propagate": False},
            # Every round of the worker says at INFO that it had nothing to send.
            "post_office": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            # The libraries that write documents tell of every font and glyph.
            **{name: {"level": logging.ERROR} for name in ("fontTools", "weasyprint", "pyhanko")},
        },
    }


def data_dir() -> Path:
    """Where the embedded database, the keys and the attachments are: DATA_DIR, or var/ beside the code."""
    folder = Path(text("DATA_DIR", str(BASE_DIR / "var"))).absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as reason:
        raise ImproperlyConfigured(f"Set DATA_DIR to a folder this user may write to ({reason}).") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"Set DATA_DIR to a folder this user may write to, not {folder}.")
    return folder


def secret_key() -> str:
    """SECRET_KEY; in the demo, made on the first start and kept in the data folder."""
    key = text("SECRET_KEY")
    if not key and demo():
        return kept_secret(data_dir() / "secret_key")
    if not key:
        raise ImproperlyConfigured(
            f"Set SECRET_KEY to {SECRET_KEY_LENGTH} or more random characters, or DEMO=1 for a demonstration."
        )
    if len(key) < SECRET_KEY_LENGTH or len(set(key)) < 5:
        raise ImproperlyConfigured(
            f"Set SECRET_KEY to {SECRET_KEY_LENGTH} or more random characters: it is too weak."
        )
    return key


def kept_secret(path: Path) -> str:
    """The secret kept at `path`, made if there is none: readable by its owner only, whole or not there."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process made it in the meantime: that one counts
        finally:
            os.unlink(draft)
    return path.read_text().strip()


def _split(name: str, value: str) -> SplitResult:
    try:
        address = urlsplit(value)
        address.port  # noqa: B018 - reading it is what checks it
    except ValueError as reason:
        raise ImproperlyConfigured(
            f"Set {name} to a whole address: “{value}” is not one ({reason})."
        ) from None
    return address


def public_url() -> str:
    """The address people reach the service by, without a slash at the end: links in emails and documents."""
    value = text("PUBLIC_URL").rstrip("/")
    if not value and demo():
        return f"http://127.0.0.1:{port()}"
    if not value:
        raise ImproperlyConfigured(
            "Set PUBLIC_URL to the address people use, such as https://resilience.example.nhs.uk."
        )
    address = _split("PUBLIC_URL", value)
    if address.scheme not in ("https", "http") or not address.hostname or address.path or address.query:
        raise ImproperlyConfigured(
            f"Set PUBLIC_URL to an address such as https://resilience.example.nhs.uk, not “{value}”."
        )
    if address.scheme == "http" and not demo():
        raise ImproperlyConfigured(f"Set PUBLIC_URL to an address that starts with https://, not “{value}”.")
    return value


def allowed_hosts() -> list[str]:
    """The host names the service answers to; in the demo, this machine's own."""
    hosts = [host.strip() for host in text("ALLOWED_HOSTS").split(",") if host.strip()]
    if not hosts and demo():
        return ["127.0.0.1", "localhost", "[::1]"]
    if not hosts:
        raise ImproperlyConfigured(
            "Set ALLOWED_HOSTS to the host names the service answers to, separated by commas."
        )
    for host in hosts:
        if "*" in host or "/" in host or " " in host:
            raise ImproperlyConfigured(
                f"Set ALLOWED_HOSTS to host names separated by commas: “{host}” is not one."
            )
    return hosts


def database() -> dict:
    """Django's settings of the database: DATABASE_URL (sqlite or postgres), or SQLite in the data folder."""
    value = text("DATABASE_URL", f"sqlite:///{quote(str(data_dir() / 'db.sqlite3'))}")
    shape = "postgres://user:password@host:5432/name or sqlite:////folder/file.sqlite3"
    try:
        settings: dict = dict(dj_database_url.parse(value, conn_max_age=60, conn_health_checks=True))
    except ValueError:
        raise ImproperlyConfigured(f"Set DATABASE_URL to {shape}; what it says now cannot be read.") from None
    options = settings.setdefault("OPTIONS", {})
    if settings["ENGINE"].endswith(".postgresql") and settings["NAME"]:
        options.setdefault("connect_timeout", 5)
        options["options"] = f"{options.get('options', '')} -c lock_timeout=3000".strip()
    elif settings["ENGINE"].endswith(".sqlite3") and settings["NAME"] != ":memory:":
        # A ledger needs both: IMMEDIATE locks before it reads, FULL keeps each commit through a power cut.
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-20000",
        }
        settings["TEST"] = {"NAME": data_dir() / "test.sqlite3"}  # a file: the threads of a test share it
    else:
        raise ImproperlyConfigured(f"Set DATABASE_URL to {shape}: no other database will do.")
    return settings


def email() -> dict:
    """The settings EMAIL_* of Django, from EMAIL_URL; the demo keeps letters as files in the data folder."""
    default = f"file://{quote(str(data_dir() / 'mail'))}" if demo() else ""
    value = text("EMAIL_URL", default)
    shape = "smtp+tls://user:password@mail.example.nhs.uk:587 (or smtps://…, smtp://…, file:///folder)"
    if not value:
        raise ImproperlyConfigured(f"Set EMAIL_URL to the mail server: {shape}.")
    address = _split("EMAIL_URL", value)
    if address.scheme == "file" and address.path and not address.netloc:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": unquote(address.path)}
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if (
        address.scheme not in ports
        or not address.hostname
        or address.path.strip("/")
        or parse_qs(address.query)
    ):
        raise ImproperlyConfigured(
            f"Set EMAIL_URL to the mail server: {shape}; what it says now cannot be read."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": address.hostname,
        "EMAIL_PORT": address.port or ports[address.scheme],
        "EMAIL_HOST_USER": unquote(address.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(address.password or ""),
        "EMAIL_USE_TLS": address.scheme == "smtp+tls",
        "EMAIL_USE_SSL": address.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


def default_from_email() -> str:
    """Whom the letters come from: DEFAULT_FROM_EMAIL, or no-reply at the public address."""
    host = urlsplit(public_url()).hostname or ""
    # The queue takes no address at a bare number or a name without a dot: a demonstration's.
    domain = host if "." in host and not host.replace(".", "").isdigit() else "localhost"
    value = text("DEFAULT_FROM_EMAIL", f"no-reply@{domain}")
    if value.count("@") != 1 or any(character in value for character in "\r\n"):
        raise ImproperlyConfigured(
            f"Set DEFAULT_FROM_EMAIL to one address, such as resilience@example.nhs.uk, not “{value}”."
        )
    return value


def proxies() -> int:
    """How many proxies of our own stand before the service, so that people's addresses are told apart: PROXIES."""
    value = text("PROXIES", "1" if public_url().startswith("https://") else "0")
    if not (value.isascii() and value.isdigit() and int(value) < 10):
        raise ImproperlyConfigured(f"Set PROXIES to the number of proxies, from 0 to 9, not “{value}”.")
    return int(value)


def single_sign_on() -> dict:
    """NHS sign-in by OpenID Connect (SOCIALACCOUNT_PROVIDERS), from OIDC_*; off when none of them is set.

    OIDC_SERVER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together; OIDC_NAME is what the button says.
    """
    names = ("OIDC_SERVER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    values = {name: text(name) for name in names}
    if not any(values.values()):
        return {}
    if missing := [name for name in names if not values[name]]:
        raise ImproperlyConfigured(
            f"Set {' and '.join(missing)} too: NHS sign-in needs {', '.join(names[:-1])} and {names[-1]}."
        )
    server = _split("OIDC_SERVER", values["OIDC_SERVER"])
    if server.scheme != "https" or not server.hostname:
        raise ImproperlyConfigured(
            f"Set OIDC_SERVER to an address that starts with https://, not “{values['OIDC_SERVER']}”."
        )
    return {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "nhs",
                    "name": text("OIDC_NAME", "NHS sign-in"),
                    "client_id": values["OIDC_CLIENT_ID"],
                    "secret": values["OIDC_CLIENT_SECRET"],
                    "settings": {"server_url": values["OIDC_SERVER"]},
                }
            ],
        }
    }


def single_sign_on_origin() -> list[str]:
    """Where the NHS sign-in's button leads: a browser follows a form there only if the pages' policy says so."""
    server = _split("OIDC_SERVER", text("OIDC_SERVER"))
    return [f"{server.scheme}://{server.netloc}"] if server.netloc else []
