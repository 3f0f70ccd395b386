"""What came back from the finance system: a file is kept, its rows judged, and what matches recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from funding import actions as money_acts
from funding import ledger
from funding.invoices import actions as invoices
from funding.models import Invoice, LineTransfer, PaymentRow, PaymentRun, PaymentsUpload, RunLine
from funding.runs import findings, rules
from funding.runs.actions import parts_of, settle_line, settle_run
from funding.transfers import hold
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.core.uploaded import Row, Wanted
from resilience.core.words import day

R = RunLine.Result

WANTED = (
    Wanted(
        "line reference",
        names=(
            "reference",
            "our reference",
            "line",
            "line ref",
            "run line",
            "invoice reference",
            "your reference",
        ),
        required=True,
    ),
    Wanted(
        "amount",
        "money",
        names=("amount paid", "paid amount", "value", "payment amount", "net amount", "gross amount"),
        required=True,
    ),
    Wanted(
        "paid date",
        "date",
        names=("paid on", "date paid", "payment date", "date of payment", "value date", "paid"),
        required=True,
    ),
    Wanted(
        "payment reference",
        names=(
            "payment ref",
            "bacs reference",
            "bacs ref",
            "bacs number",
            "payment number",
            "remittance",
            "payment id",
        ),
        required=True,
    ),
)
"""The columns of a payments file; other headings by which finance systems call them."""


@dataclass(frozen=True)
class Judged:
    """A row with what it is."""

    row: PaymentRow
    finding: str
    line: RunLine | None

    @property
    def label(self) -> str:
        return PaymentRow.Finding(self.finding).label

    @property
    def words(self) -> str:
        return findings.words(self.row, self.finding, self.line)

    @property
    def matches(self) -> bool:
        return self.finding == PaymentRow.Finding.MATCHED

    @property
    def is_in_order(self) -> bool:
        return self.finding in PaymentRow.IN_ORDER


def below(organisation: Organisation) -> set[int]:
    """Ids of an organisation and of those below it."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Organisation.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found: set[int] = set()
    waiting = [organisation.pk]
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += children.get(pk, [])
    return found


def judge(user: Any, upload: PaymentsUpload, rows: Sequence[PaymentRow]) -> list[Judged]:
    """Each row with what it is now, against the runs that ``user`` pays for the upload's organisation."""
    wanted = {findings.normal(row.reference) for row in rows}
    payers = rules.payers(user).filter(pk__in=below(upload.organisation))
    lines = RunLine.objects.filter(run__commissioner__in=payers)
    known = {line.reference: line for line in _in_parts(lines.select_related("run"), wanted)}
    return [Judged(*each) for each in findings.judge(rows, known, today())]


def _in_parts(lines: Any, references: Iterable[str], size: int = 500) -> Iterable[RunLine]:
    """A file may name more lines than one query may."""
    every = sorted(references)
    for start in range(0, len(every), size):
        yield from lines.filter(reference__in=every[start : start + size])


def matched_sum(rows: Iterable[Judged]) -> int:
    """Pence that would be recorded."""
    return sum(each.line.pence for each in rows if each.matches and each.line)


def as_shown(rows: Sequence[Judged]) -> str:
    """What a preview promises to record: how many payments of how much."""
    return f"{sum(each.matches for each in rows)}-{matched_sum(rows)}"


@action("Uploaded a file of payments")
def upload_payments(
    *, by: Any, organisation: Organisation, name: str, content: bytes, content_type: str, rows: Sequence[Row]
) -> PaymentsUpload:
    """Keep a file and its rows, to be looked at; the same file that waits for its answer already is not kept twice.

    Raises Denied for a file without rows.
    """
    organisation = lock(organisation)
    rules.check_can_upload(by, organisation)
    if not rows:
        raise Denied(f"{name} has no rows under its headings.")
    file = StoredFile.keep(name=name, content_type=content_type, content=content, by=by)
    waiting = PaymentsUpload.objects.filter(
        organisation=organisation, file__sha256=file.sha256, confirmed_at__isnull=True
    ).first()
    if waiting is not None:
        file.delete()
        record(by=by, on=waiting, repeat=True)
        return waiting
    upload = PaymentsUpload.objects.create(organisation=organisation, file=file, uploaded_by=by)
    PaymentRow.objects.bulk_create(
        PaymentRow(
            upload=upload,
            number=row.number,
            reference=(row["line reference"] or "")[:100],
            pence=row["amount"],
            paid_on=row["paid date"],
            payment_reference=(row["payment reference"] or "")[:100],
        )
        for row in rows
    )
    record(by=by, on=upload, file=file.pk, sha256=file.sha256, rows=len(rows))
    return upload


@action("Recorded payments from a file")
def record_payments(*, by: Any, upload: PaymentsUpload, shown: str) -> PaymentsUpload:
    """Record all that matches, and keep what does not until somebody settles it: all, or nothing.

    ``shown`` is what the preview promised (``as_shown``). Raises Denied when that is no longer so; a repeat
    after it is done changes nothing.
    """
    upload = lock(upload)
    if upload.confirmed_at and rules.access.allows(by, rules.P.PAY, upload):
        record(by=by, on=upload, repeat=True)
        return upload
    rules.check_can_confirm(by, upload)
    rows = list(upload.rows.all())
    hold_lines(judge(by, upload, rows))
    judged = judge(by, upload, rows)
    if as_shown(judged) != shown:
        raise Denied("Something changed since you looked: look at the payments again, then record them.")
    matched = [each for each in judged if each.matches]
    for each in matched:
        if each.line:
            _pay(by, each.line, each.row)
    upload.confirmed_at, upload.confirmed_by = timezone.now(), by
    upload.save()
    _keep_findings(by, upload, judged)
    for run in {each.line.run_id for each in matched if each.line}:
        settle_run(PaymentRun.objects.get(pk=run))
    left = sum(not each.is_in_order for each in judged)
    record(by=by, on=upload, recorded=len(matched), pence=matched_sum(matched), unmatched=left)
    return upload


def hold_lines(judged: Iterable[Judged]) -> None:
    """The runs, lines, invoices, commitments and allocations of what matches, held in the order all take them."""
    lines = [each.line for each in judged if each.matches and each.line]
    for run in sorted({line.run_id for line in lines}):
        lock(PaymentRun(pk=run))
    for line in sorted(lines, key=lambda each: each.pk):
        lock(line)
    for invoice in sorted(line.invoice_id for line in lines if line.invoice_id):
        lock(Invoice(pk=invoice))
    commitments = {part for line in lines for part, _ in parts_of(line)}
    hold(*{ledger.allocation_of(each) for each in commitments})


def _pay(by: Any, line: RunLine, row: PaymentRow) -> None:
    """One payment, as a row of a file says it was made."""
    for commitment, pence in parts_of(line):
        paid = money_acts.pay(
            by=by,
            commitment=commitment,
            amount=pence,
            why=row.payment_reference,
            paid_on=row.paid_on,
            key=f"run-{line.reference}-{commitment.pk}",
            is_claimed=True,
        )
        LineTransfer.objects.create(line=line, transfer=paid)
    settle_line(line, R.PAID, by, paid_on=row.paid_on, payment_reference=row.payment_reference)
    if line.invoice:
        invoices.mark_invoice_paid(by=by, invoice=line.invoice, why=row.payment_reference)
    case = line.commitment.referral if line.commitment else None
    record(
        by=by,
        on=line,
        case=case,
        internal=True,
        before=R.WAITING,
        after=line.result,
        pence=line.pence,
        paid_on=row.paid_on,
    )


def _keep_findings(by: Any, upload: PaymentsUpload, judged: Iterable[Judged]) -> None:
    """Fix what each row was. What an earlier confirmed file of the same bytes lists already is not listed again."""
    earlier = (
        PaymentsUpload.objects.filter(
            organisation=upload.organisation_id, file__sha256=upload.file.sha256, confirmed_at__isnull=False
        )
        .exclude(pk=upload.pk)
        .order_by("pk")
    )
    known = dict(
        PaymentRow.objects.filter(upload__in=earlier)
        .exclude(finding__in=PaymentRow.IN_ORDER)
        .values_list("number", "upload__confirmed_at")
    )
    for each in judged:
        row = each.row
        row.finding, row.line = each.finding, each.line
        if not each.is_in_order and row.number in known:
            row.settled_at, row.settled_by = timezone.now(), by
            row.why = f"The same file, recorded on {day(known[row.number])}, lists it."
        row.save()


@action("Settled a payment that did not match")
def settle_payment_row(*, by: Any, row: PaymentRow, why: str) -> PaymentRow:
    """Say why a payment that did not match needs nothing more."""
    row = lock(row)
    rules.check_can_settle(by, row)
    rules.check_reason(why, "Say how it was settled.")
    row.settled_at, row.settled_by, row.why = timezone.now(), by, why
    row.save()
    record(by=by, on=row, why=why, upload=row.upload_id, number=row.number)
    return row
