"""The documents of a variation: what is signed, and the MoU with it worked in.

Both are made of what is on record alone: the same rows give the same bytes.
"""

import datetime as dt
from dataclasses import dataclass

from django.template.loader import render_to_string

from mou.agreement import documents
from mou.agreement.facts import Facts, facts_of
from mou.changes.changes import clauses_of, shown
from mou.changes.money import money_lines, signed_money
from mou.models import Agreement, Proposal
from mou.plan import plans
from mou.wording.words import wording_of
from resilience.core import pdf
from resilience.core.words import day


@dataclass(frozen=True)
class Said:
    """An earlier document, as a later one names it."""

    name: str
    signed_at: dt.datetime | None
    sha256: str


def _facts(mou: Agreement) -> Facts:
    return facts_of(mou.referral, plans.started(plans.plan_of(mou.referral)), mou.supplier)


def _signed(mou: Agreement) -> list[Said]:
    """The MoU and what varied it until now."""
    rows = [
        mou,
        *mou.variations.filter(signed_at__isnull=False).select_related("document").order_by("number"),
    ]
    return [
        Said(
            each.name if each.number else "The Memorandum of Understanding",
            each.signed_at,
            each.document.sha256,
        )
        for each in rows
    ]


def next_number(mou: Agreement) -> int:
    """Of the next document that varies it."""
    last = mou.variations.filter(signed_at__isnull=False).order_by("-number").first()
    return last.number + 1 if last else 1


def render(proposal: Proposal) -> str:
    """The variation as HTML: the parties, what changes and why, old and new text, the money."""
    mou = proposal.mou
    facts = _facts(mou)
    name = f"{proposal.get_kind_display()} {next_number(mou)}"
    return render_to_string(
        "mou/changes/document.html",
        {
            "name": name,
            "proposal": proposal,
            "values": facts.values,
            "parties": facts.parties,
            "is_group": facts.is_group,
            "supplier": facts.supplier,
            "stated": sum(signed_money(mou).values()),
            "total": sum(each.pence for each in facts.support),
            "money": money_lines(mou),
            "changes": shown(list(proposal.changes.all())),
            "signed": _signed(mou),
        },
    )


def clauses_now(mou: Agreement) -> dict[str, str]:
    """The words of each numbered clause as the MoU reads now, with what varied it."""
    written = documents.clauses_of(wording_of(mou.template), _facts(mou), documents.choices_of(mou))
    return written | clauses_of(applied(mou))


def applied(mou: Agreement) -> list[Proposal]:
    """What varies it, in order."""
    rows = Proposal.objects.filter(mou=mou, agreement__signed_at__isnull=False)
    return list(rows.select_related("agreement").prefetch_related("changes").order_by("agreement__number"))


def consolidated(mou: Agreement) -> str:
    """The MoU as it stands with every signed variation worked in; it says so at its head."""
    proposals = applied(mou)
    body = documents.render_facts(
        wording_of(mou.template),
        _facts(mou),
        documents.choices_of(mou),
        clauses_of(proposals),
    )
    head = render_to_string(
        "mou/changes/consolidated_head.html",
        {"mou": mou, "variations": [each.agreement for each in proposals]},
    )
    return head + body


def consolidated_pdf(proposal: Proposal) -> bytes:
    """As kept when this proposal was signed; the same bytes each time."""
    agreement = proposal.agreement
    if agreement is None:
        raise ValueError("only what was signed is consolidated")
    return pdf.render(proposal.consolidated, title=consolidated_title(proposal), moment=agreement.signed_at)


def consolidated_title(proposal: Proposal) -> str:
    agreement = proposal.agreement
    number = agreement.number if agreement else 0
    name = documents.title_of(proposal.mou.referral)
    return f"{name}, consolidated with variations to {number}, {day(proposal.applied_at)}"
