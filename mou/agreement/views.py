"""The MoU tab, the document before and after it is sent, and its signing."""

import datetime as dt
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_ipv46_address
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods

from mou import people
from mou.agreement import actions, documents, rules
from mou.agreement.check import judge
from mou.agreement.forms import CheckForm, Form, SignForm, WhyForm
from mou.models import Agreement, Signature
from resilience.core.access import Denied, P, allows, public, requires
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.models import StoredFile
from resilience.core.words import day
from resilience.referrals import case
from resilience.referrals.models import Referral

A = Agreement.State
Side = Signature.Side
_COLOURS = {
    A.SENT: "blue",
    A.PRACTICE_SIGNED: "blue",
    A.SIGNED: "green",
    A.NOTICE: "orange",
    A.TERMINATED: "grey",
    A.ENDED: "grey",
    A.WITHDRAWN: "grey",
}
_SIGNS: dict[str, Any] = {
    Side.PRACTICE: rules.check_can_sign_for_practice,
    Side.COMMISSIONER: rules.check_can_sign_for_commissioner,
}


def _why_not(rule: Any, *args: Any) -> str:
    try:
        rule(*args)
    except Denied as denied:
        return str(denied)
    return ""


def _case_url(referral: int) -> str:
    return reverse("mou:case", kwargs={"referral": referral})


def _find(request: HttpRequest, pk: int) -> Agreement:
    """The agreement in the person's reach, or 404."""
    rows = Agreement.objects.visible_to(request.user, P.VIEW_MOU).select_related(
        "referral__year__programme",
        "referral__lead_practice",
        "referral__commissioner",
        "document",
        "sealed",
    )
    agreement = rows.filter(pk=pk).first()
    if agreement is None:
        raise Http404
    return agreement


def _html(agreement: Agreement) -> SafeString:
    """The document as stored: our own template's output, in which everything typed was escaped."""
    return mark_safe(agreement.html)  # nosec B308 B703


# --- the tab -----------------------------------------------------------------------------------


def _shown(request: HttpRequest, agreement: Agreement) -> dict[str, Any]:
    """One agreement as the tab shows it."""
    side = _side_to_sign(agreement)
    rule = _SIGNS.get(side)
    return {
        "agreement": agreement,
        "state": agreement.get_state_display(),
        "colour": _COLOURS[A(agreement.state)],
        "signatures": list(agreement.signatures.all()),
        "document": reverse("mou:document", kwargs={"agreement": agreement.pk}),
        "sealed": reverse("mou:sealed", kwargs={"agreement": agreement.pk}) if agreement.sealed_id else "",
        "is_being_sealed": agreement.is_signed and agreement.sealed_id is None,
        "sign": reverse("mou:sign", kwargs={"agreement": agreement.pk})
        if rule and not _why_not(rule, request.user, agreement)
        else "",
        "withdraw": reverse("mou:withdraw", kwargs={"agreement": agreement.pk})
        if not _why_not(rules.check_can_withdraw_agreement, request.user, agreement)
        else "",
        "stale": _why_not(rules.check_is_current, agreement) if side else "",
    }


def _side_to_sign(agreement: Agreement) -> str:
    """Whose signature is next, or ""."""
    return {A.SENT: Side.PRACTICE, A.PRACTICE_SIGNED: Side.COMMISSIONER}.get(A(agreement.state), "")


@requires(P.VIEW_MOU)
def mou_case(request: HttpRequest, referral: int) -> HttpResponse:
    """The MoU tab, for both sides."""
    found = case.find(request, referral, P.VIEW_MOU)
    rows = Agreement.objects.visible_to(request.user, P.VIEW_MOU).filter(referral=found)
    agreements = list(
        rows.select_related("document", "sealed", "withdrawn_by", "sent_by").prefetch_related(
            "signatures__person"
        )
    )
    for agreement in agreements:
        agreement.referral = found
    current = next((each for each in agreements if each.state != A.WITHDRAWN), None)
    is_office = people.is_for_office(request.user, found, P.VIEW_INTERNAL)
    context = {
        **case.page(request, found, "mou:case"),
        "current": _shown(request, current) if current else None,
        "withdrawn": [_shown(request, each) for each in agreements if each.state == A.WITHDRAWN],
        "gaps": documents.missing(found) if is_office and current is None else [],
        "is_office": is_office,
        "preview_url": reverse("mou:preview", kwargs={"referral": found.pk}),
        "why_not_send": _why_not(
            rules.check_can_send, request.user, found, agreements[0] if agreements else None
        ),
    }
    return render(request, "mou/case.html", context)


# --- the document ------------------------------------------------------------------------------


@requires(P.VIEW_INTERNAL)
def preview(request: HttpRequest, referral: int) -> HttpResponse:
    """The draft as it would be sent, on screen; sent from here."""
    found = case.find(request, referral, P.VIEW_INTERNAL)
    rules.check_can_preview(request.user, found)
    return _preview(request, found)


def _preview(request: HttpRequest, referral: Referral, form: Form | None = None) -> HttpResponse:
    latest = actions.latest_agreement(referral)
    return render(
        request,
        "mou/preview.html",
        {
            "title": "The Memorandum of Understanding, as it would be sent",
            "form": form,
            "referral": referral,
            "document": mark_safe(documents.render(referral)),  # nosec B308 B703 # our own template's output
            "why_not": _why_not(rules.check_can_send, request.user, referral, latest),
            "signatories": people.holders(P.SIGN_FOR_PRACTICE, referral),
            "back": _case_url(referral.pk),
        },
    )


@requires(P.VIEW_INTERNAL)
def preview_pdf(request: HttpRequest, referral: int) -> HttpResponse:
    """The draft as a PDF."""
    found = case.find(request, referral, P.VIEW_INTERNAL)
    rules.check_can_preview(request.user, found)
    pdf = documents.to_pdf(documents.render(found), found)
    return download(documents.file_name(found, "draft"), actions.PDF, pdf)


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["POST"])
def send(request: HttpRequest, referral: int) -> HttpResponse:
    """Fix the document and ask for signatures."""
    found = case.find(request, referral, P.VIEW_INTERNAL)
    try:
        actions.send(by=request.user, referral=found)
    except Denied as denied:
        rules.check_can_preview(request.user, found)
        form = Form({})
        form.is_valid()
        add_denied(form, denied)
        return _preview(request, found, form)
    messages.success(request, f"Sent to {found.lead_practice.name} for signature.")
    return redirect(_case_url(found.pk))


def _stored(file: StoredFile) -> HttpResponse:
    return download(file.name, actions.PDF, bytes(file.content))


@requires(P.VIEW_MOU)
def document(request: HttpRequest, agreement: int) -> HttpResponse:
    """The exact PDF that was sent to be signed."""
    return _stored(_find(request, agreement).document)


@requires(P.VIEW_MOU)
def sealed(request: HttpRequest, agreement: int) -> HttpResponse:
    """The sealed copy; 404 until it is made."""
    found = _find(request, agreement)
    if found.sealed is None:
        raise Http404
    return _stored(found.sealed)


@requires(P.VIEW_MOU)
def read(request: HttpRequest, agreement: int) -> HttpResponse:
    """The document on screen, exactly as it was sent."""
    found = _find(request, agreement)
    return render(
        request,
        "mou/read.html",
        {
            "title": "The Memorandum of Understanding, as sent",
            "shown": _shown(request, found),
            "document": _html(found),
            "back": _case_url(found.referral_id),
        },
    )


# --- signing -----------------------------------------------------------------------------------


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


def _side_of(user: Any, agreement: Agreement) -> str:
    """For whom this person would sign: the side whose turn it is, if they may, else their own."""
    theirs = [
        side
        for side, permission in (
            (Side.PRACTICE, P.SIGN_FOR_PRACTICE),
            (Side.COMMISSIONER, P.SIGN_FOR_COMMISSIONER),
        )
        if allows(user, permission, agreement.referral)
    ]
    turn = _side_to_sign(agreement)
    return turn if turn in theirs or not theirs else theirs[0]


@requires(P.SIGN_FOR_PRACTICE, P.SIGN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, agreement: int) -> HttpResponse:
    """The document itself, then who signs for whom, then the name typed and one button."""
    found, person = _find(request, agreement), _person(request)
    if found.signatures.filter(person=person).exists():
        return redirect("mou:signed", agreement=found.pk)
    side = _side_of(person, found)
    why_not = f"There is nothing to sign: this MoU is “{found.get_state_display()}”."
    if _side_to_sign(found):
        why_not = _why_not(_SIGNS[side], person, found)
    form = SignForm(
        request.POST or None,
        consent=actions.consent_of(found, side or Side.PRACTICE),
        initial={"document_sha256": found.document.sha256, "role": person.job_title},
    )
    if request.method == "POST" and form.is_valid() and side:
        act = actions.sign_for_practice if side == Side.PRACTICE else actions.sign_for_commissioner
        try:
            act(by=person, agreement=found, evidence=_evidence(request), **form.cleaned_data)
        except Denied as denied:
            if found.signatures.filter(person=person).exists():  # a second click of the same button
                return redirect("mou:signed", agreement=found.pk)
            add_denied(form, denied)
        else:
            return redirect("mou:signed", agreement=found.pk)
    return render(
        request,
        "mou/sign.html",
        {
            "title": "Read and sign the Memorandum of Understanding",
            "form": form,
            "document": _html(found),
            "shown": _shown(request, found),
            "why_not": why_not,
            "authority": actions.authority_of(found, side) if side else "",
            "signs_for": found.referral.lead_practice.name
            if side == Side.PRACTICE
            else found.referral.commissioner,
            "is_first": side == Side.PRACTICE,
            "sha256": found.document.sha256,
            "back": _case_url(found.referral_id),
        },
    )


@requires(P.VIEW_MOU)
def signed(request: HttpRequest, agreement: int) -> HttpResponse:
    """What happens next, and the copy, for someone who has signed."""
    found, person = _find(request, agreement), _person(request)
    if not found.signatures.filter(person=person).exists():
        return redirect(_case_url(found.referral_id))
    links = [{"href": _case_url(found.referral_id), "text": "Go to the Memorandum of Understanding"}]
    if found.sealed_id:
        address = reverse("mou:sealed", kwargs={"agreement": found.pk})
        links.insert(0, {"href": address, "text": "Download the sealed copy (PDF)"})
        steps = ["Both sides have signed. The sealed copy was sent to both by email.", _PAYS]
    elif found.is_signed:
        steps = ["Both sides have signed. The sealed copy is being made and will come by email.", _PAYS]
    elif found.state == A.WITHDRAWN:
        steps = [f"This MoU was withdrawn on {day(found.withdrawn_at)}. It has no effect."]
    else:
        address = reverse("mou:document", kwargs={"agreement": found.pk})
        links.insert(0, {"href": address, "text": "Download the document you signed (PDF)"})
        steps = [
            f"{found.referral.commissioner} signs next. When it has, both sides get a sealed copy by email."
        ]
    context = {"title": "You have signed", "text": "", "next_steps": steps, "links": links}
    return render(
        request,
        "panel.html",
        context | {"reference": found.referral.reference, "reference_label": "Reference"},
    )


_PAYS = "The money that opens when the MoU is signed can now be paid."


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, agreement: int) -> HttpResponse:
    """Take the MoU back before both have signed, with a reason."""
    found = _find(request, agreement)
    why_not = _why_not(rules.check_can_withdraw_agreement, request.user, found)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw_agreement(by=request.user, agreement=found, why=form.cleaned_data["why"])
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(
                request, "The MoU was withdrawn. You can change what it is made from and send it anew."
            )
            return redirect(_case_url(found.referral_id))
    return render(
        request,
        "confirm.html",
        {
            "title": "Withdraw this Memorandum of Understanding",
            "sentences": [
                "It will have no effect, even if the practice has signed it. Both sides get an email with the reason."
            ],
            "form": form,
            "denied": why_not if request.method == "GET" else "",
            "confirm": "Withdraw it",
            "variant": "warning",
            "back": _case_url(found.referral_id),
        },
    )


# --- the public check --------------------------------------------------------------------------


@public
@require_http_methods(["GET", "POST"])
def check_document(request: HttpRequest) -> HttpResponse:
    """Whether a PDF is a document that this service sealed, for anyone; it says nothing else."""
    asked = (request.POST, request.FILES) if request.method == "POST" else ()
    form = CheckForm(*asked, most=settings.MAX_UPLOAD)
    finding = None
    if request.method == "POST" and form.is_valid():
        finding = judge(form.cleaned_data["document"].read())
    return render(
        request,
        "mou/check_document.html",
        {"title": "Check a signed document", "form": form, "finding": finding},
    )
