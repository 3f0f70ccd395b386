"""The MoU tab, the document before and after it is sent, and its signing."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from mou import people
from mou.agreement import actions, documents, rules
from mou.agreement.check import judge
from mou.agreement.forms import CheckForm, Form
from mou.agreement.page import AFTER_SIGNATURE, case_url, find, html_of, shown
from mou.models import Agreement
from resilience.core.access import Denied, P, allows, public, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.models import StoredFile
from resilience.referrals import case
from resilience.referrals.models import Referral

# --- the tab -----------------------------------------------------------------------------------


@requires(P.VIEW_MOU)
def mou_case(request: HttpRequest, referral: int) -> HttpResponse:
    """The MoU tab, for both sides."""
    found = case.find(request, referral, P.VIEW_MOU)
    rows = Agreement.objects.visible_to(request.user, P.VIEW_MOU).filter(referral=found)
    agreements = list(
        rows.select_related("document", "sealed", "supplier", "stopped_by", "sent_by").prefetch_related(
            "signatures__person"
        )
    )
    for agreement in agreements:
        agreement.referral = found
    mous = [each for each in agreements if each.kind == Agreement.Kind.MOU]
    current = next((each for each in mous if not each.is_stopped), None)
    is_office = people.is_for_office(request.user, found, P.VIEW_INTERNAL)
    context = {
        **case.page(request, found, "mou:case"),
        "current": shown(request, current) if current else None,
        "stopped": [shown(request, each) for each in mous if each.is_stopped],
        "gaps": documents.missing(found) if is_office and current is None else [],
        "is_office": is_office,
        "preview_url": reverse("mou:preview", kwargs={"referral": found.pk}),
        "why_not_send": why_not(rules.check_can_send, request.user, found, mous[0] if mous else None),
    }
    if current and current.is_signed:
        context |= {part: show(request.user, current) for part, show in AFTER_SIGNATURE.items()}
        out = next((each for each in agreements if each.number and each.turn), None)
        context["variation"] = shown(request, out) if out else None
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
            "why_not": why_not(rules.check_can_send, request.user, referral, latest),
            "signatories": people.holders(P.SIGN_FOR_PRACTICE, referral),
            "back": case_url(referral.pk),
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
    return redirect(case_url(found.pk))


def _stored(file: StoredFile) -> HttpResponse:
    return download(file.name, actions.PDF, bytes(file.content))


@requires(P.VIEW_MOU, P.SIGN_FOR_SUPPLIER)
def document(request: HttpRequest, agreement: int) -> HttpResponse:
    """The exact PDF that was sent to be signed."""
    return _stored(find(request, agreement).document)


@requires(P.VIEW_MOU, P.SIGN_FOR_SUPPLIER)
def sealed(request: HttpRequest, agreement: int) -> HttpResponse:
    """The sealed copy; 404 until it is made."""
    found = find(request, agreement)
    if found.sealed is None:
        raise Http404
    return _stored(found.sealed)


@requires(P.VIEW_MOU, P.SIGN_FOR_SUPPLIER)
def read(request: HttpRequest, agreement: int) -> HttpResponse:
    """The document on screen, exactly as it was sent; with all there is to do, for a supplier, who sees no case."""
    found = find(request, agreement)
    sees_case = allows(request.user, P.VIEW_MOU, found.referral)
    return render(
        request,
        "mou/read.html",
        {
            "title": "The Memorandum of Understanding, as sent",
            "shown": shown(request, found),
            "document": html_of(found),
            "sees_case": sees_case,
            "back": case_url(found.referral_id) if sees_case else reverse("home"),
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
