"""Fair shares: the money of an office by the registered patients of each CCG below it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min, Q, Sum

from funding import rules
from funding.allocations.shares import fair_shares
from funding.bodies import below
from funding.models import Allocation
from practices.models import Organisation, Practice
from resilience.core.access import Denied
from resilience.core.words import day, money


@dataclass(frozen=True)
class Patients:
    """Registered patients of a CCG's active practices, and the days its practices' list sizes are of."""

    commissioner: Organisation
    count: int
    first_on: dt.date | None
    last_on: dt.date | None

    @property
    def said(self) -> str:
        """ "12,345"."""
        return f"{self.count:,}"

    @property
    def said_on(self) -> str:
        """ "1 January 2018", or the first and the last of several days."""
        if self.first_on is None or self.last_on is None:
            return "No list size on record"
        if self.first_on == self.last_on:
            return day(self.last_on)
        return f"{day(self.first_on)} to {day(self.last_on)}"


def patients_below(user: Any, allocation: Allocation) -> list[Patients]:
    """The open CCGs below the allocation's office for which ``user`` may set allocations, by name."""
    here = below(allocation.commissioner) - {allocation.commissioner_id}
    rows = [
        each
        for each in rules.commissioners_of(user, allocation.year)
        if each.pk in here and each.is_commissioner
    ]
    active = Practice.objects.filter(commissioner__in=rows, status=Practice.Status.ACTIVE)
    sums = active.order_by().values("commissioner").annotate(
        patients=Sum("list_size"), first_on=Min("list_size_on"), last_on=Max("list_size_on")
    )  # fmt: skip
    found = {each["commissioner"]: each for each in sums.filter(~Q(list_size=None))}
    none: dict[str, Any] = {"patients": 0, "first_on": None, "last_on": None}
    return [
        Patients(each, of["patients"] or 0, of["first_on"], of["last_on"])
        for each in rows
        for of in (found.get(each.pk, none),)
    ]


def proposal(patients: list[Patients], pence: int) -> dict[Organisation, int]:
    """``pence`` by registered patients, to the penny. Raises Denied where the register has no list size."""
    try:
        return fair_shares(pence, {each.commissioner: each.count for each in patients})
    except ValueError:
        raise Denied(
            "The register has no list size of any practice here, so there is nothing to share by."
        ) from None


def problems(
    proposed: Mapping[Organisation, int],
    amounts: Mapping[Organisation, int],
    reasons: Mapping[Organisation, str],
    total: int,
) -> dict[Organisation | None, str]:
    """What is wrong with a share-out, by line; under None: of all lines together."""
    found: dict[Organisation | None, str] = {}
    for commissioner, pence in amounts.items():
        fair = proposed[commissioner]
        if pence != fair and not reasons.get(commissioner, "").strip():
            found[commissioner] = (
                f"Say why {commissioner} gets {money(pence)} and not its fair share, {money(fair)}"
            )
    given = sum(amounts.values())
    if given != total:
        differs = f"{money(abs(total - given))} {'less' if given < total else 'more'}"
        found[None] = f"The lines make {money(given)}, {differs} than the {money(total)} to share out"
    return found
