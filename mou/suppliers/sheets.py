"""What a programme year asks of its suppliers, and what each deliverable that is written here consists of."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from mou.models import CommitmentItem, Deliverable, DeliverableKind, DeliverablePart, NeedTheme
from resilience.core.words import day
from resilience.programmes.models import ProgrammeYear

Form = DeliverableKind.Form

DELIVERABLES = (
    ("Readiness for change conversation", Form.READINESS, 10, False),
    ("Diagnostic review", Form.DIAGNOSTIC, 25, False),
    ("Options report", Form.OPTIONS, 35, False),
    ("Improvement plan", Form.PLAN, 50, True),
)
"""Name, form, working days after the assignment, and whether the invoice waits for it."""
COMMITMENTS = (
    "Engage fully with the support",
    "Make staff available",
    "Review the data pack beforehand",
    "Complete the practice audit",
    "Complete the 360 review",
    "Name a lead for the support",
    "Pay what the practice has agreed to pay",
)
THEMES = (
    "Releasing time for care",
    "Workforce planning",
    "Recruitment and retention",
    "Practice management skills: HR, workforce and finance",
    "Leadership and partnership working",
    "Access and demand",
    "Premises and equipment",
    "Finance and income",
    "Working with other practices",
    "IT and information",
)

HEADINGS = (
    ("finance", "Investment and finance"),
    ("infrastructure", "Infrastructure"),
    ("workload", "Workload"),
    ("workforce", "Workforce"),
    ("models", "New care models"),
)
DOMAINS = (
    ("leadership", "Leadership and organisation"),
    ("workforce", "Workforce"),
    ("workload", "Workload and access"),
    ("business", "Finance and premises"),
)
QUESTIONS = (
    ("who", "Who took part in the conversation, and when?"),
    ("why", "Why does the practice want to change, and why now?"),
    ("helps", "What helps, and what stands in the way?"),
    ("ready", "How ready is the practice, and what must come first?"),
)
SECTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    Form.READINESS: QUESTIONS,
    Form.DIAGNOSTIC: DOMAINS,
    Form.OPTIONS: (("option", "Options"),),
    Form.PLAN: HEADINGS,
    Form.OTHER: (("report", "Report"),),
}
IN_ROWS = frozenset({Form.OPTIONS, Form.PLAN})
"""Written row by row; the others a box for each section."""


def set_up(year: ProgrammeYear) -> None:
    """Give a year that has none of them the rows of domain 3.3. Hold the year locked, inside an act."""
    if not year.deliverable_kinds.exists():
        DeliverableKind.objects.bulk_create(
            DeliverableKind(
                year=year, position=position, name=name, form=form, working_days=days, opens_invoice=opens
            )
            for position, (name, form, days, opens) in enumerate(DELIVERABLES, start=1)
        )
    rows: tuple[tuple[Any, tuple[str, ...]], ...] = ((CommitmentItem, COMMITMENTS), (NeedTheme, THEMES))
    for model, names in rows:
        if not model.objects.filter(year=year).exists():
            model.objects.bulk_create(
                model(year=year, position=position, name=name) for position, name in enumerate(names, start=1)
            )


def section_name(form: str, section: str) -> str:
    return dict(SECTIONS[form]).get(section, "")


# --- what is written, as it is shown and kept ---------------------------------------------------


@dataclass(frozen=True)
class Written:
    """A section with its rows, as a round keeps them."""

    heading: str
    rows: list[dict[str, Any]]


def _facts(part: DeliverablePart, form: str) -> list[list[str]]:
    due: dt.date | None = part.due_on
    if form == Form.OPTIONS:
        said = [
            ("What it would bring", part.outcome),
            ("Recommended", "Yes" if part.is_recommended else "No"),
        ]
    elif form == Form.PLAN:
        said = [
            ("When", part.get_horizon_display()),
            ("Owner", part.owner),
            ("What will be different", part.outcome),
            ("By", day(due)),
        ]
    else:
        said = []
    return [[key, value] for key, value in said if value]


def written(
    deliverable: Deliverable, parts: list[DeliverablePart], themes: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """The sections that hold anything, as JSON: what a round keeps. Options and plans in the order of their dates."""
    form = deliverable.kind.form
    order = {value: place for place, value in enumerate(DeliverablePart.Horizon.values)}
    found = []
    for section, heading in SECTIONS[form]:
        own = [part for part in parts if part.section == section]
        if form == Form.PLAN:
            own.sort(key=lambda part: (order.get(part.horizon, 0), part.due_on or dt.date.max, part.pk))
        rows = [
            {
                "part": part.pk,
                "words": part.words,
                "facts": _facts(part, form),
                "themes": themes.get(section, []),
                "confidential": part.is_confidential,
            }
            for part in own
        ]
        if rows:
            found.append({"heading": heading, "rows": rows})
    return found


def readable(content: list[dict[str, Any]], opened: bool) -> list[dict[str, Any]]:
    """The same for a reader: what is confidential only where the book is ``opened`` to them."""
    return [
        {
            "heading": section["heading"],
            "rows": [
                row if opened or not row["confidential"] else {"hidden": True} for row in section["rows"]
            ],
        }
        for section in content
    ]


def lacks(form: str, parts: list[DeliverablePart]) -> str:
    """What is still to be written before it can be handed in without a file; "" when it is whole."""
    filled = {part.section for part in parts if part.words.strip()}
    if form in IN_ROWS:
        if not filled:
            return "Add at least one option" if form == Form.OPTIONS else "Add at least one action"
        if form == Form.OPTIONS and not any(part.is_recommended for part in parts):
            return "Recommend at least one of the options"
        return ""
    missing = [name for section, name in SECTIONS[form] if section not in filled]
    return f"Write something under “{missing[0].rstrip('?')}”" if missing else ""
