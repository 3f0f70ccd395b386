"""The MoU as a document: the agreed plan and the money committed, in the words of the year's template.

One template makes what is shown on screen and what is printed. The same rows give the same bytes.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from funding.models import Commitment
from mou.agreement.rules import gaps_before_sending, money_of
from mou.models import Agreement, Contribution, Objective, Plan, Section, Template
from mou.plan import plans
from mou.wording import BLOCKS, CASE_STUDY, block_of
from practices.models import Organisation
from resilience.core import pdf
from resilience.core.access import Denied
from resilience.core.words import day, money
from resilience.programmes.letters import fill
from resilience.referrals.models import Referral

missing = gaps_before_sending


@dataclass(frozen=True)
class Clause:
    """A numbered clause: words, or one of the blocks of ``wording.BLOCKS``."""

    number: str
    text: str
    block: str


@dataclass(frozen=True)
class SectionShown:
    number: int
    heading: str
    clauses: list[Clause]


@dataclass(frozen=True)
class Party:
    """One side of the MoU, or a practice of it, as named in section 1."""

    side: str
    name: str
    code: str
    address: list[str]


@dataclass(frozen=True)
class Support:
    category: str
    purpose: str
    practice: str
    route: str
    pence: int


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _address(lines: str, *more: str) -> list[str]:
    return [line.strip() for line in (*lines.splitlines(), *more) if line.strip()]


def parties_of(referral: Referral) -> list[Party]:
    commissioner = referral.commissioner or Organisation(name="", code="")
    parties = [
        Party("The commissioner", commissioner.name, commissioner.code, _address(commissioner.address))
    ]
    members = list(referral.practices.select_related("practice"))
    for member in members:
        side = "The practice"
        if len(members) > 1:
            side = "The practice that leads the group" if member.is_lead else "Practice of the group"
        address = _address(member.practice.address, member.practice.postcode)
        parties.append(Party(side, member.name, member.ods_code, address))
    return parties


def _route(commitment: Commitment) -> str:
    """How the money reaches the support, and by whom."""
    route = commitment.get_route_display()
    return f"{route}: {commitment.supplier.name}" if commitment.supplier else route


def _support(referral: Referral) -> list[Support]:
    promised = money_of(referral)
    names = dict(referral.practices.values_list("practice", "name"))
    return [
        Support(
            commitment.item.name,
            commitment.purpose,
            names.get(commitment.practice_id, commitment.practice.name),
            _route(commitment),
            promised[str(commitment.pk)],
        )
        for commitment in referral.commitments.select_related("item", "practice", "supplier").order_by(
            "item__position", "pk"
        )
        if str(commitment.pk) in promised
    ]


def _leads(plan: Plan) -> list[dict[str, str]]:
    return [
        {"title": plans.LEAD_TITLES[lead]}
        | {(part.strip("_") or "name"): getattr(plan, lead + part) for part in plans.LEAD_PARTS}
        for lead in plans.LEADS
    ]


def _values(referral: Referral, plan: Plan, parties: list[Party], support: list[Support]) -> dict[str, str]:
    """What each field of ``wording.FIELDS`` stands for in this case."""
    year = referral.year
    return {
        "practice_names": _listed([f"{each.name} ({each.code})" for each in parties[1:]]),
        "practice_name": next((each.name for each in parties[1:]), referral.lead_practice.name),
        "commissioner_name": parties[0].name,
        "office_name": year.programme.owner.name,
        "programme_name": year.programme.name,
        "programme_year": year.name,
        "reference": referral.reference or "",
        "categories": _listed(list(dict.fromkeys(each.category for each in support))),
        "money_total": money(sum(each.pence for each in support)),
        "exit_strategy": plan.exit_strategy,
        "ends_on": day(plan.ends_on),
        **{lead: getattr(plan, lead) for lead in plans.LEADS},
    }


def sections_shown(
    sections: list[Section], values: dict[str, str], *, has_case_study: bool
) -> Iterator[SectionShown]:
    """The template's sections with their clauses numbered and filled in."""
    for section in sections:
        clauses: list[Clause] = []
        for line in filter(None, map(str.strip, section.clauses.splitlines())):
            if line.startswith(CASE_STUDY) and not has_case_study:
                continue
            line = line.removeprefix(CASE_STUDY).strip()
            block = block_of(line)
            # A block belongs to the clause before it, so it takes no number.
            number = sum(1 for clause in clauses if not clause.block) + 1
            clauses.append(Clause("" if block else f"{section.number}.{number}", fill(line, values), block))
        yield SectionShown(section.number, section.heading, clauses)


def _plan_shown(plan: Plan, template: Template) -> dict[str, Any]:
    objectives = list(plan.objectives.all())
    return {
        "plan": plan,
        "headings": [
            {"text": label, "objectives": [each for each in objectives if each.heading == value]}
            for value, label in Objective.Heading.choices
        ],
        "has_objectives": bool(objectives) or template.plan_layout == Template.PlanLayout.OBJECTIVES,
        "actions": list(plan.actions.all()),
        "services": list(plan.services.all()),
        "contributions": list(Contribution.objects.filter(plan=plan)) if template.has_contributions else [],
        "sources": [line.strip() for line in template.support_sources.splitlines() if line.strip()],
    }


def render(referral: Referral) -> str:
    """The MoU as HTML: what goes inside a page. Raises Denied while something is missing to draft it."""
    gaps = missing(referral)
    if gaps:
        raise Denied(f"The MoU cannot be drafted yet: {gaps[0].text[0].lower()}{gaps[0].text[1:]}.")
    return _render(referral, plans.started(plans.plan_of(referral)), template_for(referral))


def template_for(referral: Referral) -> Template:
    """The wording in use. Raises Template.DoesNotExist before one is published."""
    return Template.objects.filter(year=referral.year_id).latest("version")


def _render(referral: Referral, plan: Plan, template: Template) -> str:
    parties, support = parties_of(referral), _support(referral)
    values = _values(referral, plan, parties, support)
    sections = list(template.sections.all())
    return render_to_string(
        "mou/document.html",
        {
            "template": template,
            "values": values,
            "sections": list(sections_shown(sections, values, has_case_study=plan.has_case_study)),
            "blocks": BLOCKS,
            "parties": parties,
            "support": support,
            "total": sum(each.pence for each in support),
            "leads": _leads(plan),
            **_plan_shown(plan, template),
        },
    )


def render_wording(template: Template, sections: list[Section]) -> str:
    """A wording alone, its fields left in braces: for whoever writes or reads it."""
    return render_to_string(
        "mou/wording.html",
        {
            "template": template,
            "sections": list(sections_shown(sections, {}, has_case_study=True)),
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
