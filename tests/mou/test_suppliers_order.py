"""The order of visits, against a naive second telling; visits booked, made and cancelled."""

import datetime as dt
from unittest.mock import patch

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mou.models import SupplierCase, SupplierVisit
from mou.suppliers import actions
from mou.suppliers.order import in_order, numbers
from resilience.assessments.models import Placement
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.programmes.models import MatrixCell
from tests.factories import client_of, make_person, make_practice, make_referral
from tests.mou.supplying import SOON, again, make_supplied

pytestmark = pytest.mark.django_db
NAIVE = ["G", "A/G", "A", "A/R", "R", "B", None]


@pytest.fixture
def supplied():
    return make_supplied()


def placed(supplied, rating: str | None, received: dt.date) -> SupplierCase:
    world = supplied.world
    referral = make_referral(make_practice(world.ccg), world.year, "supported", received_on=received)
    if rating:
        for is_current, wanted in ((False, "R" if rating == "G" else "G"), (True, rating)):
            Placement.objects.create(
                referral=referral,
                cell=MatrixCell.objects.filter(matrix=world.year.matrix, rating=wanted)[0],
                scope_justification="x",
                impact_justification="x",
                placed_by=world.officer,
                is_current=is_current,
            )
    return supplied.assign(referral=referral, practices=[referral.lead_practice])


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(NAIVE), st.integers(0, 4)), min_size=1, max_size=6))
def test_support_first_comes_first_then_who_was_received_first(supplied, rows):
    with transaction.atomic():
        first = today() - dt.timedelta(days=100)
        made = [
            (placed(supplied, rating, first + dt.timedelta(days=late)), rating, late) for rating, late in rows
        ]
        expected = sorted(made, key=lambda row: (NAIVE.index(row[1]), row[2], row[0].referral_id))
        found = list(in_order(SupplierCase.objects.all()))
        assert found == [case for case, _, _ in expected]
        own = numbers(again(supplied.dev))
        assert own == {case.pk: number for number, (case, _, _) in enumerate(expected, start=1)}
        transaction.set_rollback(True)


def test_numbers_stay_when_the_list_is_filtered_and_nobody_sorts_by_the_rating(supplied):
    late, early = placed(supplied, "R", today()), placed(supplied, "G", today())
    for person in (supplied.dev, supplied.world.officer):
        client = client_of(again(person))
        page = client.get(reverse("mou:supplier_visits"), {"q": late.practice.name}).context["list"]
        assert [str(row.cells[0][1]) for row in page.rows] == ["2"]
        assert client.get(reverse("mou:supplier_visits"), {"sort": "order"}).context["list"].sort == ""
    actions.end_case(by=supplied.world.officer, case=early, why="Done")
    assert numbers(again(supplied.dev)) == {late.pk: 1}


def test_visits_are_booked_one_at_a_time_and_recorded_once(supplied):
    case, dev = supplied.assign(), supplied.dev
    for wrong in (today() - dt.timedelta(days=1), today() + dt.timedelta(days=5000)):
        with pytest.raises(Denied, match="A visit is booked for"):
            actions.book_visit(by=dev, case=case, on=wrong)
    visit = actions.book_visit(by=dev, case=case, on=SOON)
    assert actions.book_visit(by=dev, case=case, on=SOON) == visit
    colleague = make_person(Role.SUPPLIER_USER, supplied.supplier)
    with pytest.raises(Denied, match="record or cancel it first"):
        actions.book_visit(by=colleague, case=case, on=today())
    actions.cancel_visit(by=dev, visit=visit, why="Snow")
    second = actions.book_visit(by=dev, case=case, on=today())
    with pytest.raises(Denied, match="cannot lie in the future"):
        actions.record_visit(by=dev, visit=second, made_on=SOON)
    with pytest.raises(Denied, match="not in your care yet"):
        actions.record_visit(by=dev, visit=second, made_on=today() - dt.timedelta(days=3))
    actions.record_visit(by=dev, visit=second, made_on=today(), note="All staff came")
    for act, more in ((actions.record_visit, {"made_on": today()}), (actions.cancel_visit, {"why": "x"})):
        with pytest.raises(Denied, match="This visit was made"):
            act(by=dev, visit=second, **more)
    with pytest.raises(Denied, match="This visit was cancelled"):
        actions.record_visit(by=dev, visit=visit, made_on=today())


def test_the_end_of_an_assignment_cancels_what_is_booked(supplied):
    case = supplied.assign()
    actions.book_visit(by=supplied.dev, case=case, on=SOON)
    actions.end_case(by=supplied.world.officer, case=case, why="Not needed")
    assert SupplierVisit.objects.get().cancelled_reason == "Not needed"


def test_a_visit_may_be_recorded_on_a_later_day(supplied):
    case = supplied.assign()
    visit = actions.book_visit(by=supplied.dev, case=case, on=today())
    with patch("mou.suppliers.actions.today", return_value=today() + dt.timedelta(days=2)):
        actions.record_visit(by=supplied.dev, visit=visit, made_on=today() + dt.timedelta(days=1))
    assert SupplierVisit.objects.get().made_on == today() + dt.timedelta(days=1)
