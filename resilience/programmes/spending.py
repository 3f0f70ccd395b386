"""Categories of spend of a year: what an administrator sets, and what makes them fit together."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes import rules
from resilience.programmes.models import ProgrammeYear, SpendCategory

FIELDS = ("name", "indicative_share")

ALLOCATIONS = "funding.allocation"
"""The money of a year; rooms to the left are named, never imported."""


class CategoryProblem(NamedTuple):
    """``row`` and ``field`` say where; both empty: of all categories together."""

    row: int | None
    field: str | None
    sentence: str


def category_problems(categories: Sequence[Mapping[str, Any]]) -> list[CategoryProblem]:
    """What is wrong with these categories: names once each, shares 100% together. None at all is right."""
    return list(_category_problems(categories))


def _category_problems(categories: Sequence[Mapping[str, Any]]) -> Iterator[CategoryProblem]:
    seen = set()
    for row, category in enumerate(categories):
        name, share = category["name"].casefold(), category["indicative_share"]
        if name in seen:
            yield CategoryProblem(row, "name", f"“{category['name']}” is there already")
        seen.add(name)
        if share is None or not 0 <= share <= 100:
            yield CategoryProblem(row, "indicative_share", "Enter a share from 0% to 100%")
    total = sum((category["indicative_share"] or Decimal(0) for category in categories), Decimal(0))
    if categories and total != 100:
        sentence = f"The indicative shares must make 100% together; now they make {total:f}%"
        yield CategoryProblem(None, None, sentence)


def check_can_change_categories(user: Any, year: ProgrammeYear) -> None:
    """Categories stay as they are once money is allocated in the year."""
    rules.check_can_manage(user, year.programme)
    if rules.in_use(year, ALLOCATIONS) or rules.any_in_use(list(year.spend_categories.all())):
        raise Denied(
            "Money is allocated in this year, so its categories of spend stay as they are. "
            "Change them in the next year."
        )


@action("Set the categories of spend")
def set_spend_categories(
    *, by: Any, year: ProgrammeYear, categories: Sequence[Mapping[str, Any]]
) -> list[SpendCategory]:
    """All categories of spend of the year anew, in this order, each with FIELDS; none where it has none.

    Raises Denied once money is allocated in the year, and where the shares do not make 100%.
    """
    year = lock(year)
    check_can_change_categories(by, year)
    if problems := category_problems(categories):
        raise Denied(". ".join(problem.sentence for problem in problems) + ".")
    try:
        with transaction.atomic():
            year.spend_categories.all().delete()
    except IntegrityError:
        raise Denied("Money was allocated in these categories meanwhile: they stay.") from None
    made = SpendCategory.objects.bulk_create(
        SpendCategory(year=year, position=position, **{field: category[field] for field in FIELDS})
        for position, category in enumerate(categories, start=1)
    )
    record(by=by, on=year, shares=[str(each.indicative_share) for each in made])
    return made
