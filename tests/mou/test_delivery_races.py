"""Several people, and several workers, at once."""

import datetime as dt

import pytest
from post_office.models import Email

from funding.models import StageOpening, Transfer
from mou.delivery import actions
from mou.delivery.reminders import outstanding
from mou.models import ProgressReport, SentReminder
from mou.reminders import send_all, send_reminder
from resilience.core import trail
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.core.words import day
from tests.factories import make_person
from tests.mou.delivering import due_report, hand_in, make_delivering
from tests.mou.together import done, together

pytestmark = pytest.mark.django_db(transaction=True)


def test_several_who_accept_at_once_open_the_stage_once():
    world = make_delivering(stages=1)
    report = due_report(world, stage=world.year.stages.get())
    hand_in(world, report)
    officers = [world.officer, world.officer, make_person(Role.PROGRAMME_OFFICER, world.ccg)]
    said = together(
        *(
            lambda by=by: actions.accept_report(
                by=by, report=ProgressReport.objects.select_related("referral").get(pk=report.pk)
            )
            for by in officers
        )
    )
    assert done(said)
    assert StageOpening.objects.count() == 1
    assert [each.amount for each in Transfer.objects.filter(kind="make_payable")] == [200_000]
    assert list(report.steps.filter(act="mou.accept_report").values_list("after", flat=True)) == ["accepted"]
    assert list(trail.verify()) == []


def test_two_workers_at_once_remind_once():
    world = make_delivering()
    report = due_report(world, days=2)
    Email.objects.all().delete()
    together(send_all, send_all, send_all)
    assert SentReminder.objects.filter(about_id=report.pk).count() == 1
    assert [world.manager.email in mail.to for mail in Email.objects.all()].count(True) == 1


@pytest.mark.parametrize("what", ["moved", "excused"])
def test_a_report_that_moved_after_it_was_listed_is_not_reminded_of_by_its_old_date(what):
    world = make_delivering()
    reports = [due_report(world, days=days) for days in (2, 3)]
    moved, stays = list(outstanding())
    assert [moved.about.pk, stays.about.pk] == [each.pk for each in reports]
    if what == "moved":
        actions.move_report(
            by=world.officer,
            report=reports[0],
            due_on=today() + dt.timedelta(days=60),
            why="The partner is ill.",
        )
    else:
        actions.excuse_report(by=world.officer, report=reports[0], why="The surgery is flooded.")
    Email.objects.all().delete()
    for reminder in (moved, stays):
        send_reminder(by=None, reminder=reminder)
    assert [
        day(stays.due_on) in mail.message for mail in Email.objects.filter(to__contains=world.manager.email)
    ] == [True]
