"""What is proposed to vary an MoU, until all sides have signed it."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.agreement import Agreement
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import FrozenOnce, FrozenWith


class Proposal(models.Model):
    """A variation or an extension as it is drafted: what changes and why. Nothing changes until it is signed.

    Then it is applied: the plan says what it says, ``consolidated`` is the MoU with it worked in, and it
    is fixed. Or it is dropped.
    """

    class Kind(models.TextChoices):
        VARIATION = "variation", "Variation"
        EXTENSION = "extension", "Extension"

    integrity = FrozenOnce("applied_at")
    scoped_by = "mou"
    view_permission = P.VIEW_MOU

    mou = models.ForeignKey(Agreement, models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.VARIATION)
    what = models.TextField(help_text="what changes, in a few words")
    why = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    agreement = models.OneToOneField(
        Agreement, models.PROTECT, null=True, related_name="proposal", help_text="the document sent last"
    )
    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="nobody: the MoU ended",
    )
    dropped_why = models.TextField(blank=True)
    applied_at = models.DateTimeField(null=True)
    consolidated = models.TextField(blank=True, help_text="the MoU as HTML, this and earlier ones worked in")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["asked_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mou"],
                condition=Q(dropped_at__isnull=True, applied_at__isnull=True),
                name="one_open_proposal_of_an_mou",
            ),
            models.CheckConstraint(
                condition=Q(dropped_by__isnull=True) | Q(dropped_at__isnull=False),
                name="proposal_is_dropped_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True, consolidated="")
                | (
                    Q(applied_at__isnull=False, agreement__isnull=False, dropped_at__isnull=True)
                    & ~Q(consolidated="")
                ),
                name="applied_proposal_was_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.what[:60]}"

    @property
    def case_id(self) -> Any:
        return self.mou.referral_id

    @property
    def is_open(self) -> bool:
        return self.dropped_at is None and self.applied_at is None

    @property
    def is_draft(self) -> bool:
        """Open, and with no document out for signature."""
        return self.is_open and (self.agreement is None or self.agreement.is_stopped)


class ProposedChange(models.Model):
    """One thing that a proposal changes: values of the plan, a row of it, or the words of a clause."""

    class Target(models.TextChoices):
        PART = "part", "The leads, the end date or the exit strategy"
        ROW = "row", "A row of the plan"
        CLAUSE = "clause", "The words of a clause"

    integrity = FrozenWith("proposal", "applied_at")
    scoped_by = "proposal"
    view_permission = P.VIEW_MOU

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="changes")
    target = models.CharField(max_length=6, choices=Target.choices)
    rows = models.CharField(max_length=20, blank=True, help_text="the model of the row")
    row = models.PositiveBigIntegerField(null=True, help_text="the row that changes; none for a new one")
    clause = models.CharField(max_length=10, blank=True, help_text="its number, such as 3.2")
    before = models.JSONField(default=dict, help_text="by field, as it stood")
    after = models.JSONField(default=dict, help_text="by field, as it will stand; empty: it is taken out")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["target", "rows", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(target="part", rows="", row__isnull=True, clause="")
                | (Q(target="row", clause="") & ~Q(rows=""))
                | (Q(target="clause", rows="", row__isnull=True) & ~Q(clause="")),
                name="proposed_change_has_its_target",
            ),
            models.UniqueConstraint(
                fields=["proposal", "rows", "row"],
                condition=Q(row__isnull=False),
                name="a_row_changes_once_a_proposal",
            ),
            models.UniqueConstraint(
                fields=["proposal", "clause"],
                condition=Q(target="clause"),
                name="a_clause_changes_once_a_proposal",
            ),
            models.UniqueConstraint(
                fields=["proposal"], condition=Q(target="part"), name="one_change_of_parts_a_proposal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_target_display()} {self.clause or self.rows}"
