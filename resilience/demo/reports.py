"""Budgets, a finance report that a committee was shown, and the return of last quarter: money has moved since."""

import datetime as dt
import uuid
from functools import partial
from typing import Any

from funding.models import BudgetLine, NarrativeThreshold, months_of
from funding.reports import actions
from funding.reports.figures import last_day, month_asked
from funding.returns.actions import make_return
from practices.models import Organisation
from resilience.core.calendar import today
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.programmes.models import ProgrammeYear

SHARES = (30, 15, 10, 10, 20)
"""Per cent of each CCG's money for the first five categories of support; the rest is for the others."""
TEAM = "Extra hours of the primary care team"
TEAM_PENCE = 6_000_00
AHEAD = "The hours were needed early, while the first practices were visited. They end in February."
BEHIND = "Practices were slower to sign than planned. The money is committed and will be paid this quarter."


def tell_reports(
    chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear, pence: tuple[int, ...]
) -> None:
    """Budgets from the first day of the chronicle; the report a month and a half ago, the return before it."""
    start = max(year.starts_on, working_days_ago(120))
    for ccg, whole in zip(places.ccgs, pence, strict=True):
        chronicle.tell(start, partial(_set_budgets, people, year, ccg, whole))
    chronicle.tell(start, lambda: _set_threshold(people, year), hour=11)
    day = max(year.starts_on, working_days_ago(30))
    chronicle.tell(day, lambda: _explain(people, year, places.ccgs[0]), hour=11)
    chronicle.tell(day, lambda: _issue(people, year, places.office), hour=12)
    chronicle.tell(working_days_ago(8), lambda: _revise(people, year, places.ccgs[1]))
    chronicle.tell(max(year.starts_on, working_days_ago(42)), lambda: _return(people, year, places.office))


def _set_budgets(people: People, year: ProgrammeYear, ccg: Organisation, whole: int) -> None:
    items = list(year.menu.all())
    amounts = [whole * share // 100 for share in SHARES]

    def set_budget(group: str, name: str, pence: Any, **more: Any) -> None:
        actions.set_budget(
            by=people.finance,
            year=year,
            commissioner=ccg,
            group=group,
            name=name,
            pence=pence,
            why="Budget agreed by the committees in common",
            key=uuid.uuid4().hex,
            **more,
        )

    for item, pence in zip(items, amounts, strict=False):
        set_budget("Support to practices", item.name, pence, item=item)
    set_budget("Support to practices", "All other support", whole - sum(amounts))
    months = len(months_of(year))
    winter = [TEAM_PENCE // 10 if n < 10 else 0 for n in range(months)]
    set_budget("Running costs", TEAM, winter)


def _set_threshold(people: People, year: ProgrammeYear) -> NarrativeThreshold:
    return actions.set_narrative_threshold(
        by=people.finance, year=year, pence=2_500_00, why="What the committees in common ask to be told"
    )


def _month(year: ProgrammeYear) -> dt.date:
    return month_asked(year, "", today())


def _explain(people: People, year: ProgrammeYear, ccg: Organisation) -> None:
    lines = BudgetLine.objects.filter(year=year, commissioner=ccg)
    reported = _month(year)
    for month in months_of(year):
        if last_day(month) <= last_day(reported):
            is_last = month == reported
            actions.explain_line(
                by=people.finance,
                line=lines.get(name=TEAM),
                month=month,
                narrative=AHEAD if is_last else "",
                forecast=TEAM_PENCE if is_last else None,
                forecast_why="No hours are booked after February" if is_last else "",
                actual=750_00,
            )
    actions.explain_line(by=people.finance, line=lines.first(), month=reported, narrative=BEHIND)


def _issue(people: People, year: ProgrammeYear, office: Organisation) -> None:
    actions.issue_finance_report(
        by=people.finance,
        year=year,
        commissioner=office,
        month=_month(year),
        unit="thousands",
        committee=f"Primary care committees in common, {today():%B %Y}",
        key=uuid.uuid4().hex,
    )


def _revise(people: People, year: ProgrammeYear, ccg: Organisation) -> None:
    """After the committee has read the report."""
    actions.set_budget(
        by=people.finance,
        year=year,
        commissioner=ccg,
        group="Running costs",
        name=TEAM,
        pence=TEAM_PENCE - 1_200_00,
        why="One post was not filled",
        key=uuid.uuid4().hex,
    )


def _return(people: People, year: ProgrammeYear, office: Organisation) -> None:
    """For the return whose deadline was next on that day."""
    due = year.milestones.filter(is_return=True)
    milestone = due.filter(due_at__date__gte=today()).first() or due.last()
    if milestone:
        make_return(
            by=people.finance,
            milestone=milestone,
            commissioner=office,
            key=uuid.uuid4().hex,
            note="Two practices wait for their second signature.",
        )
