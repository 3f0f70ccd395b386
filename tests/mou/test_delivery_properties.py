"""What holds whatever happens: the last entry is the standing, reminders follow the date once each, usual dates fit."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from post_office.models import Email

from mou.delivery import actions, dates, progress
from mou.delivery.reminders import SOON
from mou.models import ProgressEntry, ProgressReport, SentReminder
from mou.reminders import send_all
from resilience.core.access import Denied
from resilience.core.calendar import add_working_days, today
from resilience.demo.past import at
from resilience.programmes.models import PaymentStage
from tests.mou.delivering import all_said, due_report, hand_in, make_delivering, rows_of
from tests.mou.world import World

S = ProgressReport.State
SPAN = st.integers(1, 25)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """One case that is delivered, made once for the module and undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_delivering()
        transaction.set_rollback(True)


HAPPENS = st.one_of(
    st.tuples(st.just("days pass"), SPAN),
    st.tuples(st.just("worker runs"), st.just(0)),
    st.tuples(st.just("moved"), SPAN),
    st.tuples(st.just("handed in"), st.just(0)),
    st.tuples(st.just("asked again"), SPAN),
    st.tuples(st.just("excused"), st.just(0)),
)


class Calendar:
    """A naive second telling of one report: its date, whether it is open, what must have been reminded of."""

    def __init__(self, due_on: dt.date) -> None:
        self.due_on = due_on
        self.is_open, self.is_in = True, False
        self.reminded: set[tuple[str, dt.date]] = set()

    def remind(self, now: dt.date) -> None:
        if not self.is_open:
            return
        if now > self.due_on:
            self.reminded.add(("report_late", self.due_on))
        elif add_working_days(now, SOON) >= self.due_on:
            self.reminded.add(("report_due_soon", self.due_on))


@pytest.mark.django_db
@given(st.lists(HAPPENS, max_size=14))
@example([("handed in", 0), ("asked again", 1), ("asked again", 2)])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_reminders_follow_the_date_that_stands_once_each(world, happened):
    with transaction.atomic():
        now = timezone.now().replace(hour=12)
        report = due_report(world, days=12)
        told = Calendar(report.due_on)
        for what, days in [*happened, ("worker runs", 0), ("worker runs", 0)]:
            now += dt.timedelta(days=days if what == "days pass" else 0)
            with at(now):
                _happen(world, report, told, what, days)
        sent = SentReminder.objects.filter(about="mou.ProgressReport", about_id=report.pk)
        assert set(sent.values_list("kind", "due_on")) == told.reminded
        wrote = [
            mail
            for mail in Email.objects.all()
            if world.manager.email in mail.to
            and ((" is due on " in mail.subject and " now" not in mail.subject) or " is late" in mail.subject)
        ]
        assert len(wrote) == len(told.reminded)
        transaction.set_rollback(True)


def _happen(world: World, report: ProgressReport, told: Calendar, what: str, days: int) -> None:
    new = today() + dt.timedelta(days=days)
    if what == "worker runs":
        send_all()
        told.remind(today())
        return
    try:
        if what == "moved":
            actions.move_report(by=world.officer, report=report, due_on=new, why="Illness")
            told.due_on = new
        elif what == "handed in":
            hand_in(world, report)
            told.is_open, told.is_in = False, True
        elif what == "asked again":
            actions.ask_report_again(by=world.officer, report=report, words="Dates", due_on=new)
            told.is_open, told.is_in, told.due_on = True, False, new
        elif what == "excused":
            actions.excuse_report(by=world.officer, report=report, why="It merges")
            told.is_open = False
    except Denied:
        assert (
            (what == "asked again" and not told.is_in)
            or (what in ("handed in", "excused") and not told.is_open)
            or (what == "moved" and (not told.is_open or new == told.due_on))
        )


SAID = st.tuples(st.integers(0, 1), st.sampled_from(ProgressEntry.Standing.values), st.booleans())


@pytest.mark.django_db
@given(st.lists(SAID, max_size=10))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_standing_is_the_last_entry_and_no_entry_is_lost(world, said):
    with transaction.atomic():
        last: dict[Any, str] = {}
        count = 0
        for number, (index, standing, in_a_report) in enumerate(said):
            row = rows_of(world)[index]
            if in_a_report:
                hand_in(world, due_report(world, days=number + 1), said=all_said(world, standing, "Illness"))
                last = dict.fromkeys(rows_of(world), standing)
                count += len(last)
            else:
                words = f"Said {number}"
                actions.record_progress(
                    by=world.officer, referral=world.referral, row=row, standing=standing, words=words
                )
                last[row] = standing
                count += 1
        found = {each.row: each.standing for each in progress.milestones(world.referral) if each.entry}
        assert found == last
        assert ProgressEntry.objects.count() == count
        transaction.set_rollback(True)


DAY = st.dates(dt.date(2018, 1, 1), dt.date(2030, 1, 1))
STAGES = st.lists(st.one_of(st.none(), st.integers(-10, 1200)), max_size=4)


@given(DAY, st.integers(1, 1100), st.integers(1, 12), STAGES)
def test_usual_dates_end_with_the_plan_and_each_stage_has_one(begins, length, every, due):
    ends = begins + dt.timedelta(days=length)
    stages = [
        PaymentStage(pk=number + 1, due_on=None if days is None else begins + dt.timedelta(days=days))
        for number, days in enumerate(due)
    ]
    found = dates.usual_dates(begins, ends, every, stages)
    days = [each.on for each in found]
    assert days == sorted(set(days))
    assert begins < days[0]
    assert days[-1] == ends
    assert all((later - one).days <= 31 * every for one, later in zip([begins, *days], days, strict=False))
    tied = [each.stage.pk for each in found if each.stage]
    assert len(tied) == len(set(tied))
    assert len(tied) == min(len(stages), len(days))
    asked = [stage.due_on for stage in stages if stage.due_on and begins < stage.due_on <= ends]
    if len(stages) <= 1 and asked:
        assert [each.on for each in found if each.stage] == asked
