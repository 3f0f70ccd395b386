"""The part of the Delivery tab about the plan's progress and its reports."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mou.delivery import progress, rules
from mou.delivery.panels import Panel
from mou.models import ProgressReport
from mou.plan.in_force import plan_in_force
from resilience.core.access import why_not
from resilience.core.calendar import today
from resilience.core.words import day, plural, working_days_left
from resilience.referrals.models import Referral
from resilience.referrals.states import SIGNED

S = ProgressReport.State
COLOURS: dict[str, str] = {
    S.DUE: "white",
    S.HANDED_IN: "blue",
    S.ASKED_AGAIN: "yellow",
    S.ACCEPTED: "green",
    S.EXCUSED: "grey",
}


@dataclass(frozen=True)
class Act:
    """The one main act of the part: a sentence, a button."""

    text: str
    href: str
    sentence: str = ""


def is_late(report: ProgressReport) -> bool:
    """Not handed in by its day. Due today is not late."""
    return report.state in ProgressReport.OPEN and report.due_on < today()


def standing_words(report: ProgressReport) -> str:
    """Its state in words; late is said where it is."""
    words = report.get_state_display()
    return f"{words}, late" if is_late(report) else words


def address(name: str, report: ProgressReport) -> str:
    return reverse(f"mou:{name}", kwargs={"progress_report": report.pk})


def main_act(request: HttpRequest, reports: list[ProgressReport]) -> Act | None:
    """What this person does next about these reports: the practice fills in, the officer reads."""
    for report in reports:
        if not why_not(rules.check_can_fill, request.user, report):
            when = f"due on {day(report.due_on)}: {working_days_left(report.due_on)}"
            again = (
                "We asked for your report again. It is" if report.state == S.ASKED_AGAIN else "Your report is"
            )
            return Act("Report on your progress", address("fill_report", report), f"{again} {when}.")
    for report in reports:
        if not why_not(rules.check_can_ask_again, request.user, report):
            return Act(
                "Read the progress report",
                address("progress_report", report),
                f"The report due on {day(report.due_on)} is handed in.",
            )
    return None


def summary(rows: list[progress.Milestone]) -> str:
    """How many are done and late, in a sentence."""
    done = sum(row.is_settled for row in rows)
    late = sum(row.is_late for row in rows)
    said = f"{done} of {plural(len(rows), 'milestone')} done or no longer needed"
    return f"{said}, {late} late." if late else f"{said}, none late."


def progress_panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """Milestones in order with what is late, and the reports with the one main act."""
    if referral.state not in SIGNED:
        return None
    if plan_in_force(referral) is None:
        return None
    rows = progress.milestones(referral)
    reports = list(
        ProgressReport.objects.visible_to(request.user).filter(referral=referral).select_related("stage")
    )
    for report in reports:
        report.referral = referral
    may_record = not why_not(rules.check_can_record, request.user, referral)
    context: dict[str, Any] = {
        "summary": summary(rows),
        "act": main_act(request, reports),
        "milestones": [
            {
                "milestone": row,
                "href": reverse(
                    f"mou:{'action' if row.kind == 'Action' else 'objective'}_progress",
                    kwargs={"plan_action" if row.kind == "Action" else "objective": row.row.pk},
                ),
            }
            for row in rows
        ],
        "may_record": may_record,
        "reports": [
            {
                "report": report,
                "state": standing_words(report),
                "colour": COLOURS[report.state],
                "href": address("progress_report", report),
            }
            for report in reports
        ],
        "has_stages": any(report.stage_id for report in reports),
        "set_href": ""
        if why_not(rules.check_can_set, request.user, referral)
        else reverse("mou:report_dates", kwargs={"referral": referral.pk}),
    }
    return Panel("Progress of the plan", "mou/delivery/progress_panel.html", context)
