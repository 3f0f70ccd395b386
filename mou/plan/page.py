"""The parts of a plan as its page shows them: titles, facts, addresses, and what is missing."""

from typing import Any

from django.urls import reverse

from mou.models import Contribution, Plan
from mou.plan import plans
from mou.plan.states import PlanState, plan_state
from resilience.core.words import day
from resilience.referrals.models import Referral


def _row(kind: str, row: Any, title: str, facts: list[tuple[str, Any]]) -> dict[str, Any]:
    return {
        "title": title,
        "facts": [{"key": key, "value": value} for key, value in facts if value],
        "change": reverse(f"mou:change_{kind}", kwargs={kind: row.pk}),
        "remove": ""
        if isinstance(row, Contribution) and row.item_id
        else reverse(f"mou:remove_{kind}", kwargs={kind: row.pk}),
    }


def sections(plan: Plan, layout: plans.Layout, gaps: list[plans.Gap]) -> list[dict[str, Any]]:
    """The parts of the plan in order, each with its rows and whether something is missing in it."""
    objectives = [
        _row(
            "objective",
            each,
            each.objective,
            [
                ("About", each.get_heading_display()),
                ("How we will know", each.measure),
                ("By", day(each.due_on)),
            ],
        )
        for each in plan.objectives.all()
    ]
    actions = [
        _row(
            "plan_action",
            each,
            each.deliverable,
            [
                ("Action", each.action),
                ("Owner", each.owner),
                ("Resources", each.resources),
                ("Outcomes", each.outcomes),
                ("Monitoring", each.monitoring),
                ("Completion", day(each.due_on)),
            ],
        )
        for each in plan.actions.all()
    ]
    services = [
        _row("support_service", each, each.service, [("Provided by", each.provider)])
        for each in plan.services.all()
    ]
    contributions = [_contribution(each) for each in plan.contributions.all()] * layout.has_contributions
    case_study = "The practice agrees to help with one" if plan.has_case_study else "None is agreed"
    found = [
        ("objectives", "Objectives", "objective", objectives, "Add an objective"),
        ("actions", "Action plan", "plan_action", actions, "Add an action"),
        ("services", "Support services", "support_service", services, "Add a support service"),
        ("contributions", "Contributions", "contribution", contributions, "Add another theme"),
        ("leads", "Leads", "", [_lead(plan, lead) for lead in plans.LEADS], ""),
        (
            "ending",
            "Exit strategy and end date",
            "",
            [
                {
                    "title": "",
                    "facts": [
                        {"key": "Exit strategy", "value": plan.exit_strategy or "Not written yet"},
                        {"key": "The plan ends on", "value": day(plan.ends_on) or "Not set yet"},
                        {"key": "Case study", "value": case_study},
                    ],
                }
            ],
            "",
        ),
    ]
    missing = {gap.section for gap in gaps}
    pages = {"leads": "mou:plan_leads", "ending": "mou:plan_ending"}
    return [
        {
            "id": name,
            "title": title,
            "rows": rows,
            "is_missing": name in missing,
            "is_empty": not rows,
            "add": reverse(f"mou:add_{kind}", kwargs={"referral": plan.referral_id}) if kind else "",
            "add_text": add_text,
            "edit": reverse(pages[name], kwargs={"referral": plan.referral_id}) if name in pages else "",
        }
        for name, title, kind, rows, add_text in found
        if name != "contributions" or layout.has_contributions
    ]


def _contribution(row: Contribution) -> dict[str, Any]:
    said = [
        ("Service", row.service),
        ("The commissioner", row.commissioner_contribution),
        ("The practice, in kind", row.practice_contribution),
    ]
    if row.not_applicable:
        said = [("Contributions", "Not applicable")]
    elif not plans.answered(row):
        said = [("Contributions", "Not answered yet")]
    return _row("contribution", row, row.theme, said)


def _lead(plan: Plan, lead: str) -> dict[str, Any]:
    name, role, email, phone = (getattr(plan, lead + part) for part in plans.LEAD_PARTS)
    facts = [("Name", name or "Not named yet"), ("Role", role), ("Email", email), ("Telephone", phone)]
    return {
        "title": plans.LEAD_TITLES[lead],
        "facts": [{"key": key, "value": value} for key, value in facts if value],
    }


def agreements(plan: Plan, referral: Referral) -> list[str]:
    """Who has agreed, in sentences."""
    sides = (
        (referral.lead_practice.name, plan.practice_agreed_at, plan.practice_agreed_by),
        (str(referral.commissioner), plan.commissioner_agreed_at, plan.commissioner_agreed_by),
    )
    return [
        f"{name}: agreed by {by} on {day(at)}" if at else f"{name}: not agreed yet" for name, at, by in sides
    ]


def takes_back(plan: Plan | None) -> str:
    """What a change does to agreements given, said before it is made; "" when none was given."""
    state = plan_state(plan)
    if state == PlanState.PRACTICE_AGREED:
        return (
            "The practice has agreed this plan. If you change it, that agreement is taken back "
            "and the practice must agree again."
        )
    if state == PlanState.COMMISSIONER_AGREED:
        return (
            "The commissioner has agreed this plan. If you change it, that agreement is taken back "
            "and the commissioner must agree again."
        )
    return ""


def tasks(plan: Plan, layout: plans.Layout, gaps: list[plans.Gap]) -> list[dict[str, Any]]:
    """The parts as a task list: a link to each, and whether it is complete."""
    return [
        {
            "title": {"text": part["title"]},
            "href": f"#{part['id']}",
            "status": _status(part),
        }
        for part in sections(plan, layout, gaps)
    ]


def _status(part: dict[str, Any]) -> dict[str, Any]:
    if part["is_missing"]:
        return {"tag": {"text": "Incomplete", "classes": "nhsuk-tag--blue"}}
    return {"text": "Optional, none yet" if part["is_empty"] else "Completed"}
