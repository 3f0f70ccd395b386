"""Assignments: their list, one or several made, the page of one, and its end."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mou.models import Deliverable, SupplierCase
from mou.sections import sections
from mou.suppliers import actions, page, rules
from mou.suppliers.filters import CaseFilters, ToAssignFilters, next_due
from mou.suppliers.forms import SUPPLIERS, AssignForm, EndForm, ManagerForm, ReassignForm
from mou.suppliers.order import numbers
from mou.suppliers.states import COLOURS
from practices.models import Practice
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import Form, add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import plural
from resilience.referrals import case as case_page
from resilience.referrals.models import Referral

D = Deliverable.State
MOST = 100


def _here(case: SupplierCase) -> str:
    return reverse("mou:supplier_case", kwargs={"supplier_case": case.pk})


def act_page(
    request: SignedInRequest,
    form: Form,
    act: Callable[[], Any],
    *,
    title: str,
    done: str,
    to: str,
    denied: str = "",
    **context: Any,
) -> HttpResponse:
    """A page with one form: does ``act`` when it is sent and says ``done``; a rule's no stands at its top."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except Denied as refused:
            add_denied(form, refused)
        else:
            messages.success(request, done)
            return redirect(to)
    shown = {"title": title, "form": form, "why_not": denied if request.method == "GET" else ""}
    return render(request, "mou/suppliers/act.html", {**sections(request), **shown, **context})


# --- the list -----------------------------------------------------------------------------------


def _standing(row: Any) -> str:
    return "In the supplier’s care" if row.is_open else "Ended"


def _state_of(deliverable: Deliverable | None) -> str:
    if deliverable is None:
        return ""
    return "Late" if page.is_late(deliverable) else deliverable.get_state_display()


def _show_state(deliverable: Deliverable | None) -> str:
    return tag(_state_of(deliverable), COLOURS[deliverable.state]) if deliverable else ""


@require_GET
@requires(P.VIEW_INTERNAL, P.DELIVER)
def supplier_cases(request: SignedInRequest) -> HttpResponse:
    """Every practice in a supplier's care, or that was: the office's by area, a supplier's own."""
    place = numbers(request.user)
    in_office = request.user.may(P.VIEW_INTERNAL)
    what_next: dict[int, Deliverable] = {}
    to_answer: dict[int, list[str]] = {}

    def prepare(rows: list[Any]) -> None:
        found = Deliverable.objects.visible_to(request.user).filter(
            supplier_case__in=[row.pk for row in rows], state__in=(D.DUE, D.ASKED_AGAIN, D.HANDED_IN)
        )
        for each in found.select_related("kind").order_by("-due_on", "-kind__position"):
            if each.state == D.HANDED_IN:
                to_answer.setdefault(each.supplier_case_id, []).insert(0, str(each))
            else:
                what_next[each.supplier_case_id] = each

    def next_of(row: Any) -> Deliverable | None:
        return what_next.get(row.pk) if row.is_open else None

    columns = [
        Column("Practice", "practice.name", sort="practice__name", heading=True, link=_here),
        Column("Code", "practice.ods_code", sort="practice__ods_code"),
        Column("Referral", "referral.reference", sort="referral__reference"),
        Column("Supplier", "supplier.name", sort="supplier__name", on_screen=in_office),
        Column("Change manager", "manager_name", sort="manager_name"),
        Column("Order of visits", lambda row: place.get(row.pk), kind="number"),
        Column("Next deliverable", lambda row: str(next_of(row) or "")),
        Column("Due", "next_due", kind="date", sort="next_due"),
        Column(
            "State of it",
            lambda row: _state_of(next_of(row)),
            show=lambda row: _show_state(next_of(row)),
        ),
        Column("To answer", lambda row: ", ".join(to_answer.get(row.pk, ()))),
        Column("Assigned", "assigned_at", kind="date", sort="assigned_at"),
        Column("Assignment", _standing, sort="ended_at", on_screen=False),
        Column("Ended", "ended_at", kind="date", on_screen=False),
        Column("Why it ended", "ended_reason", on_screen=False),
    ]
    may_assign = request.user.may(P.WORK_REFERRALS)
    rows = SupplierCase.objects.visible_to(request.user).annotate(next_due=next_due())
    return ListPage(
        request,
        rows.select_related("practice", "referral", "supplier"),
        name="mou:supplier_cases",
        title="Practices with suppliers" if in_office else "Practices in your care",
        noun="assignment",
        columns=columns,
        filters=CaseFilters,
        default_sort="due",
        prepare=prepare,
        actions=[{"text": "Assign practices", "href": reverse("mou:to_assign")}] if may_assign else (),
        empty="A practice appears here once its case is assigned to a supplier.",
    ).response(**sections(request))


# --- assigning -------------------------------------------------------------------------------------


def _to_assign(user: Any) -> QuerySet[Referral]:
    """Supported cases of which no practice is with a supplier: the rest of a group is assigned on its own page."""
    rows = Referral.objects.visible_to(user, P.WORK_REFERRALS).filter(state__in=rules.SUPPORTED)
    assigned = SupplierCase.objects.visible_to(user, P.WORK_REFERRALS).open()
    return rows.exclude(supplier_cases__in=assigned).select_related(
        "lead_practice", "commissioner", "year__programme"
    )


@require_GET
@requires(P.WORK_REFERRALS)
def to_assign(request: SignedInRequest) -> HttpResponse:
    """Supported cases that are with no supplier, to choose several at once."""
    return ListPage(
        request,
        _to_assign(request.user),
        name="mou:to_assign",
        title="Assign practices to a supplier",
        noun="referral",
        columns=[
            Column(
                "Reference",
                "reference",
                sort="reference",
                heading=True,
                link=lambda row: reverse("mou:assign_case", kwargs={"referral": row.pk}),
            ),
            Column("Practice", "lead_practice.name", sort="lead_practice__name"),
            Column("CCG", "commissioner.name", sort="commissioner__name"),
            Column("Programme year", lambda row: str(row.year)),
            Column("Received", "received_on", kind="date", sort="received_on"),
        ],
        filters=ToAssignFilters,
        default_sort="received",
        bulk={
            "action": reverse("mou:assign_chosen"),
            "acts": [{"name": "assign", "text": "Assign to a supplier", "variant": ""}],
        },
        empty="A referral appears here once support is granted, until it is assigned to a supplier.",
    ).response(**sections(request, "mou:supplier_cases"))


@require_POST
@requires(P.WORK_REFERRALS)
def assign_chosen(request: SignedInRequest) -> HttpResponse:
    """The chosen cases to one supplier: what would happen, then each as an act of its own."""
    ids = {int(each) for each in request.POST.getlist("chosen")[:MOST] if each.isascii() and each.isdigit()}
    referrals = list(_to_assign(request.user).filter(pk__in=[each for each in ids if each < 2**63]))
    if not referrals:
        messages.info(request, "Tick at least one referral first.")
        return redirect("mou:to_assign")
    confirmed = "confirmed" in request.POST
    form = AssignForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        refused = []
        for referral in referrals:
            practices = [place.practice for place in referral.practices.select_related("practice")]
            try:
                actions.assign_case(
                    by=request.user,
                    referral=referral,
                    practices=practices,
                    supplier=form.cleaned_data["supplier"],
                    **form.values,
                )
            except Denied as denied:
                refused.append(f"{referral.reference}: {denied}")
        went = len(referrals) - len(refused)
        if went:
            messages.success(
                request, f"{plural(went, 'referral')} assigned to {form.cleaned_data['supplier']}."
            )
        if not refused:
            return redirect("mou:supplier_cases")
        for sentence in refused:
            form.add_error(None, sentence)
    return render(
        request,
        "mou/suppliers/assign_chosen.html",
        {
            **sections(request, "mou:supplier_cases"),
            "title": f"Assign {plural(len(referrals), 'referral')} to a supplier",
            "form": form,
            "referrals": referrals,
            "back": reverse("mou:to_assign"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def assign_case(request: SignedInRequest, referral: int) -> HttpResponse:
    """One case; of a group, the practices of it that are with nobody yet."""
    found = case_page.find(request, referral, P.WORK_REFERRALS)
    places = Practice.objects.visible_to(request.user).filter(referral_places__referral=found)
    taken = SupplierCase.objects.visible_to(request.user, P.WORK_REFERRALS).open().filter(referral=found)
    free = places.exclude(pk__in=taken.values("practice"))
    many = free if found.practices.count() > 1 else None
    form = AssignForm(request.POST if request.method == "POST" else None, practices=many)
    denied = why_not(rules.check_may_assign, request.user, found)
    if not denied and not free.exists():
        denied = "Each practice of this referral is with a supplier already."

    def act() -> None:
        practices = list(form.cleaned_data["practices"]) if many is not None else [found.lead_practice]
        actions.assign_case(
            by=request.user,
            referral=found,
            practices=practices,
            supplier=form.cleaned_data["supplier"],
            **form.values,
        )

    return act_page(
        request,
        form,
        act,
        title="Assign to a supplier",
        caption=f"{found.lead_practice.name}, {found.reference}",
        intro="The supplier’s people then see the practice, its contact, the agreed plan and what they have to "
        "hand in. They see nothing else of the case.",
        done="The practice is assigned. Both sides are told by email.",
        to=reverse("mou:delivery", kwargs={"referral": found.pk}),
        back=reverse("mou:delivery", kwargs={"referral": found.pk}),
        denied=denied,
    )


# --- one assignment -------------------------------------------------------------------------------


@require_GET
@requires(P.VIEW_MOU, P.DELIVER)
def supplier_case(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    """What the person needs of it: the office, the practice and the supplier each see their own."""
    found = page.find(request, supplier_case)
    shown = sections(request, "mou:supplier_cases")
    return render(request, "mou/suppliers/case.html", {**shown, **page.context(request, found)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def reassign_case(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    found = page.find(request, supplier_case)
    form = ReassignForm(request.POST if request.method == "POST" else None)
    made: list[SupplierCase] = []

    def act() -> None:
        values = {"supplier": form.cleaned_data["supplier"], "why": form.cleaned_data["why"], **form.values}
        made.append(actions.reassign_case(by=request.user, case=found, **values))

    return act_page(
        request,
        form,
        act,
        title="Assign to another supplier",
        intro=f"{found.supplier.name} no longer sees the practice. What it handed in stays on record, and "
        "the new supplier sees none of it.",
        done="The practice is with another supplier now. Both are told by email.",
        to=reverse("mou:delivery", kwargs={"referral": found.referral_id}),
        denied=why_not(rules.check_case_act, request.user, found, "mou.reassign_case"),
        **page.crumbs(found),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def end_case(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    found = page.find(request, supplier_case)
    form = EndForm(request.POST if request.method == "POST" else None)
    return act_page(
        request,
        form,
        lambda: actions.end_case(by=request.user, case=found, why=form.cleaned_data["why"]),
        title="End the assignment",
        intro=f"The people of {found.supplier.name} no longer see {found.practice.name}. "
        "What was handed in stays on record.",
        done="The assignment has ended. Both sides are told by email.",
        to=_here(found),
        denied=why_not(rules.check_case_act, request.user, found, "mou.end_case"),
        **page.crumbs(found),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def name_change_manager(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    found = page.find(request, supplier_case)
    form = ManagerForm(
        request.POST if request.method == "POST" else None,
        suppliers=SUPPLIERS.filter(pk=found.supplier_id),
    )
    return act_page(
        request,
        form,
        lambda: actions.name_change_manager(by=request.user, case=found, **form.values),
        title="Name another change manager",
        intro=f"Now: {found.manager_name} ({found.manager_email}).",
        done="The change manager is named. Both sides are told by email.",
        to=_here(found),
        denied=why_not(rules.check_case_act, request.user, found, "mou.name_change_manager"),
        **page.crumbs(found),
    )


@require_POST
@requires(P.WORK_REFERRALS)
def share_request(request: SignedInRequest, supplier_case: int) -> HttpResponse:
    """Tick or take away: the supplier reads what was asked for, in the practice's words."""
    found = page.find(request, supplier_case)
    shares = "shares" in request.POST
    try:
        actions.share_request(by=request.user, case=found, shares=shares)
    except Denied as denied:
        messages.error(request, str(denied))
    else:
        said = "now reads" if shares else "no longer reads"
        messages.success(request, f"{found.supplier.name} {said} what the practice asked for.")
    return redirect(_here(found))
