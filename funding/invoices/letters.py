"""The emails about invoices: what happened, what to do, and where."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from funding.models import Invoice
from practices.models import Person, Practice, RoleHolding
from resilience.core.access import Role
from resilience.core.outbox import link, queue
from resilience.core.words import money
from resilience.referrals.models import Referral


def payee_side(invoice: Invoice) -> list[str]:
    """Emails of who works for the payee; where nobody signs in for it, the referrals' own contacts."""
    if isinstance(invoice.payee, Practice):
        held = RoleHolding.objects.filter(role=Role.PRACTICE_USER, practice=invoice.practice_id)
    else:
        held = RoleHolding.objects.filter(role=Role.SUPPLIER_USER, organisation=invoice.supplier_id)
    people = Person.objects.filter(pk__in=held.filter(ended_at__isnull=True).values("person"), is_active=True)
    found = list(people.values_list("email", flat=True))
    if found or invoice.practice is None:
        return found
    cases = Referral.objects.filter(commitments__invoice_lines__invoice=invoice)
    return list(dict.fromkeys(cases.values_list("contact_email", flat=True)))


def _send(to: Iterable[str], invoice: Invoice, subject: str, *paragraphs: str) -> None:
    where = link(reverse("funding:invoice", kwargs={"invoice": invoice.pk}))
    for address in dict.fromkeys(to):
        queue(to=[address], subject=subject, body="\n\n".join((*paragraphs, where)) + "\n")


def _named(invoice: Invoice) -> str:
    return f"Invoice {invoice.number} of {invoice.payee.name} for {money(invoice.total)}"


def raised_on_behalf(invoice: Invoice) -> None:
    _send(
        payee_side(invoice),
        invoice,
        f"Invoice {invoice.number} was entered for you",
        f"{invoice.raised_by.name} of {invoice.commissioner.name} entered invoice {invoice.number} for "
        f"{money(invoice.total)} on behalf of {invoice.payee.name}.",
        "Tell them if this is not right.",
    )


def queried(invoice: Invoice, question: str, by: Any) -> None:
    _send(
        payee_side(invoice),
        invoice,
        f"A question about your invoice {invoice.number}",
        f"{by.name} asks about invoice {invoice.number} of {invoice.payee.name}:",
        question,
        "It cannot be approved until you answer. You can answer, and replace the file, here:",
    )


def answered(invoice: Invoice, answer: str, asked_by: Person) -> None:
    _send(
        [asked_by.email],
        invoice,
        f"Your question about invoice {invoice.number} is answered",
        f"{_named(invoice)} was queried. The answer:",
        answer,
    )


def needs_second(invoice: Invoice, people: Iterable[Person], by: Any) -> None:
    _send(
        [each.email for each in people],
        invoice,
        f"Invoice {invoice.number} needs a second approval",
        f"{_named(invoice)} was approved by {by.name}, whose approval limit is lower. "
        "It needs your approval too.",
    )


def rejected(invoice: Invoice, reason: str, by: Any) -> None:
    _send(
        payee_side(invoice),
        invoice,
        f"Your invoice {invoice.number} is rejected",
        f"{by.name} rejected invoice {invoice.number} of {invoice.payee.name} for {money(invoice.total)}, "
        "for this reason:",
        reason,
        "If you are still owed money, you may send a new invoice, also under the same number.",
    )
