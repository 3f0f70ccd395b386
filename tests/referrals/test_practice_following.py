"""Where a referral stands, in the practice's words."""

import datetime as dt

import pytest
from django.utils import timezone

from resilience.core.access import Role
from resilience.referrals import following
from resilience.referrals.states import State
from tests.factories import make_person, make_practice, make_referral, make_year

pytestmark = pytest.mark.django_db

DATES = {"assessed": dt.date(2018, 9, 5), "decided": dt.date(2018, 9, 12), "agreed": dt.date(2018, 10, 5)}


def _states(state, **fields):
    return [stage.state for stage in following.stages(make_referral(state=state, **fields))]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.RECEIVED, "done now later later later"),
        (State.ACKNOWLEDGED, "done done now later later"),
        (State.UNDER_ASSESSMENT, "done done now later later"),
        (State.PLACED, "done done done now later"),
        (State.DEFERRED, "done done done now later"),
        (State.SUPPORTED, "done done done done now"),
        (State.NOT_SUPPORTED, "done done done done later"),
        (State.COMMITTED, "done done done done now"),
        (State.AGREED, "done done done done done"),
    ],
)
def test_each_state_has_its_place_in_the_row(state, expected):
    assert _states(state) == expected.split()


def test_a_withdrawn_one_stops_where_it_was():
    practice = make_practice()
    person = make_person(Role.PRACTICE_USER, practice)
    referral = make_referral(
        practice, state=State.WITHDRAWN, withdrawn_at=timezone.now(), withdrawn_by=person
    )
    assert [stage.sentence for stage in following.stages(referral)][1:] == ["Not needed"] * 4
    assert not following.next_step(referral, []).button


def test_dates_done_and_promised_stand_in_the_row():
    referral = make_referral(state=State.AGREED)
    sentences = [stage.sentence for stage in following.stages(referral, DATES)]
    assert sentences[2:] == ["5 September 2018", "12 September 2018", "5 October 2018"]
    waiting = following.stages(make_referral())
    assert waiting[1].sentence.startswith("By ")
    assert waiting[3].sentence.startswith("By ")


def test_a_year_without_assessment_has_four_stages():
    practice = make_practice()
    year = make_year(owner=practice.commissioner, is_assessed=False, criteria_set=None, matrix=None)
    referral = make_referral(practice, year, State.ACKNOWLEDGED)
    assert [stage.text for stage in following.stages(referral)] == [
        "Sent",
        "Acknowledged",
        "Decided",
        "Agreement",
    ]
    assert [stage.state for stage in following.stages(referral)] == ["done", "done", "now", "later"]
