"""Projects of a group or a cluster, the high impact actions they serve, and how they go on."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from mou.models.plan import Plan
from practices.models import Organisation, Practice
from resilience.core.access import P, Reach, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenWith
from resilience.programmes.models import ProgrammeYear


class HighImpactAction(models.Model):
    """One of the ten high impact actions of general practice. They are there as soon as the tables are."""

    integrity = AppendOnly()

    number = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return self.name


class Horizon(models.TextChoices):
    """How far ahead a project looks."""

    SHORT = "short", "Short: up to 1 year"
    MEDIUM = "medium", "Medium: 6 to 18 months"
    LONG = "long", "Long: up to 3 years"


class ProjectRequirement(models.Model):
    """A programme year whose plans need a project of each of these horizons."""

    year = models.OneToOneField(ProgrammeYear, models.PROTECT, related_name="project_requirement")
    short = models.BooleanField(default=False)
    medium = models.BooleanField(default=False)
    long = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Projects of {self.year}"

    @property
    def horizons(self) -> list[Horizon]:
        """Those that a plan needs."""
        return [each for each in Horizon if getattr(self, each.value)]


class ProjectQuerySet(ScopedQuerySet):
    def within(self, reach: Reach) -> Self:
        """Projects of a commissioner or a locality in reach, and those that a practice in reach takes part in."""
        if reach.everything:
            return self
        taking_part = ProjectPractice.objects.filter(practice__in=reach.practices)
        return self.filter(
            Q(commissioner__in=reach.commissioners)
            | Q(locality__in=reach.localities)
            | Q(pk__in=taking_part.values("project"))
        )


class Project(models.Model):
    """What the practices of a group (in its plan) or of a cluster (a locality) do together."""

    integrity = FrozenWith("plan", "agreed_at")
    view_permission = P.VIEW_MOU

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="projects")
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="projects")
    commissioner = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="projects")
    locality = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="locality_projects")
    horizon = models.CharField(max_length=8, choices=Horizon.choices)
    name = models.CharField(max_length=120)
    aim = models.TextField()
    change = models.TextField(help_text="what will be different")
    lead_practice = models.ForeignKey(Practice, models.PROTECT, related_name="led_projects")
    starts_on = models.DateField()
    ends_on = models.DateField()
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["starts_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(plan__isnull=False) | Q(locality__isnull=False),
                name="project_of_a_plan_or_a_cluster",
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="project_has_length"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def case_id(self) -> Any:
        return self.plan.referral_id if self.plan else None


class ProjectPractice(models.Model):
    """A practice takes part in a project."""

    scoped_by = "project"
    view_permission = P.VIEW_MOU

    project = models.ForeignKey(Project, models.PROTECT, related_name="taking_part")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="projects")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["practice__name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "practice"], name="takes_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.practice_id} in {self.project_id}"


class ProjectAction(models.Model):
    """A project serves a high impact action: a row of the tracker."""

    scoped_by = "project"
    view_permission = P.VIEW_MOU

    project = models.ForeignKey(Project, models.PROTECT, related_name="serves")
    action = models.ForeignKey(HighImpactAction, models.PROTECT, related_name="projects")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["action__number", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "action"], name="serves_an_action_once"),
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.project}"


class ProjectProgress(models.Model):
    """How a project stands, as somebody of it said on a day; the last one is how it stands now."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        ON_TRACK = "on_track", "On track"
        DELAYED = "delayed", "Delayed"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    integrity = AppendOnly()
    scoped_by = "project"
    view_permission = P.VIEW_MOU

    project = models.ForeignKey(Project, models.PROTECT, related_name="progress")
    status = models.CharField(max_length=8, choices=Status.choices)
    words = models.TextField()
    next_steps = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["project", "id"])]

    def __str__(self) -> str:
        return f"{self.get_status_display()}: {self.words[:60]}"
