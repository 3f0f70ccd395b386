"""Interests that bar, and decisions that bind."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from practices.models import Practice
from resilience.assessments.models import Placement, OfficeRecord
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce
from resilience.programmes.models import MenuItem
from resilience.referrals.models import Referral


class Interest(models.Model):
    """A person's interest in a practice; while it lasts it bars them from its assessment and decision."""

    integrity = FrozenOnce("declared_at", mutable=frozenset({"ended_on", "ended_by"}))
    scoped_by = "practice"
    view_permission = P.VIEW_INTERNAL

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="interests")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="interests")
    nature = models.CharField(max_length=300)
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-declared_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="interest_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.practice_id}"


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
