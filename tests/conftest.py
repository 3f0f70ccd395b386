"""What every test stands on."""

from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import TransactionTestCase

from resilience.core import integrity


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_guards() -> Iterator[None]:
    """Tests that commit empty the database afterwards; the append-only tables let that happen only here."""
    teardown = TransactionTestCase._fixture_teardown

    def flush_without_guards(case: TransactionTestCase) -> None:
        for alias in case._databases_names(include_mirrors=False):
            integrity.drop_triggers(alias)
        try:
            teardown(case)
        finally:
            for alias in case._databases_names(include_mirrors=False):
                integrity.install_triggers(alias)
                connections[alias].close()

    TransactionTestCase._fixture_teardown = flush_without_guards  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
