"""The MoU as a document: the agreed plan and the money committed, in the words of the year's template.

One template makes what is shown on screen and what is printed. The same rows give the same bytes.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.template.loader import render_to_string

from mou.agreement.facts import Facts, facts_of, parties_of
from mou.agreement.rules import gaps_before_sending
from mou.models import Agreement, Objective, Section, Template
from mou.plan import plans
from mou.wording.choices import Choices, note_key
from mou.wording.lines import BLOCKS, CASE_STUDY_KEY, Line, filled, numbered, references
from practices.models import Organisation
from resilience.core import pdf
from resilience.core.access import Denied
from resilience.referrals.models import Referral

__all__ = ["file_name", "missing", "parties_of", "render", "signed_pdf", "template_for", "title_of", "to_pdf"]

missing = gaps_before_sending


@dataclass(frozen=True)
class Clause:
    """A numbered clause, one of the blocks of ``lines.BLOCKS``, or a drafting note that nobody has answered."""

    number: str
    text: str
    block: str
    is_open_note: bool = False

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


def of_template(template: Template) -> dict[str, str]:
    """The fields that the wording itself fills in."""
    return {
        "notice_period": notice_of(template.notice_months),
        "notice_period_failure": notice_of(template.notice_months_failure),
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
    sections: Iterable[Section],
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
        return Clause(number, text, line.block, line.is_note)

    return [
        SectionShown(each.number, each.heading, [clause(number, line) for number, line in each.lines])
        for each in found
    ]


def _plan_shown(facts: Facts, template: Template) -> dict[str, Any]:
    rows = facts.rows
    return {
        "plan": rows.plan,
        "headings": [
            {"text": label, "objectives": [each for each in rows.objectives if each.heading == value]}
            for value, label in Objective.Heading.choices
        ],
        "has_objectives": bool(rows.objectives) or template.plan_layout == Template.PlanLayout.OBJECTIVES,
        "actions": rows.actions,
        "services": rows.services,
        "contributions": rows.contributions if template.has_contributions else [],
        "sources": [line.strip() for line in template.support_sources.splitlines() if line.strip()],
    }


def render(referral: Referral, choices: Choices | None = None, supplier: Organisation | None = None) -> str:
    """The MoU as HTML: what goes inside a page. Raises Denied while something is missing to draft it.

    ``choices`` are the drafter's; without them each optional clause follows its default and each drafting
    note shows as open: ``wording.choices.unresolved`` must be empty before the document is issued.
    With a ``supplier`` it is the three-party form. Each section has the id "section-3", each clause
    "clause-3-2", so that a comment can point at it.
    """
    gaps = missing(referral)
    if gaps:
        raise Denied(f"The MoU cannot be drafted yet: {gaps[0].text[0].lower()}{gaps[0].text[1:]}.")
    template = template_for(referral, supplier)
    facts = facts_of(referral, plans.started(plans.plan_of(referral)), supplier)
    return render_facts(template, list(template.sections.all()), facts, choices or Choices())


def template_for(referral: Referral, supplier: Organisation | None = None) -> Template:
    """The wording in use, of three parties with a ``supplier``. Raises Denied before one is published."""
    found = plans.current_template(referral.year, has_supplier=supplier is not None)
    if found is None:
        form = " for three parties" if supplier else ""
        raise Denied(f"An administrator must publish the wording of the MoU{form} for {referral.year} first.")
    return found


def render_facts(template: Template, sections: list[Section], facts: Facts, choices: Choices) -> str:
    """A wording filled in from ``facts``, whichever case they are of."""
    values = facts.values | of_template(template)
    return render_to_string(
        "mou/document.html",
        {
            "template": template,
            "values": values,
            "sections": sections_shown(
                sections, values, choices, has_case_study=facts.rows.plan.has_case_study
            ),
            "parties": facts.parties,
            "is_group": facts.is_group,
            "supplier": facts.supplier,
            "support": facts.support,
            "total": sum(each.pence for each in facts.support),
            "leads": facts.leads,
            **_plan_shown(facts, template),
        },
    )


def render_wording(template: Template, sections: list[Section]) -> str:
    """A wording alone, its fields left in braces and every optional clause in: for whoever writes or reads it."""
    every = Choices({line.option_key: True for each in numbered(sections) for _, line in each.lines})
    return render_to_string(
        "mou/wording.html",
        {
            "template": template,
            "sections": sections_shown(sections, {}, every, has_case_study=True),
            "blocks": BLOCKS,
        },
    )


def title_of(referral: Referral) -> str:
    """The title of the file."""
    return f"Memorandum of Understanding {referral.reference}: {referral.lead_practice.name}"


def file_name(referral: Referral, kind: str = "") -> str:
    """A file name that any machine takes."""
    return f"MoU-{referral.reference}{f'-{kind}' if kind else ''}.pdf"


def to_pdf(html: str, referral: Referral, moment: dt.datetime | None = None) -> bytes:
    """The document as a tagged PDF."""
    return pdf.render(html, title=title_of(referral), moment=moment)


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
    return to_pdf(agreement.html + page, agreement.referral, agreement.signed_at)
