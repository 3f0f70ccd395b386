"""Bids: what practices would spend the money on, line by line, and what came of each line."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from funding.models.ledger import Commitment
from practices.models import Practice
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither
from resilience.programmes.models import ExcludedSpend, MenuItem
from resilience.referrals.models import Referral


class Bid(models.Model):
    """What a practice asks on one referral. Once sent it never changes: it is gone through, or taken back."""

    integrity = FrozenOnce(
        "sent_at", mutable=frozenset({"settled_at", "settled_by", "withdrawn_at", "withdrawn_by"})
    )
    scoped_by = "referral"
    view_permission = P.VIEW_REFERRALS

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="bids")
    key = models.CharField(max_length=64, unique=True, help_text="made by the page: a repeat is the same bid")
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, help_text="when every line had its answer")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["sent_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["settled_at", "withdrawn_at"]),
            models.Index(fields=["sent_at"]),
        ]
        constraints: ClassVar = [
            both_or_neither("bid_settled_at_and_by", "settled_at", "settled_by"),
            both_or_neither("bid_withdrawn_at_and_by", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(withdrawn_at__isnull=True), name="bid_ends_once"
            ),
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(settled_at__isnull=True, withdrawn_at__isnull=True),
                name="one_bid_waits_a_referral",
            ),
        ]

    def __str__(self) -> str:
        return f"Bid {self.pk}"

    @property
    def case_id(self) -> Any:
        return self.referral_id

    @property
    def waits(self) -> bool:
        """Sent, and neither gone through nor taken back."""
        return self.settled_at is None and self.withdrawn_at is None


class BidLine(models.Model):
    """One thing that a bid would spend money on, for one practice or for all that pool it."""

    integrity = AppendOnly()
    scoped_by = "bid"
    view_permission = P.VIEW_REFERRALS

    bid = models.ForeignKey(Bid, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    practice = models.ForeignKey(
        Practice, models.PROTECT, null=True, related_name="+", help_text="empty: pooled by the whole group"
    )
    item = models.ForeignKey(MenuItem, models.PROTECT, related_name="+")
    what = models.CharField(max_length=300)
    amount = models.PositiveBigIntegerField(help_text="pence, more than 0")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["bid", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bid", "position"], name="bid_position_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bid_line_asks_for_money"),
        ]

    def __str__(self) -> str:
        return f"Line {self.position}"


class BidOutcome(models.Model):
    """What came of a line of a bid, with the reason the practice reads. Only ever added."""

    class Result(models.TextChoices):
        IN_FULL = "in_full", "Supported in full"
        IN_PART = "in_part", "Supported in part"
        NOT_SUPPORTED = "not_supported", "Not supported"

    integrity = AppendOnly()
    scoped_by = "line"
    view_permission = P.VIEW_REFERRALS

    line = models.OneToOneField(BidLine, models.PROTECT, related_name="outcome")
    result = models.CharField(max_length=15, choices=Result.choices)
    amount = models.PositiveBigIntegerField(help_text="pence supported")
    reason = models.CharField(max_length=500, blank=True)
    excluded = models.ForeignKey(
        ExcludedSpend, models.PROTECT, null=True, related_name="+", help_text="the kind of spend it is"
    )
    commitment = models.ForeignKey(
        Commitment, models.PROTECT, null=True, related_name="+", help_text="of pooled money: the first"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["line__position"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(result="not_supported", amount=0, commitment__isnull=True)
                | (~Q(result="not_supported") & Q(amount__gt=0, commitment__isnull=False)),
                name="a_supported_line_is_committed",
            ),
            models.CheckConstraint(
                condition=Q(excluded__isnull=True) | Q(result="not_supported"),
                name="excluded_spend_is_not_supported",
            ),
            models.CheckConstraint(
                condition=Q(result="in_full") | ~Q(reason=""), name="a_cut_line_has_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()} {self.line_id}"
