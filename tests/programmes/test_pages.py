"""Pages of programmes: who reaches them, what they refuse beside the field, what they write."""

import pytest
from django.urls import reverse

from resilience.core.access import Role
from resilience.programmes import actions
from resilience.programmes.models import CriteriaSet, MatrixVersion, Programme, ProgrammeYear
from resilience.programmes.publishing_forms import SCORES
from tests.factories import make_person, make_practice, make_referral
from tests.programmes.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def site(client, world):
    client.force_login(world.administrator)
    return client


def addresses(world: World) -> dict[str, str]:
    """Every page of the room, of ``world``'s own programme."""
    year = world.year
    own = {
        "programme": year.programme_id,
        "year": year.pk,
        "item": year.menu.first().pk,
        "milestone": year.milestones.first().pk,
        "excluded": year.excluded_spend.first().pk,
        "matrix": year.matrix_id,
        "criteria_set": year.criteria_set_id,
    }
    from resilience.programmes.urls import urlpatterns

    return {
        each.name: reverse(
            f"programmes:{each.name}", kwargs={name: own[name] for name in each.pattern.converters}
        )
        for each in urlpatterns
    }


PUBLISHED = {
    "list", "add_programme", "criteria_sets", "new_criteria", "criteria_set", "publish_criteria",
    "matrices", "new_matrix", "matrix", "publish_matrix",
}  # fmt: skip


def test_an_administrator_reaches_own_programmes_and_no_other(client, world):
    for person, expected in ((world.administrator, 200), (world.stranger, 404)):
        client.force_login(person)
        for name, address in addresses(world).items():
            if name == "move_item":
                assert client.post(address).status_code == (302 if expected == 200 else 404)
            else:
                status = 200 if name in PUBLISHED else expected
                assert client.get(address).status_code == status, name


@pytest.mark.parametrize("role", [each for each in Role if each != Role.ADMINISTRATOR])
def test_other_roles_are_refused(client, world, role):
    over = make_practice(world.ccg) if role == Role.PRACTICE_USER else world.office
    client.force_login(make_person(role, over))
    for name, address in addresses(world).items():
        assert client.post(address).status_code == 403, name


def test_strangers_sign_in(client, world):
    for name, address in addresses(world).items():
        response = client.post(address)
        assert response.status_code == 302, name
        assert "sign-in" in response["Location"] or "login" in response["Location"], name
