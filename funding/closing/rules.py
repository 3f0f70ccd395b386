"""Who may close a programme year's money, when, and into which year it is carried."""

from typing import Any

from funding.models import Move, YearClosing
from practices.scopes import Scope, reaches
from resilience.core.access import Denied, P
from resilience.core.calendar import today
from resilience.core.words import day, plural
from resilience.programmes.models import ProgrammeYear


def is_closed(year: ProgrammeYear) -> bool:
    return YearClosing.objects.filter(year=year).exists()


def check_can_close(user: Any, year: ProgrammeYear) -> None:
    """Finance over the whole programme, once the year has ended and no move of its money waits."""
    if not reaches(user, P.SET_ALLOCATIONS, Scope(organisation=year.programme.owner)):
        raise Denied(f"Your role does not let you close a year of {year.programme.owner}.")
    if is_closed(year):
        raise Denied(f"{year} is closed already.")
    if today() <= year.ends_on:
        raise Denied(f"{year} runs until {day(year.ends_on)}. Close it after that day.")
    waiting = Move.objects.filter(source__year=year, state=Move.State.ASKED).count()
    if waiting:
        waits = "waits" if waiting == 1 else "wait"
        raise Denied(f"{plural(waiting, 'move')} of money {waits} for approval in {year}. Answer first.")


def years_after(year: ProgrammeYear) -> list[ProgrammeYear]:
    """The later years of the same programme whose money is open, the next one first."""
    later = year.programme.years.filter(starts_on__gt=year.starts_on, closing__isnull=True)
    return list(later.select_related("programme").order_by("starts_on"))


def check_can_carry_into(year: ProgrammeYear, into: ProgrammeYear) -> None:
    if into not in years_after(year):
        raise Denied(f"Choose a later year of {year.programme.name} that is not closed.")
