"""When reports fall due, unless an officer says otherwise: pure, from the dates of the case and its year."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from mou.models import ReportSchedule
from mou.plan.in_force import plan_in_force
from resilience.core.calendar import add_months, today
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral

EVERY_MONTHS = 3
"""Where a programme year says nothing."""


@dataclass(frozen=True)
class Due:
    """A date for a report, and the payment stage that waits for it."""

    on: dt.date
    stage: PaymentStage | None = None


def usual_dates(
    begins: dt.date, ends: dt.date, every_months: int, stages: Iterable[PaymentStage] = ()
) -> list[Due]:
    """Every so many months after ``begins``, and at the end; stages that wait for progress each have one.

    A stage with a date of its own is reported on by that date; the others, in order, by the last ones.
    """
    dates = []
    step = 1
    while (day := add_months(begins, every_months * step)) < ends:
        dates.append(day)
        step += 1
    dates.append(ends)
    dated: dict[dt.date, PaymentStage | None] = dict.fromkeys(dates)
    floating = []
    for stage in stages:
        if stage.due_on and begins < stage.due_on <= ends and dated.get(stage.due_on) is None:
            dated[stage.due_on] = stage
        else:
            floating.append(stage)
    free = [day for day in sorted(dated, reverse=True) if dated[day] is None]
    for stage, day in zip(reversed(floating), free, strict=False):
        dated[day] = stage
    return [Due(day, dated[day]) for day in sorted(dated)]


def usual_dates_of(referral: Referral, begins: dt.date | None = None) -> list[Due]:
    """The usual dates of one case, after ``begins`` (today); none once the plan in force has come to its end."""
    plan = plan_in_force(referral)
    begins = begins or today()
    if plan is None or plan.ends_on is None or plan.ends_on <= begins:
        return []
    return usual_dates(begins, plan.ends_on, months_of(referral), progress_stages(referral))


def months_of(referral: Referral) -> int:
    """How often practices of this programme year report, in months."""
    schedule = ReportSchedule.objects.filter(year=referral.year_id).first()
    return schedule.every_months if schedule else EVERY_MONTHS


def progress_stages(referral: Referral) -> list[PaymentStage]:
    """The payment stages that wait for progress of this referral, and that no report and no act opened."""
    opened = referral.stage_openings.values("stage")
    reported = referral.progress_reports.exclude(state="excused").filter(stage__isnull=False).values("stage")
    waiting = referral.year.stages.filter(opens=PaymentStage.Opens.PROGRESS)
    return list(waiting.exclude(pk__in=opened).exclude(pk__in=reported))
