"""Who may raise, query, answer, approve and reject invoices, and who sets approval limits."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from funding import ledger
from funding.invoices import claims
from funding.invoices.claims import Payee
from funding.invoices.limits import limit_of, whose_limit_covers
from funding.invoices.states import INVOICE_ACTS, check_invoice_state
from funding.models import Commitment, Invoice, InvoiceStep
from funding.models.invoices import own_practices, own_suppliers
from practices.models import Person
from practices.scopes import Scope, reaches
from resilience.assessments.models import Interest
from resilience.core import access
from resilience.core.access import Denied, P, why_not
from resilience.core.words import day, money
from resilience.referrals.models import Referral

S = Invoice.State

CLAIMING = (S.APPROVED, S.IN_RUN)
"""Approved and not paid: what comes before an invoice that is still to be approved."""


def case_of(invoice: Invoice) -> Referral | None:
    """The referral whose money it asks for, where it is one."""
    found = list(Referral.objects.filter(commitments__invoice_lines__invoice=invoice).distinct()[:2])
    return found[0] if len(found) == 1 else None


# --- raised ------------------------------------------------------------------------------------


def check_can_raise(user: Any, payee: Payee) -> None:
    """Someone who works for the payee; or, on its behalf, an officer or finance lead of who promised it money."""
    if not user.may(P.RAISE_INVOICES):
        raise Denied(f"Your role does not let you {P.RAISE_INVOICES.label} here.")
    if not claims.invoiceable(user, payee):
        raise Denied(f"Nothing is promised to {payee.name} that you could put on an invoice.")


def check_number_is_free(payee: Payee, number: str) -> None:
    """A payee uses a number once, whatever its case and spaces; a rejected invoice frees its own."""
    there = payee.invoices.filter(number_key=Invoice.key_of(number)).exclude(state=S.REJECTED).first()
    if there:
        raise Denied(
            f"{payee.name} has already sent an invoice with the number {there.number}, on "
            f"{day(there.raised_at)}. Check the number on your invoice: each has its own."
        )


def check_can_ask_for(user: Any, payee: Payee, lines: dict[Commitment, int]) -> None:
    """Commitments of the payee's, of one commissioner, each within what is payable and on no other invoice.

    Ask it with the commitments locked.
    """
    if not lines:
        raise Denied("Enter how much you ask for.")
    if any(pence <= 0 for pence in lines.values()):
        raise Denied("Enter an amount of more than £0.")
    if not {each.pk for each in lines} <= {each.pk for each in claims.invoiceable(user, payee)}:
        raise Denied(f"That money is not promised to {payee.name}.")
    commissioners = {each.allocation.commissioner.name for each in lines}
    if len(commissioners) > 1:
        raise Denied(
            f"Send {' and '.join(sorted(commissioners))} an invoice each: one invoice is paid by one."
        )
    for claim in claims.claims(list(lines)):
        wanted, item = lines[claim.commitment], claim.commitment.item.name
        if claim.missing:
            raise Denied(f"Nothing can be invoiced for “{item}” now. {claim.missing}")
        if wanted > claim.left:
            raise Denied(
                f"{money(wanted)} for “{item}” is more than can be invoiced now: {money(claim.left)}."
            )


# --- queried and answered ----------------------------------------------------------------------


def check_can_answer_query(user: Any, invoice: Invoice) -> None:
    """The payee's own people, or the office on their behalf, while a question is open."""
    access.check(user, INVOICE_ACTS["funding.answer_query"].permission, invoice)
    check_invoice_state("funding.answer_query", invoice.state)


def check_can_query(user: Any, invoice: Invoice) -> None:
    """An approver without an interest, before the invoice is approved."""
    _check_decides(user, invoice, "funding.query_invoice")


def check_can_reject(user: Any, invoice: Invoice) -> None:
    """An approver without an interest, until it is in a payment run. Who raised it may: that pays nobody."""
    _check_decides(user, invoice, "funding.reject_invoice")


def _check_decides(user: Any, invoice: Invoice, act: str) -> None:
    access.check(user, INVOICE_ACTS[act].permission, invoice)
    check_is_not_barred(user, invoice)
    check_invoice_state(act, invoice.state)


def practices_of(invoice: Invoice) -> set[int]:
    """Ids of the practices that the invoice's money is for: the payee or, of a supplier's, those it supported."""
    return set(invoice.lines.values_list("commitment__practice", flat=True))


def check_is_not_barred(user: Any, invoice: Invoice) -> None:
    """Nobody deals with an invoice of a practice in which they declared an interest, or of who they work for."""
    interest = (
        Interest.objects.in_force()
        .filter(person=user.pk, practice__in=practices_of(invoice))
        .select_related("practice")
        .first()
    )
    if interest is not None:
        raise Denied(
            f"You declared an interest in {interest.practice.name}, so a colleague must deal with it."
        )
    if claims.is_own(user, invoice.payee):
        raise Denied(f"You work for {invoice.payee.name}, so a colleague must deal with it.")


# --- approved ----------------------------------------------------------------------------------


def acted_for_payee(invoice: Invoice) -> set[int]:
    """Ids of who raised the invoice or answered for the payee."""
    return set(
        InvoiceStep.objects.filter(
            invoice=invoice, act__in=("funding.raise_invoice", "funding.answer_query")
        ).values_list("made_by", flat=True)
    )


def check_can_approve(user: Any, invoice: Invoice, act: str = "funding.approve_invoice") -> None:
    """Approvals and personal limits. With T the invoice's total and L the person's limit (£0 without one):

    - L ≥ T: this one approval is enough ("approve_invoice" on a received invoice).
    - L < T, or no limit: the approval counts as the first of two ("approve_invoice_first"); nobody without a
      limit that covers T approves alone.
    - A second approval ("approve_invoice" on one that needs it) takes another person whose L ≥ T.

    A question in between makes both approvals void: the answer may change what is approved. Nobody approves
    what they raised, or answered for, or what is for a practice in which they declared an interest, or who
    they work for; nor what is no longer payable. Who holds the permission in scope may be asked at all.
    """
    access.check(user, INVOICE_ACTS[act].permission, invoice)
    check_is_not_barred(user, invoice)
    if invoice.raised_by_id == user.pk:
        raise Denied("You raised this invoice. Someone else must approve it.")
    if user.pk in acted_for_payee(invoice):
        raise Denied("You answered for the payee. Someone else must approve this invoice.")
    if user.pk in (invoice.first_approved_by_id, invoice.approved_by_id):
        raise Denied(
            "You have approved this invoice already. A second person must approve it too."
            if invoice.state == S.NEEDS_SECOND
            else "You have approved this invoice already."
        )
    check_invoice_state(act, invoice.state)
    limit, total = limit_of(user), invoice.total
    if act == "funding.approve_invoice" and limit < total:
        own = f"Yours is {money(limit)}." if limit else "You have none."
        raise Denied(f"This approval needs an approval limit of {money(total)} or more. {own}")
    if act == "funding.approve_invoice_first" and limit >= total:
        raise Denied("Your approval limit covers this invoice: your approval is enough.")
    check_is_still_payable(invoice)


def may_second(invoice: Invoice) -> list[Person]:
    """Who may give the second approval, by name."""
    return [
        each
        for each in whose_limit_covers(invoice)
        if not why_not(check_can_approve, each, invoice, "funding.approve_invoice")
    ]


def check_is_still_payable(invoice: Invoice) -> None:
    """Each line, with what is approved and not paid before it, is within what is payable now.

    Money may have been paid or withheld since the invoice was raised.
    """
    lines = list(invoice.lines.select_related("commitment__item"))
    commitments = [line.commitment for line in lines]
    figures, before = ledger.of_commitments(commitments), claims.claimed(commitments, CLAIMING)
    for line in lines:
        left = figures[line.commitment_id].payable - before[line.commitment_id]
        if line.pence > left:
            raise Denied(
                f"{money(line.pence)} for “{line.commitment.item.name}” is more than is still payable: "
                f"{money(max(left, 0))}. Reject this invoice, and ask for one of the right amount."
            )


def to_approve(user: Any) -> QuerySet[Invoice]:
    """The invoices that wait for this person's approval: those ``check_can_approve`` lets them approve, or would
    if their money were still payable.
    """
    rows = Invoice.objects.visible_to(user, P.APPROVE_INVOICES).with_total()
    acted = InvoiceStep.objects.filter(
        made_by=user.pk, act__in=("funding.raise_invoice", "funding.answer_query")
    )
    barred = Interest.objects.in_force().filter(person=user.pk).values("practice")
    return (
        rows.filter(
            Q(state=S.RECEIVED)
            | (Q(state=S.NEEDS_SECOND, total__lte=limit_of(user)) & ~Q(first_approved_by=user.pk))
        )
        .exclude(pk__in=acted.values("invoice"))
        .exclude(lines__commitment__practice__in=barred)
        .exclude(practice__isnull=False, practice__in=own_practices(user))
        .exclude(supplier__isnull=False, supplier__in=own_suppliers(user))
    )


# --- paid --------------------------------------------------------------------------------------


def check_can_move_in_run(user: Any, invoice: Invoice, act: str) -> None:
    """Finance, as the table says."""
    access.check(user, INVOICE_ACTS[act].permission, invoice)
    check_invoice_state(act, invoice.state)


# --- limits ------------------------------------------------------------------------------------


def check_can_set_limit(user: Any, person: Person) -> None:
    """An administrator in whose reach all the person's approving roles are; never of themselves."""
    roles: Iterable[Any] = [
        each for each in person.current_holdings if P.APPROVE_INVOICES in each.permissions
    ]
    if not roles:
        raise Denied(f"{person.name} has no role that approves invoices.")
    if user.pk == person.pk:
        raise Denied("Another administrator must set your own limit.")
    if not all(reaches(user, P.MANAGE_PEOPLE, Scope.of(each)) for each in roles):
        raise Denied(f"Your own role does not reach all that {person.name} approves.")
