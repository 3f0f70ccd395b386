"""Many MoUs issued at once, in the background."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.agreement import Agreement
from resilience.core.access import P, ScopedQuerySet
from resilience.referrals.models import Referral


class BulkIssueQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """A person's own."""
        return self.filter(begun_by=user.pk)


class BulkIssue(models.Model):
    """One person's order to issue the MoUs of several cases; each case is an act of its own."""

    begun_at = models.DateTimeField(default=timezone.now)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = BulkIssueQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-begun_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["begun_by", "-begun_at"])]

    def __str__(self) -> str:
        return f"MoUs issued together {self.pk}"


class BulkCase(models.Model):
    """A case of a bulk issue, and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ISSUED = "issued", "Sent for signature"
        FAILED = "failed", "Not sent"

    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    bulk = models.ForeignKey(BulkIssue, models.PROTECT, related_name="cases")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    agreement = models.OneToOneField(Agreement, models.PROTECT, null=True, related_name="+")
    why_failed = models.CharField(max_length=500, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bulk", "referral"], name="case_once_a_bulk_issue"),
            models.UniqueConstraint(
                fields=["referral"], condition=Q(state="waiting"), name="case_waits_in_one_bulk_issue"
            ),
            models.CheckConstraint(
                condition=Q(state="issued", agreement__isnull=False)
                | (~Q(state="issued") & Q(agreement__isnull=True)),
                name="bulk_case_issued_has_its_agreement",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(why_failed=""), name="bulk_case_failed_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral_id}: {self.get_state_display()}"

    @property
    def case_id(self) -> Any:
        return self.referral_id
