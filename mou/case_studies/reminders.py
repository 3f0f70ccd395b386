"""Reminders of case studies: promised and not published before a deadline; waiting for the practice's consent."""

import datetime as dt
from collections.abc import Iterator
from functools import partial

from django.utils import timezone
from django.utils.timezone import localdate

from mou.case_studies import letters
from mou.models import CaseStudy, Plan
from mou.reminders import Reminder
from resilience.core.calendar import today
from resilience.programmes.models import Milestone
from resilience.referrals.states import SIGNED

S = CaseStudy.State
BEFORE = (28, 7)
"""Days before a deadline at which a promised case study is reminded of."""
CONSENT_WAITS = dt.timedelta(days=7)


def outstanding() -> Iterator[Reminder]:
    """What would be reminded of today."""
    yield from _promised()
    yield from _waiting()


def _promised() -> Iterator[Reminder]:
    coming = Milestone.objects.filter(
        measure=Milestone.Measure.CASE_STUDIES,
        due_at__gt=timezone.now(),
        due_at__lte=timezone.now() + dt.timedelta(days=max(BEFORE)),
    )
    for milestone in coming.order_by("due_at"):
        left = (localdate(milestone.due_at) - today()).days
        kind = f"case study, {min(days for days in BEFORE if left <= days)} days"
        plans = Plan.objects.filter(
            has_case_study=True,
            agreed_at__isnull=False,
            referral__year=milestone.year_id,
            referral__state__in=SIGNED,
        ).exclude(referral__case_study__state=S.PUBLISHED)
        for plan in plans.select_related(
            "referral__year", "referral__lead_practice", "referral__assigned_to", "referral__case_study"
        ):
            study = getattr(plan.referral, "case_study", None)
            send = partial(letters.promised, plan.referral, milestone, study)
            yield Reminder(plan, kind, localdate(milestone.due_at), send)


def _waiting() -> Iterator[Reminder]:
    rows = CaseStudy.objects.filter(state=S.ASKED, asked_at__lte=timezone.now() - CONSENT_WAITS)
    for study in rows.select_related("referral__year", "referral__lead_practice"):
        if study.asked_at:
            due = localdate(study.asked_at + CONSENT_WAITS)
            yield Reminder(study, "case study, consent", due, partial(letters.asked, study))
