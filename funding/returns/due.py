"""Which returns are due, made, late or missing."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from funding.bodies import bodies_by_year, years_of
from funding.models import NationalReturn
from practices.models import Organisation
from resilience.core.words import working_days_left
from resilience.programmes.models import Milestone

SOON = dt.timedelta(days=28)


@dataclass(frozen=True)
class Due:
    """A return that one organisation owes at one milestone, and the latest that was made for it."""

    milestone: Milestone
    organisation: Organisation
    made: NationalReturn | None

    @property
    def is_overdue(self) -> bool:
        """The deadline has passed, to the second, and none is made."""
        return self.made is None and timezone.now() > self.milestone.due_at

    @property
    def is_soon(self) -> bool:
        """Not made, and overdue or due within four weeks: what finance must do now."""
        return self.made is None and timezone.now() > self.milestone.due_at - SOON

    @property
    def state(self) -> str:
        if self.made:
            return "Made late" if self.made.is_late else "Made"
        return "Overdue" if self.is_overdue else "Due"

    @property
    def left(self) -> str:
        """ "3 working days left"; of a return that is made, nothing."""
        return "" if self.made else working_days_left(self.milestone.due_at)


def returns_due(user: Any, permission: str) -> list[Due]:
    """Every return of the years that the person reaches, by deadline; each year's for the widest that they reach.

    Whoever reaches the owner of the programme makes one return for all; else one for each commissioner.
    """
    years = years_of(user, permission)
    known = bodies_by_year(user, years, permission)
    owes = {
        year.pk: known[year.pk][:1]
        if known[year.pk] and known[year.pk][0].pk == year.programme.owner_id
        else known[year.pk]
        for year in years
    }
    latest: dict[tuple[int, int], NationalReturn] = {}
    made = NationalReturn.objects.visible_to(user, permission).defer("facts").order_by("number")
    for each in made.filter(year__in=years).select_related("made_by"):
        latest[each.milestone_id, each.commissioner_id] = each
    milestones = Milestone.objects.filter(year__in=years, is_return=True).select_related(
        "year__programme__owner"
    )
    return [
        Due(milestone, organisation, latest.get((milestone.pk, organisation.pk)))
        for milestone in milestones.order_by("due_at", "id")
        for organisation in owes[milestone.year_id]
    ]
