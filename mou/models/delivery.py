"""How the agreed plan is followed: what is said of each action and objective, and the reports that are due."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.plan import Objective, PlanAction
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce
from resilience.core.models import StoredFile
from resilience.programmes.models import PaymentStage, ProgrammeYear
from resilience.referrals.models import Referral


class ReportSchedule(models.Model):
    """How often practices of a programme year report, unless an officer sets other dates for a case."""

    year = models.OneToOneField(ProgrammeYear, models.PROTECT, related_name="report_schedule")
    every_months = models.PositiveSmallIntegerField(help_text="months from the signature to the plan's end")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(every_months__gte=1, every_months__lte=12), name="reports_every_1_to_12_months"
            ),
        ]

    def __str__(self) -> str:
        return f"Reports of {self.year_id}"


class ProgressReport(models.Model):
    """A report that a practice owes on a date; where a payment stage waits for it, acceptance opens the stage."""

    class State(models.TextChoices):
        DUE = "due", "Due"
        HANDED_IN = "handed_in", "Handed in"
        ASKED_AGAIN = "asked_again", "Asked again"
        ACCEPTED = "accepted", "Accepted"
        EXCUSED = "excused", "Not needed"

    OPEN: ClassVar = (State.DUE, State.ASKED_AGAIN)
    """The states in which the practice is to hand it in."""

    integrity = FrozenOnce("set_at", mutable=frozenset({"due_on", "state", "state_since", "draft"}))
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="progress_reports")
    due_on = models.DateField()
    first_due_on = models.DateField()
    stage = models.ForeignKey(PaymentStage, models.PROTECT, null=True, related_name="progress_reports")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DUE)
    state_since = models.DateTimeField(default=timezone.now)
    draft = models.JSONField(default=dict, help_text="what the practice has filled in and not handed in")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_on", "id"]
        indexes: ClassVar = [models.Index(fields=["state", "due_on"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["referral", "due_on"], condition=~Q(state="excused"), name="one_report_a_day"
            ),
            models.UniqueConstraint(
                fields=["referral", "stage"],
                condition=Q(stage__isnull=False) & ~Q(state="excused"),
                name="one_report_a_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"Report of {self.referral_id} due {self.due_on}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class ReportStep(models.Model):
    """What happened to a report: each round, each new date, each answer, in order."""

    integrity = AppendOnly()
    scoped_by = "report"
    view_permission = P.VIEW_MOU

    report = models.ForeignKey(ProgressReport, models.PROTECT, related_name="steps")
    act = models.CharField(max_length=40)
    before = models.CharField(max_length=12, choices=ProgressReport.State.choices, blank=True)
    after = models.CharField(max_length=12, choices=ProgressReport.State.choices)
    due_on = models.DateField(help_text="from then on")
    words = models.TextField(blank=True)
    came_from = models.CharField(
        max_length=120, blank=True, help_text="who sent what an officer entered for the practice"
    )
    came_on = models.DateField(null=True, help_text="when that arrived")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(came_from="", came_on__isnull=True)
                | (~Q(came_from="") & Q(came_on__isnull=False)),
                name="report_came_from_someone_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.report_id}"


class ProgressEntry(models.Model):
    """What was said of one action or objective of the plan. Its standing is its last entry; none is ever changed."""

    class Standing(models.TextChoices):
        NOT_STARTED = "not_started", "Not started"
        ON_TRACK = "on_track", "On track"
        LATE = "late", "Late"
        DONE = "done", "Done"
        NOT_NEEDED = "not_needed", "No longer needed"

    NEEDS_REASON: ClassVar = (Standing.LATE, Standing.NOT_NEEDED)
    SETTLED: ClassVar = (Standing.DONE, Standing.NOT_NEEDED)

    integrity = AppendOnly()
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="progress_entries")
    objective = models.ForeignKey(Objective, models.PROTECT, null=True, related_name="progress")
    action = models.ForeignKey(PlanAction, models.PROTECT, null=True, related_name="progress")
    step = models.ForeignKey(
        ReportStep, models.PROTECT, null=True, related_name="entries", help_text="the report that said it"
    )
    about = models.TextField(help_text="what that row said then: a variation may change it")
    standing = models.CharField(max_length=12, choices=Standing.choices)
    words = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "progress entries"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(objective__isnull=False, action__isnull=True)
                | Q(objective__isnull=True, action__isnull=False),
                name="progress_of_one_row_of_the_plan",
            ),
            models.CheckConstraint(
                condition=~Q(standing__in=["late", "not_needed"]) | ~Q(words=""),
                name="late_and_not_needed_have_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_standing_display()}: {self.objective_id or self.action_id}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class ProgressFile(models.Model):
    """A file that shows progress: of a report, or of one entry. Kept for good once it is handed in."""

    integrity = FrozenOnce("kept_at")
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="progress_files")
    report = models.ForeignKey(ProgressReport, models.PROTECT, null=True, related_name="files")
    step = models.ForeignKey(
        ReportStep, models.PROTECT, null=True, related_name="files", help_text="the round it was handed in by"
    )
    entry = models.ForeignKey(ProgressEntry, models.PROTECT, null=True, related_name="files")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kept_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(report__isnull=False, entry__isnull=True)
                | Q(report__isnull=True, entry__isnull=False, step__isnull=True, kept_at__isnull=False),
                name="progress_file_of_a_report_or_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(report__isnull=True)
                | Q(step__isnull=True, kept_at__isnull=True)
                | Q(step__isnull=False, kept_at__isnull=False),
                name="progress_file_kept_with_its_round",
            ),
        ]

    def __str__(self) -> str:
        return f"File {self.file_id} of {self.referral_id}"

    @property
    def case_id(self) -> Any:
        return self.referral_id
