"""What has changed since something was shown: rows added, removed, and changed with before and after."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from funding.models import FinanceReport
from funding.reports.figures import from_facts, report_of
from resilience.core.words import money


@dataclass(frozen=True)
class Change:
    """One row: ``what`` is "Added", "Removed", or the name of the figure that is another now."""

    row: str
    what: str
    before: Any
    after: Any

    @property
    def said(self) -> tuple[str, str]:
        """Before and after in words; whole numbers are pence."""
        before, after = (
            money(each) if isinstance(each, int) else str(each or "") for each in (self.before, self.after)
        )
        return before, after


def compare(
    before: Mapping[Hashable, Mapping[str, Any]],
    after: Mapping[Hashable, Mapping[str, Any]],
    names: Mapping[Hashable, str],
    figures: Sequence[tuple[str, str]],
) -> list[Change]:
    """Row by row, by their keys: ``figures`` are the fields to compare with their words.

    A row added or removed is told by its figures too, so that nothing of its money goes unsaid.
    """
    changes = []
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            what = "Added" if old is None else "Removed"
            told = [
                Change(names[key], f"{what}: {label}", *((None, one) if old is None else (one, None)))
                for field, label in figures
                if (one := (old or new or {}).get(field)) not in (0, "", None)
            ]
            changes += told or [Change(names[key], what, None, None)]
            continue
        changes += [
            Change(names[key], label, old.get(field), new.get(field))
            for field, label in figures
            if old.get(field) != new.get(field)
        ]
    return changes


FIGURES = (
    ("budget_to_date", "Budget to date"),
    ("actual_to_date", "Actual to date"),
    ("budget", "Budget for the year"),
    ("forecast", "Forecast for the year"),
    ("narrative", "Narrative"),
)


def changes_since(issued: FinanceReport) -> list[Change]:
    """What the same report would say otherwise, made now."""
    then, now = from_facts(issued.facts), report_of(issued.year, issued.commissioner, issued.month)
    rows: list[dict[Hashable, dict[str, Any]]] = []
    names: dict[Hashable, str] = {}
    for report in (then, now):
        here: dict[Hashable, dict[str, Any]] = {}
        for line in report.lines:
            key = (line.commissioner, line.line)
            here[key] = {field: getattr(line, field) for field, _ in FIGURES}
            names.setdefault(key, f"{line.commissioner}: {line.group}, {line.name}")
        rows.append(here)
    return compare(rows[0], rows[1], names, FIGURES)
