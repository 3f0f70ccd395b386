"""Who may change organisations, where one may stand, and which practices belong to it."""

import datetime as dt
from typing import Any

from practices.care import why_kept_open
from practices.models import Organisation, Practice, SupplierAssignment
from practices.scopes import Scope, reaches
from resilience.core.access import Denied, P, check
from resilience.core.calendar import today
from resilience.core.words import day

Kind = Organisation.Kind

# Region > local office > commissioner > locality: a parent is always of a kind further up, so no circle closes.
PARENTS: dict[str, tuple[str, ...]] = {
    Kind.REGION: (),
    Kind.LOCAL_OFFICE: (Kind.REGION,),
    Kind.CCG: (Kind.LOCAL_OFFICE, Kind.REGION),
    Kind.ICB: (Kind.LOCAL_OFFICE, Kind.REGION),
    Kind.LOCALITY: (Kind.CCG, Kind.ICB),
    Kind.SUPPLIER: (Kind.REGION, Kind.LOCAL_OFFICE, Kind.CCG, Kind.ICB),
    Kind.OTHER: (Kind.REGION, Kind.LOCAL_OFFICE, Kind.CCG, Kind.ICB),
}


def _label(kind: str) -> str:
    label = Kind(kind).label.split(" (")[0]
    return label if label.startswith("NHS") else label.lower()


def check_can_manage_organisation(user: Any, organisation: Organisation) -> None:
    if not reaches(user, P.MANAGE_ORGANISATIONS, Scope(organisation=organisation)):
        raise Denied(f"Your role does not let you change {organisation}.")


def check_can_place(user: Any, kind: str, parent: Organisation | None) -> None:
    """May an organisation of ``kind`` stand below ``parent``, and may ``user`` put it there?"""
    if parent is not None and parent.kind not in PARENTS[kind]:
        wanted = " or ".join(_label(each) for each in PARENTS[kind])
        raise Denied(
            f"A {_label(kind)} stands below a {wanted}: {parent} is a {_label(parent.kind)}."
            if wanted
            else f"A {_label(kind)} stands below nothing."
        )
    if kind == Kind.LOCALITY and parent is None:
        raise Denied("A locality belongs to a commissioner: choose it.")
    if not reaches(user, P.MANAGE_ORGANISATIONS, Scope(organisation=parent)):
        where = f"below {parent}" if parent else "that stands below nothing"
        raise Denied(f"Your role does not let you put an organisation {where}.")


def check_succession(
    organisation: Organisation, closed_on: dt.date | None, successor: Organisation | None
) -> None:
    """Only a closed organisation has a successor: one of its kind that does not lead back to it."""
    if successor is None:
        return
    if closed_on is None:
        raise Denied("Give the date it closed: only a closed organisation has a successor.")
    commissioners = Organisation.COMMISSIONERS
    alike = successor.kind == organisation.kind or {successor.kind, organisation.kind} <= set(commissioners)
    if not alike:
        raise Denied(f"{successor} is of another kind: a successor does the same work.")
    node: Organisation | None = successor
    while node is not None:
        if node.pk == organisation.pk:
            raise Denied(f"{successor} cannot succeed it: that would lead back to {organisation}.")
        node = node.successor


def check_can_move_to_locality(user: Any, practice: Practice, locality: Organisation, on: dt.date) -> None:
    check(user, P.MANAGE_ORGANISATIONS, practice)
    if locality.kind != Kind.LOCALITY:
        raise Denied(f"{locality} is not a locality.")
    if locality.closed_on and locality.closed_on <= on:
        raise Denied(f"{locality} closed on {day(locality.closed_on)}.")
    if practice.commissioner_id != locality.parent_id:
        raise Denied(
            f"{practice} belongs to {practice.commissioner or 'no commissioner'}, {locality} does not."
        )
    if practice.locality_id == locality.pk:
        raise Denied(f"{practice} is in {locality} already.")
    if on > today():
        raise Denied("The date cannot be in the future: move the practice on the day.")
    current = practice.memberships.filter(is_locality=True, left_on__isnull=True).first()
    if current and current.joined_on and current.joined_on > on:
        raise Denied(f"{practice} joined its locality on {day(current.joined_on)}: choose a later date.")


def check_can_assign(user: Any, supplier: Organisation, practice: Practice) -> None:
    check(user, P.MANAGE_ORGANISATIONS, practice)
    if supplier.kind != Kind.SUPPLIER:
        raise Denied(f"{supplier} is not a supplier.")
    if supplier.closed_on and supplier.closed_on <= today():
        raise Denied(f"{supplier} closed on {day(supplier.closed_on)}.")
    if practice.supplier_assignments.filter(supplier=supplier, ended_on__isnull=True).exists():
        raise Denied(f"{practice} is assigned to {supplier} already.")


def check_can_end_assignment(user: Any, assignment: SupplierAssignment, on: dt.date | None = None) -> None:
    check(user, P.MANAGE_ORGANISATIONS, assignment)
    if assignment.ended_on:
        raise Denied(f"This assignment ended on {day(assignment.ended_on)}.")
    if kept := why_kept_open(assignment):
        raise Denied(kept)
    if on and on < assignment.started_on:
        raise Denied(f"It began on {day(assignment.started_on)}: it cannot end before that.")
