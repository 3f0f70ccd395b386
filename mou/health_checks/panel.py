"""The health check on the Delivery tab of a case."""

from typing import Any

from django.http import HttpRequest

from funding.stages.evidence import Answer, asked_of
from mou.delivery.panels import Panel
from mou.health_checks import reading
from mou.health_checks.way import entry_of, progress_of
from mou.models import HealthCheckStage
from practices.models import Practice
from resilience.core.access import P, allows, ask_together
from resilience.core.words import day
from resilience.referrals.models import Referral


def panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """How far each practice of the case is with the health check of its year; None where the year asks for none."""
    stages = referral.year.stages.filter(health_check__isnull=False).select_related("year__programme")
    practices = Practice.objects.filter(referral_places__referral=referral).select_related("commissioner")
    user: Any = request.user
    shown = [each for each in asked_of(practices, stages) if each.way]
    keys = [each.stage.pk for each in shown], [each.practice.pk for each in shown]
    far, readable = progress_of(*keys), reading.readable(user, *keys)
    ask_together(user, P.WORK_REFERRALS, [each.practice for each in shown])
    # The page says of one practice why it may not be entered; here it is enough to show no way that leads nowhere.
    entered = set(
        HealthCheckStage.objects.filter(stage__in=keys[0], is_summed_only=False).values_list(
            "stage", flat=True
        )
    )
    rows = []
    for asked in shown:
        key = asked.stage.pk, asked.practice.pk
        words = f"{asked.answer.label} since {day(asked.at)}"
        if asked.answer == Answer.NOT_IN:
            words = far.get(key, "Not started")
        href = asked.href if key in readable else ""
        may_enter = asked.answer != Answer.IN and asked.stage.pk in entered and key not in far
        entry = (
            entry_of(asked.stage.pk, asked.practice)
            if may_enter and allows(user, P.WORK_REFERRALS, asked.practice)
            else ""
        )
        rows.append({"asked": asked, "words": words, "href": href, "entry": entry})
    return Panel("Health check", "mou/health_checks/panel.html", {"rows": rows}) if rows else None
