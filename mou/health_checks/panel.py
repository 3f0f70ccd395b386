"""The health check on the Delivery tab of a case."""

from typing import Any

from django.http import HttpRequest

from funding.stages.evidence import Answer, asked_of
from mou.delivery.panels import Panel
from practices.models import Practice
from resilience.core.words import day
from resilience.referrals.models import Referral


def panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """How far each practice of the case is with the health check of its year; None where the year asks for none."""
    stages = referral.year.stages.filter(health_check__isnull=False).select_related("year__programme")
    practices = Practice.objects.filter(referral_places__referral=referral).select_related("commissioner")
    user: Any = request.user
    rows = []
    for asked in asked_of(practices, stages):
        if asked.way is None:
            continue
        progress = asked.way.progress([asked.practice.pk]).get(asked.practice.pk, "Not started")
        words = progress if asked.answer == Answer.NOT_IN else f"{asked.answer.label} since {day(asked.at)}"
        href = asked.href if asked.way.opens_to(user, asked.practice) else ""
        rows.append({"asked": asked, "words": words, "href": href})
    return Panel("Health check", "mou/health_checks/panel.html", {"rows": rows}) if rows else None
