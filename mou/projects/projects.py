"""What a project is made of, whether its dates fit its horizon, and what a plan lacks of projects."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from mou.models import Horizon, Plan, Project, ProjectPractice, ProjectProgress, ProjectRequirement
from mou.plan.plans import Gap, gap
from practices.finder import IS_OPEN
from practices.models import Organisation, Practice
from resilience.core.calendar import add_months

Status = ProjectProgress.Status

CLUSTER_PATIENTS = 40_000
"""A cluster has at least so many patients together (domain 3.4); fewer is warned of, not refused."""

MONTHS: dict[str, tuple[int, int]] = {Horizon.SHORT: (0, 12), Horizon.MEDIUM: (6, 18), Horizon.LONG: (0, 36)}
"""The fewest and the most months of each horizon."""

FIELDS = ("name", "horizon", "aim", "change", "lead_practice", "starts_on", "ends_on")


def wrong_dates(horizon: str, starts_on: dt.date, ends_on: dt.date) -> str:
    """What is wrong with a project's dates, in words; "" where they fit its horizon."""
    if ends_on <= starts_on:
        return "It must end after it starts"
    least, most = MONTHS[horizon]
    if ends_on > add_months(starts_on, most):
        limit = {12: "1 year", 18: "18 months", 36: "3 years"}[most]
        return f"A {Horizon(horizon).value} project ends at most {limit} after it starts"
    if ends_on < add_months(starts_on, least):
        return f"A {Horizon(horizon).value} project lasts {least} months at least"
    return ""


def with_status(rows: QuerySet, path: str = "pk") -> QuerySet:
    """The rows with ``status``, ``next_steps`` and ``said_at`` of the last progress entry."""
    last = ProjectProgress.objects.filter(project=OuterRef(path)).order_by("-id")
    return rows.annotate(
        status=Coalesce(Subquery(last.values("status")[:1]), Value(Status.PLANNED.value)),
        next_steps=Subquery(last.values("next_steps")[:1]),
        said_at=Subquery(last.values("made_at")[:1]),
    )


def status_of(project: Project) -> str:
    """How it stands, as was said last."""
    last = ProjectProgress.objects.filter(project=project).last()
    return last.status if last else Status.PLANNED


def practices_of(plan: Plan | None, locality: Organisation | None) -> QuerySet[Practice]:
    """Who may take part: the practices of the plan's referral, or the open ones of the cluster."""
    if plan is not None:
        return Practice.objects.filter(referral_places__referral=plan.referral_id).distinct()
    return Practice.objects.filter(IS_OPEN, locality=locality)


def patients_of(practices: Iterable[Practice]) -> int:
    """All their registered patients, as far as known."""
    return sum(each.list_size or 0 for each in practices)


def too_small(locality: Organisation) -> str:
    """The warning that a cluster has fewer patients than it should; "" where it has enough."""
    patients = patients_of(practices_of(None, locality))
    if patients >= CLUSTER_PATIENTS:
        return ""
    return (
        f"{locality.name} has {patients:,} registered patients. A cluster has at least {CLUSTER_PATIENTS:,}: "
        "think of a larger one."
    )


def of_plan(plan: Plan) -> QuerySet[Project]:
    """Its projects, the nearest first."""
    rows = with_status(Project.objects.filter(plan=plan)).select_related("lead_practice", "locality")
    return rows.prefetch_related("serves__action", "taking_part__practice")


def of_plan_or_cluster(plan: Plan) -> QuerySet[Project]:
    """What counts for a plan: its own projects, and those of its group or cluster that a practice takes part in."""
    return Project.objects.filter(Q(plan=plan) | Q(pk__in=of_cluster(plan).values("pk")))


def of_cluster(plan: Plan) -> QuerySet[Project]:
    """Projects that a practice of the plan takes part in with practices that have an MoU of their own.

    Of the year's clusters; and of the group whose referral was divided, which stay where they were written.
    """
    taking_part = ProjectPractice.objects.filter(practice__in=practices_of(plan, None))
    shared = Q(plan__isnull=True)
    if group := plan.referral.divided_from_id:
        shared |= Q(plan__referral=group)
    rows = Project.objects.filter(shared, year=plan.referral.year_id, pk__in=taking_part.values("project"))
    return rows.select_related("lead_practice")


def gaps(plan: Plan) -> Iterator[Gap]:
    """The projects that the programme year asks of every plan, and this one has not."""
    needed = ProjectRequirement.objects.filter(year=plan.referral.year_id).first()
    if needed is None or not needed.horizons:
        return
    there = set(of_plan_or_cluster(plan).values_list("horizon", flat=True))
    for horizon in needed.horizons:
        if horizon not in there:
            yield gap(
                f"Add a {horizon.value} project ({horizon.label.split(': ')[1]})",
                "projects",
                "mou:add_project",
                referral=plan.referral_id,
            )


def said(plan: Plan) -> list[Any]:
    """Everything that a plan says of its projects, for its fingerprint; nothing where it has none."""
    return [
        [
            each.pk,
            *(str(getattr(each, name)) for name in FIELDS),
            sorted(row.action_id for row in each.serves.all()),
            sorted(row.practice_id for row in each.taking_part.all()),
        ]
        for each in of_plan(plan)
    ]
