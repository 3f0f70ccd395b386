"""What an administrator does to organisations, localities and the practices of a supplier."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction

from practices import organisation_rules as rules
from practices.models import Membership, Organisation, Practice, PracticeChange, SupplierAssignment
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record


def _save(organisation: Organisation) -> None:
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError:
        raise Denied(
            f"There is another {organisation.get_kind_display()} with the code {organisation.code}."
        ) from None


@action("Added an organisation")
def add_organisation(
    *,
    by: Any,
    kind: str,
    code: str,
    name: str,
    parent: Organisation | None = None,
    address: str = "",
) -> Organisation:
    """Raises Denied where it may not stand, or when the code is taken."""
    rules.check_can_place(by, kind, parent)
    organisation = Organisation(kind=kind, code=code, name=name, parent=parent, address=address)
    _save(organisation)
    record(by=by, on=organisation, kind=kind, parent=parent and parent.pk)
    return organisation


@action("Changed an organisation")
def change_organisation(
    *,
    by: Any,
    organisation: Organisation,
    code: str,
    name: str,
    parent: Organisation | None,
    address: str,
    closed_on: dt.date | None,
    successor: Organisation | None,
) -> Organisation:
    """All but its kind. Raises Denied where it may not stand, and for a successor that leads back."""
    organisation = lock(organisation)
    rules.check_can_manage_organisation(by, organisation)
    if parent != organisation.parent:
        rules.check_can_place(by, organisation.kind, parent)
    rules.check_succession(organisation, closed_on, successor)
    typed = {
        "code": code,
        "name": name,
        "parent": parent,
        "address": address,
        "closed_on": closed_on,
        "successor": successor,
    }
    changed = [field for field, value in typed.items() if getattr(organisation, field) != value]
    for field in changed:
        setattr(organisation, field, typed[field])
    _save(organisation)
    record(
        by=by,
        on=organisation,
        changed=changed,
        parent=organisation.parent_id,
        closed_on=closed_on,
        successor=organisation.successor_id,
    )
    return organisation


@action("Moved practices into a locality")
def move_into_locality(
    *, by: Any, locality: Organisation, practices: Iterable[Practice], on: dt.date
) -> list[Practice]:
    """All of them or none. The earlier membership stays on record, with the day it ended."""
    moved = []
    for practice in sorted(practices, key=lambda each: each.pk):
        practice = lock(practice)
        rules.check_can_move_to_locality(by, practice, locality, on)
        before = practice.locality
        practice.memberships.filter(is_locality=True, left_on__isnull=True).update(left_on=on)
        Membership.objects.create(practice=practice, organisation=locality, is_locality=True, joined_on=on)
        practice.locality = locality
        practice.save(update_fields=["locality"])
        PracticeChange.objects.create(
            practice=practice,
            field="locality",
            before=str(before or ""),
            after=str(locality),
            source="entered by an administrator",
        )
        moved.append(practice)
    if not moved:
        raise Denied("Choose at least one practice.")
    record(by=by, on=locality, practices=[each.pk for each in moved], day=on)
    return moved


@action("Assigned practices to a supplier")
def assign_to_supplier(
    *, by: Any, supplier: Organisation, practices: Iterable[Practice], started_on: dt.date
) -> list[SupplierAssignment]:
    """All of them or none: the supplier's people see these practices from ``started_on``."""
    made = []
    for practice in sorted(practices, key=lambda each: each.pk):
        practice = lock(practice)
        rules.check_can_assign(by, supplier, practice)
        made.append(
            SupplierAssignment.objects.create(supplier=supplier, practice=practice, started_on=started_on)
        )
    if not made:
        raise Denied("Choose at least one practice.")
    record(by=by, on=supplier, practices=[each.practice_id for each in made], day=started_on)
    return made


@action("Ended a supplier's assignment")
def end_assignment(*, by: Any, assignment: SupplierAssignment, ended_on: dt.date) -> None:
    """The supplier's people see the practice until the day before ``ended_on``."""
    assignment = lock(assignment)
    rules.check_can_end_assignment(by, assignment, ended_on)
    assignment.ended_on = ended_on
    assignment.save(update_fields=["ended_on"])
    record(by=by, on=assignment, practice=assignment.practice_id, day=ended_on)
