"""The settings of the tests: the demonstration's, which need nothing from the environment."""

import os

os.environ["DEMO"] = "1"
# Playwright keeps an event loop in the test's own thread, and the test asks the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from resilience.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
