"""Invoices from practices and suppliers, their lines and steps, and who may approve how much."""

import re
import unicodedata
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils import timezone
from django.utils.functional import cached_property

from funding.models.ledger import Commitment
from practices.models import Organisation, Practice
from resilience.core.access import P, Role, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither
from resilience.core.models import StoredFile


def own_practices(user: Any, permission: str = P.RAISE_INVOICES) -> set[int]:
    """Ids of the practices that ``user`` works for, holding ``permission`` there."""
    return {
        holding.practice_id
        for holding in user.current_holdings
        if holding.role == Role.PRACTICE_USER and permission in holding.permissions
    }


def own_suppliers(user: Any, permission: str = P.RAISE_INVOICES) -> set[int]:
    """Ids of the suppliers that ``user`` works for, holding ``permission`` there: not the practices in their care."""
    return {
        holding.organisation_id
        for holding in user.current_holdings
        if holding.role == Role.SUPPLIER_USER and permission in holding.permissions
    }


class InvoiceQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """The office sees what is addressed to its commissioners; a practice and a supplier see their own.

        With ``permission``: those over which the person holds it. A practice that is only in the care of a
        supplier is none of its own.
        """
        if not getattr(user, "is_authenticated", False):
            return self.none()
        office = user.reach(permission or P.VIEW_MONEY)
        if office.everything:
            return self
        mine = permission or P.RAISE_INVOICES
        return self.filter(
            Q(commissioner__in=office.commissioners)
            | Q(practice__locality__in=office.localities)
            | Q(practice__in=own_practices(user, mine))
            | Q(supplier__in=own_suppliers(user, mine))
        )

    def with_total(self) -> Self:
        """Each with ``total``, in pence: the sum of its lines, and the one definition of it."""
        lines = InvoiceLine.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
        return self.annotate(total=Subquery(lines.annotate(pence=Sum("pence")).values("pence")))

    def live(self) -> Self:
        """Those that claim what is payable: neither rejected nor paid."""
        return self.exclude(state__in=Invoice.SETTLED)


class Invoice(models.Model):
    """What one practice or one supplier asks to be paid, out of what is payable to it by one commissioner.

    Its number, lines and payee never change; a wrong one is rejected and raised again.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        QUERIED = "queried", "Queried"
        NEEDS_SECOND = "needs_second", "Needs a second approval"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        IN_RUN = "in_run", "In a payment run"
        PAID = "paid", "Paid"

    SETTLED: ClassVar = (State.REJECTED, State.PAID)
    """Claims nothing of what is payable any more."""

    integrity = FrozenOnce(
        "raised_at",
        mutable=frozenset(
            {
                "state",
                "state_since",
                "first_approved_at",
                "first_approved_by",
                "approved_at",
                "approved_by",
            }
        ),
    )
    scope: ClassVar = {
        "commissioner": "commissioner",
        "locality": "practice__locality",
        "practice": "practice",
    }
    view_permission = P.VIEW_MONEY

    practice = models.ForeignKey(Practice, models.PROTECT, null=True, related_name="invoices")
    supplier = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="invoices")
    commissioner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="invoices_to_pay", help_text="to whom it is addressed"
    )
    number = models.CharField(max_length=40, help_text="as printed on it")
    number_key = models.CharField(max_length=40, help_text="the same without case and spaces")
    invoice_date = models.DateField()
    state = models.CharField(max_length=15, choices=State.choices, default=State.RECEIVED)
    state_since = models.DateTimeField(default=timezone.now)
    on_behalf = models.BooleanField(
        default=False, help_text="raised by the commissioner's own people for the payee"
    )
    key = models.CharField(
        max_length=64, unique=True, help_text="made by the page: a repeat is the same invoice"
    )
    raised_at = models.DateTimeField(default=timezone.now)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_approved_at = models.DateTimeField(null=True)
    first_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-raised_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["commissioner", "state"]),
            models.Index(fields=["state", "raised_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(practice__isnull=False, supplier__isnull=True)
                | Q(practice__isnull=True, supplier__isnull=False),
                name="invoice_has_exactly_one_payee",
            ),
            models.UniqueConstraint(
                fields=["practice", "number_key"],
                condition=~Q(state="rejected"),
                name="invoice_number_once_a_practice",
            ),
            models.UniqueConstraint(
                fields=["supplier", "number_key"],
                condition=~Q(state="rejected"),
                name="invoice_number_once_a_supplier",
            ),
            both_or_neither("invoice_first_approved_at_and_by", "first_approved_at", "first_approved_by"),
            both_or_neither("invoice_approved_at_and_by", "approved_at", "approved_by"),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "in_run", "paid"], approved_by__isnull=False)
                | (~Q(state__in=["approved", "in_run", "paid"]) & Q(approved_by__isnull=True)),
                name="an_approved_invoice_names_its_approver",
            ),
            models.CheckConstraint(
                condition=Q(state="needs_second", first_approved_by__isnull=False)
                | Q(state__in=["received", "queried", "rejected"], first_approved_by__isnull=True)
                | Q(state__in=["approved", "in_run", "paid"]),
                name="a_second_approval_follows_a_first",
            ),
            models.CheckConstraint(
                condition=(Q(approved_by__isnull=True) | ~Q(approved_by=F("raised_by")))
                & (Q(first_approved_by__isnull=True) | ~Q(first_approved_by=F("raised_by"))),
                name="nobody_approves_their_own_invoice",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(first_approved_by__isnull=True)
                | ~Q(approved_by=F("first_approved_by")),
                name="two_people_approve",
            ),
        ]

    def __str__(self) -> str:
        return f"Invoice {self.number}"

    @property
    def payee(self) -> Practice | Organisation:
        """The practice or the supplier."""
        payee = self.practice or self.supplier
        assert payee is not None  # nosec B101 # the database holds that it has one
        return payee

    @cached_property
    def total(self) -> int:
        """Pence: the sum of its lines; asked for here where the row was read without ``with_total``."""
        return self.lines.aggregate(pence=Sum("pence"))["pence"] or 0

    @staticmethod
    def key_of(number: str) -> str:
        """An invoice number as it is compared: without case and spaces."""
        return re.sub(r"\s+", "", unicodedata.normalize("NFKC", number)).casefold()


class OfInvoiceQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return self.filter(invoice__in=Invoice.objects.visible_to(user, permission))


class InvoiceLine(models.Model):
    """So much of an invoice is for one commitment."""

    integrity = AppendOnly()
    scoped_by = "invoice"
    view_permission = P.VIEW_MONEY

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="invoice_lines")
    pence = models.PositiveBigIntegerField()

    objects = OfInvoiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "commitment"], name="commitment_once_an_invoice"),
            models.CheckConstraint(condition=Q(pence__gt=0), name="invoice_line_asks_for_money"),
        ]

    def __str__(self) -> str:
        return f"{self.pence}p of {self.commitment_id}"


class InvoiceStep(models.Model):
    """One thing that happened to an invoice: who, when, what, and the words that the payee reads.

    The file that came with it stays, whatever replaces it; the latest is the invoice's file.
    """

    integrity = AppendOnly()
    scoped_by = "invoice"
    view_permission = P.VIEW_MONEY

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="steps")
    act = models.CharField(max_length=60, help_text="by its name in funding.invoices.states")
    before = models.CharField(max_length=15, choices=Invoice.State.choices, blank=True)
    after = models.CharField(max_length=15, choices=Invoice.State.choices)
    words = models.TextField(blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfInvoiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.act} {self.invoice_id}"


class ApprovalLimit(models.Model):
    """How much of an invoice a person may approve alone. Of those begun, the one set last counts.

    £0, like no limit at all, means that the person's approval always needs a second.
    """

    integrity = AppendOnly()

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="approval_limits")
    pence = models.PositiveBigIntegerField(help_text="the largest invoice in all that the person may approve")
    starts_on = models.DateField()
    why = models.CharField(max_length=300)
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["person", "-id"])]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.pence}p"
