"""An act is atomic, known by name, and leaves the trail an entry or nothing at all."""

import pytest
from django.db import transaction
from django.http import Http404

from resilience.core import acts
from resilience.core.models import SavedView, TrailEntry
from resilience.core.trail import record
from tests.factories import make_person


@pytest.fixture
def act():
    """Register acts for one test only."""
    before = dict(acts.ACTIONS)
    yield acts.action("Tried something")
    acts.ACTIONS.clear()
    acts.ACTIONS.update(before)


@pytest.fixture
def person(db):
    return make_person()


def test_an_act_is_registered_under_its_room_and_name(act):
    @act
    def try_something(*, by):
        """Nothing."""

    assert acts.ACTIONS["tests.try_something"].run is try_something
    assert acts.ACTIONS["tests.try_something"].did == "Tried something"


def test_two_acts_cannot_have_one_name(act):
    def same(*, by):
        """Nothing."""

    act(same)
    with pytest.raises(ValueError, match=r"two acts are named tests\.same"):
        act(same)


def test_an_act_takes_keywords_only(act, person):
    @act
    def only_keywords(*, by):
        record(by=by, on=by)

    with pytest.raises(TypeError):
        only_keywords(person)
    assert not TrailEntry.objects.exists()


def test_an_act_that_leaves_no_trail_undoes_what_it_wrote(act, person):
    @act
    def silent(*, by):
        SavedView.objects.create(person=by, page="x", name="y")

    with pytest.raises(AssertionError, match=r"tests\.silent left nothing on the trail"):
        silent(by=person)
    assert not SavedView.objects.exists()


def test_an_act_that_fails_undoes_its_trail_too(act, person):
    @act
    def fails(*, by):
        SavedView.objects.create(person=by, page="x", name="y")
        record(by=by, on=by)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fails(by=person)
    assert not SavedView.objects.exists()
    assert not TrailEntry.objects.exists()


def test_an_act_inside_an_act_is_recorded_under_its_own_name(act, person):
    @act
    def inner(*, by):
        record(by=by, on=by)

    outer_act = acts.action("Did both")

    @outer_act
    def outer(*, by):
        inner(by=by)
        record(by=by, on=by)

    outer(by=person)
    assert list(TrailEntry.objects.values_list("act", flat=True)) == ["tests.inner", "tests.outer"]


def test_the_trail_is_written_inside_an_act_only(person):
    with pytest.raises(LookupError, match="inside an action only"):
        record(by=person, on=person)


def test_a_row_deleted_meanwhile_is_not_found(person):
    view = SavedView.objects.create(person=person, page="x", name="x")
    SavedView.objects.filter(pk=view.pk).delete()
    with transaction.atomic(), pytest.raises(acts.Gone):
        acts.lock(view)
    assert issubclass(acts.Gone, Http404)  # so that any page answers 404
