"""What a programme year asks of its suppliers and of the practices in their care: rows that its owner changes."""

from typing import Any

from mou.models import CommitmentItem, DeliverableKind, NeedTheme
from mou.suppliers import sheets
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import ProgrammeYear
from resilience.programmes.rules import check_can_manage

YearRow = DeliverableKind | CommitmentItem | NeedTheme
USED_BY: dict[type[Any], str] = {DeliverableKind: "deliverables", CommitmentItem: "ticks", NeedTheme: "tags"}
"""What may point at a row of each kind."""


def check_can_change(user: Any, row: YearRow, **values: Any) -> None:
    """Of a deliverable that was asked for, how it is written stays, and whether the invoice waits for it."""
    check_can_manage(user, row.year.programme)
    if isinstance(row, DeliverableKind) and row.deliverables.exists():
        for name, words in (
            ("form", "how it is written"),
            ("opens_invoice", "whether the invoice waits for it"),
        ):
            if name in values and values[name] != getattr(row, name):
                raise Denied(f"Suppliers were asked for this already, so {words} stays as it is.")


def check_can_remove(user: Any, row: YearRow) -> None:
    check_can_manage(user, row.year.programme)
    if getattr(row, USED_BY[type(row)]).exists():
        raise Denied(f"“{row.name}” is in use, so it stays.")


@action("Set up delivery by suppliers")
def set_up_suppliers(*, by: Any, year: ProgrammeYear) -> ProgrammeYear:
    """Give the year the deliverables, commitments and needs that such programmes have, where it has none."""
    year = lock(year)
    check_can_manage(by, year.programme)
    sheets.set_up(year)
    record(by=by, on=year, kinds=year.deliverable_kinds.count())
    return year


@action("Changed what suppliers are asked for")
def save_year_row(
    *, by: Any, year: ProgrammeYear, kind: type[Any], row: Any = None, **values: Any
) -> YearRow:
    """Add a row to the end, or change ``row``. Raises Denied for a name that the year has."""
    year = lock(year)
    check_can_manage(by, year.programme)
    is_new = row is None
    if row is None:
        last = kind.objects.filter(year=year).order_by("-position").first()
        row = kind(year=year, position=last.position + 1 if last else 1)
    else:
        row = lock(row)
        check_can_change(by, row, **values)
    same = kind.objects.filter(year=year, name__iexact=values["name"].strip()).exclude(pk=row.pk)
    if same.exists():
        raise Denied(f"The year has “{values['name'].strip()}” already.")
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    row.save()
    record(by=by, on=row, year=year.pk, new=is_new, kind=kind.__name__)
    return row


@action("Took out what suppliers were asked for")
def remove_year_row(*, by: Any, row: YearRow) -> None:
    """While nothing points at it."""
    row = lock(row)
    check_can_remove(by, row)
    record(by=by, on=row, year=row.year_id, kind=type(row).__name__)
    row.delete()
