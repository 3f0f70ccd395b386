"""Payment runs, their lines, and the files in which finance says what was paid."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from funding.models.invoices import Invoice
from funding.models.ledger import Commitment, Transfer
from practices.models import Organisation
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither
from resilience.core.models import StoredFile


class PaymentRun(models.Model):
    """A batch of payments of one commissioner, handed to the finance system together.

    What was exported is kept byte for byte. Its sums are those of its lines, never stored.
    """

    class State(models.TextChoices):
        MADE = "made", "Made"
        EXPORTED = "exported", "Exported"
        RECONCILED = "reconciled", "Reconciled"

    integrity = FrozenOnce(
        "made_at",
        mutable=frozenset({"state", "state_since", "exported_at", "exported_by", "csv", "workbook"}),
    )
    scope: ClassVar = {"commissioner": "commissioner"}
    view_permission = P.VIEW_MONEY

    commissioner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="payment_runs", help_text="who pays"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.MADE)
    state_since = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, unique=True, help_text="made by the page: a repeat is the same run")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    exported_at = models.DateTimeField(null=True)
    exported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    csv = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    workbook = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["commissioner", "state"])]
        constraints: ClassVar = [
            both_or_neither("run_exported_at_and_by", "exported_at", "exported_by", "csv", "workbook"),
            models.CheckConstraint(
                condition=~Q(state="exported") | Q(exported_at__isnull=False),
                name="an_exported_run_has_its_file",
            ),
            models.CheckConstraint(
                condition=~Q(state="made") | Q(exported_at__isnull=True), name="a_made_run_has_no_file_yet"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """Such as R0012."""
        return f"R{self.pk:04d}"


class RunLine(models.Model):
    """One payment of a run: of an invoice as a whole or, without one, of what is payable to a practice."""

    class Result(models.TextChoices):
        WAITING = "waiting", "Waiting"
        PAID = "paid", "Paid"
        TAKEN_OUT = "taken_out", "Taken out"
        RETURNED = "returned", "Paid, and came back"

    integrity = FrozenOnce(
        "made_at",
        mutable=frozenset({"result", "why", "paid_on", "payment_reference", "settled_at", "settled_by"}),
    )
    scoped_by = "run"
    view_permission = P.VIEW_MONEY

    run = models.ForeignKey(PaymentRun, models.PROTECT, related_name="lines")
    reference = models.CharField(max_length=20, unique=True, help_text="such as R0012-003")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="run_lines")
    commitment = models.ForeignKey(Commitment, models.PROTECT, null=True, related_name="run_lines")
    payee_code = models.CharField(max_length=20, help_text="ODS code of the practice, or the supplier's code")
    payee_name = models.CharField(max_length=200, help_text="as it was when the run was made")
    pence = models.PositiveBigIntegerField()
    result = models.CharField(max_length=12, choices=Result.choices, default=Result.WAITING)
    why = models.CharField(max_length=300, blank=True, help_text="why it was taken out, or came back")
    paid_on = models.DateField(null=True, help_text="the bank's day")
    payment_reference = models.CharField(max_length=100, blank=True, help_text="of the finance system")
    made_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, help_text="when its result was recorded")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["commitment", "result"])]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pence__gt=0), name="run_line_pays_money"),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, commitment__isnull=True)
                | Q(invoice__isnull=True, commitment__isnull=False),
                name="run_line_pays_one_thing",
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(result__in=["waiting", "paid"]),
                name="an_invoice_is_paid_once",
            ),
            both_or_neither("run_line_settled_at_and_by", "settled_at", "settled_by"),
            models.CheckConstraint(
                condition=Q(result="waiting", settled_at__isnull=True)
                | (~Q(result="waiting") & Q(settled_at__isnull=False)),
                name="run_line_is_settled_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(result__in=["paid", "returned"], paid_on__isnull=False) & ~Q(payment_reference="")
                | Q(result__in=["waiting", "taken_out"], paid_on__isnull=True, payment_reference=""),
                name="what_is_paid_has_its_date_and_reference",
            ),
            models.CheckConstraint(
                condition=~Q(result__in=["taken_out", "returned"]) | ~Q(why=""),
                name="what_is_not_paid_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class LineTransfer(models.Model):
    """A transfer of the ledger by which a line was paid, or came back."""

    integrity = AppendOnly()
    scoped_by = "line"
    view_permission = P.VIEW_MONEY

    line = models.ForeignKey(RunLine, models.PROTECT, related_name="transfers")
    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="of_line")

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.transfer_id} of {self.line_id}"


class PaymentsUpload(models.Model):
    """A file in which finance says what was paid. Nothing is recorded from it until it is confirmed."""

    integrity = FrozenOnce("uploaded_at", mutable=frozenset({"confirmed_at", "confirmed_by"}))
    scope: ClassVar = {"commissioner": "organisation"}
    view_permission = P.VIEW_MONEY

    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="payments_uploads",
        help_text="whose payments it holds, those of the CCGs below it included",
    )
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            both_or_neither("payments_confirmed_at_and_by", "confirmed_at", "confirmed_by"),
        ]

    def __str__(self) -> str:
        return f"Payments file {self.pk}"


class PaymentRowQuerySet(ScopedQuerySet):
    def unmatched(self) -> Self:
        """What did not match, of the files that were confirmed."""
        return self.filter(finding__isnull=False).exclude(finding__in=PaymentRow.IN_ORDER)

    def to_settle(self) -> Self:
        """What did not match and nobody has settled."""
        return self.unmatched().filter(settled_at__isnull=True)


class PaymentRow(models.Model):
    """A row of such a file, as it was read. Its finding is fixed when the file is confirmed."""

    class Finding(models.TextChoices):
        MATCHED = "matched", "Matched"
        ALREADY = "already", "Already recorded"
        INCOMPLETE = "incomplete", "Something is missing"
        UNKNOWN = "unknown", "Unknown reference"
        NEGATIVE = "negative", "Money that came back"
        TWICE = "twice", "Paid twice"
        NOT_EXPORTED = "not_exported", "Run not exported"
        NOT_WAITING = "not_waiting", "Not to be paid"
        AMOUNT = "amount", "Amount differs"
        FUTURE = "future", "Paid in the future"
        BEFORE = "before", "Paid before the run"

    integrity = FrozenOnce(
        "number", mutable=frozenset({"finding", "line", "settled_at", "settled_by", "why"})
    )
    scoped_by = "upload"
    view_permission = P.VIEW_MONEY

    upload = models.ForeignKey(PaymentsUpload, models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField(help_text="of the row, as the sheet shows it")
    reference = models.CharField(max_length=100, blank=True, help_text="the line's, as it stands in the file")
    pence = models.BigIntegerField(null=True)
    paid_on = models.DateField(null=True)
    payment_reference = models.CharField(max_length=100, blank=True)
    finding = models.CharField(
        max_length=15, choices=Finding.choices, null=True, help_text="none until confirmed"
    )
    line = models.ForeignKey(RunLine, models.PROTECT, null=True, related_name="payment_rows")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=300, blank=True, help_text="why what did not match is settled")

    objects = PaymentRowQuerySet.as_manager()

    IN_ORDER: ClassVar = (Finding.MATCHED, Finding.ALREADY)

    class Meta:
        ordering: ClassVar = ["upload", "number"]
        indexes: ClassVar = [models.Index(fields=["finding", "settled_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upload", "number"], name="payment_row_once"),
            both_or_neither("payment_row_settled_at_and_by", "settled_at", "settled_by"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, why="") | (Q(settled_at__isnull=False) & ~Q(why="")),
                name="what_is_settled_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.number} of {self.upload_id}"
