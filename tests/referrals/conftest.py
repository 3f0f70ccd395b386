"""A practice manager at a practice, and the referral that she has begun."""

import pytest

from tests.referrals.drafts import make_draft, make_world


@pytest.fixture
def world(db):
    """Who refers, for which practice, in which year."""
    return make_world()


@pytest.fixture
def draft(world):
    return make_draft(*world)


@pytest.fixture
def signed_in(client, world):
    client.force_login(world[0])
    return client
