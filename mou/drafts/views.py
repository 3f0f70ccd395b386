"""Drafting the MoU: the officer's choices, the draft that both sides read, what is said of it, two drafts compared."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from mou import people
from mou.agreement import actions as agreements
from mou.agreement import documents
from mou.agreement.page import case_url
from mou.agreement.rules import SIGN_WITHIN, check_can_preview, check_can_send
from mou.drafts import actions, rules
from mou.drafts.forms import AnswerForm, ChoicesForm, CommentForm, SendForm
from mou.drafts.reading import anchors_of, clause_words, name_of, passages_of, pieces_of
from mou.drafts.states import latest_draft
from mou.models import Draft, DraftComment
from mou.wording.choices import questions_of
from mou.wording.compare import SAME, compare_lines
from practices.models import Organisation
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.referrals import case
from resilience.referrals.models import Referral


def _url(draft: Draft) -> str:
    return reverse("mou:read_draft", kwargs={"mou_draft": draft.pk})


def _find(request: HttpRequest, pk: int) -> Draft:
    """The draft in the person's reach, or 404."""
    rows = Draft.objects.visible_to(request.user, P.VIEW_MOU).select_related(
        "referral__year__programme", "referral__lead_practice", "referral__commissioner", "supplier", "made_by",
        "agreed_by", "template",
    )  # fmt: skip
    draft = rows.filter(pk=pk).first()
    if draft is None:
        raise Http404
    return draft


# --- making one --------------------------------------------------------------------------------


def _partner(request: HttpRequest, referral: Referral, draft: Draft | None) -> Organisation | None:
    """The supplier asked for in the address, of those who may be a party; else that of the latest draft."""
    asked = request.GET.get("supplier")
    if asked is None:
        return draft.supplier if draft else None
    return next((each for each in people.partners(referral) if str(each.pk) == asked), None)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "HEAD", "POST"])
def make_draft(request: HttpRequest, referral: int) -> HttpResponse:
    """What the wording asks of the drafter, then the next draft."""
    found = case.find(request, referral, P.PLAN_FOR_COMMISSIONER)
    latest = latest_draft(found)
    supplier = _partner(request, found, latest)
    denied = why_not(rules.check_can_draft, request.user, found, supplier)
    questions = []
    if not denied:
        try:
            questions = questions_of(documents.template_for(found, supplier))
        except Denied as refusal:
            denied = str(refusal)
    chosen = rules.choices_of(latest) if latest else rules.Choices()
    form = ChoicesForm(request.POST if request.method == "POST" else None, questions=questions, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        try:
            draft = actions.make_draft(
                by=request.user, referral=found, choices=form.choices(), supplier=supplier
            )
        except Denied as refusal:
            add_denied(form, refusal)
        else:
            messages.success(
                request, f"Draft {draft.number} is kept, and {found.lead_practice.name} can read it."
            )
            return redirect(_url(draft))
    return render(
        request,
        "mou/drafts/make.html",
        {
            "title": f"Draft the Memorandum of Understanding of {found.lead_practice.name}",
            "form": form,
            "questions": questions,
            "denied": denied,
            "supplier": supplier,
            "partners": people.partners(found),
            "number": latest.number + 1 if latest else 1,
            "back": case_url(found.pk),
        },
    )


# --- reading it --------------------------------------------------------------------------------


@requires(P.VIEW_MOU)
def draft(request: HttpRequest, mou_draft: int) -> HttpResponse:
    """A draft with what was said beside each clause, and what this person can do with it."""
    return _draft_page(request, _find(request, mou_draft))


def _draft_page(request: HttpRequest, found: Draft, form: SendForm | None = None) -> HttpResponse:
    user, referral = request.user, found.referral
    latest = latest_draft(referral)
    is_latest = latest is None or latest.pk == found.pk
    is_office = people.is_for_office(user, referral)
    can_comment = not why_not(rules.check_can_comment, user, found)
    beside: dict[str, list[dict[str, Any]]] = defaultdict(list)
    known = set(anchors_of(found.html))
    for comment in rules.said_of(found):
        can_answer = is_office and comment.answered_at is None
        beside[comment.clause if comment.clause in known else ""].append(
            {"comment": comment, "can_answer": can_answer}
        )
    comment_url = reverse("mou:comment_on_draft", kwargs={"mou_draft": found.pk})
    pieces = [
        {
            "html": mark_safe(html),  # nosec B308 B703 # as stored: our own template's output, escaped there
            "name": name_of(anchor),
            "said": beside[anchor] if anchor else [],
            "comment": f"{comment_url}?clause={anchor}" if anchor and can_comment else "",
        }
        for html, anchor in pieces_of(found.html)
    ]
    to_settle, why_not_send = [], ""
    if is_office and is_latest:
        sent = agreements.latest_agreement(referral)
        why_not_send = why_not(check_can_send, user, referral, sent, found.supplier)
        to_settle = rules.to_settle(found) if not why_not_send else []
    send_form = form or SendForm(initial={"draft": found.pk, "sign_by": today() + SIGN_WITHIN})
    return render(
        request,
        "mou/drafts/draft.html",
        {
            "title": f"Draft {found.number} of the Memorandum of Understanding",
            "draft": found,
            "referral": referral,
            "latest": None if is_latest else latest,
            "pieces": pieces,
            "on_the_whole": beside[""],
            "is_office": is_office,
            "comment_url": comment_url if can_comment else "",
            "agree": people.is_for_practice(user, referral) and is_latest and not found.agreed_at,
            "why_not_agree": why_not(rules.check_can_agree_draft, user, found),
            "compare": reverse("mou:compare_drafts", kwargs={"mou_draft": found.pk})
            if found.number > 1
            else "",
            "can_draft": is_office and is_latest and not why_not(rules.check_can_draft, user, referral),
            "form": send_form,
            "shows_send": is_office and is_latest,
            "why_not_send": why_not_send,
            "to_settle": to_settle,
            "signatories": people.holders(P.SIGN_FOR_PRACTICE, referral) if is_office else [],
            "back": case_url(referral.pk),
        },
    )


@requires(P.VIEW_MOU)
def draft_pdf(request: HttpRequest, mou_draft: int) -> HttpResponse:
    """A draft as a PDF."""
    found = _find(request, mou_draft)
    pdf = documents.to_pdf(found.html, found.referral)
    return download(documents.file_name(found.referral, f"draft-{found.number}"), agreements.PDF, pdf)


@requires(P.VIEW_MOU)
def compare_drafts(request: HttpRequest, mou_draft: int) -> HttpResponse:
    """This draft and an earlier one, clause by clause; the one before it unless another is asked for."""
    found = _find(request, mou_draft)
    earlier = list(Draft.objects.visible_to(request.user, P.VIEW_MOU).filter(
        referral=found.referral, number__lt=found.number
    ))  # fmt: skip
    if not earlier:
        raise Http404
    asked = request.GET.get("with", "")
    other = next((each for each in earlier if str(each.number) == asked), earlier[0])
    old, new = ([text for _, text in passages_of(each.html)] for each in (other, found))
    return render(
        request,
        "mou/drafts/compare.html",
        {
            "title": f"What changed between draft {other.number} and draft {found.number}",
            "draft": found,
            "other": other,
            "others": [each for each in earlier if each.number != other.number],
            "rows": [row for row in compare_lines(old, new) if row.kind != SAME],
            "back": _url(found),
        },
    )


# --- saying something of it --------------------------------------------------------------------


@requires(P.PLAN_FOR_PRACTICE)
@require_http_methods(["GET", "HEAD", "POST"])
def comment_on_draft(request: HttpRequest, mou_draft: int) -> HttpResponse:
    """The practice comments on a clause or on the whole, or asks for a change."""
    found = _find(request, mou_draft)
    form = CommentForm(request.POST or None, initial={"clause": request.GET.get("clause", "")[:40]})
    if request.method == "POST" and form.is_valid():
        try:
            comment = actions.comment_on_draft(by=request.user, draft=found, **form.cleaned_data)
        except Denied as refusal:
            add_denied(form, refusal)
        else:
            messages.success(request, "Sent. You will get an email when it is answered.")
            return redirect(f"{_url(found)}#comment-{comment.pk}")
    clause = str(form["clause"].value() or "")
    return render(
        request,
        "mou/drafts/comment.html",
        {
            "title": f"{name_of(clause)}: what do you want to say?",
            "form": form,
            "words": clause_words(found.html, clause),
            "takes_back": found.agreed_at is not None,
            "denied": why_not(rules.check_can_comment, request.user, found)
            if request.method != "POST"
            else "",
            "back": _url(found),
        },
    )


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "HEAD", "POST"])
def answer_comment(request: HttpRequest, draft_comment: int) -> HttpResponse:
    """The officer's answer."""
    rows = DraftComment.objects.visible_to(request.user, P.PLAN_FOR_COMMISSIONER).select_related(
        "draft__referral__commissioner", "written_by"
    )
    found = rows.filter(pk=draft_comment).first()
    if found is None:
        raise Http404
    latest = latest_draft(found.draft.referral)
    number = latest.number if latest else 0
    form = AnswerForm(request.POST or None, comment=found, latest=number)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_comment(by=request.user, comment=found, **form.cleaned_data)
        except Denied as refusal:
            add_denied(form, refusal)
        else:
            messages.success(request, "The answer is sent.")
            return redirect(_url(latest or found.draft))
    return render(
        request,
        "mou/drafts/answer.html",
        {
            "title": f"Answer what was said of {name_of(found.clause).lower()}, draft {found.draft.number}",
            "form": form,
            "comment": found,
            "words": clause_words(found.draft.html, found.clause),
            "needs_draft": number == found.draft.number,
            "make": reverse("mou:make_draft", kwargs={"referral": found.draft.referral_id}),
            "denied": why_not(rules.check_can_answer, request.user, found)
            if request.method != "POST"
            else "",
            "back": _url(latest or found.draft),
        },
    )


@requires(P.PLAN_FOR_PRACTICE)
@require_http_methods(["POST"])
def agree_draft(request: HttpRequest, mou_draft: int) -> HttpResponse:
    """The practice says: we agree this draft."""
    found = _find(request, mou_draft)
    try:
        actions.agree_draft(by=request.user, draft=found)
    except Denied as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "You agreed this draft. The commissioner can now send it to be signed.")
    return redirect(_url(found))


# --- sending it to be signed -------------------------------------------------------------------


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["POST"])
def send(request: HttpRequest, referral: int) -> HttpResponse:
    """Fix the draft that was read and ask for signatures."""
    found = case.find(request, referral, P.PLAN_FOR_COMMISSIONER)
    form = SendForm(request.POST)
    read = None
    if form.is_valid():
        read = (
            Draft.objects.visible_to(request.user, P.VIEW_MOU)
            .filter(referral=found, pk=form.cleaned_data["draft"])
            .first()
        )
        if read is None:
            raise Http404
        try:
            agreements.send(by=request.user, referral=found, draft=read, sign_by=form.cleaned_data["sign_by"])
        except Denied as refusal:
            check_can_preview(request.user, found)
            add_denied(form, refusal)
        else:
            messages.success(request, f"Sent to {found.lead_practice.name} for signature.")
            return redirect(case_url(found.pk))
    current = latest_draft(found)
    if current is None:
        return redirect("mou:make_draft", referral=found.pk)
    return _draft_page(request, _find(request, current.pk), form)
