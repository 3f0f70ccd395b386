"""The other ways to a signature: passed to a colleague, or made on paper."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mou.agreement import delegating, paper, rules
from mou.agreement.forms import DelegateForm, PaperForm
from mou.agreement.page import caption, find, page_of, shown
from mou.agreement.sign_views import SIGNERS, side_of
from mou.agreement.states import SIDE_WORDS, Side
from mou.models import Signature
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import add_denied


@requires(*SIGNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def delegate(request: HttpRequest, agreement: int) -> HttpResponse:
    """Ask a colleague who has the authority to sign instead; or learn whom to ask to be invited."""
    found = find(request, agreement)
    side = side_of(request.user, found) or found.turn or Side.PRACTICE
    denied = why_not(rules.check_can_sign, request.user, found, side)
    people = [] if denied else delegating.colleagues(request.user, found)
    if not denied and not people:
        denied = delegating.nobody_else(found)
    form = DelegateForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        person = next(each for each in people if each.pk == form.cleaned_data["person"])
        try:
            delegating.delegate(by=request.user, agreement=found, person=person, why=form.cleaned_data["why"])
        except Denied as refusal:
            add_denied(form, refusal)
        else:
            messages.success(
                request, f"Passed to {person.name}, who gets an email. You can still sign it yourself."
            )
            return redirect(page_of(request.user, found))
    return render(
        request,
        "confirm.html",
        {
            "title": "Ask a colleague to sign it",
            "caption": caption(found),
            "sentences": []
            if denied
            else ["Whoever is named here has the authority to sign. You, they and the officer get an email."],
            "form": form,
            "denied": denied,
            "confirm": "Pass it to them",
            "back": page_of(request.user, found),
        },
    )


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "HEAD", "POST"])
def record_paper(request: HttpRequest, agreement: int) -> HttpResponse:
    """Record a signature made in ink for the side whose turn it is."""
    found = find(request, agreement)
    denied = why_not(rules.check_can_record_paper, request.user, found)
    people = delegating.colleagues(request.user, found) if found.turn == Side.COMMISSIONER else None
    form = PaperForm(request.POST or None, request.FILES or None, people=people)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        person = next((each for each in people or [] if str(each.pk) == given["signed_by"]), None)
        try:
            paper.record_paper_signature(by=request.user, agreement=found, person=person, **given)
        except Denied as refusal:
            add_denied(form, refusal)
        else:
            messages.success(request, "The signature on paper is recorded.")
            return redirect(page_of(request.user, found))
    return render(
        request,
        "mou/record_paper.html",
        {
            "title": "Record a signature made on paper",
            "caption": caption(found),
            "form": form,
            "denied": denied if request.method != "POST" else "",
            "side": SIDE_WORDS.get(found.turn, ""),
            "shown": shown(request, found),
            "sha256": found.document.sha256,
            "back": page_of(request.user, found),
        },
    )


@requires(P.VIEW_MOU, P.SIGN_FOR_SUPPLIER)
def scan(request: HttpRequest, signature: int) -> HttpResponse:
    """The scan of a signature made on paper, for all sides."""
    rows = Signature.objects.visible_to(request.user, P.VIEW_MOU).select_related("scan")
    found = rows.filter(pk=signature, scan__isnull=False).first()
    if found is None or found.scan is None:
        raise Http404
    return download(found.scan.name, found.scan.content_type, bytes(found.scan.content))
