"""How an MoU ends: notice given, and the end itself."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.agreement import Agreement
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither


class Notice(models.Model):
    """Notice of termination: by which side, on which ground, and the day it runs out.

    It stands until the side that gave it withdraws it, or until the MoU ends.
    """

    class Side(models.TextChoices):
        PRACTICE = "practice", "the practice"
        COMMISSIONER = "commissioner", "the commissioner"

    class Ground(models.TextChoices):
        NONE = "none", "Without a reason needed"
        FAILURE = "failure", "The practice failed to cooperate"

    integrity = FrozenOnce("given_at", mutable=frozenset({"withdrawn_at", "withdrawn_by", "withdrawn_why"}))
    scoped_by = "agreement"
    view_permission = P.VIEW_MOU

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="notices")
    side = models.CharField(max_length=12, choices=Side.choices)
    ground = models.CharField(max_length=8, choices=Ground.choices, default=Ground.NONE)
    why = models.TextField(blank=True)
    months = models.PositiveSmallIntegerField(help_text="of the clause of its wording")
    given_on = models.DateField()
    ends_on = models.DateField(help_text="the day the MoU ends, unless the notice is withdrawn before")
    lmc_talked_on = models.DateField(null=True, help_text="when the LMC was talked with")
    lmc_talked_with = models.CharField(max_length=200, blank=True)
    given_at = models.DateTimeField(default=timezone.now)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_why = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-given_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["ends_on"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(withdrawn_at__isnull=True), name="one_notice_of_an_mou"
            ),
            both_or_neither("notice_withdrawn_at_and_by", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(
                condition=Q(ground="none", lmc_talked_on__isnull=True, lmc_talked_with="")
                | (
                    Q(ground="failure", side="commissioner", lmc_talked_on__isnull=False)
                    & ~Q(lmc_talked_with="")
                    & ~Q(why="")
                ),
                name="failure_is_found_after_talking_with_the_lmc",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=models.F("given_on")), name="notice_ends_after_it_is_given"
            ),
        ]

    def __str__(self) -> str:
        return f"Notice by {self.get_side_display()}"

    @property
    def case_id(self) -> Any:
        return self.agreement.referral_id


class Ending(models.Model):
    """The end of an MoU, once: on which day, how, and what was released then."""

    class How(models.TextChoices):
        NOTICE = "notice", "Notice ran out"
        DATE = "date", "Its end date passed"
        DELIVERED = "delivered", "The plan was delivered"

    integrity = AppendOnly()
    scoped_by = "agreement"
    view_permission = P.VIEW_MOU

    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="ending")
    how = models.CharField(max_length=10, choices=How.choices)
    ended_on = models.DateField(help_text="the first day on which it is no longer in force")
    why = models.TextField(blank=True)
    released = models.JSONField(default=dict, help_text="pence by commitment that went back when it ended")
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="nobody: the service"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ended_on"])]

    def __str__(self) -> str:
        return f"{self.get_how_display()} on {self.ended_on}"

    @property
    def case_id(self) -> Any:
        return self.agreement.referral_id
