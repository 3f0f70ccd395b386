"""What a proposal changes, in words and applied: the old text and the new, and the plan as it would be."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mou.models import Contribution, Objective, Plan, PlanAction, Proposal, ProposedChange, SupportService
from mou.plan import plans
from resilience.core.words import day

Target = ProposedChange.Target

ROW_MODELS: dict[str, type[Any]] = {
    "Objective": Objective,
    "PlanAction": PlanAction,
    "SupportService": SupportService,
    "Contribution": Contribution,
}
ROW_WORDS = {
    "Objective": "Objective",
    "PlanAction": "Action",
    "SupportService": "Support service",
    "Contribution": "Contribution",
}
WORDS = {
    "heading": "About",
    "objective": "Objective",
    "measure": "How we will know",
    "due_on": "By",
    "deliverable": "Deliverable",
    "action": "Action",
    "owner": "Owner",
    "resources": "Resources",
    "outcomes": "Outcomes",
    "monitoring": "Monitoring",
    "service": "Service",
    "provider": "Provided by",
    "theme": "Theme",
    "commissioner_contribution": "The commissioner’s contribution",
    "practice_contribution": "The practice’s contribution, in kind",
    "not_applicable": "Not applicable",
    "exit_strategy": "Exit strategy",
    "ends_on": "Ends on",
    "has_case_study": "Helps with a case study",
    "words": "Words",
} | {
    lead + part: f"{title}{said}"
    for lead, title in plans.LEAD_TITLES.items()
    for part, said in (("", ""), ("_role", ", role"), ("_email", ", email"), ("_phone", ", telephone"))
}
_NAMES = ("deliverable", "objective", "theme", "service")
"""Fields by which people know a row."""

_DATES = frozenset({"due_on", "ends_on"})


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """Values of a form as they are kept."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()
    }


def from_json(values: dict[str, Any]) -> dict[str, Any]:
    """Back from what was kept."""
    return {
        name: dt.date.fromisoformat(value) if name in _DATES and value else value
        for name, value in values.items()
    }


def values_of(row: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields}


@dataclass(frozen=True)
class Line:
    """One field as it was and as it will be; "" where there was or will be nothing."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Shown:
    """One change as people read it."""

    change: ProposedChange
    title: str
    lines: list[Line]


def _said(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name in _DATES:
        return day(dt.date.fromisoformat(value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if name == "heading":
        return str(Objective.Heading(value).label)
    return str(value)


def _title(change: ProposedChange) -> str:
    if change.target == Target.CLAUSE:
        return f"Clause {change.clause}"
    if change.target == Target.PART:
        return "Leads, end date and exit strategy"
    said = change.before or change.after
    which = next((said[name] for name in _NAMES if said.get(name)), "")
    did = "changed" if change.row and change.after else "added" if change.after else "taken out"
    return f"{ROW_WORDS[change.rows]} {did}: {which}"


def shown(changes: list[ProposedChange]) -> list[Shown]:
    """Each change with the fields that differ, old and new."""
    found = []
    for change in changes:
        names = list(dict.fromkeys((*change.before, *change.after)))
        lines = [
            Line(WORDS[name], _said(name, change.before.get(name)), _said(name, change.after.get(name)))
            for name in names
        ]
        lines = [line for line in lines if line.old != line.new]
        found.append(Shown(change, _title(change), lines))
    return found


def new_end(proposal: Proposal) -> dt.date | None:
    """The end date that it proposes, if it does."""
    for change in proposal.changes.all():
        if change.target == Target.PART and change.after.get("ends_on"):
            return dt.date.fromisoformat(change.after["ends_on"])
    return None


def late_rows(proposal: Proposal, plan: Plan) -> Iterator[str]:
    """What would be due after the MoU ends, were this applied: a name each."""
    last = new_end(proposal) or plan.ends_on
    if last is None:
        return
    changed = {(each.rows, each.row): each for each in proposal.changes.all() if each.target == Target.ROW}
    for name in ("Objective", "PlanAction"):
        for row in ROW_MODELS[name].objects.filter(plan=plan):
            change = changed.get((name, row.pk))
            due = dt.date.fromisoformat(change.after["due_on"]) if change and change.after else row.due_on
            if due > last and not (change and not change.after):
                yield str(row)
    for change in changed.values():
        if change.row is None and change.after.get("due_on", "") > last.isoformat():
            yield str(change.after.get("objective") or change.after.get("deliverable"))


def has_record(row: Any) -> bool:
    """Something was said of this row of the plan, or judged: a report of progress, the review at the end."""
    return any(
        related.related_model._default_manager.filter(**{related.field.name: row.pk}).exists()
        for related in row._meta.related_objects
    )


def rows_that_stay(changes: Iterable[ProposedChange]) -> Iterator[Any]:
    """The rows that these would take out and that something is on record of, perhaps since they were drafted."""
    for change in changes:
        if change.target == Target.ROW and change.row is not None and not change.after:
            row = ROW_MODELS[change.rows].objects.filter(pk=change.row).first()
            if row is not None and has_record(row):
                yield row


def apply_to(plan: Plan, changes: list[ProposedChange]) -> None:
    """Write what was signed into the plan, whose parts are open for the moment of it."""
    for change in changes:
        after = from_json(change.after)
        if change.target == Target.PART:
            for name, value in after.items():
                setattr(plan, name, value)
        elif change.target == Target.ROW:
            model = ROW_MODELS[change.rows]
            if change.row is None:
                model.objects.create(plan=plan, **after)
            elif not after:
                model.objects.get(plan=plan, pk=change.row).delete()
            else:
                row = model.objects.get(plan=plan, pk=change.row)
                for name, value in after.items():
                    setattr(row, name, value)
                row.save()


def clauses_of(proposals: list[Proposal]) -> dict[str, str]:
    """The words of each clause that these changed, by its number; the last one stands."""
    return {
        change.clause: change.after["words"]
        for proposal in proposals
        for change in proposal.changes.all()
        if change.target == Target.CLAUSE
    }
