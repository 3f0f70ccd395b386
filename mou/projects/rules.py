"""Who may add, change and take out projects, and say how they go on."""

from typing import Any

from mou.models import Plan, Project
from mou.plan import rules as plans
from mou.projects import projects
from mou.projects.states import check_project_state
from practices.models import Organisation, Practice
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.programmes.models import ProgrammeYear

BOTH_SIDES = (P.PLAN_FOR_PRACTICE, P.PLAN_FOR_COMMISSIONER)


def check_can_add_to_plan(user: Any, plan: Plan) -> None:
    """Either side of the case, while the plan is drafted."""
    plans.check_can_draft(user, plan.referral, plan)


def check_can_add_to_cluster(user: Any, locality: Organisation) -> None:
    """A practice of the cluster, or the office over it."""
    if locality.kind != Organisation.Kind.LOCALITY:
        raise Denied(f"{locality} is no cluster.")
    for permission in BOTH_SIDES:
        if (
            user.may(permission)
            and Practice.objects.visible_to(user, permission).filter(locality=locality).exists()
        ):
            return
    raise Denied(f"Your role does not let you {P.PLAN_FOR_PRACTICE.label} of {locality.name}.")


def _check_side(user: Any, project: Project) -> None:
    if not access.allows(user, P.PLAN_FOR_PRACTICE, project):
        access.check(user, P.PLAN_FOR_COMMISSIONER, project)


def check_can_change(user: Any, project: Project, act: str = "mou.change_project") -> None:
    """Either side; of a plan's project, while the plan is drafted."""
    _check_side(user, project)
    check_project_state(act, projects.status_of(project))
    if project.plan is not None:
        check_can_add_to_plan(user, project.plan)


def check_can_record(user: Any, project: Project) -> None:
    """Either side, until it is done."""
    _check_side(user, project)
    check_project_state("mou.record_project_progress", projects.status_of(project))


def check_fits(plan: Plan | None, locality: Organisation | None, values: dict[str, Any]) -> None:
    """Dates that fit the horizon, practices that may take part, at least one high impact action."""
    if wrong := projects.wrong_dates(values["horizon"], values["starts_on"], values["ends_on"]):
        raise Denied(f"{wrong}.")
    allowed = set(projects.practices_of(plan, locality).values_list("pk", flat=True))
    chosen = {each.pk for each in values["practices"]} | {values["lead_practice"].pk}
    if not chosen <= allowed:
        raise Denied("Choose practices of this group or cluster only.")
    if not values["actions"]:
        raise Denied("Choose at least one of the 10 high impact actions.")


def check_covers(year: ProgrammeYear, locality: Organisation) -> None:
    """The year's programme is one of the cluster's area."""
    node: Organisation | None = locality
    while node is not None and node.pk != year.programme.owner_id:
        node = node.parent
    if node is None:
        raise Denied(f"{locality.name} is not in the area of {year}.")
