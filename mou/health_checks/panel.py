"""The health check on the Delivery tab of a case."""

from typing import Any

from django.http import HttpRequest

from funding.stages.evidence import Answer, Asked, asked_of
from mou.delivery.panels import Panel
from mou.health_checks import reading
from mou.health_checks.way import progress_of
from practices.models import Practice
from resilience.core.access import P, allows
from resilience.core.words import day
from resilience.referrals.models import Referral


def _entry(user: Any, asked: Asked) -> str:
    """Where an officer enters what this practice sent on paper or by email, while they may."""
    way = asked.way
    if way is None or asked.answer == Answer.IN or not allows(user, P.WORK_REFERRALS, asked.practice):
        return ""
    return "" if way.why_not_entered(user, asked.practice) else way.entered_at(asked.practice)


def panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """How far each practice of the case is with the health check of its year; None where the year asks for none."""
    stages = referral.year.stages.filter(health_check__isnull=False).select_related("year__programme")
    practices = Practice.objects.filter(referral_places__referral=referral).select_related("commissioner")
    user: Any = request.user
    shown = [each for each in asked_of(practices, stages) if each.way]
    keys = [each.stage.pk for each in shown], [each.practice.pk for each in shown]
    far, readable = progress_of(*keys), reading.readable(user, *keys)
    rows = []
    for asked in shown:
        key = asked.stage.pk, asked.practice.pk
        words = f"{asked.answer.label} since {day(asked.at)}"
        if asked.answer == Answer.NOT_IN:
            words = far.get(key, "Not started")
        href = asked.href if key in readable else ""
        rows.append({"asked": asked, "words": words, "href": href, "entry": _entry(user, asked)})
    return Panel("Health check", "mou/health_checks/panel.html", {"rows": rows}) if rows else None
