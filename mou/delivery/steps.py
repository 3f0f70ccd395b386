"""What a practice is asked next on a referral whose plan is delivered."""

from collections.abc import Iterable

from django.urls import reverse

from mou.delivery.states import owed
from mou.models import ProgressReport
from resilience.core.words import day, working_days_left
from resilience.referrals.following import Step
from resilience.referrals.models import Referral
from resilience.referrals.states import SIGNED


def report_steps(referrals: Iterable[Referral]) -> dict[int, Step]:
    """The next report that is to be handed in, by referral id. One query."""
    wanted = [row.pk for row in referrals if row.state in SIGNED]
    rows = ProgressReport.objects.filter(owed(), referral__in=wanted, state__in=ProgressReport.OPEN).order_by(
        "-due_on"
    )
    return {row.referral_id: _step(row) for row in rows}


def _step(report: ProgressReport) -> Step:
    again = (
        "We asked for your report again. It"
        if report.state == report.State.ASKED_AGAIN
        else "Your next report"
    )
    return Step(
        f"{again} is due on {day(report.due_on)}: {working_days_left(report.due_on)}.",
        "Report on your progress",
        reverse("mou:fill_report", kwargs={"progress_report": report.pk}),
    )
