"""Several people, and several workers, at once."""

import threading
from typing import Any

import pytest
from django.db import connection
from post_office.models import Email

from funding.models import StageOpening, Transfer
from mou.delivery import actions
from mou.models import ProgressReport, SentReminder
from mou.reminders import send_all
from resilience.core import trail
from resilience.core.access import Denied, Role
from tests.factories import make_person
from tests.mou.delivering import due_report, hand_in, make_delivering

pytestmark = pytest.mark.django_db(transaction=True)


def _together(*acts: Any) -> list[str]:
    """Each act in a thread of its own, begun at once; "done", or why not."""
    start, answers = threading.Barrier(len(acts)), []

    def run(act: Any) -> None:
        try:
            start.wait(20)
            act()
            answers.append("done")
        except Denied as denied:
            answers.append(str(denied))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_several_who_accept_at_once_open_the_stage_once():
    world = make_delivering(stages=1)
    report = due_report(world, stage=world.year.stages.get())
    hand_in(world, report)
    officers = [world.officer, world.officer, make_person(Role.PROGRAMME_OFFICER, world.ccg)]
    answers = _together(
        *(
            lambda by=by: actions.accept_report(
                by=by, report=ProgressReport.objects.select_related("referral").get(pk=report.pk)
            )
            for by in officers
        )
    )
    assert "done" in answers
    assert StageOpening.objects.count() == 1
    assert [each.amount for each in Transfer.objects.filter(kind="make_payable")] == [200_000]
    assert list(report.steps.filter(act="mou.accept_report").values_list("after", flat=True)) == ["accepted"]
    assert list(trail.verify()) == []


def test_two_workers_at_once_remind_once():
    world = make_delivering()
    report = due_report(world, days=2)
    Email.objects.all().delete()
    _together(send_all, send_all, send_all)
    assert SentReminder.objects.filter(about_id=report.pk).count() == 1
    assert [world.manager.email in mail.to for mail in Email.objects.all()].count(True) == 1
