"""What pages of a change share: the row in the person's reach, and what they show of it."""

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from mou.agreement.page import caption as caption_of_mou
from mou.agreement.rules import money_of
from mou.changes import rules
from mou.changes.changes import Target, shown
from mou.changes.money import MoneyLine, added, money_lines
from mou.changes.states import ProposalState, proposal_state
from mou.models import Agreement, Proposal, ProposedChange
from mou.models.agreement import IN_FORCE
from mou.people import is_for_office, is_for_practice
from mou.plan import plans
from mou.plan.views import KINDS
from resilience.core.access import P, allows, why_not

S = ProposalState
COLOURS: dict[str, str] = {S.DRAFT: "white", S.SENT: "blue", S.APPLIED: "green", S.DROPPED: "grey"}


def find(request: HttpRequest, pk: int) -> Proposal:
    """The proposal in the person's reach, or 404."""
    rows = Proposal.objects.visible_to(request.user, P.VIEW_MOU).select_related(
        "asked_by",
        "dropped_by",
        "agreement",
        "mou__template",
        "mou__supplier",
        "mou__referral__year__programme",
        "mou__referral__lead_practice",
        "mou__referral__commissioner",
        "mou__referral__assigned_to",
    )
    proposal = rows.filter(pk=pk).first()
    if proposal is None:
        raise Http404
    return proposal


def url_of(proposal: Proposal) -> str:
    return reverse("mou:proposal", kwargs={"proposal": proposal.pk})


def caption(proposal: Proposal) -> str:
    """Above the title of each page on which it is drafted."""
    return f"{proposal.get_kind_display()} of the {caption_of_mou(proposal.mou)}"


def can_draft(user: Any, proposal: Proposal) -> bool:
    return not why_not(rules.check_can_draft, user, proposal, "mou.change_row")


def _done(change: ProposedChange | None) -> str:
    """What the draft does to a row of the plan."""
    if change is None:
        return ""
    return "changed by this" if change.after else "taken out by this"


def drafting(proposal: Proposal) -> dict[str, Any]:
    """Where each part can be changed, for the officer who drafts it."""
    key = {"proposal": proposal.pk}
    if proposal.kind == Proposal.Kind.EXTENSION:
        parts = [("Set the new end date", reverse("mou:vary_extend", kwargs=key))]
        return {"parts": parts, "rows": []}
    plan = plans.started(plans.plan_of(proposal.mou.referral))
    taken = {(each.rows, each.row): each for each in proposal.changes.all() if each.target == Target.ROW}
    rows = []
    for kwarg, kind in KINDS.items():
        name = kind.model.__name__
        rows.append(
            {
                "title": kind.section.capitalize() if kind.section != "actions" else "Action plan",
                "add": reverse(f"mou:vary_add_{kwarg}", kwargs=key),
                "add_text": kind.to_add,
                "rows": [
                    {
                        "text": str(row),
                        "done": _done(taken.get((name, row.pk))),
                        "change": reverse(f"mou:vary_{kwarg}", kwargs={kwarg: row.pk}),
                        "out": ""
                        if getattr(row, "item_id", None)
                        else reverse(f"mou:vary_out_{kwarg}", kwargs={kwarg: row.pk}),
                    }
                    for row in kind.model.objects.filter(plan=plan)
                ],
            }
        )
    parts = [
        ("Change the end date, exit strategy or case study", reverse("mou:vary_ending", kwargs=key)),
        ("Change a lead", reverse("mou:vary_leads", kwargs=key)),
        ("Change the words of a clause", reverse("mou:vary_clause", kwargs=key)),
    ]
    return {"parts": parts, "rows": rows}


def _said_of_money(proposal: Proposal, lines: list[MoneyLine]) -> str:
    """What becomes of it, whether it is drafted or out for signature."""
    if (
        proposal.agreement
        and not proposal.is_draft
        and proposal.agreement.money != money_of(proposal.mou.referral)
    ):
        return (
            "The money committed changed after this was sent, so it cannot be signed. "
            "The commissioner must withdraw it and send it anew."
        )
    said = (
        "The document states the money as it is committed when it is sent."
        if proposal.is_draft
        else "The document states this money."
    )
    return (
        f"{said} What is more than was signed pays once both sides have signed it." if added(lines) else said
    )


def _is_out(proposal: Proposal) -> bool:
    return proposal.is_open and not proposal.is_draft


def _next(proposal: Proposal) -> str:
    """Whose turn it is, for a reader who wonders whether to do something."""
    if proposal.is_draft:
        return "The commissioner drafts it and sends it for signature. Nothing changes until all sides have signed."
    return "Nothing changes until all sides have signed." if _is_out(proposal) else ""


def card(user: Any, proposal: Proposal) -> dict[str, Any]:
    """One proposal as the tab and its own page show it."""
    key = {"proposal": proposal.pk}
    drafts = proposal.is_open and can_draft(user, proposal)
    lines = money_lines(proposal.mou) if proposal.is_open else []
    return {
        "proposal": proposal,
        "href": url_of(proposal),
        "state": S(proposal_state(proposal)).label,
        "colour": COLOURS[proposal_state(proposal)],
        "changes": [
            {
                "shown": each,
                "undo": reverse("mou:undo_change", kwargs={"proposed_change": each.change.pk})
                if drafts
                else "",
            }
            for each in shown(list(proposal.changes.all()))
        ],
        "money": lines,
        "said_of_money": _said_of_money(proposal, lines),
        "next": _next(proposal),
        "came_back": proposal.agreement if proposal.is_draft else None,
        "read": reverse("mou:read", kwargs={"agreement": proposal.agreement_id}) if _is_out(proposal) else "",
        "can_draft": drafts,
        "preview": reverse("mou:preview_variation", kwargs=key) if drafts else "",
        "why_not_send": why_not(rules.check_can_send_variation, user, proposal) if drafts else "",
        "say_why": reverse("mou:say_why", kwargs=key) if drafts else "",
        "drop": ""
        if not proposal.is_open or why_not(rules.check_can_drop, user, proposal)
        else reverse("mou:drop_proposal", kwargs=key),
    }


def part(user: Any, mou: Agreement) -> dict[str, Any]:
    """For ``mou/changes/part.html``: what varied an MoU, what is open, and asking for another."""
    rows = list(
        Proposal.objects.filter(mou=mou)
        .select_related("agreement", "asked_by", "dropped_by")
        .prefetch_related("changes")
    )
    for row in rows:
        row.mou = mou
    signed = [each for each in rows if each.applied_at]
    is_office = is_for_office(user, mou.referral)
    concerned = is_for_practice(user, mou.referral) or is_office
    reason = why_not(rules.check_can_propose, user, mou)
    sees_money = is_office or allows(user, P.VIEW_MONEY, mou.referral)
    unnamed = added(money_lines(mou)) if sees_money and not any(each.is_open for each in rows) else 0
    return {
        "unnamed": unnamed if mou.state in IN_FORCE else 0,
        "open": next((card(user, each) for each in rows if each.is_open), None),
        "signed": [
            {
                "proposal": each,
                "name": each.agreement.name if each.agreement else "",
                "read": reverse("mou:read", kwargs={"agreement": each.agreement_id}),
                "sealed": reverse("mou:sealed", kwargs={"agreement": each.agreement_id})
                if each.agreement and each.agreement.sealed_id
                else "",
                "consolidated": reverse("mou:consolidated", kwargs={"agreement": each.agreement_id}),
            }
            for each in signed
        ],
        "dropped": [card(user, each) for each in rows if each.dropped_at],
        "consolidated": reverse("mou:consolidated", kwargs={"agreement": mou.pk}) if signed else "",
        "propose": reverse("mou:propose", kwargs={"agreement": mou.pk}) if concerned and not reason else "",
        "propose_text": "Propose a change of it" if is_office else "Ask for a change of it",
        "why_not": reason if concerned and mou.state in ("signed", "notice") else "",
    }
