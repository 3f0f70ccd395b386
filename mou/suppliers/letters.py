"""What the emails about delivery by a supplier say. The supplier's say no more than its people see."""

from django.urls import reverse

from mou import post
from mou.models import Deliverable, SupplierCase, SupplierVisit
from mou.people import holders
from mou.suppliers.managers import is_expected, people_of
from practices.models import Person, RoleHolding
from resilience.core.access import P, Role
from resilience.core.outbox import link
from resilience.core.words import day


def _practice(case: SupplierCase) -> list[str]:
    """Those who act for this practice of the case, else the contact of the referral."""
    if case.practice_id == case.referral.lead_practice_id:
        return post.emails(holders(P.PLAN_FOR_PRACTICE, case.referral)) or [case.referral.contact_email]
    held = RoleHolding.objects.in_force().filter(practice=case.practice, role=Role.PRACTICE_USER)
    people = Person.objects.filter(pk__in=held.values("person"), is_active=True)
    return post.emails(people) or [case.referral.contact_email]


def _supplier(case: SupplierCase) -> list[str]:
    """The change manager, while they work there: who is invited hears of no practice before, who has left of none
    after. Once they have left, all who work there."""
    people = post.emails(people_of(case.supplier))
    if case.manager_email in people:
        return [case.manager_email]
    return [] if is_expected(case) else people


def _page(case: SupplierCase) -> str:
    return link(reverse("mou:supplier_case", kwargs={"supplier_case": case.pk}))


def _of(deliverable: Deliverable) -> str:
    return link(reverse("mou:deliverable", kwargs={"deliverable": deliverable.pk}))


def assigned(case: SupplierCase) -> None:
    """To both sides: who supports whom, and where it is followed."""
    practice, supplier = case.practice.name, case.supplier.name
    post.send(
        _practice(case),
        case.referral,
        f"{supplier} will support {practice}",
        f"We have asked {supplier} to support {practice}. Your change manager is {case.manager_name} "
        f"({case.manager_email}), who will be in touch to arrange a first visit.",
        f"What will be done by when, the data pack to read beforehand, and what the practice commits itself to:\n"
        f"{_page(case)}",
    )
    first = case.deliverables.order_by("due_on").first()
    due = f"The first thing due is “{first.kind.name}”, by {day(first.due_on)}." if first else ""
    post.send(
        _supplier(case),
        case.referral,
        f"{practice} is assigned to you",
        f"{practice} is now in the care of {supplier}, and {case.manager_name} is its change manager. {due}".strip(),
        f"Its contact is {case.referral.contact_name} ({case.referral.contact_email}).",
        f"Everything you need:\n{_page(case)}",
    )


def manager_changed(case: SupplierCase, before: str) -> None:
    """To both sides, and to who it was ``before``, if that is somebody of the supplier."""
    earlier = [each for each in post.emails(people_of(case.supplier)) if each == before]
    post.send(
        [*_practice(case), *_supplier(case), *earlier],
        case.referral,
        f"The change manager for {case.practice.name}",
        f"From today the change manager of {case.supplier.name} for {case.practice.name} is "
        f"{case.manager_name} ({case.manager_email}).",
        _page(case),
    )


ABOUT_MONEY = (
    "What was accepted stays accepted, and what was invoiced stays invoiced. "
    "What was handed in before that day is still answered."
)


def ended(case: SupplierCase) -> None:
    post.send(
        [*_practice(case), *_supplier(case)],
        case.referral,
        f"{case.supplier.name} no longer supports {case.practice.name}",
        f"The support of {case.practice.name} by {case.supplier.name} ended on {day(case.ended_at)}.",
        f"The reason given: {case.ended_reason}",
        *([ABOUT_MONEY] if case.ended_with_id else []),
    )


def visit_booked(visit: SupplierVisit) -> None:
    case = visit.supplier_case
    post.send(
        _practice(case),
        case.referral,
        f"A visit on {day(visit.planned_on)}",
        f"{case.manager_name} of {case.supplier.name} will visit {case.practice.name} on {day(visit.planned_on)}.",
        f"Please read the data pack beforehand:\n{_page(case)}",
    )


def visit_cancelled(visit: SupplierVisit) -> None:
    case = visit.supplier_case
    post.send(
        _practice(case),
        case.referral,
        f"The visit on {day(visit.planned_on)} is cancelled",
        f"{case.manager_name} of {case.supplier.name} will not come to {case.practice.name} on "
        f"{day(visit.planned_on)}: {visit.cancelled_reason}",
        "You will hear of a new date.",
    )


def handed_in(deliverable: Deliverable) -> None:
    case = deliverable.supplier_case
    post.send(
        post.office(case.referral),
        case.referral,
        f"{case.practice.name}: {deliverable.kind.name}",
        f"{case.supplier.name} handed in “{deliverable.kind.name}” for {case.practice.name}.",
        f"Read it, then accept it or ask for it again:\n{_of(deliverable)}",
    )


def accepted(deliverable: Deliverable, words: str) -> None:
    case = deliverable.supplier_case
    invoice = (
        "You can invoice for this practice once the money is payable: see Invoices."
        if deliverable.kind.opens_invoice
        else ""
    )
    post.send(
        [*_supplier(case), *_practice(case)],
        case.referral,
        f"{case.practice.name}: “{deliverable.kind.name}” is accepted",
        *filter(None, (f"“{deliverable.kind.name}” for {case.practice.name} is accepted.", words)),
        *([_of(deliverable)] if case.is_open else []),
    )
    if invoice:
        post.send(_supplier(case), case.referral, f"{case.practice.name}: you can invoice", invoice)


def asked_again(deliverable: Deliverable, words: str) -> None:
    case = deliverable.supplier_case
    post.send(
        _supplier(case),
        case.referral,
        f"{case.practice.name}: please change “{deliverable.kind.name}”",
        f"“{deliverable.kind.name}” for {case.practice.name} cannot be accepted yet:",
        words,
        f"Change it and hand it in again by {day(deliverable.due_on)}:\n{_of(deliverable)}",
    )


def new_date(deliverable: Deliverable, why: str) -> None:
    case = deliverable.supplier_case
    post.send(
        [*_supplier(case), *_practice(case)],
        case.referral,
        f"{case.practice.name}: “{deliverable.kind.name}” is now due on {day(deliverable.due_on)}",
        f"“{deliverable.kind.name}” for {case.practice.name} is now due on {day(deliverable.due_on)}.",
        f"The reason given: {why}",
    )


def due_soon(deliverable: Deliverable) -> None:
    case = deliverable.supplier_case
    post.send(
        _supplier(case),
        case.referral,
        f"{case.practice.name}: “{deliverable.kind.name}” is due on {day(deliverable.due_on)}",
        f"“{deliverable.kind.name}” for {case.practice.name} is due on {day(deliverable.due_on)}.",
        f"Write it here or hand in a file:\n{_of(deliverable)}",
    )


def late(deliverable: Deliverable) -> None:
    case = deliverable.supplier_case
    post.send(
        [*_supplier(case), *post.office(case.referral)],
        case.referral,
        f"{case.practice.name}: “{deliverable.kind.name}” is late",
        f"“{deliverable.kind.name}” for {case.practice.name} was due from {case.supplier.name} on "
        f"{day(deliverable.due_on)} and is not in.",
        f"Hand it in, or agree a new date with the programme’s officer:\n{_of(deliverable)}",
    )
