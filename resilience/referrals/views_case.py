"""The office's pages of a case: summary, messages, timeline, and what an officer does from them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from resilience.core.access import Denied, P, allows, requires
from resilience.core.forms import Form, add_denied
from resilience.core.words import day
from resilience.referrals import case as case_page
from resilience.referrals import office_actions as actions
from resilience.referrals import office_forms as forms
from resilience.referrals import office_rules as rules
from resilience.referrals.answers import answers
from resilience.referrals.letters import acknowledgement
from resilience.referrals.models import Attachment, Message, Referral
from resilience.referrals.officers import officers_for
from resilience.referrals.rules import check_can_answer
from resilience.referrals.states import State
from resilience.referrals.timeline import entries


def _why_not(check: Callable[..., None], *asked: Any) -> str:
    """Why an act cannot be done now, or ""."""
    try:
        check(*asked)
    except Denied as denied:
        return str(denied)
    return ""


def _acts(user: Any, referral: Referral) -> list[dict[str, str]]:
    """What an officer can do beside the main act: its words, its page and, if it cannot be done, why.

    Nothing is offered where the group was divided: the head of the page leads to the cases.
    """
    if referral.state == State.DIVIDED:
        return []
    offered = (
        ("Assign", "referrals:assign", rules.check_can_assign),
        ("Ask the practice a question", "referrals:ask", rules.check_can_ask),
        ("Write the commissioner's statement", "referrals:state_support", rules.check_can_state_support),
        ("Record a correction", "referrals:correct", rules.check_can_correct),
    )
    return [
        {
            "text": text,
            "href": reverse(url, kwargs={"referral": referral.pk}),
            "why_not": _why_not(check, user, referral),
        }
        for text, url, check in offered
    ]


def _messages_of(request: HttpRequest, referral: Referral) -> Any:
    return (
        Message.objects.visible_to(request.user)
        .filter(referral=referral)
        .select_related("written_by", "answers", "answer")
        .prefetch_related(
            Prefetch(
                "attachments",
                Attachment.objects.visible_to(request.user).select_related("file").defer("file__content"),
            )
        )
    )


@require_GET
@requires(P.VIEW_REFERRALS)
def case(request: HttpRequest, referral: int) -> HttpResponse:
    """The summary: what matters on one screen. A practice, and a draft, is led to the practice's own page."""
    found = case_page.find(request, referral)
    if found.is_draft or not allows(request.user, P.VIEW_INTERNAL, found):
        return redirect("referrals:follow", referral=found.pk)
    practices = [place.practice_id for place in found.practices.all()]
    earlier = (
        Referral.objects.visible_to(request.user)
        .filter(practices__practice__in=practices, received_at__isnull=False)
        .exclude(pk__in=[found.pk, found.divided_from_id or 0])
        .exclude(divided_from=found)
        .select_related("year__programme")
        .order_by("-received_on", "-pk")
        .distinct()
    )
    said = _messages_of(request, found)
    return render(
        request,
        "referrals/office/summary.html",
        case_page.page(request, found, "referrals:case")
        | {
            "practices": found.practices.all(),
            "wanted": found.wanted.select_related("item"),
            "asked": answers(found, "case"),
            "past_support": [past for past in found.past_support.all() if past.had],
            "earlier": earlier,
            "latest": said.last(),
            "unanswered": said.filter(kind=Message.Kind.QUESTION, answer__isnull=True).count(),
            # Escalations belong to a room to the left of this one: they are reached by name. Those that
            # nobody has taken stand above every page of the case.
            "taken": found.escalations.filter(taken_at__isnull=False).select_related("taken_by"),
            "acts": _acts(request.user, found),
            "messages_href": reverse("referrals:messages", kwargs={"referral": found.pk}),
        },
    )


@requires(P.VIEW_REFERRALS)
def messages_page(request: HttpRequest, referral: int) -> HttpResponse:
    """Everything said on a case, latest first; an officer adds an internal note here, and only that."""
    found = case_page.find(request, referral)
    is_office = allows(request.user, P.VIEW_INTERNAL, found)
    why_no_note = _why_not(rules.check_can_note, request.user, found)
    form = forms.NoteForm(request.POST or None, request.FILES or None)
    form.keep = f"note-{found.pk}"
    if request.method == "POST" and form.is_valid():
        try:
            actions.note(
                by=request.user,
                referral=found,
                text=form.cleaned_data["text"],
                files=form.cleaned_data["files"],
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The internal note is saved. The practice cannot see it.")
            return redirect("referrals:messages", referral=found.pk)
    said = list(_messages_of(request, found).order_by("-written_at", "-pk"))
    return render(
        request,
        "referrals/office/messages.html",
        case_page.page(request, found, "referrals:messages")
        | {
            "said": said,
            "may_answer": _answerable(request.user, found, said),
            "form": form if is_office and not why_no_note else None,
            "why_no_note": why_no_note if is_office else "",
            "acts": _acts(request.user, found)[1::2] if is_office else [],
            "is_office": is_office,
        },
    )


def _answerable(user: Any, referral: Referral, said: list[Message]) -> set[int]:
    """Ids of the questions that wait for an answer and that ``user`` may answer: one asks for all."""
    waiting = [
        each for each in said if each.kind == Message.Kind.QUESTION and not getattr(each, "answer", None)
    ]
    for each in waiting[:1]:
        each.referral = referral
        if _why_not(check_can_answer, user, each):
            return set()
    return {each.pk for each in waiting}


@require_GET
@requires(P.VIEW_INTERNAL)
def timeline(request: HttpRequest, referral: int) -> HttpResponse:
    """The trail of the case in words, latest first."""
    found = case_page.find(request, referral, P.VIEW_INTERNAL)
    context = case_page.page(request, found, "referrals:timeline")
    return render(
        request, "referrals/office/timeline.html", context | {"entries": entries(request.user, found)}
    )


@requires(P.WORK_REFERRALS)
def acknowledge(request: HttpRequest, referral: int) -> HttpResponse:
    """The acknowledgement: read it, change it, preview it, send it. Sent already, a repeat shows the case."""
    found = case_page.find(request, referral, P.WORK_REFERRALS)
    if found.acknowledged_at and found.acknowledged_by:
        who, when = found.acknowledged_by, day(found.acknowledged_at)
        messages.info(request, f"{found.reference} was acknowledged on {when} by {who}.")
        return redirect("referrals:case", referral=found.pk)
    letter = acknowledgement(found, request.user)  # type: ignore[arg-type]
    form = forms.AcknowledgeForm(request.POST or None, letter=letter)
    form.keep = f"acknowledge-{found.pk}"
    step = request.POST.get("step", "")
    context = _one_act(
        found, f"Acknowledge {found.reference}", form, rules.check_can_acknowledge, request.user
    )
    if request.method == "POST" and step != "edit" and form.is_valid():
        if step == "preview":
            return render(request, "referrals/office/acknowledge_preview.html", context | form.cleaned_data)
        try:
            actions.acknowledge(by=request.user, referral=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, _acknowledged(found))
            return redirect("referrals:case", referral=found.pk)
    return render(
        request, "referrals/office/acknowledge.html", context | {"unknown": ", ".join(letter.unknown)}
    )


def _acknowledged(referral: Referral) -> str:
    if referral.contact_email:
        return (
            f"{referral.reference} is acknowledged and the email is on its way to {referral.contact_email}."
        )
    return f"{referral.reference} is acknowledged. It has no email address: print the letter and post it."


def _one_act(
    referral: Referral, title: str, form: Form, check: Callable[..., None], user: Any
) -> dict[str, Any]:
    """Context of a page with one act on a case."""
    return {
        "title": title,
        "caption": f"{referral.reference}, {case_page.clock_sentence(referral)}",
        "referral": referral,
        "form": form,
        "denied": _why_not(check, user, referral),
        "back": reverse("referrals:case", kwargs={"referral": referral.pk}),
        "back_text": f"Back to {referral.reference}",
    }


@requires(P.WORK_REFERRALS)
def assign(request: HttpRequest, referral: int) -> HttpResponse:
    """Give the referral to an officer, oneself first."""
    found = case_page.find(request, referral, P.WORK_REFERRALS)
    start = {"officer": found.assigned_to_id or request.user.pk}
    form = forms.AssignForm(request.POST or None, people=officers_for(found), initial=start)
    return _answer(
        request,
        found,
        form,
        f"Assign {found.reference}",
        rules.check_can_assign,
        lambda given: actions.assign(by=request.user, referral=found, officer=given["officer"]),
        lambda given: f"{found.reference} is now with {given['officer'] or 'nobody'}.",
        "referrals:case",
    )


@requires(P.WORK_REFERRALS)
def ask(request: HttpRequest, referral: int) -> HttpResponse:
    """Put a question to the practice."""
    found = case_page.find(request, referral, P.WORK_REFERRALS)
    form = forms.AskForm(request.POST or None, request.FILES or None)
    form.keep = f"ask-{found.pk}"
    return _answer(
        request,
        found,
        form,
        f"Ask {found.contact_name} a question",
        rules.check_can_ask,
        lambda given: actions.ask(by=request.user, referral=found, **given),
        lambda given: f"The question is on its way to {found.contact_email}.",
        "referrals:messages",
    )


@requires(P.WORK_REFERRALS)
def correct(request: HttpRequest, referral: int) -> HttpResponse:
    """Put a correction beside what was sent."""
    found = case_page.find(request, referral, P.WORK_REFERRALS)
    form = forms.CorrectForm(request.POST or None)
    form.keep = f"correct-{found.pk}"
    return _answer(
        request,
        found,
        form,
        "Record a correction",
        rules.check_can_correct,
        lambda given: actions.correct(by=request.user, referral=found, **given),
        lambda given: "The correction is on record beside what was sent, and the practice is told.",
        "referrals:messages",
    )


@requires(P.WORK_REFERRALS)
def state_support(request: HttpRequest, referral: int) -> HttpResponse:
    """Write the commissioner's statement of support and its priority."""
    found = case_page.find(request, referral, P.WORK_REFERRALS)
    start = {"statement": found.commissioner_statement, "priority": found.priority}
    form = forms.StatementForm(request.POST or None, initial=start)
    form.keep = f"statement-{found.pk}"
    return _answer(
        request,
        found,
        form,
        "The commissioner's statement",
        rules.check_can_state_support,
        lambda given: actions.state_support(by=request.user, referral=found, **given),
        lambda given: "The commissioner's statement is saved.",
        "referrals:case",
    )


def _answer(
    request: HttpRequest,
    referral: Referral,
    form: Form,
    title: str,
    check: Callable[..., None],
    act: Callable[[dict[str, Any]], Any],
    said: Callable[[dict[str, Any]], str],
    after: str,
) -> HttpResponse:
    """One form, one act: done, say so and go on; denied, say why beside what was typed."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, said(form.cleaned_data))
            return redirect(after, referral=referral.pk)
    return render(request, "referrals/office/act.html", _one_act(referral, title, form, check, request.user))
