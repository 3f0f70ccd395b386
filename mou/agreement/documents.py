"""The MoU as a document: the agreed plan and the money committed, in the words of the year's template.

One template makes what is shown on screen and what is printed. The same rows give the same bytes.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.template.loader import render_to_string

from mou.agreement.facts import Facts, PlanRows, facts_of, parties_of
from mou.agreement.rules import check_can_be_drafted
from mou.models import Agreement, Appendix, Objective, Template
from mou.plan import plans
from mou.projects import projects
from mou.wording.choices import Choices, note_key
from mou.wording.lines import (
    BLOCKS,
    CASE_STUDY_KEY,
    Line,
    Written,
    filled,
    lines_of,
    numbered,
    references,
)
from mou.wording.words import AppendixText, Wording, appendix_numbers, wording_of
from practices.models import Organisation
from resilience.core import pdf
from resilience.core.access import Denied
from resilience.referrals.models import Referral

__all__ = ["file_name", "parties_of", "render", "signed_pdf", "template_for", "title_of", "to_pdf"]

OBJECTIVES, ACTIONS = Appendix.Kind.OBJECTIVES, Appendix.Kind.ACTIONS


@dataclass(frozen=True)
class Clause:
    """A numbered clause, one of the blocks of ``lines.BLOCKS``, or a drafting note that nobody has answered."""

    number: str
    text: str
    block: str
    is_open_note: bool = False
    option: str = ""
    """The optional clause it belongs to, if any."""

    @property
    def anchor(self) -> str:
        """ "clause-3-2": where a comment or a link points."""
        return f"clause-{self.number.replace('.', '-')}"


@dataclass(frozen=True)
class SectionShown:
    number: int
    heading: str
    clauses: list[Clause]


NUMBERS = (
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def notice_of(months: int | None) -> str:
    """ "three months’" or "one month’s", to stand before the word notice; "" for none."""
    if not months:
        return ""
    return "one month’s" if months == 1 else f"{NUMBERS[months]} months’"


def of_notice(wording: Wording) -> dict[str, str]:
    """The fields that the wording itself fills in."""
    return {
        "notice_period": notice_of(wording.notice_months),
        "notice_period_failure": notice_of(wording.notice_months_failure),
    }


def chooser(choices: Choices, has_case_study: bool) -> Callable[[Line], Line | None]:
    """How each line of a wording stands under the choices made, for ``lines.numbered``. Good for one pass."""
    times: Counter[str] = Counter()

    def chosen(line: Line) -> Line | None:
        if line.is_note:
            key = note_key(line, times[line.text])
            times[line.text] += 1
            said = choices.notes.get(key, "")
            if said is None:
                return None
            return replace(line, text=said.strip(), is_note=False, is_literal=True) if said.strip() else line
        if line.option_key == CASE_STUDY_KEY:
            return line if has_case_study else None
        return line if not line.option or choices.optional.get(line.option_key, line.is_in) else None

    return chosen


def sections_shown(
    sections: Iterable[Written],
    values: Mapping[str, str],
    choices: Choices,
    *,
    has_case_study: bool,
    appendices: Mapping[str, str] | None = None,
) -> list[SectionShown]:
    """The template's sections with their clauses chosen, numbered and filled in."""
    found = numbered(sections, chooser(choices, has_case_study))
    seen = references(found, appendices)

    def clause(number: str, line: Line) -> Clause:
        text = line.text if line.is_literal else filled(line.text, values, seen)
        return Clause(number, text, line.block, line.is_note, line.option)

    return [
        SectionShown(each.number, each.heading, [clause(number, line) for number, line in each.lines])
        for each in found
    ]


@dataclass(frozen=True)
class PartShown:
    """A part of an appendix, and what it shows of the plan."""

    kind: str
    words: list[str]
    is_first_of_plan: bool
    has_objectives: bool
    has_actions: bool


@dataclass(frozen=True)
class AppendixShown:
    number: int
    title: str
    parts: list[PartShown]


def appendices_shown(appendices: Iterable[AppendixText], rows: PlanRows) -> list[AppendixShown]:
    """The appendices in their order. Whatever the plan holds is shown, though its own table is no appendix."""
    parts = list(appendices)
    kinds = {each.kind for each in parts}
    first = next((each.kind for each in parts if each.kind in (OBJECTIVES, ACTIONS)), "")
    found: list[AppendixShown] = []
    for each in parts:
        if each.title or not found:
            found.append(AppendixShown(len(found) + 1, each.title, []))
        is_first = each.kind == first
        others = [
            bool(held and is_first and kind not in kinds)
            for kind, held in ((OBJECTIVES, rows.objectives), (ACTIONS, rows.actions))
        ]
        part = PartShown(
            each.kind,
            [line.strip() for line in each.words.splitlines() if line.strip()],
            is_first,
            each.kind == OBJECTIVES or others[0],
            each.kind == ACTIONS or others[1],
        )
        found[-1].parts.append(part)
    return found


def _plan_shown(facts: Facts) -> dict[str, Any]:
    rows = facts.rows
    return {
        "plan": rows.plan,
        "headings": [
            {"text": label, "objectives": [each for each in rows.objectives if each.heading == value]}
            for value, label in Objective.Heading.choices
        ],
        "actions": rows.actions,
        "services": rows.services,
        "projects": list(projects.of_plan(rows.plan)) if rows.plan.pk else [],
        "cluster_projects": list(projects.of_cluster(rows.plan)) if rows.plan.pk else [],
        "contributions": rows.contributions,
    }


def render(referral: Referral, choices: Choices | None = None, supplier: Organisation | None = None) -> str:
    """The MoU as HTML: what goes inside a page. Raises Denied while something is missing to draft it.

    ``choices`` are the drafter's; without them each optional clause follows its default and each drafting
    note shows as open: ``wording.choices.unresolved`` must be empty before the document is issued.
    With a ``supplier`` it is the three-party form. Each section has the id "section-3", each clause
    "clause-3-2", so that a comment can point at it.
    """
    check_can_be_drafted(referral)
    template = template_for(referral, supplier)
    facts = facts_of(referral, plans.started(plans.plan_of(referral)), supplier)
    return render_facts(wording_of(template), facts, choices or Choices())


def template_for(referral: Referral, supplier: Organisation | None = None) -> Template:
    """The wording in use, of three parties with a ``supplier``. Raises Denied before one is published."""
    found = plans.current_template(referral.year, has_supplier=supplier is not None)
    if found is None:
        form = " for three parties" if supplier else ""
        raise Denied(f"An administrator must publish the wording of the MoU{form} for {referral.year} first.")
    return found


def _sections_of(
    wording: Wording, facts: Facts, choices: Choices, values: Mapping[str, str]
) -> list[SectionShown]:
    return sections_shown(
        wording.sections,
        values,
        choices,
        has_case_study=facts.rows.plan.has_case_study,
        appendices=appendix_numbers(wording.appendices),
    )


def render_facts(
    wording: Wording, facts: Facts, choices: Choices, varied: Mapping[str, str] | None = None
) -> str:
    """A wording filled in from ``facts``, whichever case they are of, or of none.

    ``varied`` are the words of clauses that a signed variation changed, by number.
    """
    values = facts.values | of_notice(wording)
    return render_to_string(
        "mou/document.html",
        {
            "title": wording.title,
            "values": values,
            "sections": _varied(_sections_of(wording, facts, choices, values), varied or {}),
            "appendices": appendices_shown(wording.appendices, facts.rows),
            "parties": facts.parties,
            "is_group": facts.is_group,
            "supplier": facts.supplier,
            "support": facts.support,
            "total": sum(each.pence for each in facts.support),
            "leads": facts.leads,
            **_plan_shown(facts),
        },
    )


def _varied(sections: list[SectionShown], words: Mapping[str, str]) -> list[SectionShown]:
    return [
        replace(
            section,
            clauses=[
                replace(clause, text=words[clause.number]) if clause.number in words else clause
                for clause in section.clauses
            ],
        )
        for section in sections
    ]


def clauses_of(wording: Wording, facts: Facts, choices: Choices) -> dict[str, str]:
    """The words of each numbered clause, filled in."""
    shown = _sections_of(wording, facts, choices, facts.values | of_notice(wording))
    return {clause.number: clause.text for each in shown for clause in each.clauses if clause.number}


def choices_of(agreement: Agreement) -> Choices:
    """What the drafter of this MoU chose in its wording."""
    return Choices.from_json(agreement.draft.choices if agreement.draft else None)


def render_wording(wording: Wording, only: int | None = None) -> str:
    """A wording alone, its fields left in braces and every optional clause in: for whoever writes or reads it.

    With ``only`` just the section at that index, under the number that it bears.
    """
    every = {line.option_key: True for each in wording.sections for line in lines_of(each.clauses)}
    numbers = appendix_numbers(wording.appendices)
    shown = sections_shown(wording.sections, {}, Choices(every), has_case_study=True, appendices=numbers)
    return render_to_string(
        "mou/wording/wording.html",
        {
            "title": wording.title if only is None else "",
            "sections": shown if only is None else shown[only : only + 1],
            "appendices": [(numbers[each.kind], each) for each in wording.appendices] if only is None else [],
            "blocks": BLOCKS,
        },
    )


def title_of(referral: Referral, name: str = "Memorandum of Understanding") -> str:
    """The title of the file."""
    return f"{name} {referral.reference}: {referral.lead_practice.name}"


def file_name(referral: Referral, kind: str = "") -> str:
    """A file name that any machine takes."""
    return f"MoU-{referral.reference}{f'-{kind}' if kind else ''}.pdf"


def kind_of(agreement: Agreement) -> str:
    """For the file's name: "variation-1"; nothing for the MoU itself."""
    return agreement.name.lower().replace(" ", "-") if agreement.number else ""


def to_pdf(
    html: str,
    referral: Referral,
    moment: dt.datetime | None = None,
    name: str = "Memorandum of Understanding",
) -> bytes:
    """The document as a tagged PDF."""
    return pdf.render(html, **options_of(referral, name), moment=moment)


def options_of(referral: Referral, name: str = "Memorandum of Understanding") -> dict[str, Any]:
    """What the PDF is made with beside its page: enough to make it in another process."""
    return {"title": title_of(referral, name)}


def signed_pdf(agreement: Agreement) -> bytes:
    """The document as it was signed, followed by the page of its signatures; not sealed yet.

    Made of what is on record alone, so that making it again gives the same bytes.
    """
    signatures = list(agreement.signatures.select_related("person").order_by("signed_at"))
    page = render_to_string(
        "mou/signature_page.html",
        {
            "agreement": agreement,
            "referral": agreement.referral,
            "signatures": signatures,
            "last": signatures[-1],
        },
    )
    return to_pdf(agreement.html + page, agreement.referral, agreement.signed_at, agreement.title)
