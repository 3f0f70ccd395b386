"""A dispute about an MoU, step by step as its section on escalation says."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.agreement import Agreement
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither


class Dispute(models.Model):
    """Raised by either side; talked about; put to the strategic lead, who may ask the LMC; settled. One at a time."""

    class State(models.TextChoices):
        RAISED = "raised", "The two sides talk"
        ESCALATED = "escalated", "With the strategic lead"
        LMC = "lmc", "The LMC is asked"
        SETTLED = "settled", "Settled"

    integrity = FrozenOnce("settled_at")
    scoped_by = "agreement"
    view_permission = P.VIEW_MOU

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="disputes")
    by_practice = models.BooleanField(help_text="raised by the practice, else by the commissioner")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RAISED)
    about = models.CharField(max_length=200)
    raised_at = models.DateTimeField(default=timezone.now)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-raised_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agreement"], condition=~Q(state="settled"), name="one_open_dispute_of_an_mou"
            ),
            both_or_neither("dispute_settled_at_and_by", "settled_at", "settled_by"),
            models.CheckConstraint(
                condition=Q(state="settled", settled_at__isnull=False)
                | (~Q(state="settled") & Q(settled_at__isnull=True)),
                name="settled_dispute_has_its_date",
            ),
        ]

    def __str__(self) -> str:
        return self.about

    @property
    def case_id(self) -> Any:
        return self.agreement.referral_id


class DisputeStep(models.Model):
    """One step of a dispute, with the words of whoever took it. A note of the office is internal."""

    class Kind(models.TextChoices):
        RAISED = "raised", "Raised"
        SAID = "said", "Talked about"
        ESCALATED = "escalated", "Put to the strategic lead"
        LMC = "lmc", "The LMC was asked"
        SETTLED = "settled", "Settled"
        NOTE = "note", "Internal note"

    integrity = AppendOnly()
    scoped_by = "dispute"
    view_permission = P.VIEW_MOU

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    words = models.TextField()
    happened_on = models.DateField()
    is_internal = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["happened_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="note", is_internal=True) | (~Q(kind="note") & Q(is_internal=False)),
                name="only_a_note_of_a_dispute_is_internal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.happened_on}"
