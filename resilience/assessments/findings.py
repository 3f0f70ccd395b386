"""What stands on record for each criterion, and the figures known beside it."""

from collections import defaultdict
from typing import Any

from practices.models import Indicator
from resilience.assessments.models import Assessment, Finding
from resilience.programmes.models import Criterion
from resilience.referrals.models import Referral


def current_findings(assessment: Assessment) -> dict[int, Finding]:
    """The latest finding on each criterion, by criterion id."""
    rows = assessment.findings.select_related("found_by", "criterion").order_by("id")
    return {finding.criterion_id: finding for finding in rows}


def earlier_findings(assessment: Assessment) -> dict[int, list[Finding]]:
    """By criterion id, the findings that a later one replaced, newest first."""
    rows: dict[int, list[Finding]] = defaultdict(list)
    for finding in assessment.findings.select_related("found_by").order_by("-id"):
        rows[finding.criterion_id].append(finding)
    return {pk: found[1:] for pk, found in rows.items()}


def unjudged(assessment: Assessment) -> list[Criterion]:
    """The criteria that have no level of concern yet."""
    standing = current_findings(assessment)
    criteria = assessment.criteria_set.criteria.all()
    return [each for each in criteria if each.pk not in standing or not standing[each.pk].concern]


def figures_on_record(user: Any, referral: Referral) -> dict[str, list[Indicator]]:
    """By key of an indicator, the latest figure of each practice of the referral that ``user`` may see."""
    rows = (
        Indicator.objects.visible_to(user)
        .filter(practice__in=referral.practices.values("practice"))
        .select_related("practice")
        .order_by("practice__name", "practice", "key", "-period")
    )
    latest: dict[tuple[int, str], Indicator] = {}
    for row in rows:
        latest.setdefault((row.practice_id, row.key), row)
    by_key: dict[str, list[Indicator]] = defaultdict(list)
    for row in latest.values():
        by_key[row.key].append(row)
    return by_key
