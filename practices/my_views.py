"""Pages of a person's own: an invitation, details and roles, the hat, and asking to work for a practice."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from practices import actions, rules
from practices.finder import open_practices
from practices.hats import current_hat, hats, wear
from practices.models import Practice
from practices.people_forms import AcceptForm, FindPracticeForm, LinkForm, MyDetailsForm
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, public, signed_in, why_not
from resilience.core.forms import add_denied

ENOUGH = 20


@public
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What an invitation's link opens. Every token that does not work shows the same few words."""
    try:
        offer = actions.open_invitation(token)
        account = actions.account_of(offer)
        if account and not account.is_active:
            raise actions.DeadInvitation
        if request.user.is_authenticated and request.user != account:
            raise actions.DeadInvitation
        return _accept(request, token, offer, account)
    except actions.DeadInvitation:
        return render(
            request, "people/invitation_dead.html", {"title": "This invitation cannot be used"}, status=404
        )


def _accept(request: HttpRequest, token: str, offer: Any, account: Any) -> HttpResponse:
    form = None
    if account is None:
        form = AcceptForm(request.POST or None, email=offer.email, initial={"name": offer.name})
    if request.method == "POST" and request.user.is_authenticated:
        actions.accept_invitation(by=request.user, token=token)
        messages.success(request, "You have accepted the invitation.")
        return redirect("home")
    if request.method == "POST" and form is not None and form.is_valid():
        typed = form.cleaned_data
        holding = actions.accept_invitation(
            by=None,
            token=token,
            name=typed["name"],
            job_title=typed["job_title"],
            password=typed["password1"],
        )
        login = Login(user=holding.person, email=offer.email, redirect_url=reverse("home"))
        return perform_password_login(request, {"email": offer.email, "password": typed["password1"]}, login)
    context = {
        "title": "You are invited",
        "offer": offer,
        "role": offer.get_role_display().lower(),
        "form": form,
        "must_sign_in": account is not None and not request.user.is_authenticated,
        "sign_in": f"{reverse('account_login')}?next={request.path}",
    }
    return render(request, "people/invitation.html", context)


@signed_in
def me(request: SignedInRequest) -> HttpResponse:
    """One's own details, roles, password and second step."""
    initial = {field: getattr(request.user, field) for field in ("name", "job_title", "phone")}
    form = MyDetailsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.change_own_details(by=request.user, **form.cleaned_data)
        messages.success(request, "Your details are saved.")
        return redirect("people:me")
    return render(
        request,
        "people/me.html",
        {
            "title": "Your account",
            "form": form,
            "roles": hats(request.user),
            "requests": _my_requests(request),
            "may_declare": request.user.may(P.VIEW_INTERNAL),
        },
    )


def _my_requests(request: SignedInRequest) -> Any:
    return request.user.link_requests.select_related("practice").order_by("-asked_at")


@signed_in
def hat(request: SignedInRequest) -> HttpResponse:
    """Choose which of one's roles the pages are shown for."""
    mine = hats(request.user)
    if request.method == "POST":
        typed = request.POST.get("holding", "")
        chosen = next((holding for holding in mine if str(holding.pk) == typed), None)
        if chosen:
            wear(request, chosen)
            return redirect("home")
        messages.error(request, "You do not hold that role any more. Choose one of these.")
        return redirect("people:hat")
    return render(
        request,
        "people/hat.html",
        {"title": "Which role do you work in now?", "hats": mine, "current": current_hat(request)},
    )


@signed_in
def link(request: SignedInRequest) -> HttpResponse:
    """Which practice do you work for? Find it (?q=), choose it (?practice=CODE), say your role there."""
    code = request.POST.get("practice") or request.GET.get("practice")
    if code:
        return _ask(request, get_object_or_404(open_practices(), ods_code=code))
    form = FindPracticeForm(request.GET if "q" in request.GET else None)
    found: list[Practice] | None = form.found() if form.is_bound and form.is_valid() else None
    return render(
        request,
        "people/link.html",
        {
            "title": "Which practice do you work for?",
            "form": form,
            "found": found[:ENOUGH] if found is not None else None,
            "too_many": bool(found and len(found) > ENOUGH),
            "requests": _my_requests(request),
            "has_roles": bool(request.user.current_holdings),
        },
    )


def _ask(request: SignedInRequest, practice: Practice) -> HttpResponse:
    form = LinkForm(request.POST or None, initial={"role_at_practice": request.user.job_title})
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_for_link(
                by=request.user, practice=practice, role_at_practice=form.cleaned_data["role_at_practice"]
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(
                request,
                f"We have asked whether you work at {practice.name}. You get an email with the answer.",
            )
            return redirect("people:link")
    return render(
        request,
        "people/ask.html",
        {
            "title": f"Do you work at {practice.name}?",
            "practice": practice,
            "form": form,
            "denied": why_not(rules.check_can_ask_for_link, request.user, practice),
            "back": reverse("people:link"),
        },
    )
