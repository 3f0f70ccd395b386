"""The one place that changes the state of an invoice."""

from typing import Any

from django.utils import timezone

from funding.invoices.rules import case_of
from funding.invoices.states import INVOICE_ACTS, check_invoice_state
from funding.models import Invoice, InvoiceStep
from resilience.core.models import StoredFile
from resilience.core.trail import record

S = Invoice.State


def move_invoice(
    invoice: Invoice, act: str, *, by: Any, words: str = "", file: StoredFile | None = None
) -> Invoice:
    """Move a locked invoice as the table says, write its step, and put it on the trail.

    Whoever approved is kept on the invoice as long as the approval stands. Raises Denied where the table
    does not allow it.
    """
    before = invoice.state
    check_invoice_state(act, before)
    now = timezone.now()
    invoice.state, invoice.state_since = INVOICE_ACTS[act].moves[before], now
    if act == "funding.approve_invoice_first":
        invoice.first_approved_at, invoice.first_approved_by = now, by
    elif act == "funding.approve_invoice":
        invoice.approved_at, invoice.approved_by = now, by
    elif invoice.state in (S.RECEIVED, S.QUERIED, S.REJECTED):
        invoice.first_approved_at = invoice.first_approved_by = None
        invoice.approved_at = invoice.approved_by = None
    invoice.save()
    write_step(invoice, act, before, by=by, words=words, file=file)
    return invoice


def write_step(
    invoice: Invoice, act: str, before: str, *, by: Any, words: str, file: StoredFile | None
) -> InvoiceStep:
    """The step and its entry on the trail, which the practices of the case do not read: it may be a supplier's."""
    step = InvoiceStep.objects.create(
        invoice=invoice, act=act, before=before, after=invoice.state, words=words, file=file, made_by=by
    )
    facts = {"file": file.pk, "sha256": file.sha256} if file else {}
    record(
        by=by,
        on=invoice,
        case=case_of(invoice),
        why=words,
        internal=True,
        before=before,
        after=invoice.state,
        pence=invoice.total,
        **facts,
    )
    return step
