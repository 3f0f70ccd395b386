"""What a programme year asks of its suppliers: deliverables, the practice's commitments, needs to tag."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mou.models import CommitmentItem, DeliverableKind, NeedTheme
from mou.suppliers import settings_actions as actions
from mou.suppliers.forms import KindForm, NameForm
from mou.suppliers.views_cases import act_page
from practices.requests import SignedInRequest
from resilience.core.access import P, requires, why_not
from resilience.core.forms import Form
from resilience.core.words import plural
from resilience.programmes.models import ProgrammeYear


@dataclass(frozen=True)
class Kind:
    """A kind of row: its form, its name in addresses, and its words."""

    model: Any
    form: type[Form]
    kwarg: str
    title: str
    one: str
    said: Callable[[Any], str]

    def rows(self, year: ProgrammeYear) -> list[dict[str, Any]]:
        return [
            {
                "name": row.name,
                "said": self.said(row),
                "change": reverse(f"mou:change_{self.kwarg}", kwargs={self.kwarg: row.pk}),
            }
            for row in self.model.objects.filter(year=year)
        ]


def _of_kind(row: DeliverableKind) -> str:
    invoice = "; the invoice waits for it" if row.opens_invoice else ""
    return f"{row.get_form_display()}, due after {plural(row.working_days, 'working day')}{invoice}"


KINDS = {
    each.kwarg: each
    for each in (
        Kind(
            DeliverableKind, KindForm, "deliverable_kind", "What suppliers hand in", "deliverable", _of_kind
        ),
        Kind(
            CommitmentItem,
            NameForm,
            "commitment_item",
            "What practices commit to",
            "commitment",
            lambda row: "",
        ),
        Kind(NeedTheme, NameForm, "need_theme", "Needs that reviews may find", "need", lambda row: ""),
    )
}


def _page(year: ProgrammeYear) -> str:
    return reverse("mou:supplier_settings", kwargs={"year": year.pk})


def _year(request: SignedInRequest, pk: int) -> ProgrammeYear:
    rows = ProgrammeYear.objects.visible_to(request.user).select_related("programme__owner")
    return get_object_or_404(rows, pk=pk)


@require_GET
@requires(P.MANAGE_PROGRAMMES)
def supplier_settings(request: SignedInRequest, year: int) -> HttpResponse:
    """The rows of a year; one without any is given the usual ones with the first assignment, or by the button."""
    found = _year(request, year)
    parts = [
        {
            "title": kind.title,
            "one": kind.one,
            "add": reverse(f"mou:add_{kind.kwarg}", kwargs={"year": found.pk}),
            "rows": kind.rows(found),
        }
        for kind in KINDS.values()
    ]
    return render(
        request,
        "mou/suppliers/settings.html",
        {
            "title": "Delivery by suppliers",
            "caption": str(found),
            "year": found,
            "parts": parts,
            "is_empty": not any(part["rows"] for part in parts),
            "back": reverse("programmes:year", kwargs={"year": found.pk}),
            "back_text": "Back to the year",
        },
    )


@require_POST
@requires(P.MANAGE_PROGRAMMES)
def set_up_suppliers(request: SignedInRequest, year: int) -> HttpResponse:
    found = _year(request, year)
    actions.set_up_suppliers(by=request.user, year=found)
    messages.success(request, "The usual rows are set up. Change them to what your programme asks.")
    return redirect(_page(found))


def _row_page(request: SignedInRequest, kind: Kind, year: ProgrammeYear, row: Any) -> HttpResponse:
    initial = {name: getattr(row, name) for name in kind.form.base_fields} if row else None
    form = kind.form(request.POST if request.method == "POST" else None, initial=initial)
    remove = reverse(f"mou:remove_{kind.kwarg}", kwargs={kind.kwarg: row.pk}) if row else ""
    return act_page(
        request,
        form,
        lambda: actions.save_year_row(
            by=request.user, year=year, kind=kind.model, row=row, **form.cleaned_data
        ),
        title=f"{'Change' if row else 'Add'} a {kind.one}",
        caption=str(year),
        done="Saved.",
        to=_page(year),
        back=_page(year),
        remove=remove if row and not why_not(actions.check_can_remove, request.user, row) else "",
    )


def add(kind: Kind) -> Callable[..., HttpResponse]:
    @require_http_methods(["GET", "HEAD", "POST"])
    @requires(P.MANAGE_PROGRAMMES)
    def view(request: SignedInRequest, year: int) -> HttpResponse:
        return _row_page(request, kind, _year(request, year), None)

    return view


def _row(request: SignedInRequest, kind: Kind, pk: int) -> Any:
    return get_object_or_404(
        kind.model.objects.visible_to(request.user).select_related("year__programme__owner"), pk=pk
    )


def change(kind: Kind) -> Callable[..., HttpResponse]:
    @require_http_methods(["GET", "HEAD", "POST"])
    @requires(P.MANAGE_PROGRAMMES)
    def view(request: SignedInRequest, **which: int) -> HttpResponse:
        row = _row(request, kind, which[kind.kwarg])
        return _row_page(request, kind, row.year, row)

    return view


def remove(kind: Kind) -> Callable[..., HttpResponse]:
    @require_http_methods(["GET", "HEAD", "POST"])
    @requires(P.MANAGE_PROGRAMMES)
    def view(request: SignedInRequest, **which: int) -> HttpResponse:
        row = _row(request, kind, which[kind.kwarg])
        form = Form(request.POST if request.method == "POST" else None)
        form.submit = "Take it out"  # type: ignore[misc]
        form.submit_variant = "warning"  # type: ignore[misc]
        return act_page(
            request,
            form,
            lambda: actions.remove_year_row(by=request.user, row=row),
            title=f"Take this {kind.one} out",
            caption=str(row.year),
            intro=row.name,
            done="Taken out.",
            to=_page(row.year),
            back=_page(row.year),
            denied=why_not(actions.check_can_remove, request.user, row),
        )

    return view
