"""Saying how the plan goes; setting, handing in, accepting and chasing reports of progress."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from funding.models import StageOpening
from funding.stages.actions import accept_progress
from funding.stages.rules import check_can_accept_progress
from funding.transfers import hold_money_of
from mou.delivery import letters, rules
from mou.delivery.dates import Due, usual_dates_of
from mou.delivery.progress import title_of
from mou.delivery.states import REPORT_ACTS, check_runs
from mou.models import (
    Objective,
    PlanAction,
    ProgressEntry,
    ProgressFile,
    ProgressReport,
    ReportSchedule,
    ReportStep,
)
from mou.plan.in_force import PlanRow
from resilience.core.access import Denied, why_not
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.core.words import day
from resilience.programmes.models import ProgrammeYear
from resilience.programmes.rules import check_can_manage
from resilience.referrals.models import Referral
from resilience.referrals.uploads import MOST_FILES, CheckedFile

S = ProgressReport.State


# --- progress ----------------------------------------------------------------------------------


def _enter(
    by: Any, referral: Referral, row: PlanRow, standing: str, words: str, step: ReportStep | None = None
) -> ProgressEntry:
    return ProgressEntry.objects.create(
        referral=referral,
        objective=row if isinstance(row, Objective) else None,
        action=row if isinstance(row, PlanAction) else None,
        step=step,
        about=title_of(row),
        standing=standing,
        words=words,
        made_by=by,
    )


@action("Recorded progress")
def record_progress(
    *,
    by: Any,
    referral: Referral,
    row: PlanRow,
    standing: str,
    words: str = "",
    file: CheckedFile | None = None,
) -> ProgressEntry:
    """Add what either side says of one action or objective of the plan in force; a repeated click adds nothing."""
    referral = lock(referral)
    rules.check_can_record(by, referral)
    rules.check_in_force(referral, [row])
    rules.check_said({row: (standing, words)})
    last = row.progress.last()
    if last and file is None and (last.standing, last.words, last.made_by_id) == (standing, words, by.pk):
        record(by=by, on=last, repeat=True)
        return last
    entry = _enter(by, referral, row, standing, words)
    if file is not None:
        kept = StoredFile.keep(name=file.name, content_type=file.content_type, content=file.content, by=by)
        now = timezone.now()
        ProgressFile.objects.create(referral=referral, entry=entry, file=kept, added_by=by, kept_at=now)
    record(by=by, on=entry, why=words, row=row.pk, rows=type(row).__name__, standing=standing)
    return entry


# --- the dates of reports ----------------------------------------------------------------------


@action("Set how often practices report")
def set_report_schedule(*, by: Any, year: ProgrammeYear, every_months: int) -> ReportSchedule:
    """How often practices of a programme year report; cases signed from now on get their dates by it."""
    year = lock(year)
    check_can_manage(by, year.programme)
    schedule, _ = ReportSchedule.objects.update_or_create(
        year=year, defaults={"every_months": every_months, "set_by": by, "set_at": timezone.now()}
    )
    record(by=by, on=schedule, year=year.pk, every_months=every_months)
    return schedule


def _set(by: Any, referral: Referral, dates: Iterable[Due]) -> list[ProgressReport]:
    made = []
    for due in dates:
        report = ProgressReport.objects.create(
            referral=referral, due_on=due.on, first_due_on=due.on, stage=due.stage, set_by=by
        )
        _step(by, report, "mou.set_reports", before="")
        made.append(report)
    return made


@action("Set the dates of reports")
def set_reports(*, by: Any, referral: Referral, dates: Sequence[Due]) -> list[ProgressReport]:
    """An officer says when the practice reports on its progress; tells the practice.

    Dates that are set already, with the same stage, are left as they are.
    """
    referral = lock(referral)
    rules.check_can_set(by, referral)
    standing = referral.progress_reports.exclude(state=S.EXCUSED)
    there = set(standing.values_list("due_on", "stage"))
    new = [due for due in dates if (due.on, due.stage.pk if due.stage else None) not in there]
    rules.check_dates(referral, new)
    made = _set(by, referral, new)
    record(by=by, on=referral, reports=[report.pk for report in made])
    if made:
        letters.dates_set(referral, made)
    return made


@action("Set the usual dates of reports")
def set_usual_reports(*, by: Any, referral: Referral) -> list[ProgressReport]:
    """The dates that the year says, once its MoU is signed; none where an officer has set some."""
    referral = lock(referral)
    check_runs(referral)
    made = [] if referral.progress_reports.exists() else _set(by, referral, usual_dates_of(referral))
    record(by=by, on=referral, reports=[report.pk for report in made])
    if made:
        letters.dates_set(referral, made)
    return made


def start_reports(*, by: Any, referral: Referral) -> None:
    """Called by the last signature: sets the usual dates, in a year that says how often practices report."""
    if ReportSchedule.objects.filter(year=referral.year_id).exists():
        set_usual_reports(by=by, referral=referral)


# --- a report ----------------------------------------------------------------------------------


def locked(report: ProgressReport) -> ProgressReport:
    """The referral, then its report: everyone locks in this order."""
    referral = lock(report.referral)
    report = lock(report)
    report.referral = referral
    return report


def _step(by: Any, report: ProgressReport, act: str, before: str, words: str = "", **came: Any) -> ReportStep:
    return ReportStep.objects.create(
        report=report,
        act=act,
        before=before,
        after=report.state,
        due_on=report.due_on,
        words=words,
        made_by=by,
        **came,
    )


def _move(
    by: Any, report: ProgressReport, act: str, words: str = "", came: Any = None, **facts: Any
) -> ReportStep:
    """Move a locked report as the table says, and keep the round; ``came``: from whom and when, if entered for it."""
    before = report.state
    report.state = REPORT_ACTS[act].moves[before]
    if report.state != before:
        report.state_since = timezone.now()
    report.save()
    step = _step(by, report, act, before, words, **(came or {}))
    record(
        by=by,
        on=report,
        why=words,
        before=before,
        after=report.state,
        due_on=report.due_on,
        stage=report.stage_id,
        **facts,
    )
    return step


def done_before(by: Any, report: ProgressReport, act: str, words: str) -> bool:
    """The last thing that happened to it is this very act, of the same person in the same words: a second click."""
    last = report.steps.last()
    if last is None or (last.act, last.words, last.made_by_id) != (act, words, by.pk):
        return False
    record(by=by, on=report, repeat=True)
    return True


def said_in(step: ReportStep) -> dict[PlanRow, tuple[str, str]]:
    """What was said of each row when it was handed in."""
    entries = step.entries.select_related("objective", "action")
    return {row: (each.standing, each.words) for each in entries if (row := each.objective or each.action)}


def _add_files(by: Any, report: ProgressReport, files: Sequence[CheckedFile]) -> None:
    if report.files.filter(kept_at__isnull=True).count() + len(files) > MOST_FILES:
        raise Denied(f"Add {MOST_FILES} files at most: take one out first.")
    for file in files:
        kept = StoredFile.keep(name=file.name, content_type=file.content_type, content=file.content, by=by)
        ProgressFile.objects.create(referral=report.referral, report=report, file=kept, added_by=by)


@action("Saved the report of progress")
def save_report(
    *, by: Any, report: ProgressReport, draft: dict[str, Any], files: Sequence[CheckedFile] = ()
) -> ProgressReport:
    """Keep what the practice has filled in so far; nobody else reads it."""
    report = locked(report)
    rules.check_can_fill(by, report)
    report.draft = draft
    report.save()
    _add_files(by, report, files)
    record(by=by, on=report, internal=True, files=len(files))
    return report


@action("Took out a file of the report")
def remove_progress_file(*, by: Any, progress_file: ProgressFile) -> ProgressReport:
    """Take out a file that was added and not handed in."""
    if progress_file.report is None:
        raise Denied("This file is on record for good.")
    report = locked(progress_file.report)
    progress_file = lock(progress_file)
    rules.check_can_fill(by, report)
    if progress_file.kept_at:
        raise Denied("This file was handed in: it is on record for good.")
    record(by=by, on=report, internal=True, removed=progress_file.pk)
    progress_file.delete()
    return report


def hand_in_as(
    by: Any, report: ProgressReport, act: str, said: rules.Said, words: str, **came: Any
) -> ReportStep:
    """The round by which a locked report is handed in, with an entry for each row of the plan."""
    step = _move(by, report, act, words, came, rows=len(said))
    for row, (standing, reason) in said.items():
        _enter(by, report.referral, row, standing, reason, step)
    return step


@action("Handed in the report of progress")
def hand_in_report(
    *,
    by: Any,
    report: ProgressReport,
    said: rules.Said,
    words: str,
    files: Sequence[CheckedFile] = (),
) -> ReportStep:
    """The practice reports: an entry for each row of the plan in force, a few words, its files. Tells the office."""
    report = locked(report)
    last = report.steps.last()
    is_same = report.state == S.HANDED_IN and last is not None and said_in(last) == dict(said)
    if last and is_same and done_before(by, report, "mou.hand_in_report", words):
        return last
    rules.check_can_fill(by, report)
    rules.check_is_whole(report, said, words)
    _add_files(by, report, files)
    report.draft = {}
    step = hand_in_as(by, report, "mou.hand_in_report", said, words)
    for file in report.files.filter(kept_at__isnull=True):
        file.step, file.kept_at = step, step.made_at
        file.save()
    letters.handed_in(report)
    return step


@action("Accepted the report of progress")
def accept_report(*, by: Any, report: ProgressReport, words: str = "") -> ReportStep:
    """The officer accepts; the payment stage that waits for the report opens. Tells the practice."""
    report = locked(report)
    last = report.steps.last()
    if last and report.state == S.ACCEPTED and done_before(by, report, "mou.accept_report", words):
        return last
    rules.check_can_accept(by, report)
    if report.stage:
        hold_money_of([report.referral])
    step = _move(by, report, "mou.accept_report", words)
    opens = stage_opened_by(by, report)
    if opens:
        why = words or f"The report due on {day(report.due_on)} was accepted."
        accept_progress(by=by, referral=report.referral, stage=report.stage, why=why)
    letters.accepted(report, words, opens=opens)
    return step


def stage_opened_by(user: Any, report: ProgressReport) -> bool:
    """Does accepting the report open its stage: one waits for it, is not open, and its year's money still moves?"""
    stage = report.stage
    if stage is None or StageOpening.objects.filter(stage=stage, referral=report.referral_id).exists():
        return False
    return not why_not(check_can_accept_progress, user, report.referral, stage)


@action("Asked for the report again")
def ask_report_again(*, by: Any, report: ProgressReport, words: str, due_on: dt.date) -> ReportStep:
    """The officer says what is missing, and by when; the practice is told and hands in again."""
    report = locked(report)
    last = report.steps.last()
    is_same = report.state == S.ASKED_AGAIN and report.due_on == due_on
    if last and is_same and done_before(by, report, "mou.ask_report_again", words):
        return last
    rules.check_can_ask_again(by, report)
    if not words.strip():
        raise Denied("Say what is missing.")
    if due_on != report.due_on:
        rules.check_date_is_free(report, due_on)
    report.due_on = due_on
    step = _move(by, report, "mou.ask_report_again", words)
    letters.asked_again(report, words)
    return step


@action("Gave the report a new date")
def move_report(*, by: Any, report: ProgressReport, due_on: dt.date, why: str) -> ReportStep:
    """A new date, with the reason; the practice is told, and reminders follow the new date."""
    report = locked(report)
    last = report.steps.last()
    if last and report.due_on == due_on and done_before(by, report, "mou.move_report", why):
        return last
    rules.check_can_move(by, report)
    if not why.strip():
        raise Denied("Say why the date is moved.")
    if due_on == report.due_on:
        raise Denied(f"It is due on {day(due_on)} already.")
    rules.check_date_is_free(report, due_on)
    before = report.due_on
    report.due_on = due_on
    step = _move(by, report, "mou.move_report", why, due_before=before)
    letters.moved(report, before, why)
    return step


@action("Recorded that no report is needed")
def excuse_report(*, by: Any, report: ProgressReport, why: str) -> ReportStep:
    """The officer records that the practice need not hand it in, with the reason; the practice is told."""
    report = locked(report)
    last = report.steps.last()
    if last and report.state == S.EXCUSED and done_before(by, report, "mou.excuse_report", why):
        return last
    rules.check_can_excuse(by, report)
    if not why.strip():
        raise Denied("Say why no report is needed.")
    step = _move(by, report, "mou.excuse_report", why)
    letters.excused(report, why)
    return step
