"""What a supplier hands in for a practice: its date, its rounds and their answers, and what is written here."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.suppliers import (
    CaseRow,
    ConfidentialQuerySet,
    DeliverableKind,
    NeedTheme,
    OfCaseQuerySet,
)
from resilience.core.access import P
from resilience.core.integrity import AppendOnly, FrozenOnce, FrozenWith
from resilience.core.models import StoredFile


class Deliverable(CaseRow):
    """One thing that is due for a practice. Once accepted, nothing about it changes."""

    class State(models.TextChoices):
        DUE = "due", "Due"
        HANDED_IN = "handed_in", "Handed in"
        ASKED_AGAIN = "asked_again", "Asked again"
        ACCEPTED = "accepted", "Accepted"

    integrity = FrozenOnce("accepted_at")

    kind = models.ForeignKey(DeliverableKind, models.PROTECT, related_name="deliverables")
    due_on = models.DateField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.DUE)
    state_since = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["kind__position"]
        indexes: ClassVar = [models.Index(fields=["state", "due_on"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["supplier_case", "kind"], name="deliverable_once_a_case"),
            models.CheckConstraint(
                condition=Q(state="accepted", accepted_at__isnull=False)
                | (~Q(state="accepted") & Q(accepted_at__isnull=True)),
                name="accepted_deliverable_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.kind.name


class OfDeliverable(models.Model):
    """A row of one deliverable."""

    scoped_by = "deliverable"
    view_permission = P.VIEW_MOU

    deliverable = models.ForeignKey(Deliverable, models.PROTECT, related_name="%(class)ss")

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def case_id(self) -> Any:
        return self.deliverable.case_id


class DeliverableDate(OfDeliverable):
    """A new date that was given, with its reason."""

    integrity = AppendOnly()

    before = models.DateField()
    due_on = models.DateField()
    why = models.TextField()
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"Due on {self.due_on}"


class DeliverableRound(OfDeliverable):
    """What was handed in, exactly as it was: written here, as a file, or both."""

    integrity = AppendOnly()

    number = models.PositiveSmallIntegerField()
    note = models.TextField(blank=True)
    content = models.JSONField(default=list, help_text="what was written here, part by part")
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    is_confidential = models.BooleanField(default=False, help_text="its note and its file are")
    handed_in_at = models.DateTimeField(default=timezone.now)
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deliverable", "number"], name="round_number_once"),
        ]

    def __str__(self) -> str:
        return f"Round {self.number}"


class RoundAnswer(models.Model):
    """The officer's answer to a round: accepted, or asked again with what is missing."""

    integrity = AppendOnly()
    scoped_by = "round"
    view_permission = P.VIEW_MOU

    round = models.OneToOneField(DeliverableRound, models.PROTECT, related_name="answer")
    accepts = models.BooleanField()
    words = models.TextField(blank=True)
    answered_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(accepts=True) | ~Q(words=""), name="asking_again_says_what_is_missing"
            ),
        ]

    def __str__(self) -> str:
        return "Accepted" if self.accepts else "Asked again"


class DeliverablePart(OfDeliverable):
    """A part of what is written here: words under a section, or a row of options or of the improvement plan."""

    class Horizon(models.TextChoices):
        NOW = "now", "Immediate: within 3 months"
        MEDIUM = "medium", "Medium term: 3 to 12 months"
        LONG = "long", "Longer term: after 12 months"

    integrity = FrozenWith("deliverable", "accepted_at")

    section = models.CharField(max_length=20)
    words = models.TextField()
    outcome = models.TextField(blank=True)
    owner = models.CharField(max_length=120, blank=True)
    horizon = models.CharField(max_length=8, choices=Horizon.choices, blank=True)
    due_on = models.DateField(null=True)
    is_recommended = models.BooleanField(default=False)
    is_confidential = models.BooleanField(default=False)

    objects = ConfidentialQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.words[:60]


class NeedTag(OfDeliverable):
    """The diagnostic review found this need in one of its domains."""

    integrity = FrozenWith("deliverable", "accepted_at")

    section = models.CharField(max_length=20)
    theme = models.ForeignKey(NeedTheme, models.PROTECT, related_name="tags")
    is_confidential = models.BooleanField(default=False)

    objects = ConfidentialQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering: ClassVar = ["theme__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deliverable", "section", "theme"], name="need_tagged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.theme_id} in {self.section}"
