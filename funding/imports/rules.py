"""Who may import money, and what is taken."""

from typing import Any

from funding import rules as money_rules
from funding.imports.plan import Plan
from funding.models import MoneyImport, YearClosing
from resilience.core.access import Denied
from resilience.core.words import moment
from resilience.programmes.models import ProgrammeYear


def check_can_import_money(user: Any, year: ProgrammeYear) -> None:
    """Whoever sets allocations in the year, while its books are open; each row is asked again by its own rule."""
    if not money_rules.commissioners_of(user, year):
        raise Denied(f"Your role does not let you set allocations in {year}.")
    if YearClosing.objects.filter(year=year).exists():
        raise Denied(f"{year} is closed: its money no longer moves.")


def check_is_new(money_import: MoneyImport) -> None:
    """The same file twice is once."""
    if money_import.imported_at:
        raise Denied("This file is imported already.")
    before = (
        MoneyImport.objects.filter(
            kind=money_import.kind,
            year=money_import.year,
            sha256=money_import.sha256,
            imported_at__isnull=False,
        )
        .select_related("imported_by")
        .first()
    )
    if before is not None and before.imported_at and before.imported_by:
        raise Denied(
            f"This very file was imported by {before.imported_by.name} on {moment(before.imported_at)}: "
            "there is nothing to do."
        )


def check_can_take(plan: Plan) -> None:
    """All rows or none, and at least one that changes something."""
    if plan.table.missing or plan.wrong_count:
        raise Denied(
            "Some rows cannot be imported. Correct the file and upload it again: nothing was imported."
        )
    if not plan.lines:
        raise Denied("Nothing to import: all of it is on record.")
