"""A practice in the care of a supplier: opened and closed inside the acts of a room to the left.

That room may keep one open: it names a function that says why an administrator cannot end it by hand.
"""

from collections.abc import Callable

from practices.models import Organisation, Practice, SupplierAssignment
from resilience.core.calendar import today

KEPT_OPEN: list[Callable[[SupplierAssignment], str]] = []
"""Each answers why an assignment cannot be ended by hand, in a sentence; "" where it can."""


def open_care(supplier: Organisation, practice: Practice) -> tuple[SupplierAssignment, bool]:
    """The supplier's people see the practice from today; and whether that is new. Hold the practice locked.

    The row is held, so that nobody closes it meanwhile.
    """
    rows = practice.supplier_assignments.select_for_update(of=("self",))
    care = rows.filter(supplier=supplier, ended_on__isnull=True).first()
    if care is None:
        return practice.supplier_assignments.create(supplier=supplier, started_on=today()), True
    if care.started_on > today():
        care.started_on = today()
        care.save(update_fields=["started_on"])
    return care, False


def close_care(care: SupplierAssignment) -> None:
    """From now on they do not. Hold it locked."""
    if care.ended_on is None:
        care.ended_on = today()
        care.save(update_fields=["ended_on"])


def why_kept_open(care: SupplierAssignment) -> str:
    """The first reason why it cannot be ended by hand; "" where it can."""
    return next(filter(None, (why(care) for why in KEPT_OPEN)), "")
