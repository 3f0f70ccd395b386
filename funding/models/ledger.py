"""Allocations, commitments and the one append-only ledger of transfers between them, in pence."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from practices.models import Organisation, Practice
from resilience.core.access import P, ScopedQuerySet
from resilience.core.calendar import today
from resilience.core.integrity import AppendOnly
from resilience.programmes.models import MenuItem, PaymentStage, ProgrammeYear, SpendCategory
from resilience.referrals.models import Referral


class Allocation(models.Model):
    """Money of a local office or a commissioner in one programme year and, where the year has them, one
    category of spend. Its figures are sums over transfers, never stored.
    """

    scope: ClassVar = {"commissioner": "commissioner"}
    view_permission = P.VIEW_MONEY

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="allocations")
    commissioner = models.ForeignKey(Organisation, models.PROTECT, related_name="allocations")
    category = models.ForeignKey(SpendCategory, models.PROTECT, null=True, related_name="allocations")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["commissioner__name", "category__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["year", "commissioner", "category"], name="one_allocation_a_year_and_category"
            ),
            models.UniqueConstraint(
                fields=["year", "commissioner"],
                condition=Q(category__isnull=True),
                name="one_allocation_a_year_without_category",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.year}"

    @property
    def name(self) -> str:
        """Whose money it is and, where there are categories of spend, for what."""
        return f"{self.commissioner.name}: {self.category.name}" if self.category else self.commissioner.name


class Commitment(models.Model):
    """Money promised to one practice of a supported referral, in one category of support.

    Practices that pool their money have a commitment each; all but the first point at the first.
    """

    class Route(models.TextChoices):
        """How the money reaches the support (domain 3.1)."""

        DIRECT = "direct", "Direct to the practice"
        SECTION_96 = "section_96", "Section 96 assistance to the practice"
        BACKFILL = "backfill", "Backfill for peers"
        SUPPLIER = "supplier", "Supplier"
        LOCAL_TEAM = "local_team", "Local team"

    integrity = AppendOnly()
    scoped_by = "referral"
    view_permission = P.VIEW_MONEY

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="commitments")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="commitments")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="commitments")
    item = models.ForeignKey(MenuItem, models.PROTECT, related_name="commitments")
    purpose = models.CharField(max_length=300)
    route = models.CharField(max_length=15, choices=Route.choices, default=Route.DIRECT)
    supplier = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    cost_centre = models.CharField(max_length=30, blank=True)
    pooled_with = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="pooled")
    committed_at = models.DateTimeField(default=timezone.now)
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["committed_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(route="supplier", supplier__isnull=False)
                | (~Q(route="supplier") & Q(supplier__isnull=True)),
                name="supplier_route_names_its_supplier",
            ),
        ]

    def __str__(self) -> str:
        return f"Commitment {self.pk}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class Account(models.TextChoices):
    """Where money stands within an allocation."""

    SOURCE = "source", "Source of funds"
    UNCOMMITTED = "uncommitted", "Uncommitted"
    COMMITTED = "committed", "Committed"
    PAYABLE = "payable", "Payable"
    PAID = "paid", "Paid"


class Kind(models.TextChoices):
    """What a transfer is."""

    ALLOCATE = "allocate", "Allocated"
    WITHDRAW = "withdraw", "Allocation reduced"
    MOVE = "move", "Moved"
    CARRY_FORWARD = "carry_forward", "Carried forward"
    COMMIT = "commit", "Committed"
    RELEASE = "release", "Released"
    MAKE_PAYABLE = "make_payable", "Became payable"
    WITHHOLD = "withhold", "No longer payable"
    PAY = "pay", "Paid"
    REVERSE = "reverse", "Payment reversed"
    CLAW_BACK = "claw_back", "Clawed back"
    PAID_BEFORE = "paid_before", "Paid before this service"
    RECOVERED_BEFORE = "recovered_before", "Recovered before this service"


ROUTES: dict[Kind, tuple[Account, Account]] = {
    Kind.ALLOCATE: (Account.SOURCE, Account.UNCOMMITTED),
    Kind.WITHDRAW: (Account.UNCOMMITTED, Account.SOURCE),
    Kind.MOVE: (Account.UNCOMMITTED, Account.UNCOMMITTED),
    Kind.COMMIT: (Account.UNCOMMITTED, Account.COMMITTED),
    Kind.RELEASE: (Account.COMMITTED, Account.UNCOMMITTED),
    Kind.MAKE_PAYABLE: (Account.COMMITTED, Account.PAYABLE),
    Kind.WITHHOLD: (Account.PAYABLE, Account.COMMITTED),
    Kind.PAY: (Account.PAYABLE, Account.PAID),
    Kind.REVERSE: (Account.PAID, Account.PAYABLE),
    Kind.CLAW_BACK: (Account.PAID, Account.UNCOMMITTED),
    Kind.PAID_BEFORE: (Account.UNCOMMITTED, Account.PAID),
    Kind.RECOVERED_BEFORE: (Account.PAID, Account.UNCOMMITTED),
}
"""From which account to which. Money is carried forward from any account to the same one a year later."""

_BETWEEN_ALLOCATIONS = ["move", "carry_forward"]
_OF_ALLOCATION = ["allocate", "withdraw", "move"]
_OF_PRACTICE = ["paid_before", "recovered_before"]
_OF_COMMITMENT = ["commit", "release", "make_payable", "withhold", "pay", "reverse", "claw_back"]


def _known_routes() -> Q:
    known = Q(kind="carry_forward", debit=F("credit"), debit__in=["uncommitted", "committed", "payable"])
    for kind, (debit, credit) in ROUTES.items():
        known |= Q(kind=kind.value, debit=debit.value, credit=credit.value)
    return known


class TransferQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Transfers that leave or reach an allocation in the person's scope."""
        seen = Allocation.objects.visible_to(user, permission or P.VIEW_MONEY)
        return self.filter(Q(allocation__in=seen) | Q(to_allocation__in=seen))

    def of_practice(self, practice: Practice) -> Self:
        """All that was promised or paid to one practice."""
        return self.filter(Q(commitment__practice=practice) | Q(practice=practice))


class Transfer(models.Model):
    """One line of the ledger. Only ever added; a correction is another transfer with its reason.

    It takes ``amount`` pence from the account ``debit`` of ``allocation`` to the account ``credit`` of
    ``to_allocation``, or of the same allocation where that is empty.
    """

    Kind: ClassVar = Kind

    integrity = AppendOnly()
    scoped_by = "allocation"
    view_permission = P.VIEW_MONEY

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="transfers")
    to_allocation = models.ForeignKey(
        Allocation,
        models.PROTECT,
        null=True,
        related_name="transfers_in",
        help_text="the allocation it reaches, where that is another one",
    )
    practice = models.ForeignKey(
        Practice, models.PROTECT, null=True, related_name="+", help_text="who was paid before this service"
    )
    commitment = models.ForeignKey(Commitment, models.PROTECT, null=True, related_name="transfers")
    stage = models.ForeignKey(PaymentStage, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    debit = models.CharField(max_length=15, choices=Account.choices, help_text="the account it leaves")
    credit = models.CharField(max_length=15, choices=Account.choices, help_text="the account it reaches")
    amount = models.PositiveBigIntegerField(help_text="pence, more than 0")
    why = models.CharField(max_length=300)
    key = models.CharField(
        max_length=64, unique=True, help_text="made by the page: a repeat is the same transfer"
    )
    happened_on = models.DateField(default=today, help_text="the day that counts; of a payment, the bank's")
    made_at = models.DateTimeField(default=timezone.now, help_text="when it was recorded")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["allocation", "credit"]),
            models.Index(fields=["allocation", "debit"]),
            models.Index(fields=["commitment", "credit"]),
            models.Index(fields=["to_allocation"]),
            models.Index(fields=["practice"]),
            models.Index(fields=["kind"]),
            models.Index(fields=["happened_on"]),
            models.Index(fields=["made_at"]),
            # Every figure is a sum over these columns: read off the index, 100,000 entries stay quick.
            models.Index(
                fields=[
                    "allocation",
                    "to_allocation",
                    "debit",
                    "credit",
                    "happened_on",
                    "commitment",
                    "stage",
                    "practice",
                    "amount",
                ],
                name="transfer_figures",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_moves_money"),
            models.CheckConstraint(
                condition=~Q(debit=F("credit")) | Q(to_allocation__isnull=False),
                name="transfer_goes_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(to_allocation__isnull=True) | ~Q(to_allocation=F("allocation")),
                name="transfer_leaves_its_allocation",
            ),
            models.CheckConstraint(condition=_known_routes(), name="transfer_takes_a_known_route"),
            models.CheckConstraint(
                condition=Q(kind__in=_BETWEEN_ALLOCATIONS, to_allocation__isnull=False)
                | (~Q(kind__in=_BETWEEN_ALLOCATIONS) & Q(to_allocation__isnull=True)),
                name="only_moves_reach_another_allocation",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_OF_ALLOCATION + _OF_PRACTICE, commitment__isnull=True)
                | Q(kind="carry_forward", debit="uncommitted", commitment__isnull=True)
                | Q(kind="carry_forward", debit__in=["committed", "payable"], commitment__isnull=False)
                | Q(kind__in=_OF_COMMITMENT, commitment__isnull=False),
                name="transfer_has_its_commitment",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_OF_PRACTICE, practice__isnull=False)
                | (~Q(kind__in=_OF_PRACTICE) & Q(practice__isnull=True)),
                name="paid_before_names_the_practice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}p"
