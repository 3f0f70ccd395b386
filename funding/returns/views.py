"""The national return: which are due, the preview, the making, and every return as it was sent."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding.bodies import bodies, named
from funding.models import NationalReturn
from funding.returns import actions, files, rules
from funding.returns.due import returns_due
from funding.returns.facts import changes, facts_of, from_json
from funding.returns.forms import MakeReturnForm
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.models import StoredFile
from resilience.core.tables import Column, ListPage
from resilience.programmes.models import Milestone

MADE = [
    Column(
        "Number",
        "number",
        kind="number",
        link=lambda row: reverse("funding:national_return", kwargs={"national_return": row.pk}),
        heading=True,
    ),
    Column("Return of", "commissioner.name", sort="commissioner__name"),
    Column("Programme year", lambda row: str(row.year)),
    Column("Milestone", "milestone.name"),
    Column("Due", "due_at", kind="moment", sort="due_at"),
    Column("Made", "made_at", kind="moment", sort="made_at"),
    Column("In time", lambda row: "Late" if row.is_late else "In time"),
    Column("By", "made_by.name"),
]


@require_GET
@requires(P.VIEW_MONEY)
def returns(request: SignedInRequest) -> HttpResponse:
    """Returns due, made and late; below them every return that was made."""
    rows = NationalReturn.objects.visible_to(request.user).select_related(
        "year__programme", "commissioner", "milestone", "made_by"
    )
    page = ListPage(
        request,
        rows.defer("facts"),
        name="funding:returns",
        title="Returns",
        noun="return",
        columns=MADE,
        default_sort="-made",
        empty="A return that finance makes is kept here exactly as it was sent.",
    )
    return page.response(
        "funding/returns/returns.html", due=returns_due(request.user, P.VIEW_MONEY), **sections(request)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_MONEY)
def make_return(request: SignedInRequest, milestone: int) -> HttpResponse:
    """The return as it would be made now, with what is odd and what has changed; finance makes it here."""
    found = get_object_or_404(
        Milestone.objects.select_related("year__programme__owner"), pk=milestone, is_return=True
    )
    choices = bodies(request.user, found.year, P.VIEW_MONEY)
    chosen = named(choices, request.GET.get("commissioner"))
    if chosen is None:
        raise Http404
    refused = why_not(rules.check_can_make_return, request.user, found, chosen)
    form = MakeReturnForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = actions.make_return(
                by=request.user, milestone=found, commissioner=chosen, **form.cleaned_data
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(
                request, f"Return {made.number} is made. It is kept as it is now, byte for byte."
            )
            return redirect("funding:national_return", national_return=made.pk)
    facts = facts_of(found, chosen)
    earlier = NationalReturn.objects.visible_to(request.user).filter(year=found.year, commissioner=chosen)
    last = earlier.order_by("-number").first()
    return render(
        request,
        "funding/returns/make_return.html",
        {
            **sections(request),
            "title": f"{found.name} (preview)",
            "caption": f"{chosen.name}, {found.year}",
            "milestone": found,
            "choices": choices,
            "chosen": chosen,
            "facts": facts,
            "last": last,
            "same": earlier.filter(milestone=found).exists(),
            "changes": changes(from_json(last.facts), facts) if last else [],
            "refused": refused,
            "form": form if form.is_bound or not refused else None,
            "back": reverse("funding:returns"),
        },
    )


def _find(request: SignedInRequest, pk: int) -> NationalReturn:
    rows = NationalReturn.objects.visible_to(request.user).select_related(
        "year__programme__owner", "milestone__year__programme__owner", "commissioner", "made_by", "replaces"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
@requires(P.VIEW_MONEY)
def national_return(request: SignedInRequest, national_return: int) -> HttpResponse:
    """A return as it was sent, and what has changed since."""
    found = _find(request, national_return)
    facts = from_json(found.facts)
    mine = NationalReturn.objects.visible_to(request.user)
    before = (
        mine.filter(year=found.year, commissioner=found.commissioner, number__lt=found.number)
        .order_by("-number")
        .first()
    )
    return render(
        request,
        "funding/returns/national_return.html",
        {
            **sections(request),
            "title": f"Return {found.number}",
            "caption": f"{found.commissioner.name}, {found.year}",
            "made": found,
            "facts": facts,
            "before": before,
            "changes_before": changes(from_json(before.facts), facts) if before else [],
            "replaced_by": mine.filter(replaces=found).first(),
            "sha256": StoredFile.objects.values_list("sha256", flat=True).get(pk=found.workbook_id),
            "changes": changes(facts, facts_of(found.milestone, found.commissioner)),
            "back": reverse("funding:returns"),
        },
    )


@require_GET
@requires(P.VIEW_MONEY)
def return_workbook(request: SignedInRequest, national_return: int) -> HttpResponse:
    """The workbook, byte for byte as it was made."""
    file = _find(request, national_return).workbook
    return download(file.name, file.content_type, bytes(file.content))


@require_GET
@requires(P.VIEW_MONEY)
def return_changes(request: SignedInRequest, national_return: int) -> HttpResponse:
    """What has changed since a return was made, as a sheet."""
    found = _find(request, national_return)
    now = facts_of(found.milestone, found.commissioner)
    content = files.sheet_of_changes(changes(from_json(found.facts), now))
    name = files.name_of(now, found.number).replace("return-", "changed-since-return-", 1)
    return download(name, files.XLSX, content)
