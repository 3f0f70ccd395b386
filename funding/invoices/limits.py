"""How much of an invoice a person may approve alone."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from funding.models import ApprovalLimit, Invoice
from practices.models import Person
from resilience.core.access import ROLE_PERMISSIONS, P
from resilience.core.calendar import today


def limits_in_force() -> QuerySet[ApprovalLimit]:
    """Of each person's limits that have begun, the one set last."""
    begun = ApprovalLimit.objects.filter(starts_on__lte=today())
    latest = begun.filter(person=OuterRef("person")).order_by("-id").values("pk")[:1]
    return begun.filter(pk=Subquery(latest))


def limit_of(person: Any) -> int:
    """The largest invoice, in pence, that the person's approval is enough for; £0 where none was ever set."""
    begun = ApprovalLimit.objects.filter(person=person.pk, starts_on__lte=today()).order_by("-id")
    return begun.values_list("pence", flat=True).first() or 0


def covers(person: Any, invoice: Invoice) -> bool:
    """Is the person's limit at least the whole invoice?"""
    return limit_of(person) >= invoice.total


def approval_of(person: Any, invoice: Invoice) -> str:
    """Which of the two acts of the table the person's approval is: enough, or the first of two."""
    if invoice.state == Invoice.State.NEEDS_SECOND or covers(person, invoice):
        return "funding.approve_invoice"
    return "funding.approve_invoice_first"


def whose_limit_covers(invoice: Invoice) -> list[Person]:
    """People whose approval of this invoice would be enough, as far as role, scope and limit go; by name."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if P.APPROVE_INVOICES in held]
    enough = limits_in_force().filter(pence__gte=invoice.total).values("person")
    people = Person.objects.filter(
        pk__in=enough, is_active=True, holdings__role__in=roles, holdings__ended_at__isnull=True
    )
    return [each for each in people.distinct() if each.pk is not None and _reaches(each, invoice)]


def _reaches(person: Person, invoice: Invoice) -> bool:
    return Invoice.objects.visible_to(person, P.APPROVE_INVOICES).filter(pk=invoice.pk).exists()
