"""Money asked to move between allocations, and money confirmed as received."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from funding.models.ledger import Allocation, Transfer
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither


class MoveQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Moves out of or into an allocation in the person's scope."""
        seen = Allocation.objects.visible_to(user, permission or P.VIEW_MONEY)
        return self.filter(Q(source__in=seen) | Q(target__in=seen))

    def with_both_ends(self, user: Any, permission: str) -> Self:
        """Moves of which the person holds ``permission`` over both allocations."""
        seen = Allocation.objects.visible_to(user, permission)
        return self.filter(source__in=seen, target__in=seen)


class Move(models.Model):
    """Uncommitted money that one person asked to move within a year and a second one answers.

    Nothing moves before it is approved; ``transfer`` is the entry that then moved it.
    """

    class Kind(models.TextChoices):
        VIREMENT = "virement", "Virement"
        SLIPPAGE = "slippage", "Slippage"

    class State(models.TextChoices):
        ASKED = "asked", "Waits for approval"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    integrity = FrozenOnce("answered_at")
    scoped_by = "source"
    view_permission = P.VIEW_MONEY

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.VIREMENT)
    source = models.ForeignKey(Allocation, models.PROTECT, related_name="moves_out")
    target = models.ForeignKey(Allocation, models.PROTECT, related_name="moves_in")
    amount = models.PositiveBigIntegerField(help_text="pence, more than 0")
    why = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    key = models.CharField(
        max_length=64, unique=True, help_text="made by the page: a repeat is the same move"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=300, blank=True, help_text="why it was refused or withdrawn")
    transfer = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="move")

    objects = MoveQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="move_is_of_money"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="move_goes_somewhere"),
            both_or_neither("move_answered_at_and_by", "answered_at", "answered_by"),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at__isnull=True)
                | (~Q(state="asked") & Q(answered_at__isnull=False)),
                name="move_is_asked_until_answered",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", transfer__isnull=False)
                | (~Q(state="approved") & Q(transfer__isnull=True)),
                name="only_approved_moves_have_a_transfer",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(answered_by=F("asked_by")),
                name="move_is_approved_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "withdrawn"]) | ~Q(answer=""),
                name="move_not_made_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"Move {self.pk}"


class FundsReceived(models.Model):
    """Finance confirms that the money of an allocation arrived; one for each such entry of the ledger."""

    integrity = AppendOnly()
    scoped_by = "transfer"
    view_permission = P.VIEW_MONEY

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="received")
    received_on = models.DateField()
    reference = models.CharField(max_length=60)
    confirmed_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-received_on", "-id"]
        verbose_name_plural = "funds received"

    def __str__(self) -> str:
        return f"Funds received {self.reference}"
