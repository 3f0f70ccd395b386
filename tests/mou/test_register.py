"""The register of MoUs: its rows, its filters, its files, and "100% agreed" as the returns count it."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from funding.returns.facts import facts_of
from mou.models import Agreement, Plan
from mou.register.agreed import Agreed, Standing, standing
from mou.register.rows import days_left, days_unsigned, ends_soon, register_rows, unsigned_for
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.programmes.models import Milestone
from tests.factories import client_of, make_ccg, make_person, make_year
from tests.mou.after import put
from tests.mou.world import commit_money, make_world

pytestmark = pytest.mark.django_db
A = Agreement.State


def world_in(state, ends_in=30, sent_ago=0):
    world = make_world()
    commit_money(world)
    last = today() + dt.timedelta(days=ends_in)
    Plan.objects.create(referral=world.referral, ends_on=last, exit_strategy="x")
    sent_at = timezone.now() - dt.timedelta(days=sent_ago)
    mou = put(world, state, sent_at=sent_at)
    return world, register_rows(world.officer).get(pk=mou.pk)


def answer(world, **query):
    client = client_of(world.officer)
    return client.get(reverse("mou:register"), query)


def test_a_row_is_the_mou_that_counts_and_says_how_it_stands():
    world, first = world_in(A.WITHDRAWN)
    assert list(register_rows(world.officer)) == [first]
    second = put(world, A.SIGNED)
    put_again = Agreement.objects.create(
        referral=world.referral, kind="variation", varies=second, number=1, template=second.template,
        html="x", document=second.document, sent_by=world.officer, state=A.SIGNED, signed_at=timezone.now(),
    )  # fmt: skip
    (row,) = register_rows(world.officer)
    assert (row.pk, row.varied, row.ends_on) == (second.pk, 1, today() + dt.timedelta(days=30))
    assert put_again.pk not in {each.pk for each in register_rows(world.officer)}
    page = answer(world).content.decode()
    assert f"{today() + dt.timedelta(days=30):%B %Y}: in 30 days" in page


@pytest.mark.parametrize(("days", "is_soon"), [(-1, True), (0, True), (60, True), (61, False)])
def test_ends_soon_is_sixty_days_or_less(days, is_soon):
    world, row = world_in(A.SIGNED, ends_in=days)
    assert register_rows(world.officer).filter(ends_soon()).exists() == is_soon
    assert days_left(row) == days


@pytest.mark.parametrize("state", sorted(set(A.values) - {A.SIGNED, A.NOTICE}))
def test_only_what_is_in_force_ends_soon(state):
    world, row = world_in(state)
    assert not register_rows(world.officer).filter(ends_soon()).exists()
    assert days_left(row) is None


@pytest.mark.parametrize(("ago", "is_late"), [(13, False), (14, True), (15, True)])
def test_unsigned_for_how_long(ago, is_late):
    world, row = world_in(A.SENT, sent_ago=ago)
    assert days_unsigned(row) == ago
    assert register_rows(world.officer).filter(unsigned_for(14)).exists() == is_late
    assert bool(answer(world, unsigned="14").context["list"].total) == is_late


def test_notice_brings_the_end_forward():
    _, row = world_in(A.NOTICE, ends_in=400)
    assert row.ends_on == dt.date(2018, 12, 1)


def test_its_filters_and_files_hold_exactly_what_is_asked():
    world, row = world_in(A.SIGNED)
    for query, found in (
        ({"state": "signed"}, 1), ({"state": "sent"}, 0), ({"ends": "soon"}, 1), ({"varied": "yes"}, 0),
        ({"q": "harbour"}, 1), ({"q": "nowhere"}, 0), ({"ccg": world.ccg.pk}, 1), ({"disputed": "yes"}, 0),
    ):  # fmt: skip
        assert answer(world, **query).context["list"].total == found, query
    sheet = answer(world, export="csv").content.decode("utf-8-sig")
    for words in (row.referral.reference, "Harbour Street Surgery", "Signed by both", "Version 1"):
        assert words in sheet
    assert answer(world, export="xlsx").status_code == 200


def test_the_register_shows_a_person_their_own_scope_alone():
    world, _ = world_in(A.SIGNED)
    stranger = make_person(Role.PROGRAMME_OFFICER, make_ccg())
    assert not register_rows(stranger).exists()
    assert not register_rows(world.manager).exists()
    client = client_of(world.manager)
    assert client.get(reverse("mou:register")).status_code == 403


@pytest.mark.parametrize("state", A.values)
def test_agreed_is_what_the_returns_say(state):
    world, _ = world_in(state)
    due = timezone.now() + dt.timedelta(days=20)
    milestone = world.year.milestones.create(
        name="All MoUs agreed", due_at=due, is_return=True, measure=Milestone.Measure.AGREED, target=100
    )
    (target,) = facts_of(milestone, world.office).targets
    found = standing(world.finance)
    assert (found.total.signed, found.total.whole) == (target.reached, target.whole)
    is_signed = state in (A.SIGNED, A.NOTICE, A.TERMINATED, A.ENDED)
    assert found.total.signed == is_signed
    assert ("is met" in found.sentence) == is_signed == bool(target.is_met)


def test_a_milestone_of_a_summer_midnight_is_of_the_day_that_england_writes(monkeypatch):
    year = make_year()
    night = dt.datetime(2018, 6, 30, 23, 30, tzinfo=dt.UTC)  # half past midnight on 1 July
    milestone = Milestone(year=year, due_at=night, measure=Milestone.Measure.AGREED, target=100)
    monkeypatch.setattr("mou.register.agreed.today", lambda: dt.date(2018, 7, 1))
    said = Standing(year, [Agreed("NHS Northvale CCG", 0, 1)], milestone).sentence
    assert "The milestone is 100% by 1 July 2018: 1 more to sign." in said
