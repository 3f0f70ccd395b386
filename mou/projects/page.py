"""Projects on the page of a plan and on the Delivery tab."""

from typing import Any

from django.http import HttpRequest

from mou.delivery.panels import Panel
from mou.models import Plan
from mou.plan import plans
from mou.projects import projects
from mou.projects.views import said_status
from resilience.referrals.models import Referral


def rows_of(plan: Plan) -> list[tuple[Any, Any]]:
    """The plan's projects, and those of its practices' cluster, with their status as a tag."""
    rows = projects.with_status(projects.of_plan_or_cluster(plan)).select_related("lead_practice", "locality")
    return [(each, said_status(each.status)) for each in rows]


def panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """Nothing where there is no project."""
    plan = plans.plan_of(referral)
    rows = rows_of(plan) if plan else []
    return Panel("Projects", "mou/projects/panel.html", {"projects": rows}) if rows else None
