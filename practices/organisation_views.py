"""Pages on organisations: regions, local offices, commissioners, localities, suppliers."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from practices import organisation_actions as actions
from practices import organisation_rules as rules
from practices.models import Organisation, Practice, RoleHolding, SupplierAssignment
from practices.organisation_forms import (
    AssignForm,
    EndAssignmentForm,
    MoveForm,
    OrganisationFilters,
    OrganisationForm,
)
from practices.people_views import summary
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.words import day

SHOWN = 200


def _mine(request: SignedInRequest) -> Any:
    return Organisation.objects.visible_to(request.user).select_related("parent", "successor")


def _page_of(organisation: Organisation) -> str:
    return reverse("people:organisation", kwargs={"organisation": organisation.pk})


@requires(P.MANAGE_ORGANISATIONS)
def organisations(request: SignedInRequest) -> HttpResponse:
    return ListPage(
        request,
        _mine(request),
        name="people:organisations",
        title="Organisations",
        noun="organisation",
        columns=[
            Column("Name", "name", link=_page_of, sort="name", heading=True),
            Column("Kind", "get_kind_display", sort="kind"),
            Column("Code", "code", sort="code"),
            Column("Stands below", "parent.name", sort="parent__name"),
            Column("Closed", "closed_on", kind="date", sort="closed_on"),
        ],
        filters=OrganisationFilters,
        default_sort="name",
        actions=[{"text": "Add an organisation", "href": reverse("people:add_organisation")}],
        empty="You look after no organisation.",
    ).response()


@requires(P.MANAGE_ORGANISATIONS)
def organisation_page(request: SignedInRequest, organisation: int) -> HttpResponse:
    """What it is, what stands below it, its practices and its people."""
    shown = get_object_or_404(_mine(request), pk=organisation)
    kind = shown.kind
    practices = Practice.objects.visible_to(request.user, P.MANAGE_ORGANISATIONS)
    by_kind = {
        "locality": {"locality": shown},
        "ccg": {"commissioner": shown},
        "icb": {"commissioner": shown},
    }
    among = practices.filter(**by_kind[kind]) if kind in by_kind else practices.none()
    assignments = SupplierAssignment.objects.visible_to(request.user, P.MANAGE_ORGANISATIONS)
    people = RoleHolding.objects.visible_to(request.user).in_force().filter(organisation=shown)
    return render(
        request,
        "people/organisation.html",
        {
            "title": shown.name,
            "organisation": shown,
            "back": reverse("people:organisations"),
            "back_text": "Organisations",
            "details": summary(
                ("Kind", shown.get_kind_display()),
                ("Code", shown.code),
                ("Stands below", shown.parent),
                ("Address", shown.address.replace("\n", ", ")),
                ("Closed on", day(shown.closed_on)),
                ("Whose work is now done by", shown.successor),
            ),
            "below": _mine(request).filter(parent=shown),
            "practices": among[:SHOWN],
            "practice_count": among.count(),
            "has_practices": kind in by_kind,
            "is_locality": kind == Organisation.Kind.LOCALITY,
            "is_supplier": kind == Organisation.Kind.SUPPLIER,
            "assignments": assignments.filter(supplier=shown).select_related("practice"),
            "people": people.select_related("person", "organisation", "practice"),
            "change_denied": why_not(rules.check_can_manage_organisation, request.user, shown),
        },
    )


def _form(request: SignedInRequest, form: Any, title: str, back: str, intro: str = "") -> HttpResponse:
    return render(request, "form.html", {"form": form, "title": title, "back": back, "intro": intro})


@requires(P.MANAGE_ORGANISATIONS)
def add_organisation(request: SignedInRequest) -> HttpResponse:
    form = OrganisationForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_organisation(by=request.user, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{made} is added.")
            return redirect(_page_of(made))
    return _form(request, form, "Add an organisation", reverse("people:organisations"))


@requires(P.MANAGE_ORGANISATIONS)
def change_organisation(request: SignedInRequest, organisation: int) -> HttpResponse:
    shown = get_object_or_404(_mine(request), pk=organisation)
    fields = ("code", "name", "parent", "address", "closed_on", "successor")
    form = OrganisationForm(
        request.POST or None,
        by=request.user,
        organisation=shown,
        initial={field: getattr(shown, field) for field in fields},
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_organisation(by=request.user, organisation=shown, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The organisation is changed.")
            return redirect(_page_of(shown))
    return _form(request, form, f"Change {shown}", _page_of(shown))


@requires(P.MANAGE_ORGANISATIONS)
def move_practices(request: SignedInRequest, organisation: int) -> HttpResponse:
    """Practices into a locality."""
    locality = get_object_or_404(_mine(request), pk=organisation, kind=Organisation.Kind.LOCALITY)
    form = MoveForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            actions.move_into_locality(by=request.user, locality=locality, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The practices are in {locality} now.")
            return redirect(_page_of(locality))
    return _form(request, form, f"Move practices into {locality}", _page_of(locality))


@requires(P.MANAGE_ORGANISATIONS)
def assign_practices(request: SignedInRequest, organisation: int) -> HttpResponse:
    """Practices to a supplier."""
    supplier = get_object_or_404(_mine(request), pk=organisation, kind=Organisation.Kind.SUPPLIER)
    form = AssignForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            actions.assign_to_supplier(
                by=request.user, supplier=supplier, practices=typed["practices"], started_on=typed["on"]
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The practices are assigned to {supplier}.")
            return redirect(_page_of(supplier))
    intro = "The people of the supplier see a practice from that day until the assignment ends."
    return _form(request, form, f"Assign practices to {supplier}", _page_of(supplier), intro)


@requires(P.MANAGE_ORGANISATIONS)
def end_assignment(request: SignedInRequest, assignment: int) -> HttpResponse:
    seen = SupplierAssignment.objects.visible_to(request.user, P.MANAGE_ORGANISATIONS)
    ended = get_object_or_404(seen.select_related("practice", "supplier"), pk=assignment)
    back = (
        _page_of(ended.supplier)
        if _mine(request).filter(pk=ended.supplier_id)
        else reverse("people:organisations")
    )
    form = EndAssignmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_assignment(by=request.user, assignment=ended, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The assignment has an end.")
            return redirect(back)
    return _form(request, form, f"End the assignment of {ended.practice} to {ended.supplier}", back)
