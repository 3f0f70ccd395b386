"""Around the deliverables: visits and their order, the data pack, the practice's commitments and consents, the plan."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mou.models import CommitmentItem, SupplierCase, SupplierFigure, SupplierVisit
from mou.sections import sections
from mou.suppliers import actions, deliveries, needs, pack, page, rules
from mou.suppliers.filters import NeedFilters, VisitFilters
from mou.suppliers.forms import CancelVisitForm, FigureForm, VisitForm, VisitMadeForm
from mou.suppliers.order import in_order, numbers
from mou.suppliers.views_cases import act_page
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.tables import Column, ListPage
from resilience.core.words import RATINGS, day, rating

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _case_url(case: SupplierCase, part: str = "") -> str:
    return reverse("mou:supplier_case", kwargs={"supplier_case": case.pk}) + (f"#{part}" if part else "")


def _post(request: SignedInRequest, act: Callable[[], Any], done: str, to: str) -> HttpResponse:
    """A button's act: done, or why not, said on the page it came from."""
    try:
        act()
    except Denied as denied:
        messages.error(request, str(denied))
    else:
        messages.success(request, done)
    return redirect(to)


# --- visits ---------------------------------------------------------------------------------------


@require_GET
@requires(P.VIEW_INTERNAL, P.DELIVER)
def supplier_visits(request: SignedInRequest) -> HttpResponse:
    """Practices in the order in which they are visited; a supplier reads the order and not the rating behind it."""
    place = numbers(request.user)
    in_office = request.user.may(P.VIEW_INTERNAL)
    known: dict[int, list[SupplierVisit]] = {}

    def prepare(rows: list[Any]) -> None:
        visits = SupplierVisit.objects.visible_to(request.user).filter(
            supplier_case__in=[row.pk for row in rows], cancelled_at=None
        )
        for visit in visits:
            known.setdefault(visit.supplier_case_id, []).append(visit)

    def booked(row: Any) -> Any:
        return next((each.planned_on for each in known.get(row.pk, ()) if each.is_booked), None)

    def made(row: Any) -> Any:
        return max((each.made_on for each in known.get(row.pk, ()) if each.made_on), default=None)

    rated = list(RATINGS)
    columns = [
        Column("Order", lambda row: place.get(row.pk), kind="number"),
        Column("Practice", "practice.name", sort="practice__name", heading=True, link=_case_url),
        Column("Code", "practice.ods_code", sort="practice__ods_code"),
        Column("Contact", "referral.contact_name"),
        Column("Telephone", "referral.contact_phone", on_screen=False),
        Column("Supplier", "supplier.name", sort="supplier__name", on_screen=in_office),
        Column("Change manager", "manager_name", sort="manager_name"),
        Column("Received", "referral.received_on", kind="date", sort="referral__received_on"),
        Column("Booked for", booked, kind="date"),
        Column("Last visited", made, kind="date"),
    ]
    if in_office:
        columns.insert(
            3,
            Column("Rating", lambda row: rating(rated[row.rank]) if row.rank < len(rated) else "Not placed"),
        )
    rows = in_order(SupplierCase.objects.visible_to(request.user).open())
    return ListPage(
        request,
        rows.select_related("practice", "referral", "supplier"),
        name="mou:supplier_visits",
        title="Order of visits",
        noun="practice",
        columns=columns,
        filters=VisitFilters,
        prepare=prepare,
        empty="A practice appears here once its case is assigned to a supplier.",
    ).response(**sections(request))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def book_visit(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    found = page.find(request, supplier_case)
    form = VisitForm(request.POST if request.method == "POST" else None)
    return act_page(
        request,
        form,
        lambda: actions.book_visit(by=request.user, case=found, on=form.cleaned_data["on"]),
        title="Book a visit",
        done="The visit is booked. The practice is told by email.",
        to=_case_url(found, "visits"),
        denied=why_not(rules.check_can_book, request.user, found, today()),
        **page.crumbs(found),
    )


def _visit(request: SignedInRequest, pk: int) -> SupplierVisit:
    visit = SupplierVisit.objects.visible_to(request.user).filter(pk=pk).first()
    if visit is None:
        raise Http404
    visit.supplier_case = page.find(request, visit.supplier_case_id)
    return visit


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def record_visit(request: SignedInRequest, supplier_visit: int) -> HttpResponse:
    visit = _visit(request, supplier_visit)
    form = VisitMadeForm(
        request.POST if request.method == "POST" else None, initial={"made_on": visit.planned_on}
    )
    return act_page(
        request,
        form,
        lambda: actions.record_visit(by=request.user, visit=visit, **form.cleaned_data),
        title="Record the visit",
        intro=f"Booked for {day(visit.planned_on)}.",
        done="The visit is recorded.",
        to=_case_url(visit.supplier_case, "visits"),
        denied=why_not(rules.check_visit, request.user, visit, "mou.record_visit"),
        **page.crumbs(visit.supplier_case),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def cancel_visit(request: SignedInRequest, supplier_visit: int) -> HttpResponse:
    visit = _visit(request, supplier_visit)
    form = CancelVisitForm(request.POST if request.method == "POST" else None)
    return act_page(
        request,
        form,
        lambda: actions.cancel_visit(by=request.user, visit=visit, why=form.cleaned_data["why"]),
        title="Cancel the visit",
        intro=f"Booked for {day(visit.planned_on)}.",
        done="The visit is cancelled. The practice is told by email.",
        to=_case_url(visit.supplier_case, "visits"),
        denied=why_not(rules.check_visit, request.user, visit, "mou.cancel_visit"),
        **page.crumbs(visit.supplier_case),
    )


# --- the data pack ----------------------------------------------------------------------------------


@require_GET
@requires(P.VIEW_MOU, P.DELIVER)
def data_pack(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    """What is known of the practice beside its peers; ``?as=pdf`` and ``?as=xlsx`` are the same to take away."""
    found = page.find(request, supplier_case)
    lines = pack.pack_of(request.user, found)
    shown = {"case_row": found, "lines": lines, "peers": pack.peers_of(found), "fewest": pack.FEWEST}
    wanted = request.GET.get("as")
    if wanted == "xlsx":
        return download(pack.file_name(found, "xlsx"), XLSX, pack.as_xlsx(lines))
    if wanted == "pdf":
        html = render_to_string("mou/suppliers/pack_document.html", shown)
        return download(pack.file_name(found, "pdf"), PDF, pack.as_pdf(html, found))
    return render(
        request,
        "mou/suppliers/pack.html",
        {
            **sections(request, "mou:supplier_cases"),
            **page.crumbs(found),
            **shown,
            "title": "Data pack",
            "count": pack.how_many(lines),
            "may_add": not why_not(rules.check_case_act, request.user, found, "mou.add_figure"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def add_figure(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    found = page.find(request, supplier_case)
    form = FigureForm(request.POST if request.method == "POST" else None)
    return act_page(
        request,
        form,
        lambda: actions.add_figure(by=request.user, case=found, **form.cleaned_data),
        title="Add a figure",
        intro="Something you gathered at the practice. It stands in the data pack with its source and period.",
        done="The figure is in the data pack.",
        to=reverse("mou:data_pack", kwargs={"supplier_case": found.pk}),
        denied=why_not(rules.check_case_act, request.user, found, "mou.add_figure"),
        **page.crumbs(found),
    )


@require_POST
@requires(P.DELIVER)
def withdraw_figure(request: SignedInRequest, supplier_figure: int) -> HttpResponse:
    figure = get_object_or_404(SupplierFigure.objects.visible_to(request.user, P.DELIVER), pk=supplier_figure)
    figure.supplier_case = page.find(request, figure.supplier_case_id)
    return _post(
        request,
        lambda: actions.withdraw_figure(by=request.user, figure=figure),
        "The figure is taken back.",
        reverse("mou:data_pack", kwargs={"supplier_case": figure.supplier_case_id}),
    )


# --- the practice's own ----------------------------------------------------------------------------


@require_POST
@requires(P.PLAN_FOR_PRACTICE)
def tick_commitment(request: SignedInRequest, supplier_case: int, commitment_item: int) -> HttpResponse:
    """The practice keeps one of its commitments or, with ``undo``, no longer says so."""
    found = page.find(request, supplier_case)
    item = get_object_or_404(CommitmentItem, pk=commitment_item, year=found.referral.year_id)
    undo = "undo" in request.POST
    act = actions.undo_commitment if undo else actions.tick_commitment
    return _post(
        request,
        lambda: act(by=request.user, case=found, item=item),
        "Taken back." if undo else f"Confirmed: {item.name}.",
        _case_url(found, "commitments"),
    )


@require_POST
@requires(P.PLAN_FOR_PRACTICE)
def consent(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    """Give consent for ``what`` or, with ``revoke``, take it back."""
    found = page.find(request, supplier_case)
    what, revoke = request.POST.get("what", ""), "revoke" in request.POST
    act = actions.revoke_consent if revoke else actions.give_consent
    return _post(
        request,
        lambda: act(by=request.user, case=found, what=what),
        "Your consent is taken back." if revoke else "Your consent is on record. You can take it back here.",
        _case_url(found, "confidential"),
    )


@require_POST
@requires(P.PLAN_FOR_PRACTICE, P.PLAN_FOR_COMMISSIONER)
def take_over_plan(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    """The supplier's plan becomes a draft in the case's own improvement plan."""
    found = page.find(request, supplier_case)
    return _post(
        request,
        lambda: deliveries.take_over_plan(by=request.user, case=found),
        "The supplier’s actions are in the improvement plan now. Complete it, then both sides agree it.",
        reverse("mou:plan", kwargs={"referral": found.referral_id}),
    )


# --- needs that several share -------------------------------------------------------------------------


@require_GET
@requires(P.VIEW_INTERNAL, P.DELIVER)
def shared_needs(request: SignedInRequest) -> HttpResponse:
    """Needs found by the diagnostic reviews, and how many practices have each; names are for their own office."""
    names: dict[int, list[str]] = {}

    def prepare(rows: list[Any]) -> None:
        if needs.may_read_names(request.user):
            names.update(needs.names_for(request.user, rows))

    columns = [
        Column("Need", "name", sort="name", heading=True),
        Column("Programme year", lambda row: str(row.year)),
        Column("Practices", lambda row: needs.said_count(request.user, row)),
        Column("Could be met together", lambda row: "Yes" if row.practices >= needs.SHARED else "No"),
    ]
    if needs.may_read_names(request.user):
        columns.append(Column("Which", lambda row: "; ".join(names.get(row.pk, []))))
    else:
        columns.pop()
    return ListPage(
        request,
        needs.themes_of(request.user),
        name="mou:shared_needs",
        title="Needs that practices share",
        noun="need",
        columns=columns,
        filters=NeedFilters,
        prepare=prepare,
        empty="A need appears here once a diagnostic review that found it is handed in.",
    ).response(**sections(request))
