"""What a plan holds, what it lacks, and its fingerprint."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from mou.models import Contribution, Objective, Plan, PlanAction, SupportService, Template
from resilience.core.access import Denied
from resilience.core.calendar import today
from resilience.core.words import day
from resilience.programmes.models import ProgrammeYear

LEADS = ("practice_lead", "operational_lead", "strategic_lead")
LEAD_TITLES = {
    "practice_lead": "Practice lead",
    "operational_lead": "Operational lead",
    "strategic_lead": "Strategic lead",
}
LEAD_PARTS = ("", "_role", "_email", "_phone")

LEADS_FIELDS = tuple(lead + part for lead in LEADS for part in LEAD_PARTS)
ENDING_FIELDS = ("exit_strategy", "ends_on", "has_case_study")

LONGEST = dt.timedelta(days=3 * 365 + 1)
"""A plan ends within three years: the longest horizon of any programme (domain 3.4)."""

Row = Objective | PlanAction | SupportService | Contribution
ROWS: dict[type[Any], tuple[str, ...]] = {
    Objective: ("heading", "objective", "measure", "due_on"),
    PlanAction: ("deliverable", "action", "owner", "resources", "outcomes", "monitoring", "due_on"),
    SupportService: ("service", "provider"),
    Contribution: (
        "theme",
        "service",
        "commissioner_contribution",
        "practice_contribution",
        "not_applicable",
    ),
}
"""The rows of a plan and the fields that people fill in."""


@dataclass(frozen=True)
class Layout:
    """How the programme year's wording presents a plan."""

    has_objectives: bool = True
    has_actions: bool = False
    has_contributions: bool = True


@dataclass(frozen=True)
class Gap:
    """Something missing, in words, and the page where it is put right."""

    text: str
    section: str
    href: str


MORE_GAPS: list[Callable[[Plan], Iterator[Gap]]] = []
"""What other topics find missing in a plan."""

MORE_SAID: list[Callable[[Plan], list[Any]]] = []
"""What other topics add to what a plan says: who agrees it has read that too."""


def gap(text: str, section: str, page: str, **kwargs: int) -> Gap:
    """A gap whose page is named by its address."""
    return Gap(text, section, reverse(page, kwargs=kwargs))


def current_template(year: ProgrammeYear, *, has_supplier: bool = False) -> Template | None:
    """The latest published wording of a year: for two parties, or for three with a supplier."""
    published = Template.objects.filter(year=year, has_supplier=has_supplier, published_at__isnull=False)
    return published.order_by("-version").first()


def layout_of(year: ProgrammeYear) -> Layout:
    """The layout of the latest wording; the national one where none is published yet."""
    template = current_template(year) or current_template(year, has_supplier=True)
    if template is None:
        return Layout()
    kinds = set(template.appendices.values_list("kind", flat=True))
    return Layout(*(kind in kinds for kind in ("objectives", "actions", "contributions")))


def plan_of(referral: Any) -> Plan | None:
    """The plan of a referral, or None while nobody has started it."""
    return Plan.objects.filter(referral=referral).first()


def started(plan: Plan | None) -> Plan:
    """The plan that is there. Raises Denied while nobody has started it."""
    if plan is None:
        raise Denied("The improvement plan is not started yet.")
    return plan


def answered(row: Contribution) -> bool:
    """A theme is answered when it does not apply, or when either side says what it brings."""
    return row.not_applicable or bool(row.commissioner_contribution or row.practice_contribution)


def gaps(plan: Plan, layout: Layout) -> Iterator[Gap]:
    """What must be put right before either side may agree, in the order of the page."""
    case = plan.referral_id
    objectives, actions = list(plan.objectives.all()), list(plan.actions.all())
    if layout.has_objectives and not objectives:
        yield gap("Add at least one objective", "objectives", "mou:add_objective", referral=case)
    if layout.has_actions and not actions:
        yield gap(
            "Add at least one action to the action plan", "actions", "mou:add_plan_action", referral=case
        )
    if plan.ends_on:
        late = f"is due after the plan ends on {day(plan.ends_on)}"
        for objective in objectives:
            if objective.due_on > plan.ends_on:
                yield gap(
                    f"The objective “{objective}” {late}",
                    "objectives",
                    "mou:change_objective",
                    objective=objective.pk,
                )
        for action in actions:
            if action.due_on > plan.ends_on:
                yield gap(
                    f"The action “{action}” {late}",
                    "actions",
                    "mou:change_plan_action",
                    plan_action=action.pk,
                )
    if layout.has_contributions:
        yield from _unanswered([row for row in plan.contributions.all() if not answered(row)], case)
    for lead in LEADS:
        if not (getattr(plan, lead) and getattr(plan, f"{lead}_email")):
            name = LEAD_TITLES[lead].lower()
            yield gap(f"Name the {name}, with an email address", "leads", "mou:plan_leads", referral=case)
    if not plan.exit_strategy:
        yield gap(
            "Say what happens when support ends (exit strategy)", "ending", "mou:plan_ending", referral=case
        )
    if wrong := wrong_end(plan.ends_on):
        yield gap(wrong, "ending", "mou:plan_ending", referral=case)
    for more in MORE_GAPS:
        yield from more(plan)


def _unanswered(rows: list[Contribution], case: int) -> Iterator[Gap]:
    """One sentence, however many themes there are."""
    if len(rows) == 1:
        text = f"Say what each side contributes to “{rows[0].theme}”, or that it does not apply"
        yield gap(text, "contributions", "mou:change_contribution", contribution=rows[0].pk)
    elif rows:
        text = f"Say what each side contributes, or that it does not apply, for {len(rows)} themes"
        yield Gap(text, "contributions", f"{reverse('mou:plan', kwargs={'referral': case})}#contributions")


def wrong_end(ends_on: dt.date | None) -> str:
    """What is wrong with an end date, in words; nothing for a good one."""
    if ends_on is None:
        return "Enter the date the plan ends"
    if ends_on <= today():
        return "The date the plan ends must be in the future"
    if ends_on > today() + LONGEST:
        return f"The date the plan ends must be {day(today() + LONGEST)} or before"
    return ""


def fingerprint(plan: Plan) -> str:
    """SHA-256 of everything the plan says: who agrees shows which words they read."""
    said: list[Any] = [[getattr(plan, name) for name in (*LEADS_FIELDS, *ENDING_FIELDS)]]
    for model, fields in ROWS.items():
        said.append(list(model.objects.filter(plan=plan).values_list("pk", *fields)))
    for more in MORE_SAID:
        said += more(plan)
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()
