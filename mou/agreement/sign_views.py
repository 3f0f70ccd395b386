"""Signing, declining, withdrawing, and more time to sign."""

import datetime as dt
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_ipv46_address
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods

from mou.agreement import actions, rules, stopping
from mou.agreement.forms import PostponeForm, SignForm, WhyForm
from mou.agreement.page import caption, find, html_of, page_of, shown
from mou.agreement.states import SIDE_WORDS
from mou.models import Agreement, Signature
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.words import day

A = Agreement.State
Side = Signature.Side
SIGNERS = (P.SIGN_FOR_PRACTICE, P.SIGN_FOR_SUPPLIER, P.SIGN_FOR_COMMISSIONER)


def _evidence(request: HttpRequest) -> actions.Evidence:
    """How the person reached this page: address, browser, how they signed in and when last."""
    address: str | None
    try:
        address = get_adapter().get_client_ip(request)
        validate_ipv46_address(address or "")
    except (PermissionDenied, ValidationError):
        address = None
    proofs = request.session.get("account_authentication_methods")
    proofs = [proof for proof in proofs if isinstance(proof, dict)] if isinstance(proofs, list) else []
    methods = dict.fromkeys(str(proof.get("type") or proof.get("method", "")) for proof in proofs)
    last = max((proof.get("at", 0) for proof in proofs), default=0)
    return actions.Evidence(
        ip_address=address,
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        sign_in_method=", ".join(filter(None, methods)),
        signed_in_at=dt.datetime.fromtimestamp(last, dt.UTC) if last else None,
    )


def _person(request: HttpRequest) -> Any:
    """Whoever is signed in, as @requires has made sure."""
    return request.user


def side_of(user: Any, agreement: Agreement) -> str:
    """For whom this person would sign: the side whose turn it is, if they may, else their own, else ""."""
    theirs = [side for side in agreement.sides if not why_not(rules.check_acts_for, user, agreement, side)]
    return agreement.turn if agreement.turn in theirs else next(iter(theirs), "")


@requires(*SIGNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, agreement: int) -> HttpResponse:
    """The document itself, then who signs for whom, then the name typed and one button."""
    found, person = find(request, agreement), _person(request)
    if found.signatures.filter(person=person).exists():
        return redirect("mou:signed", agreement=found.pk)
    side = side_of(person, found)
    denied = f"There is nothing to sign: {found.this} is “{found.standing}”."
    if found.turn:
        denied = why_not(rules.check_can_sign, person, found, side or found.turn)
    side = side or Side.PRACTICE
    form = SignForm(
        request.POST or None,
        consent=actions.consent_of(found, side),
        initial={"document_sha256": found.document.sha256, "role": person.job_title},
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.SIGN[Side(side)](
                by=person, agreement=found, evidence=_evidence(request), **form.cleaned_data
            )
        except Denied as refusal:
            if found.signatures.filter(person=person).exists():  # a second click of the same button
                return redirect("mou:signed", agreement=found.pk)
            add_denied(form, refusal)
        else:
            return redirect("mou:signed", agreement=found.pk)
    return render(
        request,
        "mou/sign.html",
        {
            "title": f"Read and sign {found.the_title}",
            "caption": caption(found),
            "form": form,
            "button": f"Sign {found.the_title}",
            "document": html_of(found),
            "shown": shown(request, found),
            "why_not": denied,
            "authority": actions.authority_of(found, side),
            "signs_for": actions.party_name(found, side),
            "order": _order(found, side),
            "sha256": found.document.sha256,
            "back": page_of(request.user, found),
        },
    )


def _order(agreement: Agreement, side: str) -> str:
    """What this signature does, in a sentence or two."""
    before = [SIDE_WORDS[each] for each in agreement.sides[: agreement.sides.index(Side(side))]]
    after = [SIDE_WORDS[each] for each in agreement.sides[agreement.sides.index(Side(side)) + 1 :]]
    if not after:
        signed = "The practice and the supplier have" if len(before) > 1 else "The practice has"
        return (
            f"{signed} signed. With your signature {agreement.this_title} takes effect"
            f"{'' if agreement.number else ', and its money can be paid'}."
        )
    first = "The practice signs first" if not before else "The practice has signed. The supplier signs now"
    then = "".join(f", then the {each}" for each in after)
    return f"{first}{then}. Nothing takes effect until all have signed."


@requires(P.VIEW_MOU, P.SIGN_FOR_SUPPLIER)
def signed(request: HttpRequest, agreement: int) -> HttpResponse:
    """What happens next, and the copy, for someone who has signed."""
    found, person = find(request, agreement), _person(request)
    if not found.signatures.filter(person=person).exists():
        return redirect(page_of(request.user, found))
    all_signed = "All three sides have signed." if found.supplier_id else "Both sides have signed."
    links = [
        {
            "href": page_of(request.user, found),
            "text": "Go to the MoU and its variations"
            if found.number
            else "Go to the Memorandum of Understanding",
        }
    ]
    if found.sealed_id:
        address = reverse("mou:sealed", kwargs={"agreement": found.pk})
        links.insert(0, {"href": address, "text": "Download the sealed copy (PDF)"})
        steps = [f"{all_signed} The sealed copy was sent to all by email.", *_pays(found)]
    elif found.is_signed:
        steps = [f"{all_signed} The sealed copy is being made and will come by email.", *_pays(found)]
    elif found.is_stopped:
        steps = [f"{found.standing} on {day(found.stopped_at)}. It has no effect."]
    else:
        address = reverse("mou:document", kwargs={"agreement": found.pk})
        links.insert(0, {"href": address, "text": "Download the document you signed (PDF)"})
        steps = [
            f"{actions.party_name(found, found.turn)} signs next. When all have signed, each gets a sealed copy "
            "by email."
        ]
    context = {"title": "You have signed", "text": "", "next_steps": steps, "links": links}
    return render(
        request,
        "panel.html",
        context | {"reference": found.referral.reference, "reference_label": "Reference"},
    )


def _pays(agreement: Agreement) -> list[str]:
    """What the last signature of the MoU itself does to its money."""
    return [] if agreement.number else ["The money that opens when the MoU is signed can now be paid."]


def _ask(
    request: HttpRequest,
    found: Agreement,
    form: Any,
    *,
    rule: Any,
    act: Any,
    done: str,
    stops: str = "",
    **words: Any,
) -> HttpResponse:
    """A page that asks before something is done to an agreement. Where it ``stops`` in a state of which this person
    is the cause already, it was a second click of the same button."""
    if request.method == "POST" and form.is_valid():
        try:
            act(by=request.user, agreement=found, **form.cleaned_data)
        except Denied as refusal:
            now = find(request, found.pk)
            if stops and now.state == stops and now.stopped_by == request.user:
                return redirect(page_of(request.user, found))
            add_denied(form, refusal)
        else:
            messages.success(request, done)
            return redirect(page_of(request.user, found))
    context = {
        "form": form,
        "caption": caption(found),
        "denied": why_not(rule, request.user, found) if request.method == "GET" else "",
        "back": page_of(request.user, found),
    }
    return render(request, "confirm.html", context | words)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, agreement: int) -> HttpResponse:
    """Take the MoU back before all have signed, with a reason."""
    found = find(request, agreement)
    return _ask(
        request,
        found,
        WhyForm(request.POST or None),
        rule=rules.check_can_withdraw_agreement,
        act=stopping.withdraw_agreement,
        done=f"{capfirst(found.the_title)} was withdrawn. You can change what it says and send it anew.",
        stops=A.WITHDRAWN,
        title=f"Withdraw {found.this_title}",
        sentences=[
            "It will have no effect, even if it was signed by some. Everyone concerned gets an email with the reason."
        ],
        confirm="Withdraw it",
        variant="warning",
    )


@requires(*SIGNERS)
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, agreement: int) -> HttpResponse:
    """Say no, with a reason, for the side whose turn it is."""
    found = find(request, agreement)
    return _ask(
        request,
        found,
        WhyForm(request.POST or None),
        rule=rules.check_can_decline,
        act=stopping.decline,
        done="You declined to sign. Everyone concerned gets an email with your reason.",
        stops=A.DECLINED,
        title=f"Decline to sign {found.this_title}",
        sentences=[
            "It will have no effect. Everyone concerned gets an email with your reason. "
            "The commissioner can then change what it says and send it anew.",
        ],
        confirm="Decline to sign",
        variant="warning",
    )


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def postpone(request: HttpRequest, agreement: int) -> HttpResponse:
    """Give the signatories more time, with a reason."""
    found = find(request, agreement)
    last = (
        f"The last day to sign is {day(found.sign_by)} now."
        if found.sign_by
        else "It has no last day to sign now."
    )
    return _ask(
        request,
        found,
        PostponeForm(request.POST or None),
        rule=rules.check_can_postpone,
        act=stopping.postpone_signing,
        done="There is more time to sign. Everyone concerned gets an email.",
        title="Give more time to sign",
        sentences=[last],
        confirm="Set the new date",
    )
