"""What opens the payment stages: openings of a referral, and what practices handed in."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from practices.models import Practice
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly
from resilience.core.models import StoredFile
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral


class StageOpening(models.Model):
    """A stage opened for a referral: its plan was agreed, or its progress accepted. Recorded once."""

    integrity = AppendOnly()
    scoped_by = "referral"
    view_permission = P.VIEW_MONEY

    stage = models.ForeignKey(PaymentStage, models.PROTECT, related_name="openings")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="stage_openings")
    why = models.CharField(max_length=300)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["opened_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "referral"], name="stage_opens_once_for_a_referral"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} opened"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class EvidenceEntry(models.Model):
    """What a practice did about a stage that it was asked for, or what the office did about the practice.

    Where it stands is its last entry that is not a chase.
    """

    class Kind(models.TextChoices):
        HANDED_IN = "handed_in", "Handed in"
        DECLINED = "declined", "Declined"
        CHASED = "chased", "Chased"
        TAKEN_BACK = "taken_back", "Takes part after all"

    integrity = AppendOnly()
    scoped_by = "practice"
    view_permission = P.VIEW_STATEMENT

    stage = models.ForeignKey(PaymentStage, models.PROTECT, related_name="evidence")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    words = models.TextField(blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "evidence entries"
        indexes: ClassVar = [models.Index(fields=["stage", "practice", "kind"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stage", "practice"],
                condition=Q(kind="handed_in"),
                name="evidence_handed_in_once",
            ),
            models.CheckConstraint(
                condition=Q(file__isnull=True) | Q(kind="handed_in"), name="a_file_is_handed_in"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practice_id}: {self.get_kind_display()}"
