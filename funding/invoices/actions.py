"""The life of an invoice: raised, queried, answered, approved by one or two people, rejected; and its way
through a payment run.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from funding.invoices import claims, letters, rules
from funding.invoices.claims import Payee
from funding.invoices.moves import move_invoice, write_step
from funding.models import ApprovalLimit, Commitment, Invoice, InvoiceLine, InvoiceStep
from funding.transfers import check_is_repeat
from practices.models import Person, Practice
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.referrals.uploads import CheckedFile

S = Invoice.State


def _keep(by: Any, file: CheckedFile) -> StoredFile:
    return StoredFile.keep(name=file.name, content_type=file.content_type, content=file.content, by=by)


def _locked(invoice: Invoice) -> Invoice:
    """The invoice, then its commitments by id: what is payable of them stands still. Everyone locks so."""
    invoice = lock(invoice)
    for commitment in Commitment.objects.filter(invoice_lines__invoice=invoice).order_by("pk"):
        lock(commitment)
    return invoice


@action("Raised an invoice")
def raise_invoice(
    *,
    by: Any,
    payee: Payee,
    number: str,
    invoice_date: dt.date,
    lines: Mapping[Commitment, int],
    file: CheckedFile,
    key: str,
) -> Invoice:
    """Ask for ``lines``, pence by commitment, out of what is payable to ``payee`` and not invoiced yet.

    It is addressed to the commissioner who promised the money. Raises Denied beyond what is left, for a
    number that the payee has used, or for what is not the payee's.
    """
    payee = lock(payee)
    number = " ".join(number.split())
    done = Invoice.objects.filter(key=key).first()
    if done is not None:
        of = {"practice_id": payee.pk} if isinstance(payee, Practice) else {"supplier_id": payee.pk}
        check_is_repeat(done, number_key=Invoice.key_of(number), raised_by_id=by.pk, **of)
        record(by=by, on=done, internal=True, repeat=True)
        return done
    rules.check_can_raise(by, payee)
    if not number:
        raise Denied("Enter the number that is printed on the invoice.")
    rules.check_number_is_free(payee, number)
    if invoice_date > today():
        raise Denied("The date of the invoice cannot be in the future.")
    held = {lock(each): lines[each] for each in sorted(lines, key=lambda each: each.pk)}
    rules.check_can_ask_for(by, payee, held)
    invoice = Invoice.objects.create(
        practice=payee if isinstance(payee, Practice) else None,
        supplier=None if isinstance(payee, Practice) else payee,
        commissioner=next(iter(held)).allocation.commissioner,
        number=number,
        number_key=Invoice.key_of(number),
        invoice_date=invoice_date,
        on_behalf=not claims.is_own(by, payee),
        key=key,
        raised_by=by,
    )
    for commitment, pence in held.items():
        InvoiceLine.objects.create(invoice=invoice, commitment=commitment, pence=pence)
    write_step(invoice, "funding.raise_invoice", "", by=by, words="", file=_keep(by, file))
    if invoice.on_behalf:
        letters.raised_on_behalf(invoice)
    return invoice


@action("Asked about an invoice")
def query_invoice(*, by: Any, invoice: Invoice, question: str) -> Invoice:
    """Ask the payee a question, by email; nothing is approved until it is answered."""
    invoice = lock(invoice)
    rules.check_can_query(by, invoice)
    if not question.strip():
        raise Denied("Enter the question.")
    move_invoice(invoice, "funding.query_invoice", by=by, words=question)
    letters.queried(invoice, question, by)
    return invoice


@action("Answered about an invoice")
def answer_query(*, by: Any, invoice: Invoice, answer: str, file: CheckedFile | None = None) -> Invoice:
    """Answer for the payee and, if need be, put a new file in the old one's place; the old one is kept."""
    invoice = lock(invoice)
    rules.check_can_answer_query(by, invoice)
    if not answer.strip():
        raise Denied("Enter the answer.")
    question = InvoiceStep.objects.filter(invoice=invoice, act="funding.query_invoice").latest("pk")
    kept = _keep(by, file) if file else None
    move_invoice(invoice, "funding.answer_query", by=by, words=answer, file=kept)
    letters.answered(invoice, answer, question.made_by)
    return invoice


@action("Approved an invoice, for a second person to confirm")
def approve_invoice_first(*, by: Any, invoice: Invoice) -> Invoice:
    """The first of two approvals, by someone whose limit is lower than the invoice; tells who may give the second."""
    invoice = _locked(invoice)
    rules.check_can_approve(by, invoice, "funding.approve_invoice_first")
    move_invoice(invoice, "funding.approve_invoice_first", by=by)
    letters.needs_second(invoice, rules.may_second(invoice), by)
    return invoice


@action("Approved an invoice")
def approve_invoice(*, by: Any, invoice: Invoice) -> Invoice:
    """The approval that is enough, alone or as the second, by someone whose limit covers the invoice."""
    invoice = _locked(invoice)
    rules.check_can_approve(by, invoice, "funding.approve_invoice")
    return move_invoice(invoice, "funding.approve_invoice", by=by)


@action("Rejected an invoice")
def reject_invoice(*, by: Any, invoice: Invoice, reason: str) -> Invoice:
    """End it, with the reason that the payee reads; what it claimed may be invoiced again, its number used again."""
    invoice = lock(invoice)
    rules.check_can_reject(by, invoice)
    if not reason.strip():
        raise Denied("Say why the invoice is rejected.")
    move_invoice(invoice, "funding.reject_invoice", by=by, words=reason)
    letters.rejected(invoice, reason, by)
    return invoice


# --- called by payment runs, inside their own acts ---------------------------------------------


def _move_in_run(act: str, by: Any, invoice: Invoice, why: str) -> Invoice:
    invoice = lock(invoice)
    rules.check_can_move_in_run(by, invoice, act)
    return move_invoice(invoice, act, by=by, words=why)


@action("Put an invoice in a payment run")
def put_invoice_in_run(*, by: Any, invoice: Invoice, why: str = "") -> Invoice:
    """An approved invoice is to be paid: nobody rejects it any more."""
    return _move_in_run("funding.put_invoice_in_run", by, invoice, why)


@action("Took an invoice out of a payment run")
def take_invoice_out_of_run(*, by: Any, invoice: Invoice, why: str) -> Invoice:
    """It is approved, and waits for another run; the payee reads why."""
    return _move_in_run("funding.take_invoice_out_of_run", by, invoice, why)


@action("Marked an invoice as paid")
def mark_invoice_paid(*, by: Any, invoice: Invoice, why: str = "") -> Invoice:
    """Its lines were paid, each by ``funding.actions.pay`` in the same transaction; ``why`` is the reference."""
    return _move_in_run("funding.mark_invoice_paid", by, invoice, why)


@action("Marked an invoice as not paid after all")
def mark_invoice_unpaid(*, by: Any, invoice: Invoice, why: str) -> Invoice:
    """Its payments came back, each by ``funding.actions.reverse`` in the same transaction: it is approved again."""
    return _move_in_run("funding.mark_invoice_unpaid", by, invoice, why)


# --- limits ------------------------------------------------------------------------------------


@action("Set an approval limit")
def set_approval_limit(*, by: Any, person: Person, pence: int, starts_on: dt.date, why: str) -> ApprovalLimit:
    """How much of an invoice ``person`` may approve alone from ``starts_on`` on; replaces every limit set before.

    Nothing already approved changes.
    """
    person = lock(person)
    rules.check_can_set_limit(by, person)
    if pence < 0:
        raise Denied("Enter £0 or more.")
    if starts_on < today():
        raise Denied("A limit starts today or later.")
    if not why.strip():
        raise Denied("Say why, such as: scheme of delegation of 1 April.")
    limit = ApprovalLimit.objects.create(person=person, pence=pence, starts_on=starts_on, why=why, set_by=by)
    record(by=by, on=limit, why=why, internal=True, person=person.pk, pence=pence, starts_on=starts_on)
    return limit
