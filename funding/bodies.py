"""For whom a report or a return is made: the organisation that owns a programme, or a commissioner below it."""

from typing import Any

from funding.models import Allocation, BudgetLine
from practices.models import Organisation
from resilience.programmes.models import ProgrammeYear


def below(organisation: Organisation) -> set[int]:
    """Ids of the organisation and of all below it. One query."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Organisation.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found: set[int] = set()
    waiting = [organisation.pk]
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += children.get(pk, [])
    return found


def bodies(user: Any, year: ProgrammeYear, permission: str) -> list[Organisation]:
    """The owner of the year's programme, then the commissioners with money or a budget in it, by name.

    Only those over which the person holds ``permission``.
    """
    return bodies_by_year(user, [year], permission)[year.pk]


def bodies_by_year(user: Any, years: list[ProgrammeYear], permission: str) -> dict[int, list[Organisation]]:
    """The same for several years, by id, in as many queries as for one."""
    known: dict[int, set[int]] = {year.pk: {year.programme.owner_id} for year in years}
    for model in (Allocation, BudgetLine):
        rows = model.objects.filter(year__in=years).order_by().values_list("year", "commissioner").distinct()
        for year, commissioner in rows:
            known[year].add(commissioner)
    reach = user.reach(permission)
    found = [
        each
        for each in Organisation.objects.filter(pk__in=set().union(*known.values())).order_by("name")
        if reach.everything or each.pk in reach.commissioners
    ]
    return {
        year.pk: sorted(
            (each for each in found if each.pk in known[year.pk]),
            key=lambda each: each.pk != year.programme.owner_id,
        )
        for year in years
    }


def years_of(user: Any, permission: str) -> list[ProgrammeYear]:
    """The programme years in which the person may see money or a budget, or whose owner they reach; latest first."""
    years = set(Allocation.objects.visible_to(user, permission).values_list("year", flat=True))
    years |= set(BudgetLine.objects.visible_to(user, permission).values_list("year", flat=True))
    reach = user.reach(permission)
    rows = ProgrammeYear.objects.select_related("programme__owner").order_by("-starts_on", "programme__name")
    return [
        each
        for each in rows
        if each.pk in years or reach.everything or each.programme.owner_id in reach.commissioners
    ]


def named(rows: list[Organisation], pk: Any) -> Organisation | None:
    """The one asked for by number, or the first there is."""
    return next((each for each in rows if str(each.pk) == str(pk)), rows[0] if rows else None)
