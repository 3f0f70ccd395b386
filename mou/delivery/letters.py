"""The emails about reports of progress: what is due, what was said, and where to go."""

import datetime as dt
from collections.abc import Sequence

from django.urls import reverse

from mou.entering import came_words
from mou.models import ProgressReport, ReportStep
from mou.post import office, practice, send
from resilience.core.outbox import link
from resilience.core.words import day, working_days_left
from resilience.referrals.models import Referral


def report_link(report: ProgressReport) -> str:
    return link(reverse("mou:progress_report", kwargs={"progress_report": report.pk}))


def fill_link(report: ProgressReport) -> str:
    return link(reverse("mou:fill_report", kwargs={"progress_report": report.pk}))


def _name(referral: Referral) -> str:
    return referral.lead_practice.name


def dates_set(referral: Referral, reports: Sequence[ProgressReport]) -> None:
    """Tell the practice when it reports."""
    dates = "\n".join(f"- {day(report.due_on)}" for report in reports)
    one = "a report" if len(reports) == 1 else "reports"
    send(
        practice(referral),
        referral,
        f"When {_name(referral)} reports on its progress",
        f"We ask {_name(referral)} for {one} on the progress of its improvement plan, by:\n{dates}",
        "It takes a few minutes: how each action stands, and a few words. "
        "We will remind you before each date.",
        link(reverse("mou:delivery", kwargs={"referral": referral.pk})),
    )


def due_soon(report: ProgressReport) -> None:
    """Remind the practice that a report falls due."""
    name = _name(report.referral)
    send(
        practice(report.referral),
        report.referral,
        f"The progress report of {name} is due on {day(report.due_on)}",
        f"The report on the progress of {name} is due on {day(report.due_on)}: "
        f"{working_days_left(report.due_on)}.",
        "It takes a few minutes: how each action stands, and a few words. Fill it in here:",
        fill_link(report),
    )


def late(report: ProgressReport) -> None:
    """Chase the practice for a report that is late."""
    name = _name(report.referral)
    send(
        practice(report.referral),
        report.referral,
        f"The progress report of {name} is late",
        f"The report on the progress of {name} was due on {day(report.due_on)}, and we have not had it.",
        "It takes a few minutes: how each action stands, and a few words. Fill it in here:",
        fill_link(report),
        "If something keeps you from it, tell us: we can give it a new date.",
    )


def handed_in(report: ProgressReport) -> None:
    """Tell the office that there is a report to read."""
    name = _name(report.referral)
    send(
        office(report.referral),
        report.referral,
        f"{name} has handed in its progress report",
        f"{name} has handed in its report due on {day(report.due_on)}. Read it, and accept it or ask again:",
        report_link(report),
    )


def entered(step: ReportStep) -> None:
    """Tell the practice what was entered for it, and from what; tell who has the case, where that is somebody else."""
    report = step.report
    name = _name(report.referral)
    send(
        practice(report.referral),
        report.referral,
        f"We entered the progress report of {name}",
        f"{step.made_by.name} entered your report due on {day(report.due_on)} {came_words(step)}.",
        "Please read it. If something is not as you said it, tell us.",
        report_link(report),
    )
    if step.made_by.email not in office(report.referral):
        handed_in(report)


def accepted(report: ProgressReport, words: str, *, opens: bool) -> None:
    """Tell the practice that its report is accepted, and what that opens."""
    name = _name(report.referral)
    opened = f"The payment stage “{report.stage.name}” is open now." if opens and report.stage else ""
    send(
        practice(report.referral),
        report.referral,
        f"The progress report of {name} is accepted",
        *filter(None, (f"The report due on {day(report.due_on)} is accepted. Thank you.", words, opened)),
        report_link(report),
    )


def asked_again(report: ProgressReport, words: str) -> None:
    """Tell the practice what is missing and by when."""
    name = _name(report.referral)
    send(
        practice(report.referral),
        report.referral,
        f"Something is missing in the progress report of {name}",
        "Thank you for your progress report. Before we can accept it we need this:",
        words,
        f"Please hand it in again by {day(report.due_on)}. What you said last time is still there:",
        fill_link(report),
    )


def moved(report: ProgressReport, before: dt.date, why: str) -> None:
    """Tell the practice the new date and why."""
    name = _name(report.referral)
    send(
        practice(report.referral),
        report.referral,
        f"The progress report of {name} is due on {day(report.due_on)} now",
        f"The report that was due on {day(before)} is due on {day(report.due_on)} now. The reason:",
        why,
        report_link(report),
    )


def excused(report: ProgressReport, why: str) -> None:
    """Tell the practice that it need not report."""
    name = _name(report.referral)
    send(
        practice(report.referral),
        report.referral,
        f"No progress report is needed from {name} for {day(report.due_on)}",
        f"You need not hand in the report due on {day(report.due_on)}. The reason:",
        why,
    )
