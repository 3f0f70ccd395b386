"""Raising a dispute, its page, and its next steps."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from mou.agreement.page import case_url
from mou.agreement.page import find as find_agreement
from mou.disputes import actions, rules
from mou.disputes.forms import RaiseForm, StepForm
from mou.disputes.page import card
from mou.models import Dispute
from resilience.core.access import Denied, P, requires
from resilience.core.calendar import today
from resilience.core.forms import add_denied

_SIDES = (P.PLAN_FOR_PRACTICE, P.PLAN_FOR_COMMISSIONER, P.APPROVE_PLAN)


def _find(request: HttpRequest, pk: int) -> Dispute:
    rows = Dispute.objects.visible_to(request.user, P.VIEW_MOU).select_related(
        "agreement__referral__lead_practice",
        "agreement__referral__commissioner",
        "agreement__referral__year__programme",
        "agreement__referral__assigned_to",
    )
    dispute = rows.filter(pk=pk).first()
    if dispute is None:
        raise Http404
    return dispute


def _url(dispute: Dispute) -> str:
    return reverse("mou:dispute", kwargs={"dispute": dispute.pk})


@requires(*_SIDES)
@require_http_methods(["GET", "POST"])
def raise_dispute(request: HttpRequest, agreement: int) -> HttpResponse:
    """Either side notifies the other."""
    found = find_agreement(request, agreement)
    rules.check_is_theirs(request.user, found, "mou.raise_dispute")
    if request.method == "GET":  # what was sent twice is for the act to answer
        rules.check_can(request.user, found, "mou.raise_dispute", rules.open_dispute(found))
    form = RaiseForm(request.POST or None)
    form.keep = f"dispute-{found.pk}"
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.raise_dispute(by=request.user, agreement=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The dispute is raised. Both sides were told by email.")
            return redirect(_url(made))
    context = {"title": "Raise a dispute", "form": form, "back": case_url(found.referral_id)}
    return render(request, "form.html", context)


@requires(P.VIEW_MOU)
@require_safe
def dispute(request: HttpRequest, dispute: int) -> HttpResponse:
    """Its steps in order, and what may be done next."""
    found = _find(request, dispute)
    context = {
        "title": found.about,
        "caption": "Dispute",
        "card": card(request.user, found),
        "back": case_url(found.agreement.referral_id),
    }
    return render(request, "mou/disputes/dispute.html", context)


def _step(request: HttpRequest, pk: int, name: str, run: Any, title: str, intro: str) -> HttpResponse:
    found = _find(request, pk)
    rules.check_is_theirs(request.user, found.agreement, name)
    if request.method == "GET":
        rules.check_can(request.user, found.agreement, name, found)
    form = StepForm(request.POST or None, initial={"on": today()})
    form.keep = f"{name}-{found.pk}"
    if request.method == "POST" and form.is_valid():
        try:
            run(by=request.user, dispute=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect(_url(found))
    return render(request, "form.html", {"title": title, "form": form, "intro": intro, "back": _url(found)})


_READ = "Both sides will read it, and get it by email."


@requires(*_SIDES)
@require_http_methods(["GET", "POST"])
def said(request: HttpRequest, dispute: int) -> HttpResponse:
    act = actions.say_in_dispute
    return _step(request, dispute, "mou.say_in_dispute", act, "Record what was said", _READ)


@requires(P.WORK_REFERRALS)
@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, dispute: int) -> HttpResponse:
    intro = "Only people who work for the commissioner read it."
    return _step(
        request, dispute, "mou.note_in_dispute", actions.note_in_dispute, "Add an internal note", intro
    )


@requires(*_SIDES)
@require_http_methods(["GET", "POST"])
def escalate(request: HttpRequest, dispute: int) -> HttpResponse:
    act = actions.escalate_dispute
    return _step(request, dispute, "mou.escalate_dispute", act, "Put it to the strategic lead", _READ)


@requires(P.APPROVE_PLAN)
@require_http_methods(["GET", "POST"])
def lmc(request: HttpRequest, dispute: int) -> HttpResponse:
    title = "Record that the Local Medical Committee was asked"
    return _step(request, dispute, "mou.ask_lmc", actions.ask_lmc, title, _READ)


@requires(P.PLAN_FOR_COMMISSIONER, P.APPROVE_PLAN)
@require_http_methods(["GET", "POST"])
def settle(request: HttpRequest, dispute: int) -> HttpResponse:
    act = actions.settle_dispute
    return _step(request, dispute, "mou.settle_dispute", act, "Record the outcome", _READ)
