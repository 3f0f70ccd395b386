"""Asking for a change of an MoU, drafting it, sending it, and reading the MoU with it worked in."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from mou.agreement.actions import PDF
from mou.agreement.documents import file_name
from mou.agreement.page import caption as caption_of_mou
from mou.agreement.page import case_url
from mou.agreement.page import find as find_agreement
from mou.changes import actions, documents, rules
from mou.changes.changes import Target, from_json
from mou.changes.forms import ClauseForm, DropForm, ExtendForm, KindForm, ProposalForm
from mou.changes.money import money_lines, said
from mou.changes.page import can_draft, caption, card, drafting, find, url_of
from mou.models import Agreement, Proposal, ProposedChange
from mou.people import is_for_practice
from mou.plan import plans
from mou.plan.forms import EndingForm, LeadsForm
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import Form, add_denied

_BOTH = (P.PLAN_FOR_PRACTICE, P.PLAN_FOR_COMMISSIONER)


def _asked(
    request: HttpRequest,
    form: Form,
    run: Callable[..., Any],
    to: str,
    template: str = "form.html",
    **page: Any,
) -> HttpResponse:
    """A form whose act is run; back ``to`` where it came from."""
    if request.method == "POST" and form.is_valid():
        try:
            run(by=request.user, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect(to)
    return render(request, template, {"form": form, "back": to, **page})


def _drafted(request: HttpRequest, pk: int, act: str) -> Proposal:
    """The proposal, which this person may draft now. Raises Denied."""
    found = find(request, pk)
    rules.check_can_draft(request.user, found, act)
    return found


@requires(*_BOTH)
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, agreement: int) -> HttpResponse:
    """What should change, and why; by either side."""
    mou = find_agreement(request, agreement)
    rules.check_is_theirs(request.user, mou)
    if request.method == "GET":  # what was sent twice is for the act to answer
        rules.check_can_propose(request.user, mou)
    by_practice = is_for_practice(request.user, mou.referral)
    form_class = ProposalForm if by_practice or not mou.template.may_extend else KindForm
    more = "" if by_practice else said(money_lines(mou))
    form = form_class(request.POST or None, initial={"what": more})
    form.keep = f"propose-{mou.pk}"
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.propose(by=request.user, mou=mou, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            if by_practice:
                messages.success(
                    request, "Your request is sent. Nothing changes until both sides have signed."
                )
            return redirect(url_of(made))
    context = {
        "title": f"{'Ask for' if by_practice else 'Propose'} a change of the Memorandum of Understanding",
        "caption": caption_of_mou(mou),
        "form": form,
        "back": case_url(mou.referral_id),
    }
    return render(request, "form.html", context)


@requires(P.VIEW_MOU)
@require_safe
def proposal(request: HttpRequest, proposal: int) -> HttpResponse:
    """A change as it is drafted, for both sides; drafted from here."""
    found = find(request, proposal)
    context = {
        "title": f"{found.get_kind_display()} of the Memorandum of Understanding",
        "caption": caption_of_mou(found.mou),
        "card": card(request.user, found),
        "drafting": drafting(found) if can_draft(request.user, found) else None,
        "back": case_url(found.mou.referral_id),
    }
    return render(request, "mou/changes/proposal.html", context)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def say_why(request: HttpRequest, proposal: int) -> HttpResponse:
    """What changes and why, as the document will say it."""
    found = _drafted(request, proposal, "mou.say_why")
    form = ProposalForm(request.POST or None, initial={"what": found.what, "why": found.why})

    def run(**said: Any) -> None:
        actions.say_why(proposal=found, **said)

    return _asked(request, form, run, url_of(found), title="What changes, and why", caption=caption(found))


def _part(
    request: HttpRequest, pk: int, form_class: Any, fields: tuple[str, ...], template: str, title: str
) -> HttpResponse:
    found = _drafted(request, pk, "mou.change_part")
    plan = plans.started(plans.plan_of(found.mou.referral))
    earlier = found.changes.filter(target=Target.PART).first()
    said = from_json(earlier.after) if earlier else {}
    initial = {name: said.get(name, getattr(plan, name)) for name in fields}
    form = form_class(request.POST or None, initial=initial)
    form.keep = f"{form_class.__name__}-variation-{found.pk}"

    def run(**values: Any) -> None:
        actions.change_part(proposal=found, **values)

    return _asked(request, form, run, url_of(found), template, title=title, caption=caption(found))


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, proposal: int) -> HttpResponse:
    title = "Extend the Memorandum of Understanding"
    return _part(request, proposal, ExtendForm, ("ends_on",), "form.html", title)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def ending(request: HttpRequest, proposal: int) -> HttpResponse:
    title = "Exit strategy and end date"
    return _part(request, proposal, EndingForm, plans.ENDING_FIELDS, "form.html", title)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def leads(request: HttpRequest, proposal: int) -> HttpResponse:
    return _part(request, proposal, LeadsForm, plans.LEADS_FIELDS, "mou/leads.html", "The three leads")


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def clause(request: HttpRequest, proposal: int) -> HttpResponse:
    """Other words for a clause."""
    found = _drafted(request, proposal, "mou.change_clause")
    form = ClauseForm(request.POST or None, clauses=documents.clauses_now(found.mou))
    form.keep = f"clause-{found.pk}"

    def run(**said: Any) -> None:
        actions.change_clause(proposal=found, **said)

    title = "Change the words of a clause"
    return _asked(request, form, run, url_of(found), title=title, caption=caption(found))


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, proposed_change: int) -> HttpResponse:
    """Leave a part as it stands."""
    rows = ProposedChange.objects.visible_to(request.user, P.VIEW_MOU)
    change = rows.filter(pk=proposed_change).first()
    if change is None:
        raise Http404
    found = find(request, change.proposal_id)
    denied = why_not(rules.check_can_draft, request.user, found, "mou.undo_change")
    if request.method == "POST":
        try:
            actions.undo_change(by=request.user, proposal=found, change=change)
        except Denied as refused:
            denied = str(refused)
        else:
            return redirect(url_of(found))
    context = {
        "title": "Leave this as it stands?",
        "caption": caption(found),
        "sentences": ["What was drafted here is taken out of the variation."],
        "denied": denied,
        "confirm": "Leave it as it stands",
        "variant": "secondary",
        "back": url_of(found),
    }
    return render(request, "confirm.html", context)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_safe
def preview(request: HttpRequest, proposal: int) -> HttpResponse:
    """The document as it would be sent; sent from here."""
    return _preview(request, _drafted(request, proposal, "mou.send_variation"))


def _preview(request: HttpRequest, found: Proposal, form: Form | None = None) -> HttpResponse:
    context = {
        "title": "The change, as it would be sent for signature",
        "caption": caption(found),
        "form": form,
        "document": mark_safe(documents.render(found)),  # nosec B308 B703 # our own template's output
        "why_not": why_not(rules.check_can_send_variation, request.user, found),
        "proposal": found,
        "back": url_of(found),
    }
    return render(request, "mou/changes/preview.html", context)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["POST"])
def send(request: HttpRequest, proposal: int) -> HttpResponse:
    """Fix the document and ask for signatures."""
    found = find(request, proposal)
    try:
        actions.send_variation(by=request.user, proposal=found)
    except Denied as denied:
        rules.check_can_draft(request.user, found, "mou.send_variation")
        form = Form({})
        form.is_valid()
        add_denied(form, denied)
        return _preview(request, found, form)
    messages.success(request, f"Sent to {found.mou.referral.lead_practice.name} for signature.")
    return redirect(case_url(found.mou.referral_id))


@requires(*_BOTH)
@require_http_methods(["GET", "POST"])
def drop(request: HttpRequest, proposal: int) -> HttpResponse:
    """The MoU stays as it is."""
    found = find(request, proposal)
    form = DropForm(request.POST or None)
    denied = why_not(rules.check_can_drop, request.user, found)

    def run(**said: Any) -> None:
        actions.drop_proposal(proposal=found, **said)

    return _asked(
        request,
        form,
        run,
        case_url(found.mou.referral_id),
        "confirm.html",
        title="Drop this change?",
        sentences=[
            "The Memorandum of Understanding stays as it is. Both sides get an email with the reason."
        ],
        denied=denied if request.method == "GET" else "",
        confirm="Drop it",
        variant="warning",
    )


def _version(request: HttpRequest, pk: int) -> tuple[Agreement, Proposal]:
    """An MoU with what varied it up to this document: the last of an MoU's own; 404 where nothing varied it."""
    agreement = find_agreement(request, pk)
    rows = Proposal.objects.visible_to(request.user, P.VIEW_MOU).filter(applied_at__isnull=False)
    rows = rows.filter(mou=agreement) if not agreement.number else rows.filter(agreement=agreement)
    found = rows.select_related("agreement", "mou__referral__lead_practice").order_by("-agreement__number")
    proposal = found.first()
    if proposal is None:
        raise Http404
    return agreement, proposal


@requires(P.VIEW_MOU)
@require_safe
def consolidated(request: HttpRequest, agreement: int) -> HttpResponse:
    """The MoU as it reads with its variations, on screen."""
    found, proposal = _version(request, agreement)
    number = proposal.agreement.number if proposal.agreement else 0
    context = {
        "title": "The Memorandum of Understanding, consolidated",
        "document": mark_safe(proposal.consolidated),  # nosec B308 B703 # our own template's output
        "number": number,
        "agreement": proposal.agreement,
        "versions": range(1, number + 1),
        "back": case_url(found.referral_id),
    }
    return render(request, "mou/changes/consolidated.html", context)


@requires(P.VIEW_MOU)
@require_safe
def consolidated_pdf(request: HttpRequest, agreement: int) -> HttpResponse:
    """The same as a PDF: the same bytes each time."""
    found, proposal = _version(request, agreement)
    number = proposal.agreement.number if proposal.agreement else 0
    name = file_name(found.referral, f"consolidated-{number}")
    return download(name, PDF, documents.consolidated_pdf(proposal))
