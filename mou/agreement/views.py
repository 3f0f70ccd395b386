"""The MoU tab, the document before and after it is sent, and its signing."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mou import people
from mou.agreement import actions, rules
from mou.agreement.check import judge
from mou.agreement.forms import CheckForm
from mou.agreement.next_step import next_step
from mou.agreement.page import AFTER_SIGNATURE, case_url, find, html_of, shown
from mou.groups import page as groups
from mou.models import Agreement, Draft
from resilience.core.access import P, allows, public, requires
from resilience.core.downloads import download
from resilience.core.models import StoredFile
from resilience.referrals import case
from resilience.referrals.states import State

# --- the tab -----------------------------------------------------------------------------------


@requires(P.VIEW_MOU)
def mou_case(request: HttpRequest, referral: int) -> HttpResponse:
    """The MoU tab, for both sides."""
    found = case.find(request, referral, P.VIEW_MOU)
    rows = Agreement.objects.visible_to(request.user, P.VIEW_MOU).filter(referral=found)
    agreements = list(
        rows.select_related(
            "document", "sealed", "supplier", "stopped_by", "sent_by", "draft"
        ).prefetch_related(
            "signatures__person",
            "signatures__recorded_by",
            "delegations__person",
            "delegations__delegated_by",
        )
    )
    for agreement in agreements:
        agreement.referral = found
    mous = [each for each in agreements if each.kind == Agreement.Kind.MOU]
    current = next((each for each in mous if not each.is_stopped), None)
    drafts = list(Draft.objects.visible_to(request.user, P.VIEW_MOU).filter(referral=found))
    is_office = people.is_for_office(request.user, found, P.VIEW_INTERNAL)
    is_divided = found.state == State.DIVIDED
    gaps = rules.gaps_before_sending(found) if is_office and current is None and not is_divided else []
    context = {
        **case.page(request, found, "mou:case"),
        "group_choice": groups.choice(request.user, found),
        "current": shown(request, current) if current else None,
        "stopped": [shown(request, each) for each in mous if each.is_stopped],
        "gaps": gaps,
        "step": None
        if gaps or is_divided
        else next_step(request.user, found, current, drafts[0] if drafts else None, next(iter(mous), None)),
        "drafts": drafts,
    }
    if current and current.is_signed:
        context |= {part: show(request.user, current) for part, show in AFTER_SIGNATURE.items()}
        out = next((each for each in agreements if each.number and each.turn), None)
        context["variation"] = shown(request, out) if out else None
    return render(request, "mou/case.html", context)


# --- the document ------------------------------------------------------------------------------


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
