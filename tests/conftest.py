"""What every test stands on."""

import os
from collections.abc import Iterator

import hypothesis
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase

from resilience.core import integrity

# How long an example takes says how busy the machine is. (Under CI hypothesis has such a profile of its own.)
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
if "CI" not in os.environ:
    hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """The one table that belongs to no model is made by a migration, and none are run here."""
    with django_db_blocker.unblock():
        call_command("createcachetable", "shared_cache", verbosity=0)


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_guards() -> Iterator[None]:
    """Tests that commit empty the database afterwards; the append-only tables let that happen only here."""
    teardown = TransactionTestCase._fixture_teardown

    def flush_without_guards(case: TransactionTestCase) -> None:
        aliases = case._databases_names(include_mirrors=False)
        for alias in aliases:
            integrity.drop_triggers(alias)
        teardown(case)  # ends as a migrate does: with what every database holds, and the triggers
        for alias in aliases:
            connections[alias].close()

    TransactionTestCase._fixture_teardown = flush_without_guards  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
