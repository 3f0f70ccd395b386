"""A programme year, a CCG that takes part in it, and who leads its finance."""

import pytest

from resilience.core.access import Role
from tests import factories as make


@pytest.fixture
def year(db):
    return make.make_year()


@pytest.fixture
def ccg(year):
    return make.make_ccg(year.programme.owner, name="NHS Northvale CCG")


@pytest.fixture
def finance(db):
    return make.make_person(Role.FINANCE_LEAD)
