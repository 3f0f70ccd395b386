"""Allocations, commitments, stages and payments: one append-only ledger of transfers, in pence."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from practices.models import Organisation
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly
from resilience.programmes.models import MenuItem, PaymentStage, ProgrammeYear
from resilience.referrals.models import Referral


class Allocation(models.Model):
    """A commissioner's money in one programme year. Its figures are sums over transfers, never stored."""

    scope: ClassVar = {"commissioner": "commissioner"}
    view_permission = P.VIEW_MONEY

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="allocations")
    commissioner = models.ForeignKey(Organisation, models.PROTECT, related_name="allocations")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["commissioner__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["year", "commissioner"], name="one_allocation_a_year_and_commissioner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commissioner.name}, {self.year}"


class Commitment(models.Model):
    """Money promised to a supported referral, in one category of support."""

    integrity = AppendOnly()
    scoped_by = "referral"
    view_permission = P.VIEW_MONEY

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="commitments")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="commitments")
    item = models.ForeignKey(MenuItem, models.PROTECT, related_name="commitments")
    purpose = models.CharField(max_length=300)
    committed_at = models.DateTimeField(default=timezone.now)
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["committed_at", "id"]

    def __str__(self) -> str:
        return f"Commitment {self.pk}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class Account(models.TextChoices):
    """Where money stands. A transfer moves it from one account to another of the same allocation."""

    SOURCE = "source", "Source of funds"
    UNCOMMITTED = "uncommitted", "Uncommitted"
    COMMITTED = "committed", "Committed"
    PAYABLE = "payable", "Payable"
    PAID = "paid", "Paid"


class Transfer(models.Model):
    """One line of the ledger. Only ever added; a correction is another transfer with its reason."""

    class Kind(models.TextChoices):
        ALLOCATE = "allocate", "Allocated"
        WITHDRAW = "withdraw", "Allocation reduced"
        COMMIT = "commit", "Committed"
        RELEASE = "release", "Released"
        MAKE_PAYABLE = "make_payable", "Became payable"
        PAY = "pay", "Paid"

    ROUTES: ClassVar = {
        Kind.ALLOCATE: (Account.SOURCE, Account.UNCOMMITTED),
        Kind.WITHDRAW: (Account.UNCOMMITTED, Account.SOURCE),
        Kind.COMMIT: (Account.UNCOMMITTED, Account.COMMITTED),
        Kind.RELEASE: (Account.COMMITTED, Account.UNCOMMITTED),
        Kind.MAKE_PAYABLE: (Account.COMMITTED, Account.PAYABLE),
        Kind.PAY: (Account.PAYABLE, Account.PAID),
    }

    integrity = AppendOnly()
    scoped_by = "allocation"
    view_permission = P.VIEW_MONEY

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="transfers")
    commitment = models.ForeignKey(Commitment, models.PROTECT, null=True, related_name="transfers")
    stage = models.ForeignKey(PaymentStage, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    debit = models.CharField(max_length=15, choices=Account.choices, help_text="the account it leaves")
    credit = models.CharField(max_length=15, choices=Account.choices, help_text="the account it reaches")
    amount = models.PositiveBigIntegerField(help_text="pence, more than 0")
    why = models.CharField(max_length=300)
    key = models.CharField(
        max_length=64, unique=True, help_text="made by the page: a repeat is the same transfer"
    )
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["allocation", "credit"]),
            models.Index(fields=["allocation", "debit"]),
            models.Index(fields=["commitment", "credit"]),
            models.Index(fields=["made_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_moves_money"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_goes_somewhere"),
            models.CheckConstraint(
                condition=Q(kind="allocate", debit="source", credit="uncommitted", commitment__isnull=True)
                | Q(kind="withdraw", debit="uncommitted", credit="source", commitment__isnull=True)
                | Q(kind="commit", debit="uncommitted", credit="committed", commitment__isnull=False)
                | Q(kind="release", debit="committed", credit="uncommitted", commitment__isnull=False)
                | Q(kind="make_payable", debit="committed", credit="payable", commitment__isnull=False)
                | Q(kind="pay", debit="payable", credit="paid", commitment__isnull=False),
                name="transfer_takes_a_known_route",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}p"
