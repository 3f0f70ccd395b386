"""The demonstration loads whole, by the product's own actions, and shows every state."""

import pytest
from django.core.management import CommandError, call_command

from practices.models import Person, Practice
from resilience.core import trail
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.demo import PASSWORD, sign_ins
from resilience.programmes.models import MatrixCell, Programme
from resilience.referrals.models import Message, Referral
from resilience.referrals.states import State

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo", verbosity=0)
        yield
        transaction.set_rollback(True)


def test_shows_every_state(demo):
    assert set(Referral.objects.values_list("state", flat=True)) == set(State.values)


def test_has_what_is_overdue_due_and_waiting(demo):
    received = Referral.objects.filter(state=State.RECEIVED)
    assert received.filter(acknowledge_by__lt=today()).exists()
    assert received.filter(acknowledge_by__gte=today()).count() > 4
    assert Message.objects.filter(kind="question", answer__isnull=True).exists()
    assert Message.objects.filter(kind="answer").exists()


def test_places_all_over_the_matrix(demo):
    ratings = set(MatrixCell.objects.filter(placements__is_current=True).values_list("rating", flat=True))
    assert ratings == set(MatrixCell.Rating.values)


def test_someone_signs_in_as_each_role(demo):
    signed = {}
    for label, email, password in sign_ins():
        person = Person.objects.get(email=email)
        assert password == PASSWORD
        assert person.has_role(Role.values[Role.labels.index(label)])
        signed[label] = person
    assert len(signed) == len(Role.values)


def test_is_the_size_it_says(demo):
    assert Practice.objects.count() == 120
    assert Programme.objects.count() == 3


def test_its_trail_is_whole_and_in_order(demo):
    assert list(trail.verify()) == []
    moments = list(trail.TrailEntry.objects.order_by("sequence").values_list("at", flat=True))
    cases = [at for at in moments if at.date() < today()]
    assert cases == sorted(cases)


def test_loads_into_an_empty_database_only(demo):
    with pytest.raises(CommandError, match="empty database"):
        call_command("load_demo", verbosity=0)
