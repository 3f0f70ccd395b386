"""The life of a payment run: made, exported, its payments taken out, recorded as paid, or back again."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.utils import timezone

from funding import actions as money_acts
from funding import ledger
from funding.invoices import actions as invoices
from funding.models import Commitment, Invoice, InvoiceLine, LineTransfer, PaymentRun, RunLine
from funding.runs import files, ready, rules
from funding.runs.ready import Ready
from funding.transfers import check_is_no_later, check_is_repeat, hold
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.core.words import day

S = PaymentRun.State
R = RunLine.Result

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def hold_money_of(rows: Iterable[Ready]) -> None:
    """The invoices, then their commitments, held in the order in which everyone takes them."""
    rows = list(rows)
    for invoice in sorted({each.invoice.pk for each in rows if each.invoice}):
        lock(Invoice(pk=invoice))
    for commitment in sorted({part.pk for each in rows for part, _ in each.parts}):
        lock(Commitment(pk=commitment))


@action("Made a payment run")
def make_run(*, by: Any, commissioner: Organisation, chosen: Collection[str], key: str) -> PaymentRun:
    """Take what is ``chosen`` (keys of ``Ready``, each with its amount) of what is ready into a new run.

    Holds the invoices and commitments, so that two runs never take the same pound. Raises Denied, and makes
    nothing, when one of them is no longer ready as it was shown.
    """
    commissioner = lock(commissioner)
    rules.check_can_make_run(by, commissioner)
    done = PaymentRun.objects.filter(key=key).first()
    if done is not None:
        check_is_repeat(done, commissioner_id=commissioner.pk, made_by_id=by.pk)
        record(by=by, on=done, repeat=True)
        return done
    if not chosen:
        raise Denied("Tick at least one payment.")
    hold_money_of(ready.of_commissioner(commissioner))
    rows = [each for each in ready.payable_now(ready.of_commissioner(commissioner)) if each.key in chosen]
    if gone := len(set(chosen)) - len(rows):
        raise Denied(
            f"{gone} of the {len(set(chosen))} payments changed, or somebody else put them in a run. "
            "Look at the list again."
        )
    run = PaymentRun.objects.create(commissioner=commissioner, key=key, made_by=by)
    for number, each in enumerate(rows, 1):
        line = RunLine.objects.create(
            run=run,
            reference=f"{run.reference}-{number:03d}",
            invoice=each.invoice,
            commitment=each.commitment,
            payee_code=each.payee_code,
            payee_name=each.payee.name,
            pence=each.pence,
        )
        if each.invoice:
            invoices.put_invoice_in_run(by=by, invoice=each.invoice, why=f"Payment run {run.reference}")
        elif each.commitment:
            record(by=by, on=line, case=each.commitment.referral, internal=True, pence=each.pence)
    record(by=by, on=run, commissioner=commissioner.pk, lines=len(rows), pence=ready.total(rows))
    return run


@action("Exported a payment run")
def export_run(*, by: Any, run: PaymentRun) -> PaymentRun:
    """Make the files that the finance system takes and keep them byte for byte. Once; a repeat is the same."""
    run = lock(run)
    if run.exported_at and rules.access.allows(by, rules.P.PAY, run):
        record(by=by, on=run, repeat=True)
        return run
    rules.check_can_export_run(by, run)
    lines = list(run.lines.filter(result=R.WAITING).select_related("invoice"))
    now = timezone.now()
    name = f"payment-run-{run.reference}"
    run.csv = StoredFile.keep(name=f"{name}.csv", content_type=CSV, content=files.csv_of(lines), by=by)
    content = files.workbook_of(run, lines, now)
    run.workbook = StoredFile.keep(name=f"{name}.xlsx", content_type=XLSX, content=content, by=by)
    run.exported_at, run.exported_by = now, by
    before, run.state, run.state_since = run.state, S.EXPORTED, now
    run.save()
    record(
        by=by,
        on=run,
        before=before,
        after=run.state,
        lines=len(lines),
        sha256=run.csv.sha256,
        workbook=run.workbook.sha256,
    )
    return run


def settle_run(run: PaymentRun) -> None:
    """A held run is reconciled when none of its lines waits any more."""
    if run.state != S.RECONCILED and not run.lines.filter(result=R.WAITING).exists():
        run.state, run.state_since = S.RECONCILED, timezone.now()
        run.save()


def settle_line(line: RunLine, result: str, by: Any, **facts: Any) -> None:
    """Write the result of a held line."""
    line.result, line.settled_at, line.settled_by = R(result), timezone.now(), by
    for name, value in facts.items():
        setattr(line, name, value)
    line.save()


def parts_of(line: RunLine) -> list[tuple[Commitment, int]]:
    """The commitments that a line pays, held, with the pence, in the order of their numbers."""
    if line.commitment_id:
        return [(lock(Commitment(pk=line.commitment_id)), line.pence)]
    rows = InvoiceLine.objects.filter(invoice=line.invoice_id).order_by("commitment")
    return [(lock(Commitment(pk=row.commitment_id)), row.pence) for row in rows]


def _case_of(line: RunLine) -> Any:
    return line.commitment.referral if line.commitment else None


@action("Took a payment out of a run")
def take_out_of_run(*, by: Any, line: RunLine, why: str) -> RunLine:
    """It is not paid by this run, and ready for another; its invoice is approved again. Raises Denied once paid."""
    run, line = lock(line.run), lock(line)
    rules.check_can_take_out(by, line)
    rules.check_reason(why, "Say why it is taken out.")
    if line.invoice:
        invoices.take_invoice_out_of_run(by=by, invoice=line.invoice, why=why)
    settle_line(line, R.TAKEN_OUT, by, why=why)
    settle_run(run)
    record(by=by, on=line, case=_case_of(line), internal=True, why=why, before=R.WAITING, after=line.result)
    return line


@action("Recorded a payment that came back")
def return_payment(*, by: Any, line: RunLine, why: str, came_back_on: dt.date) -> RunLine:
    """The bank sent a payment back, as a whole: its money is payable again, and its invoice approved again."""
    lock(line.run)
    line = lock(line)
    rules.check_can_return(by, line)
    rules.check_reason(why, "Say why it came back.")
    check_is_no_later(came_back_on)
    if line.paid_on and came_back_on < line.paid_on:
        raise Denied(f"It was paid on {day(line.paid_on)}: it cannot come back before.")
    invoice = lock(line.invoice) if line.invoice else None
    parts = parts_of(line)
    hold(*{ledger.allocation_of(commitment) for commitment, _ in parts})
    for commitment, pence in parts:
        back = money_acts.reverse(
            by=by,
            commitment=commitment,
            amount=pence,
            why=why,
            reference=line.reference,
            happened_on=came_back_on,
            key=f"run-back-{line.reference}-{commitment.pk}",
            is_of_run=True,
        )
        LineTransfer.objects.create(line=line, transfer=back)
    settle_line(line, R.RETURNED, by, why=why)
    if invoice:
        invoices.mark_invoice_unpaid(by=by, invoice=invoice, why=why)
    record(
        by=by,
        on=line,
        case=_case_of(line),
        internal=True,
        why=why,
        before=R.PAID,
        after=line.result,
        pence=line.pence,
        happened_on=came_back_on,
    )
    return line
