"""Adding, changing and taking out projects; saying how they go on; which a year asks for."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import connections

from mou.models import (
    HighImpactAction,
    Plan,
    Project,
    ProjectAction,
    ProjectPractice,
    ProjectProgress,
    ProjectRequirement,
)
from mou.plan.actions import take_back
from mou.projects import projects, rules
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import ProgrammeYear
from resilience.programmes.rules import check_can_manage

TEN = (
    "Active signposting",
    "New consultation types",
    "Reduce DNAs",
    "Develop the team",
    "Productive work flows",
    "Personal productivity",
    "Partnership working",
    "Social prescribing",
    "Support self care",
    "Develop quality improvement expertise",
)


def fill_high_impact_actions(using: str = "default", **_: Any) -> None:
    """The ten are there as soon as the tables are. Safe to run twice."""
    tables = connections[using].introspection.table_names()
    if apps.ready and HighImpactAction._meta.db_table in tables:
        rows = HighImpactAction.objects.using(using)
        if not rows.exists():
            rows.bulk_create(HighImpactAction(number=n, name=name) for n, name in enumerate(TEN, start=1))


@action("Added a project")
def add_project(
    *,
    by: Any,
    values: Mapping[str, Any],
    plan: Plan | None = None,
    locality: Organisation | None = None,
    year: ProgrammeYear | None = None,
) -> Project:
    """A project of a plan, or of a cluster in a programme year. A second click adds no second one.

    ``values``: the fields of ``projects.FIELDS``, ``practices`` that take part and ``actions`` it serves.
    """
    given = dict(values)
    if plan is not None:
        referral = lock(plan.referral)
        plan = lock(plan)
        rules.check_can_add_to_plan(by, plan)
        year, commissioner = referral.year, referral.commissioner
    elif locality is not None and year is not None:
        locality = lock(locality)
        rules.check_can_add_to_cluster(by, locality)
        rules.check_covers(year, locality)
        commissioner = locality.parent
    else:
        raise Denied("A project is of a plan or of a cluster.")
    rules.check_fits(plan, locality, given)
    fields = {name: given[name] for name in projects.FIELDS}
    same = Project.objects.filter(plan=plan, locality=locality, year=year)
    if done := same.filter(added_by=by, **fields).first():
        record(by=by, on=done, repeat=True)
        return done
    made = Project.objects.create(
        plan=plan, locality=locality, year=year, commissioner=commissioner, added_by=by, **fields
    )
    _write_parts(made, given)
    _change_plan(plan)
    record(by=by, on=made, horizon=made.horizon, year=made.year_id, **_facts(given))
    return made


def _facts(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "actions": sorted(each.pk for each in given["actions"]),
        "practices": sorted(each.pk for each in given["practices"]),
    }


def _write_parts(project: Project, given: Mapping[str, Any]) -> None:
    practices = {each.pk: each for each in (*given["practices"], project.lead_practice)}
    project.taking_part.exclude(practice__in=practices).delete()
    project.serves.exclude(action__in=given["actions"]).delete()
    there = set(project.taking_part.values_list("practice", flat=True))
    served = set(project.serves.values_list("action", flat=True))
    ProjectPractice.objects.bulk_create(
        ProjectPractice(project=project, practice=each) for pk, each in practices.items() if pk not in there
    )
    ProjectAction.objects.bulk_create(
        ProjectAction(project=project, action=each) for each in given["actions"] if each.pk not in served
    )


def _change_plan(plan: Plan | None) -> None:
    """A plan whose projects changed is agreed by nobody."""
    if plan is not None:
        take_back(plan)
        plan.save()


def _locked(project: Project) -> tuple[Project, Plan | None]:
    """The referral, its plan, then the project: everyone locks in this order."""
    plan = project.plan
    if plan is not None:
        lock(plan.referral)
        plan = lock(plan)
    return lock(project), plan


@action("Changed a project")
def change_project(*, by: Any, project: Project, values: Mapping[str, Any]) -> Project:
    """Takes back the agreements that were given to its plan."""
    project, plan = _locked(project)
    given = dict(values)
    rules.check_can_change(by, project)
    rules.check_fits(plan, project.locality, given)
    changed = [name for name in projects.FIELDS if getattr(project, name) != given[name]]
    for name in changed:
        setattr(project, name, given[name])
    project.save()
    _write_parts(project, given)
    _change_plan(plan)
    record(by=by, on=project, changed=changed, **_facts(given))
    return project


@action("Took out a project")
def remove_project(*, by: Any, project: Project) -> None:
    """Only while no progress is on record."""
    project, plan = _locked(project)
    rules.check_can_change(by, project, "mou.remove_project")
    record(by=by, on=project, horizon=project.horizon)
    project.taking_part.all().delete()
    project.serves.all().delete()
    project.delete()
    _change_plan(plan)


@action("Recorded the progress of a project")
def record_project_progress(
    *, by: Any, project: Project, status: str, words: str, next_steps: str = ""
) -> ProjectProgress:
    """How it stands today. The same said again by the same person is a second click."""
    project, _ = _locked(project)
    last = ProjectProgress.objects.filter(project=project).last()
    said = (status, words, next_steps, by.pk)
    if last and (last.status, last.words, last.next_steps, last.made_by_id) == said:
        record(by=by, on=last, case=_case(project), repeat=True)
        return last
    rules.check_can_record(by, project)
    if not words.strip():
        raise Denied("Say what was done.")
    before = projects.status_of(project)
    made = ProjectProgress.objects.create(
        project=project, status=status, words=words, next_steps=next_steps, made_by=by
    )
    record(by=by, on=made, case=_case(project), project=project.pk, before=before, after=status)
    return made


def _case(project: Project) -> Any:
    return project.plan.referral if project.plan else None


@action("Chose the projects that plans of a year need")
def require_projects(
    *, by: Any, year: ProgrammeYear, short: bool, medium: bool, long: bool
) -> ProjectRequirement:
    """Plans not agreed yet must have a project of each of these horizons before anyone may agree them."""
    year = lock(year)
    check_can_manage(by, year.programme)
    made, _ = ProjectRequirement.objects.update_or_create(
        year=year, defaults={"short": short, "medium": medium, "long": long}
    )
    record(by=by, on=made, short=short, medium=medium, long=long)
    return made
