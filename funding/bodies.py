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
    known = set(Allocation.objects.filter(year=year).values_list("commissioner", flat=True))
    known |= set(BudgetLine.objects.filter(year=year).values_list("commissioner", flat=True))
    owner = year.programme.owner_id
    reach = user.reach(permission)
    found = Organisation.objects.filter(pk__in=known | {owner}).order_by("name")
    rows = [each for each in found if reach.everything or each.pk in reach.commissioners]
    return sorted(rows, key=lambda each: each.pk != owner)


def years_of(user: Any, permission: str) -> list[ProgrammeYear]:
    """The programme years in which the person may see money or a budget, or whose owner they reach; latest first."""
    years = set(Allocation.objects.visible_to(user, permission).values_list("year", flat=True))
    years |= set(BudgetLine.objects.visible_to(user, permission).values_list("year", flat=True))
    reach = user.reach(permission)
    rows = ProgrammeYear.objects.select_related("programme__owner").order_by(
        "-starts_on", "programme__name"
    )
    return [
        each
        for each in rows
        if each.pk in years or reach.everything or each.programme.owner_id in reach.commissioners
    ]


def named(rows: list[Organisation], pk: Any) -> Organisation | None:
    """The one asked for by number, or the first there is."""
    return next((each for each in rows if str(each.pk) == str(pk)), rows[0] if rows else None)
