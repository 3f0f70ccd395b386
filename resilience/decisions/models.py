"""Decisions, which bind."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from resilience.assessments.models import OfficeRecord, Placement
from resilience.core.integrity import AppendOnly
from resilience.programmes.models import MenuItem
from resilience.referrals.models import Referral


class Decision(OfficeRecord):
    """Supported, not supported or deferred; with its reason. A deferral is followed by a later row."""

    class Outcome(models.TextChoices):
        SUPPORTED = "supported", "Supported"
        NOT_SUPPORTED = "not_supported", "Not supported"
        DEFERRED = "deferred", "Deferred"

    integrity = AppendOnly()

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=15, choices=Outcome.choices)
    reason = models.TextField()
    amount = models.PositiveBigIntegerField(default=0, help_text="pence; the most that may be committed")
    placement = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="+")
    letter = models.TextField(help_text="as the practice read it")
    decided_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-decided_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["referral"], condition=~Q(outcome="deferred"), name="one_final_decision"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason"),
            models.CheckConstraint(
                condition=Q(outcome="supported", amount__gt=0) | (~Q(outcome="supported") & Q(amount=0)),
                name="only_support_carries_money",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.referral_id}"


class DecisionCategory(models.Model):
    """A category of support that a decision grants."""

    integrity = AppendOnly()

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="categories")
    item = models.ForeignKey(MenuItem, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["item__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "item"], name="category_once_a_decision"),
        ]

    def __str__(self) -> str:
        return str(self.item_id)
