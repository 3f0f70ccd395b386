"""The acts on an invoice, each a page with one form; and approval limits."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from funding.invoices import actions, limits, page, rules
from funding.invoices.forms import AnswerForm, ApproveForm, LimitForm, QueryForm, RejectForm
from funding.models import Invoice
from practices.models import Person
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.calendar import today
from resilience.core.forms import Form, add_denied
from resilience.core.words import money


def _act(
    request: SignedInRequest,
    found: Invoice,
    refused: str,
    form: Form,
    act: Callable[[dict[str, Any]], Any],
    *,
    title: str,
    done: str,
    intro: str = "",
) -> HttpResponse:
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, done)
            return redirect("funding:invoice", invoice=found.pk)
    return render(
        request,
        "funding/invoices/act.html",
        {
            **page.context(request, found),
            "title": title,
            "caption": f"Invoice {found.number}, {found.payee.name}",
            "intro": intro,
            "form": form if form.is_bound or not refused else None,
            "why_not": refused,
            "back": reverse("funding:invoice", kwargs={"invoice": found.pk}),
            "back_text": f"Invoice {found.number}",
        },
    )


def _posted(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.APPROVE_INVOICES)
def approve_invoice(request: SignedInRequest, invoice: int) -> HttpResponse:
    """Approve it alone, or as the first or the second of two: the person's limit says which."""
    found = page.find(request, invoice)
    which = limits.approval_of(request.user, found)
    alone = which == "funding.approve_invoice"
    limit = limits.limit_of(request.user)
    own = f"Your approval limit is {money(limit)}." if limit else "You have no approval limit."
    intro = "" if alone else f"{own} A second person, whose limit covers the whole, must approve it too."
    act = actions.approve_invoice if alone else actions.approve_invoice_first
    return _act(
        request,
        found,
        why_not(rules.check_can_approve, request.user, found, which),
        ApproveForm(_posted(request), submit=f"Approve {money(found.total)}"),
        lambda typed: act(by=request.user, invoice=found),
        title="Approve this invoice",
        intro=intro,
        done="The invoice is approved." if alone else "You approved it. It needs a second approval now.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.APPROVE_INVOICES)
def query_invoice(request: SignedInRequest, invoice: int) -> HttpResponse:
    """Ask the payee a question about it."""
    found = page.find(request, invoice)
    return _act(
        request,
        found,
        why_not(rules.check_can_query, request.user, found),
        QueryForm(_posted(request)),
        lambda typed: actions.query_invoice(by=request.user, invoice=found, **typed),
        title="Ask a question",
        done=f"The question is sent to {found.payee.name}.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RAISE_INVOICES)
def answer_query(request: SignedInRequest, invoice: int) -> HttpResponse:
    """Answer for the payee, with a corrected file if need be."""
    found = page.find(request, invoice)
    return _act(
        request,
        found,
        why_not(rules.check_can_answer_query, request.user, found),
        AnswerForm(_posted(request), request.FILES if request.method == "POST" else None),
        lambda typed: actions.answer_query(
            by=request.user, invoice=found, answer=typed["answer"], file=next(iter(typed["file"]), None)
        ),
        title="Answer the question",
        done=f"The answer is sent to {found.commissioner.name}.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.APPROVE_INVOICES)
def reject_invoice(request: SignedInRequest, invoice: int) -> HttpResponse:
    """End it, with the reason that the payee reads."""
    found = page.find(request, invoice)
    return _act(
        request,
        found,
        why_not(rules.check_can_reject, request.user, found),
        RejectForm(_posted(request)),
        lambda typed: actions.reject_invoice(by=request.user, invoice=found, **typed),
        title="Reject this invoice",
        done=f"The invoice is rejected, and {found.payee.name} is told why.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MANAGE_PEOPLE)
def approval_limit(request: SignedInRequest, person: int) -> HttpResponse:
    """How much a person may approve alone: now, what was set before, and a new one."""
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person)
    refused = why_not(rules.check_can_set_limit, request.user, shown)
    form = LimitForm(_posted(request), initial={"starts_on": today()})
    if form.is_valid():
        try:
            limit = actions.set_approval_limit(by=request.user, person=shown, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The approval limit of {shown.name} is {money(limit.pence)}.")
            return redirect("funding:approval_limit", person=shown.pk)
    return render(
        request,
        "funding/invoices/limit.html",
        {
            "title": "Approval limit",
            "caption": shown.name,
            "limits": shown.approval_limits.select_related("set_by"),
            "in_force": limits.limits_in_force().filter(person=shown).first(),
            "form": form if form.is_bound or not refused else None,
            "why_not": refused,
            "back": reverse("people:person", kwargs={"person": shown.pk}),
            "back_text": shown.name,
        },
    )
