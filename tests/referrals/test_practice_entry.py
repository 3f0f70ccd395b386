"""An officer enters what came on paper: true date, original kept, clock from that day."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from practices.models import ListSize
from resilience.core.access import Denied, Role
from resilience.core.calendar import add_working_days, today
from resilience.core.models import TrailEntry
from resilience.referrals import actions, rules
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from resilience.referrals.uploads import CheckedFile
from tests.factories import make_ccg, make_person, make_practice, make_referral, make_year
from tests.referrals.drafts import CASE, CONTACT, PDF, make_world, support, text_of, upload

pytestmark = pytest.mark.django_db

ENTER = "/referrals/enter/"
ARRIVED = today() - dt.timedelta(days=20)


@pytest.fixture
def world():
    _, practice, year = make_world()
    return make_person(Role.PROGRAMME_OFFICER, practice.commissioner), practice, year


def _enter(world, **more):
    officer, practice, year = world
    values = {
        "by": officer,
        "practice": practice,
        "year": year,
        "others": [],
        "answers": {"contact": CONTACT, "support": support(year), "case": CASE},
        "received_on": ARRIVED,
        "channel": "paper",
        "original": CheckedFile("scan.pdf", "application/pdf", PDF),
    }
    return actions.enter(**values | more)


def test_the_clock_starts_on_the_day_it_arrived(world):
    _, practice, year = world
    ListSize.objects.create(
        practice=practice, on=ARRIVED + dt.timedelta(days=1), patients=99_999, source="later"
    )
    practice.list_size, practice.list_size_on = 99_999, today()
    practice.save()
    entered = _enter(world)
    entered.refresh_from_db()
    assert entered.received_on == ARRIVED
    assert entered.acknowledge_by == add_working_days(ARRIVED, year.acknowledge_within)
    assert entered.decide_by == add_working_days(ARRIVED, year.decide_within)
    assert entered.reference.startswith(str(ARRIVED.year))
    assert entered.practices.get().list_size == entered.list_size_total != 99_999
    assert (entered.channel, entered.state, entered.submitted_by) == ("paper", State.RECEIVED, world[0])
    assert entered.attachments.get().is_original
    assert TrailEntry.objects.last().facts["received_on"] == ARRIVED.isoformat()


def test_the_date_is_neither_to_come_nor_before_the_year_opened(world):
    year = world[2]
    for wrong, words in (
        (today() + dt.timedelta(days=1), "in the future"),
        (timezone.localdate(year.opens_at) - dt.timedelta(days=1), "before"),
    ):
        with pytest.raises(Denied, match=words):
            _enter(world, received_on=wrong)
    assert _enter(world, received_on=timezone.localdate(year.opens_at))


def test_a_late_one_needs_a_tick(world):
    year = world[2]
    type(year).objects.update(closes_at=timezone.now() - dt.timedelta(days=30))
    year.refresh_from_db()
    with pytest.raises(Denied, match=r"after .* closed"):
        _enter(world)
    assert _enter(world, knows_it_is_late=True)


def test_only_an_officer_over_the_practice_enters_it(world):
    for person in (
        make_person(Role.PROGRAMME_OFFICER, make_ccg()),
        make_person(Role.PRACTICE_USER, world[1]),
    ):
        with pytest.raises(Denied, match="does not let you"):
            _enter(world, by=person)
    with pytest.raises(Denied, match="outside"):
        _enter(world, others=[make_practice()])
    assert not Referral.objects.exists()


def test_an_open_referral_needs_a_tick_here_too(world):
    make_referral(world[1], world[2])
    with pytest.raises(Denied, match="already has an open referral"):
        _enter(world)
    assert _enter(world, knows_of_open=True)


def test_a_group_is_entered_whole(world):
    other = make_practice(world[1].commissioner)
    entered = _enter(world, others=[other, world[1]])
    assert entered.is_group
    assert entered.list_size_total == other.list_size + world[1].list_size


# --- the page ----------------------------------------------------------------------------


def _data(world, **more):
    _, practice, year = world
    return {
        "received_on_day": ARRIVED.day,
        "received_on_month": ARRIVED.month,
        "received_on_year": ARRIVED.year,
        "channel": "email",
        "original": upload("scan.pdf"),
        "practice": practice.ods_code,
        "others": "",
        "commissioner_supports": "unknown",
        "categories": [year.menu.first().pk],
        "past_rcgp": "no",
        "past_vulnerable": "no",
        "past_this": "no",
        **CONTACT,
        **CASE,
    } | more


@pytest.fixture
def officer(client, world):
    client.force_login(world[0])
    return client


def test_the_page_enters_it(officer, world):
    other = make_practice(world[1].commissioner, name="QUAY ROAD SURGERY")
    response = officer.post(ENTER, _data(world, others="quay road\n"))
    entered = Referral.objects.get()
    assert response.url == reverse("referrals:case", args=[entered.pk])
    assert (entered.received_on, entered.channel) == (ARRIVED, "email")
    assert {place.practice for place in entered.practices.all()} == {world[1], other}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"original": ""}, "Choose a file: the original"),
        ({"original": upload("scan.pdf", b"MZ")}, "“scan.pdf” is not a whole PDF"),
        ({"practice": "Nowhere"}, "No practice here has the name or code “Nowhere”"),
        ({"others": "harbour\nNowhere"}, "“Nowhere”"),
        ({"received_on_day": "31", "received_on_month": "2"}, "is not a date"),
        ({"received_on_year": "2999"}, "cannot be in the future"),
        ({"issues": "word " * 201}, "take out at least 1"),
        ({"issues": "Patient 943 476 5919"}, "NHS number"),
        ({"past_this": "yes"}, "Enter the years of support from"),
    ],
)
def test_bad_input_is_said_and_nothing_typed_is_lost(officer, world, change, error):
    page = text_of(officer.post(ENTER, _data(world, **change)))
    assert error in page
    assert "There is a problem" in page
    assert CASE["support_wanted"] in page
    assert CONTACT["contact_name"] in page
    assert not Referral.objects.exists()


def test_ticks_are_asked_for_only_when_something_calls_for_them(officer, world):
    assert "known_late" not in text_of(officer.get(ENTER))
    make_referral(world[1], world[2])
    page = text_of(officer.post(ENTER, _data(world)))
    assert "already has an open referral" in page
    assert 'name="known_open"' in page
    assert officer.post(ENTER, _data(world, known_open="on")).status_code == 302
    type(world[2]).objects.update(closes_at=timezone.now() - dt.timedelta(days=30))
    page = text_of(officer.post(ENTER, _data(world, known_open="on", issues="Another")))
    assert "Tick the box to enter it all the same" in page
    assert (
        officer.post(ENTER, _data(world, known_open="on", known_late="on", issues="Another")).status_code
        == 302
    )


def test_with_two_programmes_the_officer_chooses_first(officer, world):
    local = make_year(owner=world[1].commissioner)
    assert "Which programme is the referral for?" in text_of(officer.get(ENTER))
    assert officer.get(ENTER, {"year": local.pk}).context["form"].year == local


def test_a_practice_user_may_not(client, world):
    client.force_login(make_person(Role.PRACTICE_USER, world[1]))
    assert client.get(ENTER).status_code == 403


def test_sentences_about_open_referrals_name_only_the_practices_asked_about(world):
    officer, practice, year = world
    other = make_practice(practice.commissioner)
    make_referral(practice, year, others=(other,))
    found = rules.open_referrals_of(year, [practice.pk])
    [sentence] = rules.sentences_about(officer, found, [practice.pk])
    assert other.ods_code not in sentence
