"""Every act on budgets and on the committee's finance report. Amounts are whole pence."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Max
from django.utils import timezone

from funding.models import (
    BudgetLine,
    BudgetMonth,
    BudgetRevision,
    FinanceReport,
    LineFigure,
    Narrative,
    NarrativeThreshold,
    months_of,
)
from funding.reports import files, rules
from funding.reports.figures import report_of
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import MenuItem, ProgrammeYear, SpendCategory

_ALREADY_USED = "This page was already used. Open it again, then enter what is still needed."


def spread_evenly(pence: int, months: int) -> list[int]:
    """The year's budget in equal months; the pennies that are left go to the first ones. Sums exactly."""
    each, rest = divmod(pence, months)
    return [each + (place < rest) for place in range(months)]


def _line(
    year: ProgrammeYear, commissioner: Organisation, group: str, name: str, stands_for: dict[str, Any]
) -> BudgetLine:
    """The commissioner's line of that name, made last in its list where there is none."""
    group, name = " ".join(group.split()), " ".join(name.split())
    if not group or not name:
        raise Denied("A budget line has a group and a name.")
    there = BudgetLine.objects.filter(year=year, commissioner=commissioner)
    line = there.filter(group=group, name=name).first()
    if line is not None:
        if any(value and getattr(line, kind) != value for kind, value in stands_for.items()):
            raise Denied(f"“{line}” is there already and stands for something else.")
        return line
    rules.check_stands_for(year, commissioner, **stands_for)
    last = there.aggregate(last=Max("position"))["last"] or 0
    return BudgetLine.objects.create(
        year=year, commissioner=commissioner, group=group, name=name, position=last + 1, **stands_for
    )


@action("Set a budget")
def set_budget(
    *,
    by: Any,
    year: ProgrammeYear,
    commissioner: Organisation,
    group: str,
    name: str,
    pence: int | Sequence[int],
    why: str,
    key: str,
    item: MenuItem | None = None,
    category: SpendCategory | None = None,
    route: str = "",
) -> BudgetLine:
    """Set the budget of a commissioner's line, made first where there is none of that group and name.

    ``pence`` is the year's budget, spread evenly, or a sequence with an amount for each month of the
    year (``months_of``). ``key`` given again with the same budget is the same act. Raises Denied.
    """
    year = lock(year)
    rules.check_can_budget(by, year, commissioner)
    months = months_of(year)
    amounts = spread_evenly(pence, len(months)) if isinstance(pence, int) else list(pence)
    rules.check_months(year, amounts)
    if not why.strip():
        raise Denied("Say why.")
    line = _line(year, commissioner, group, name, {"item": item, "category": category, "route": route})
    done = BudgetRevision.objects.filter(key=key).first()
    if done is None:
        done = BudgetRevision.objects.create(line=line, why=why, key=key, set_by=by)
        BudgetMonth.objects.bulk_create(
            BudgetMonth(revision=done, month=month, pence=amount)
            for month, amount in zip(months, amounts, strict=True)
        )
    elif done.line_id != line.pk or list(done.months.values_list("pence", flat=True)) != amounts:
        raise Denied(_ALREADY_USED)
    record(by=by, on=line, why=why, pence=sum(amounts), revision=done.pk)
    return line


@action("Changed a budget line")
def change_budget_line(
    *,
    by: Any,
    line: BudgetLine,
    group: str,
    name: str,
    why: str,
    item: MenuItem | None = None,
    category: SpendCategory | None = None,
    route: str = "",
) -> BudgetLine:
    """Another name, group, or thing of the ledger that it stands for. Raises Denied.

    Reports that were issued keep what they said; the trail keeps what it stood for before.
    """
    year = lock(line.year)
    line = lock(line)
    rules.check_can_budget(by, year, line.commissioner)
    rules.check_stands_for(year, line.commissioner, item=item, category=category, route=route, line=line)
    group, name = " ".join(group.split()), " ".join(name.split())
    same = BudgetLine.objects.filter(year=year, commissioner=line.commissioner, group=group, name=name)
    if same.exclude(pk=line.pk).exists():
        raise Denied("There is a budget line of that group and name already.")
    before = {"item": line.item_id, "category": line.category_id, "route": line.route}
    line.group, line.name = group, name
    line.item, line.category, line.route = item, category, route
    line.save()
    after = {"item": line.item_id, "category": line.category_id, "route": line.route}
    record(by=by, on=line, why=why, before=before, after=after)
    return line


def _in_groups(lines: Sequence[BudgetLine]) -> list[list[BudgetLine]]:
    groups: dict[str, list[BudgetLine]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    return list(groups.values())


@action("Moved a budget line up")
def raise_budget_line(*, by: Any, line: BudgetLine) -> BudgetLine:
    """One place up within its group; the first of a group takes the group before the one above it."""
    year = lock(line.year)
    rules.check_can_budget(by, year, line.commissioner)
    groups = _in_groups(list(BudgetLine.objects.filter(year=year, commissioner=line.commissioner)))
    at, group = next((at, group) for at, group in enumerate(groups) if line in group)
    place = group.index(line)
    if place:
        group[place - 1], group[place] = group[place], group[place - 1]
    elif at:
        groups[at - 1], groups[at] = groups[at], groups[at - 1]
    else:
        raise Denied("It is the first already.")
    for position, each in enumerate((each for group in groups for each in group), start=1):
        if each.position != position:
            each.position = position
            each.save(update_fields=["position"])
    record(by=by, on=line, position=lock(line).position)
    return line


def _latest_figure(line: BudgetLine, month: dt.date, kind: str) -> int | None:
    latest = line.figures.filter(month=month, kind=kind).order_by("-id").first()
    return latest.pence if latest else None


@action("Explained a line of the finance report")
def explain_line(
    *,
    by: Any,
    line: BudgetLine,
    month: dt.date,
    narrative: str,
    forecast: int | None = None,
    forecast_why: str = "",
    actual: int | None = None,
) -> BudgetLine:
    """The narrative of a line at the end of a month, its forecast for the year, and its actual of the month.

    The actual is typed for lines that stand for nothing in the ledger only. Empty takes back what was typed
    before: it stays on record and no longer counts. What is the same as before is not written again.
    """
    line = lock(line)
    rules.check_can_report(by, line.year, line.commissioner)
    rules.check_month(line.year, month)
    if actual is not None and line.kind:
        raise Denied("The actual of this line comes from the ledger.")
    said = line.narratives.filter(month=month).order_by("-id").first()
    if narrative != (said.words if said else ""):
        Narrative.objects.create(line=line, month=month, words=narrative, written_by=by)
    for kind, pence in ((LineFigure.Kind.FORECAST, forecast), (LineFigure.Kind.ACTUAL, actual)):
        if pence != _latest_figure(line, month, kind):
            why = forecast_why if kind == LineFigure.Kind.FORECAST else ""
            LineFigure.objects.create(line=line, month=month, kind=kind, pence=pence, why=why, typed_by=by)
    record(by=by, on=line, why=narrative, month=month, forecast=forecast, actual=actual)
    return line


@action("Set from which variance a narrative is needed")
def set_narrative_threshold(*, by: Any, year: ProgrammeYear, pence: int, why: str) -> NarrativeThreshold:
    """A line whose variance is more than this, over or under, needs a narrative. Raises Denied below £0."""
    year = lock(year)
    rules.check_can_set_threshold(by, year)
    if pence < 0:
        raise Denied("Enter an amount of £0 or more.")
    made = NarrativeThreshold.objects.create(year=year, pence=pence, why=why, set_by=by)
    record(by=by, on=made, why=why, pence=pence)
    return made


@action("Issued a finance report")
def issue_finance_report(
    *,
    by: Any,
    year: ProgrammeYear,
    commissioner: Organisation,
    month: dt.date,
    unit: str,
    committee: str,
    key: str,
) -> FinanceReport:
    """Keep the report of an organisation and all below it as a committee is shown it: workbook, PDF and facts.

    ``key`` given again for the same report is the same act. Raises Denied.
    """
    year = lock(year)
    rules.check_can_report(by, year, commissioner)
    rules.check_month(year, month)
    rules.check_has_ended(month)
    rules.check_has_lines(year, commissioner)
    done = FinanceReport.objects.filter(key=key).first()
    if done is None:
        report = report_of(year, commissioner, month)
        now = timezone.now()
        made = files.files_of(report, unit, committee, now)
        workbook, document = (
            StoredFile.keep(name=name, content_type=content_type, content=content, by=by)
            for name, content_type, content in made
        )
        done = FinanceReport.objects.create(
            year=year,
            commissioner=commissioner,
            month=month,
            unit=unit,
            committee=committee,
            facts=report.facts(),
            workbook=workbook,
            document=document,
            key=key,
            issued_at=now,
            issued_by=by,
        )
    elif (done.year_id, done.commissioner_id, done.month, done.unit) != (
        year.pk,
        commissioner.pk,
        month,
        unit,
    ):
        raise Denied(_ALREADY_USED)
    record(
        by=by,
        on=done,
        why=committee,
        month=month,
        workbook=done.workbook.sha256,
        document=done.document.sha256,
    )
    return done
