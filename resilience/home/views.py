"""Each person's first page, and the search."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from practices.hats import current_hat
from practices.requests import SignedInRequest
from resilience.core.access import P, Role, allows, signed_in
from resilience.home import today
from resilience.home.in_care import in_care, others_in_care
from resilience.home.search import search as find
from resilience.referrals.models import Referral

WITH_MONEY = (Role.APPROVER, Role.FINANCE_LEAD)
"""Whose first page shows where the money stands beside what is to be decided or paid."""


@signed_in
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """What must I do today? By hat; someone without a role yet is asked which practice they work for."""
    hat = current_hat(request)
    if hat is None:
        return redirect("people:link")
    if hat.role == Role.PRACTICE_USER:
        context = {"title": "Your referrals", "queried": today.invoices_queried(request.user)}
        return render(request, "home/practice.html", {**context, **today.for_practice(request.user)})
    if hat.role == Role.SUPPLIER_USER:
        return _in_care(request)
    if hat.role == Role.OBSERVER:
        return _practices(request)
    context = {
        "title": "What to do today",
        "role": hat.get_role_display(),
        "tasks": today.tasks(hat.role, request.user),
        "to_sign": today.agreements_to_sign(request.user) if hat.role == Role.APPROVER else [],
        "money": today.money_standing(request.user) if hat.role in WITH_MONEY else [],
    }
    return render(request, "home/today.html", context)


def _last_looked(request: SignedInRequest) -> dt.datetime | None:
    """When the person saw this page before; from now on, now."""
    looked = request.session.get("looked_at")
    request.session["looked_at"] = timezone.now().isoformat()
    return dt.datetime.fromisoformat(looked) if looked else None


def _in_care(request: SignedInRequest) -> HttpResponse:
    since = _last_looked(request)
    context = {
        "title": "Your practices",
        "rows": in_care(request.user, since),
        "others": others_in_care(request.user),
        "since": since,
        "queried": today.invoices_queried(request.user),
        "to_sign": today.agreements_to_sign_for_supplier(request.user),
    }
    return render(request, "home/supplier.html", context)


def _practices(request: SignedInRequest) -> HttpResponse:
    since = _last_looked(request)
    rows = today.practices_and_changes(request.user, since)
    context = {"title": "Your practices", "rows": rows, "since": since}
    queried = today.invoices_queried(request.user) if request.user.may(P.RAISE_INVOICES) else []
    to_sign = (
        today.agreements_to_sign_for_supplier(request.user) if request.user.may(P.SIGN_FOR_SUPPLIER) else []
    )
    return render(request, "home/practices.html", {**context, "queried": queried, "to_sign": to_sign})


@signed_in
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The header's search: straight to the thing when there is one hit."""
    text = request.GET.get("q", "").strip()[:100]
    hits = find(request.user, text)
    if (only := hits.only) is not None:
        if not isinstance(only, Referral):
            return redirect("practices:practice", ods_code=only.ods_code)
        page = "referrals:case" if allows(request.user, P.VIEW_INTERNAL, only) else "referrals:follow"
        return redirect(reverse(page, kwargs={"referral": only.pk}))
    return render(request, "home/search.html", {"title": "Search", "text": text, "hits": hits})
