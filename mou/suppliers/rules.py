"""Who may assign cases to suppliers, deliver, answer what is delivered, and speak for the practice."""

import datetime as dt
from typing import Any

from mou.models import (
    CommitmentItem,
    Deliverable,
    SupplierCase,
    SupplierConsent,
    SupplierFigure,
    SupplierVisit,
)
from mou.suppliers.states import (
    CASE_ACTS,
    DELIVERABLE_ACTS,
    SUPPORTED,
    check_case_state,
    check_deliverable_state,
)
from practices.models import Organisation, Person, Practice, RoleHolding
from resilience.core import access
from resilience.core.access import Denied, P, Role
from resilience.core.calendar import today
from resilience.core.words import day
from resilience.referrals.models import Referral
from resilience.referrals.states import State

LONGEST = dt.timedelta(days=2 * 365)
"""No date of a delivery is further away: a programme year and the one after it."""


def open_case(referral: Referral, practice: Practice) -> SupplierCase | None:
    """The assignment of this practice of the case that lasts, if any."""
    rows = SupplierCase.objects.filter(referral=referral, practice=practice).open()
    return rows.select_related("supplier", "practice", "referral", "care").first()


def check_may_assign(user: Any, referral: Referral) -> None:
    """An officer, of a case that is supported."""
    access.check(user, CASE_ACTS["mou.assign_case"].permission, referral)
    if referral.state not in SUPPORTED:
        raise Denied(
            "A supplier is given practices once support is granted: "
            f"this referral is “{State(referral.state).label}”."
        )


def check_supplier(supplier: Organisation) -> None:
    if supplier.kind != Organisation.Kind.SUPPLIER:
        raise Denied(f"{supplier} is not a supplier.")
    if supplier.closed_on and supplier.closed_on <= today():
        raise Denied(f"{supplier} closed on {day(supplier.closed_on)}.")


def check_can_assign_case(user: Any, referral: Referral, practice: Practice, supplier: Organisation) -> None:
    """A practice of the case that is with nobody yet."""
    check_may_assign(user, referral)
    check_supplier(supplier)
    if not referral.practices.filter(practice=practice).exists():
        raise Denied(f"{practice.name} is no practice of this referral.")
    if case := open_case(referral, practice):
        check_case_state("mou.assign_case", case)


def check_works_for(supplier: Organisation, person: Person) -> None:
    """A change manager is one of the supplier's people."""
    held = RoleHolding.objects.in_force().filter(
        person=person, person__is_active=True, role=Role.SUPPLIER_USER, organisation=supplier
    )
    if not held.exists():
        raise Denied(
            f"{person.name} does not work for {supplier.name}: choose one of its people, or invite them."
        )


def check_case_act(user: Any, case: SupplierCase, act: str) -> None:
    """Who holds the permission over the assignment, in the state that the table says."""
    access.check(user, CASE_ACTS[act].permission, case)
    check_case_state(act, case)


def check_can_reassign(user: Any, case: SupplierCase, supplier: Organisation) -> None:
    check_case_act(user, case, "mou.reassign_case")
    check_may_assign(user, case.referral)
    check_supplier(supplier)
    if supplier == case.supplier:
        raise Denied(f"{case.practice.name} is with {supplier.name} already: choose another supplier.")


# --- visits and figures -------------------------------------------------------------------------


def check_can_book(user: Any, case: SupplierCase, on: dt.date) -> None:
    """Today or later, and one at a time."""
    check_case_act(user, case, "mou.book_visit")
    if booked := case.suppliervisits.filter(recorded_at__isnull=True, cancelled_at__isnull=True).first():
        raise Denied(f"A visit is booked for {day(booked.planned_on)}: record or cancel it first.")
    if on < today():
        raise Denied("A visit is booked for today or a later day.")
    if on > today() + LONGEST:
        raise Denied(f"A visit is booked for {day(today() + LONGEST)} or before.")


def check_visit(user: Any, visit: SupplierVisit, act: str) -> None:
    """While it is booked."""
    check_case_act(user, visit.supplier_case, act)
    if visit.recorded_at:
        raise Denied(f"This visit was made on {day(visit.made_on)}.")
    if visit.cancelled_at:
        raise Denied(f"This visit was cancelled on {day(visit.cancelled_at)}.")


def check_can_withdraw_figure(user: Any, figure: SupplierFigure) -> None:
    check_case_act(user, figure.supplier_case, "mou.withdraw_figure")
    if figure.withdrawn_at:
        raise Denied(f"This figure was taken back on {day(figure.withdrawn_at)}.")


# --- the practice -------------------------------------------------------------------------------


def check_can_tick(
    user: Any, case: SupplierCase, item: CommitmentItem, act: str = "mou.tick_commitment"
) -> None:
    """The practice's own people, for what its year asks of it."""
    check_case_act(user, case, act)
    if item.year_id != case.referral.year_id:
        raise Denied("This is no commitment of the practice’s programme year.")


def check_can_consent(user: Any, case: SupplierCase, what: str, act: str = "mou.give_consent") -> None:
    """The practice's own people, at any time."""
    check_case_act(user, case, act)
    if what not in SupplierConsent.What.values:
        raise Denied("Choose what the practice consents to.")


# --- deliverables -------------------------------------------------------------------------------


def check_deliverable_act(user: Any, deliverable: Deliverable, act: str) -> None:
    """Who holds the permission over the assignment, in the state that the table says."""
    access.check(user, DELIVERABLE_ACTS[act].permission, deliverable.supplier_case)
    check_deliverable_state(act, deliverable)


def check_can_answer(user: Any, deliverable: Deliverable, act: str = "mou.accept_deliverable") -> None:
    """An officer who does not work for the supplier."""
    check_deliverable_act(user, deliverable, act)
    case = deliverable.supplier_case
    if case.supplier_id in user.organisations(P.DELIVER):
        raise Denied(f"You work for {case.supplier.name}, so a colleague must answer.")


def check_new_date(user: Any, deliverable: Deliverable, due_on: dt.date) -> None:
    check_deliverable_act(user, deliverable, "mou.change_deliverable_date")
    if due_on < today():
        raise Denied("The new date must be today or later.")
    if due_on > today() + LONGEST:
        raise Denied(f"The new date must be {day(today() + LONGEST)} or before.")


def why_kept_open(care: Any) -> str:
    """Why an administrator cannot end a practice's care by hand: a case there is assigned to the supplier."""
    rows = SupplierCase.objects.filter(care=care).open()
    case = rows.select_related("referral", "practice", "supplier").first()
    if case is None:
        return ""
    return (
        f"{case.practice.name} is with {case.supplier.name} for referral {case.referral.reference}. "
        "Its officer ends that assignment on the case."
    )
