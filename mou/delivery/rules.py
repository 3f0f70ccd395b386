"""Who may say how the plan goes, set, hand in and answer reports. Each raises Denied with a sentence to act on."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from mou.delivery.dates import Due, progress_stages
from mou.delivery.progress import title_of
from mou.delivery.states import REPORT_ACTS, check_report_state, check_runs, check_was_signed
from mou.models import ProgressEntry, ProgressReport
from mou.people import is_for_practice
from mou.plan.in_force import PlanRow, rows_in_force
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.calendar import today
from resilience.core.words import day
from resilience.referrals.models import Referral

Said = Mapping[PlanRow, tuple[str, str]]
"""Of rows of the plan: the standing, and the words with it."""

SO_MANY = 40
"""Reports of one case: more than one a month for three years."""


def check_can_record(user: Any, referral: Referral) -> None:
    """Either side, once the MoU is signed."""
    if not is_for_practice(user, referral):
        access.check(user, P.WORK_REFERRALS, referral)
    check_was_signed(referral)


def check_said(said: Said) -> None:
    """Late and no longer needed come with a reason."""
    for row, (standing, words) in said.items():
        if standing in ProgressEntry.NEEDS_REASON and not words.strip():
            label = ProgressEntry.Standing(standing).label.lower()
            raise Denied(f"Say why “{title_of(row)}” is {label}.")


def check_in_force(referral: Referral, rows: Iterable[PlanRow], *, all_of_them: bool = False) -> None:
    """Only rows of the plan in force are reported on; ``all_of_them``: each of them is."""
    wanted, given = set(rows_in_force(referral)), set(rows)
    if given - wanted or (all_of_them and wanted - given):
        raise Denied("The plan was changed in the meantime. Open the page again to see the plan in force.")


def check_is_whole(report: ProgressReport, said: Said, words: str) -> None:
    """A report speaks of every row of the plan in force, and says a few words of the whole."""
    check_in_force(report.referral, said, all_of_them=True)
    check_said(said)
    if not words.strip():
        raise Denied("Say in a few words how it goes.")


def check_can_set(user: Any, referral: Referral) -> None:
    """An officer, while the MoU runs."""
    access.check(user, REPORT_ACTS["mou.set_reports"].permission, referral)
    check_runs(referral)


def check_dates(referral: Referral, dates: Iterable[Due]) -> None:
    """Each is to come, none is taken, and a stage waits for one report."""
    dates = list(dates)
    standing = referral.progress_reports.exclude(state=ProgressReport.State.EXCUSED)
    taken = set(standing.values_list("due_on", flat=True))
    if len(taken) + len(dates) > SO_MANY:
        raise Denied(f"A case has {SO_MANY} reports at most.")
    open_stages = set(progress_stages(referral))
    for due in dates:
        check_new_date(due.on)
        if due.on in taken:
            raise Denied(f"A report is due on {day(due.on)} already.")
        taken.add(due.on)
        if due.stage and due.stage not in open_stages:
            raise Denied(f"“{due.stage.name}” does not wait for a report of this referral.")
        open_stages.discard(due.stage)


def check_new_date(due_on: dt.date) -> None:
    if due_on <= today():
        raise Denied("Choose a date that is still to come.")
    if due_on > today() + dt.timedelta(days=3 * 366):
        raise Denied("Choose a date within three years.")


def _check_act(user: Any, report: ProgressReport, act: str) -> None:
    referral = report.referral
    permission = REPORT_ACTS[act].permission
    if permission == P.PLAN_FOR_PRACTICE:
        if not is_for_practice(user, referral):
            raise Denied(f"Only {referral.lead_practice.name} reports on its progress.")
    else:
        access.check(user, permission, referral)
    check_report_state(act, report.state)
    check_was_signed(referral)


def check_can_fill(user: Any, report: ProgressReport) -> None:
    """Someone of the lead practice, until it is handed in."""
    _check_act(user, report, "mou.hand_in_report")


def check_can_enter(user: Any, report: ProgressReport) -> None:
    """An officer, for the practice, until it is handed in."""
    _check_act(user, report, "mou.enter_report")


def check_can_accept(user: Any, report: ProgressReport) -> None:
    """An officer without an interest, once it is handed in."""
    _check_act(user, report, "mou.accept_report")
    check_has_no_interest(user, report.referral)


def check_can_ask_again(user: Any, report: ProgressReport) -> None:
    """An officer, once it is handed in."""
    _check_act(user, report, "mou.ask_report_again")


def check_can_move(user: Any, report: ProgressReport) -> None:
    """An officer, while it is due or asked for again; late or not."""
    _check_act(user, report, "mou.move_report")


def check_can_excuse(user: Any, report: ProgressReport) -> None:
    """An officer, while it is due or asked for again."""
    _check_act(user, report, "mou.excuse_report")


def check_date_is_free(report: ProgressReport, due_on: dt.date) -> None:
    """A new date, to come, on which no other report of the case is due."""
    check_new_date(due_on)
    others = report.referral.progress_reports.exclude(pk=report.pk)
    if others.exclude(state=ProgressReport.State.EXCUSED).filter(due_on=due_on).exists():
        raise Denied(f"Another report is due on {day(due_on)} already.")
