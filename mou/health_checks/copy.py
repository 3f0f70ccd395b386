"""The copy of a health check that is kept as it was handed in."""

import datetime as dt
from typing import Any

from django.template.loader import render_to_string

from mou.entering import came_words
from mou.health_checks.answers import Part, said
from mou.models import HealthCheck
from practices.models import Practice
from resilience.core import pdf
from resilience.programmes.models import PaymentStage


def of(
    check: HealthCheck,
    stage: PaymentStage,
    practice: Practice,
    parts: list[Part],
    by: Any,
    at: dt.datetime,
) -> tuple[str, str, bytes]:
    """Name, content type and bytes of a PDF with every question and its answer in words."""
    title = f"{stage.name} of {practice.name}"
    context = {
        "title": title,
        "check": check,
        "stage": stage,
        "practice": practice,
        "by": by,
        "at": at,
        "came": came_words(check),
        "sections": [
            (
                part.section,
                [(each.words, said(each, part.answers.get(each.key, ""))) for each in part.questions],
            )
            for part in parts
        ],
    }
    html = render_to_string("mou/health_checks/copy.html", context)
    name = f"health-check-{practice.ods_code}-{at:%Y-%m-%d}.pdf"
    return name, "application/pdf", pdf.render(html, title=title, moment=at)
