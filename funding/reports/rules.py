"""Who may set budgets, and who may say what the committee's finance report says."""

import datetime as dt
from typing import Any

from funding.bodies import below
from funding.models import Allocation, BudgetLine, YearClosing, months_of
from practices.models import Organisation
from resilience.core.access import Denied, P
from resilience.core.calendar import today
from resilience.core.words import money
from resilience.programmes.models import MenuItem, ProgrammeYear, SpendCategory


def check_can_report(user: Any, year: ProgrammeYear, organisation: Organisation) -> None:
    """Finance, for an organisation in their scope that owns the programme or stands below its owner."""
    reach = user.reach(P.MAKE_RETURNS)
    if not (reach.everything or organisation.pk in reach.commissioners):
        raise Denied(f"Your role does not let you make reports for {organisation.name}.")
    if organisation.pk not in below(year.programme.owner):
        raise Denied(f"{organisation.name} is not part of {year}.")


def check_can_budget(user: Any, year: ProgrammeYear, commissioner: Organisation) -> None:
    """The same, while the year's books are open."""
    check_can_report(user, year, commissioner)
    if YearClosing.objects.filter(year=year).exists():
        raise Denied(f"{year} is closed: its budgets no longer change.")


def check_can_set_threshold(user: Any, year: ProgrammeYear) -> None:
    """It is one for all commissioners of the year, so whoever sets it reports for the programme's owner."""
    check_can_report(user, year, year.programme.owner)


def check_stands_for(
    year: ProgrammeYear,
    commissioner: Organisation,
    *,
    item: MenuItem | None,
    category: SpendCategory | None,
    route: str,
    line: BudgetLine | None = None,
) -> None:
    """No payment stands in two lines: the lines of a commissioner all go by support, by spend or by route.

    Raises Denied, also for a thing of another year or one that another line stands for.
    """
    given = {
        kind: value for kind, value in (("item", item), ("category", category), ("route", route)) if value
    }
    if len(given) > 1:
        raise Denied("A budget line stands for one thing of the ledger, or for nothing.")
    for thing in (item, category):
        if thing is not None and thing.year_id != year.pk:
            raise Denied(f"“{thing.name}” is not part of {year}.")
    if not given:
        return
    kind, value = next(iter(given.items()))
    others = list(
        BudgetLine.objects.filter(year=year, commissioner=commissioner).exclude(pk=line.pk if line else 0)
    )
    if any(each.kind == kind and getattr(each, kind) == value for each in others):
        raise Denied("Another budget line stands for that already.")
    if different := next((each for each in others if each.kind not in ("", kind)), None):
        raise Denied(
            f"“{different}” goes by another cut of the ledger ({different.stands_for.split(':')[0].lower()}), "
            "and a payment must not stand in two lines. Choose of the same kind, or nothing."
        )


def check_months(year: ProgrammeYear, amounts: list[int]) -> None:
    """An amount for each month of the year."""
    expected = len(months_of(year))
    if len(amounts) != expected:
        raise Denied(f"{year} has {expected} months: give an amount for each.")


def check_sum(amounts: list[int], annual: int) -> None:
    """What the months have must be the year's budget, to the penny."""
    difference = annual - sum(amounts)
    if difference:
        more = "less" if difference > 0 else "more"
        raise Denied(
            f"The months have {money(abs(difference))} {more} than the year: change one or the other."
        )


def check_month(year: ProgrammeYear, month: dt.date) -> None:
    if month not in months_of(year):
        raise Denied(f"{month:%B %Y} is not a month of {year}.")


def check_has_ended(month: dt.date) -> None:
    """A report is issued for a month that has begun: nothing is known of those to come."""
    if month > today():
        raise Denied(f"{month:%B %Y} has not begun.")


def check_has_lines(year: ProgrammeYear, organisation: Organisation) -> None:
    """There is something to report."""
    ids = below(organisation)
    if not (
        BudgetLine.objects.filter(year=year, commissioner__in=ids).exists()
        or Allocation.objects.filter(year=year, commissioner__in=ids).exists()
    ):
        raise Denied(f"{organisation.name} has neither a budget nor money in {year}.")
