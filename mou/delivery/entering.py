"""A report of progress that came on paper or by email: an officer enters it for the practice."""

import datetime as dt
from typing import Any

from mou.delivery import actions, letters, rules
from mou.entering import check_came
from mou.models import ProgressFile, ProgressReport, ReportStep
from resilience.core.acts import action
from resilience.core.models import StoredFile
from resilience.referrals.uploads import CheckedFile


@action("Entered a report of progress for the practice")
def enter_report(
    *,
    by: Any,
    report: ProgressReport,
    said: rules.Said,
    words: str,
    came_from: str,
    came_on: dt.date,
    original: CheckedFile,
) -> ReportStep:
    """Hand in what the practice sent in another way: who sent it and the original are kept. Tells the practice.

    What the practice has filled in itself and not handed in stays its own.
    """
    report = actions.locked(report)
    last = report.steps.last()
    given = came_from.strip(), came_on, dict(said)
    is_same = last is not None and (last.came_from, last.came_on, actions.said_in(last)) == given
    if last and is_same and actions.done_before(by, report, "mou.enter_report", words):
        return last
    rules.check_can_enter(by, report)
    check_came(came_from, came_on)
    rules.check_is_whole(report, said, words)
    came = {"came_from": came_from.strip(), "came_on": came_on}
    step = actions.hand_in_as(by, report, "mou.enter_report", said, words, **came)
    kept = StoredFile.keep(
        name=original.name, content_type=original.content_type, content=original.content, by=by
    )
    ProgressFile.objects.create(
        referral=report.referral, report=report, step=step, file=kept, added_by=by, kept_at=step.made_at
    )
    letters.entered(step)
    return step
