"""The dated rows of the plan in force with where each stands: the milestones, in order."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from mou.models import Objective, PlanAction, ProgressEntry
from mou.plan.in_force import PlanRow, rows_in_force
from resilience.core.calendar import today
from resilience.referrals.models import Referral

Standing = ProgressEntry.Standing

COLOURS: dict[str, str] = {
    Standing.NOT_STARTED: "grey",
    Standing.ON_TRACK: "blue",
    Standing.LATE: "orange",
    Standing.DONE: "green",
    Standing.NOT_NEEDED: "white",
}


def key_of(row: PlanRow) -> str:
    """Such as "action-12": one word for a row of the plan, in forms and drafts."""
    return f"{'action' if isinstance(row, PlanAction) else 'objective'}-{row.pk}"


def title_of(row: PlanRow) -> str:
    """What it is called: the objective, or what the action delivers."""
    return row.objective if isinstance(row, Objective) else row.deliverable


@dataclass(frozen=True)
class Milestone:
    """An objective or an action, with the last thing said of it; nothing said is not started."""

    row: PlanRow
    entry: ProgressEntry | None

    @property
    def key(self) -> str:
        return key_of(self.row)

    @property
    def kind(self) -> str:
        return "Objective" if isinstance(self.row, Objective) else "Action"

    @property
    def title(self) -> str:
        return title_of(self.row)

    @property
    def owner(self) -> str:
        return "" if isinstance(self.row, Objective) else self.row.owner

    @property
    def due_on(self) -> dt.date:
        return self.row.due_on

    @property
    def standing(self) -> str:
        return self.entry.standing if self.entry else Standing.NOT_STARTED

    @property
    def standing_words(self) -> str:
        return Standing(self.standing).label

    @property
    def colour(self) -> str:
        return COLOURS[self.standing]

    @property
    def words(self) -> str:
        return self.entry.words if self.entry else ""

    @property
    def is_settled(self) -> bool:
        return self.standing in ProgressEntry.SETTLED

    @property
    def is_overdue(self) -> bool:
        """Its date has passed, and it is neither done nor no longer needed. Due today is not overdue."""
        return self.due_on < today() and not self.is_settled

    @property
    def is_late(self) -> bool:
        """By its date, or by what was said of it."""
        return self.is_overdue or self.standing == Standing.LATE


def milestones(referral: Referral, entries: Iterable[ProgressEntry] | None = None) -> list[Milestone]:
    """Every dated row of the plan in force, in the order of the dates. One query more than the rows'."""
    if entries is None:
        entries = ProgressEntry.objects.filter(referral=referral).select_related("made_by").order_by("pk")
    last: dict[tuple[int | None, int | None], ProgressEntry] = {
        (entry.objective_id, entry.action_id): entry for entry in entries
    }
    return [
        Milestone(row, last.get((row.pk, None) if isinstance(row, Objective) else (None, row.pk)))
        for row in rows_in_force(referral)
    ]


def is_delivered(rows: Iterable[Milestone]) -> bool:
    """Is everything done, or no longer needed? Not where nothing is promised."""
    found = list(rows)
    return bool(found) and all(row.is_settled for row in found)
