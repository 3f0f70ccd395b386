"""What an invoice's own page shows: its lines, its history, and the acts with why not."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse

from funding.invoices import claims, limits, rules
from funding.invoices.forms import label_of
from funding.invoices.states import INVOICE_ACTS
from funding.models import Invoice, InvoiceLine, InvoiceStep
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import P, allows, why_not
from resilience.core.acts import ACTIONS
from resilience.core.words import money

S = Invoice.State

COLOURS: dict[str, str] = {
    S.RECEIVED: "blue",
    S.QUERIED: "yellow",
    S.NEEDS_SECOND: "purple",
    S.APPROVED: "green",
    S.REJECTED: "red",
    S.IN_RUN: "aqua-green",
    S.PAID: "grey",
}


def find(request: SignedInRequest, pk: int) -> Invoice:
    """The invoice, in the person's scope. Raises Http404."""
    seen = Invoice.objects.visible_to(request.user).with_total()
    found = seen.select_related("practice", "supplier", "commissioner", "raised_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Line:
    """A line with what it is for, its referral where the person may open it, and what of it stands now."""

    line: InvoiceLine
    text: str
    href: str
    claim: claims.Claim


@dataclass(frozen=True)
class Step:
    """A step as the history tells it."""

    step: InvoiceStep
    did: str


@dataclass(frozen=True)
class Button:
    """An act that has its page, and why it cannot be done (empty: it can)."""

    text: str
    href: str
    refused: str
    variant: str


def lines_of(request: SignedInRequest, invoice: Invoice) -> list[Line]:
    rows = list(
        InvoiceLine.objects.visible_to(request.user)
        .filter(invoice=invoice)
        .select_related(
            "commitment__practice",
            "commitment__item",
            "commitment__referral__year",
            "commitment__allocation__year",
        )
    )
    known = {claim.commitment.pk: claim for claim in claims.claims([row.commitment for row in rows])}
    return [
        Line(
            row,
            label_of(row.commitment),
            reverse("funding:case", kwargs={"referral": row.commitment.referral_id})
            if allows(request.user, P.VIEW_MONEY, row.commitment.referral)
            else "",
            known[row.commitment_id],
        )
        for row in rows
    ]


def buttons(user: Any, invoice: Invoice) -> list[Button]:
    """The acts of the person's roles that this state may still see, the likeliest first."""
    here = {"invoice": invoice.pk}
    found = []
    if user.may(P.RAISE_INVOICES) and invoice.state == S.QUERIED:
        refused = why_not(rules.check_can_answer_query, user, invoice)
        found.append(Button("Answer the question", reverse("funding:answer_query", kwargs=here), refused, ""))
    if not user.may(P.APPROVE_INVOICES):
        return found
    if invoice.state in (S.RECEIVED, S.QUERIED, S.NEEDS_SECOND):
        act = limits.approval_of(user, invoice)
        refused = why_not(rules.check_can_approve, user, invoice, act)
        text = f"Approve {money(invoice.total)}"
        found.append(Button(text, reverse("funding:approve_invoice", kwargs=here), refused, ""))
        refused = why_not(rules.check_can_query, user, invoice)
        found.append(
            Button("Ask a question", reverse("funding:query_invoice", kwargs=here), refused, "secondary")
        )
    if invoice.state in INVOICE_ACTS["funding.reject_invoice"].moves:
        refused = why_not(rules.check_can_reject, user, invoice)
        found.append(Button("Reject", reverse("funding:reject_invoice", kwargs=here), refused, "secondary"))
    return found


def open_question(invoice: Invoice, steps: list[InvoiceStep]) -> InvoiceStep | None:
    """The question that is not answered yet."""
    if invoice.state != S.QUERIED:
        return None
    return next(step for step in reversed(steps) if step.act == "funding.query_invoice")


def context(request: SignedInRequest, invoice: Invoice) -> dict[str, Any]:
    """Context of every page of one invoice."""
    steps = list(
        InvoiceStep.objects.visible_to(request.user)
        .filter(invoice=invoice)
        .select_related("made_by", "file")
        .defer("file__content")
    )
    in_office = request.user.may(P.VIEW_MONEY)
    needs_second = in_office and invoice.state == S.NEEDS_SECOND
    return {
        **sections(request),
        "title": f"Invoice {invoice.number}",
        "caption": invoice.payee.name,
        "back": reverse("funding:invoices"),
        "back_text": "Invoices",
        "invoice": invoice,
        "colour": COLOURS[invoice.state],
        "lines": lines_of(request, invoice),
        "current": next((step for step in reversed(steps) if step.file), None),
        "steps": [Step(step, ACTIONS[step.act].did) for step in steps],
        "question": open_question(invoice, steps),
        "buttons": buttons(request.user, invoice),
        "in_office": in_office,
        "needs_second": needs_second,
        "may_second": rules.may_second(invoice) if needs_second else [],
    }
