"""After a referral was sent: follow it, read it, keep a copy, answer, withdraw."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from resilience.core.access import Denied, P, allows, requires
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.words import day
from resilience.referrals import actions, answers, case, dividing, documents, following, forms, receipt, rules
from resilience.referrals.models import Attachment, Message, Referral
from resilience.referrals.views_practice import summary


def _sent(request: HttpRequest, pk: int) -> Referral | HttpResponse:
    row = case.find(request, pk)
    return redirect("referrals:draft", referral=pk) if row.is_draft else row


@requires(P.VIEW_REFERRALS)
def follow(request: HttpRequest, referral: int) -> HttpResponse:
    """The practice's one page on its referral, in plain words."""
    row = _sent(request, referral)
    if isinstance(row, HttpResponse):
        return row
    questions = following.open_questions(row)
    written = (
        Message.objects.visible_to(request.user)
        .filter(referral=row, is_internal=False)
        .select_related("written_by", "answer")
        .prefetch_related(
            Prefetch(
                "attachments",
                Attachment.objects.visible_to(request.user).select_related("file").defer("file__content"),
            )
        )
        .order_by("-written_at", "-pk")
    )
    decision = following.decision_letter(row)
    bids = following.bids(row)
    family = dividing.family(request.user, row)
    context = {
        "title": receipt.title(row),
        "caption": f"Referral {row.reference}",
        "row": row,
        "stages": following.stages(row, following.stage_dates(row)),
        "step": following.divided_step(family["into"])
        if "into" in family
        else following.next_steps(request.user, [row], {row.pk: questions})[row.pk],
        "family": family,
        "contact": following.contact(row),
        "written": [_written(each) for each in written if not decision or each.text != decision.letter],
        "decision": decision,
        "bids": bids,
        "may_bid": following.may_bid(request.user, row, bids),
        "more": following.sections(request, row),
        "withdraw_denied": _why_not_withdraw(request, row),
        "may_refer": allows(request.user, P.REFER, row),
    }
    return render(request, "referrals/practice/follow.html", context)


def _written(message: Message) -> dict[str, Any]:
    is_open = message.kind == Message.Kind.QUESTION and not hasattr(message, "answer")
    return {
        "message": message,
        "href": reverse("referrals:answer", args=[message.pk]) if is_open else "",
        "attachments": list(message.attachments.all()),
    }


def _why_not_withdraw(request: HttpRequest, row: Referral) -> str:
    try:
        rules.check_can_withdraw(request.user, row)
    except Denied as denied:
        return str(denied)
    return ""


@requires(P.VIEW_REFERRALS)
def form(request: HttpRequest, referral: int) -> HttpResponse:
    """The referral as it was sent, both sides; corrections stand beside it."""
    row = _sent(request, referral)
    if isinstance(row, HttpResponse):
        return row
    attachments = Attachment.objects.visible_to(request.user).filter(referral=row, message=None)
    context = case.page(request, row, "referrals:form") | {
        "sections": [
            {"title": section.title, "rows": summary(section)}
            for section in answers.sections(row)
            if section.key != "files"
        ],
        "attachments": attachments.select_related("file").defer("file__content"),
        "corrections": Message.objects.visible_to(request.user)
        .filter(referral=row, kind=Message.Kind.CORRECTION)
        .select_related("written_by"),
    }
    return render(request, "referrals/practice/form_tab.html", context)


@requires(P.VIEW_REFERRALS)
def copy(request: HttpRequest, referral: int) -> HttpResponse:
    """The PDF copy of what was sent."""
    row = _sent(request, referral)
    if isinstance(row, HttpResponse):
        return row
    return download(documents.file_name(row), "application/pdf", documents.copy(row))


@requires(P.VIEW_REFERRALS)
def attachment(request: HttpRequest, attachment: int) -> HttpResponse:
    """A file on a referral, always saved and never shown."""
    rows = Attachment.objects.visible_to(request.user).select_related("file")
    file = get_object_or_404(rows, pk=attachment).file
    return download(file.name, file.content_type, bytes(file.content))


@requires(P.REFER)
def answer(request: HttpRequest, message: int) -> HttpResponse:
    """Answer one question of the office, with files."""
    rows = Message.objects.visible_to(request.user, P.REFER).select_related(
        "referral__year__programme", "referral__lead_practice", "referral__assigned_to", "written_by"
    )
    question = get_object_or_404(rows, pk=message)
    if question.kind != Message.Kind.QUESTION:
        raise Http404
    follow_page = reverse("referrals:follow", args=[question.referral_id])
    denied = ""
    try:
        rules.check_can_answer(request.user, question)
    except Denied as reason:
        denied = str(reason)
    bound = request.method == "POST"
    answer_form = forms.AnswerForm(request.POST if bound else None, request.FILES if bound else None)
    answer_form.keep = f"answer-{question.pk}"
    if bound and answer_form.is_valid():
        try:
            actions.answer(
                by=request.user,
                question=question,
                text=answer_form.cleaned_data["text"],
                files=answer_form.cleaned_data["attachments"],
            )
            messages.success(request, "Your answer was sent.")
            return redirect(follow_page)
        except Denied as reason:
            denied = ""
            add_denied(answer_form, reason)
    context = {
        "title": "Answer a question",
        "caption": f"Referral {question.referral.reference}",
        "question": question,
        "asked": f"{question.written_by.name} asked on {day(question.written_at)}",
        "form": answer_form,
        "denied": denied if not bound else "",
        "back": follow_page,
    }
    return render(request, "referrals/practice/answer.html", context)


@requires(P.REFER)
def withdraw(request: HttpRequest, referral: int) -> HttpResponse:
    """Withdraw a referral with a reason, once asked."""
    row = case.find(request, referral, P.REFER)
    if row.is_draft:
        return redirect("referrals:discard", referral=row.pk)
    follow_page = reverse("referrals:follow", args=[row.pk])
    denied = _why_not_withdraw(request, row)
    reason_form = forms.ReasonForm(request.POST if request.method == "POST" else None)
    reason_form.keep = f"withdraw-{row.pk}"
    if request.method == "POST" and reason_form.is_valid():
        try:
            actions.withdraw(by=request.user, referral=row, reason=reason_form.cleaned_data["reason"])
            messages.success(request, "The referral was withdrawn.")
            return redirect(follow_page)
        except Denied as reason:
            denied = str(reason)
    context = {
        "title": "Withdraw this referral?",
        "caption": f"Referral {row.reference}, {receipt.title(row)}",
        "sentences": [
            "We will stop working on it. What you sent, and your reason, stay on record.",
            "You can refer yourself again while the programme is open.",
        ],
        "form": reason_form,
        "denied": denied,
        "confirm": "Withdraw the referral",
        "variant": "warning",
        "cancel": follow_page,
        "cancel_text": "Keep it",
    }
    return render(request, "confirm.html", context)
