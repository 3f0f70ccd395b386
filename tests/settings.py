"""The settings of the tests: the demonstration's, with a data folder of each process's own."""

import os
import tempfile

folder = tempfile.TemporaryDirectory(prefix="resilience-test-")
for name in (
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "PUBLIC_URL",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "LOG_LEVEL",
    "PORT",
):
    os.environ.pop(name, None)
os.environ["DEMO"] = "1"
os.environ["DATA_DIR"] = folder.name
# Playwright keeps an event loop in the test's own thread, and the test asks the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from resilience.settings import *  # noqa: E402, F403

STATIC_ROOT.mkdir()  # noqa: F405 - whitenoise warns of a folder that is not there
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
POST_OFFICE = POST_OFFICE | {"BACKENDS": {"default": "django.core.mail.backends.locmem.EmailBackend"}}  # noqa: F405
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
# No limit on attempts, except where a test is about them.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
# No test cuts the power: the kills of processes that tests do lose nothing that the system holds.
if "init_command" in DATABASES["default"]["OPTIONS"]:  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"  # noqa: F405
