"""Pages on criteria and matrices: what is published, and publishing a new version."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from resilience.core.access import Denied, P, requires
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.programmes import actions, catalogue
from resilience.programmes.catalogue import MatrixContent
from resilience.programmes.models import CriteriaSet, MatrixVersion, ProgrammeYear
from resilience.programmes.publishing_forms import CRITERIA, MatrixForm, NameForm
from resilience.programmes.views import sent, tabs


def _page_of_matrix(matrix: MatrixVersion) -> str:
    return reverse("programmes:matrix", kwargs={"matrix": matrix.pk})


def _page_of_criteria(criteria_set: CriteriaSet) -> str:
    return reverse("programmes:criteria_set", kwargs={"criteria_set": criteria_set.pk})


def _columns(page: Callable[[Any], str]) -> list[Column]:
    return [
        Column("Name", "name", link=page, sort=("name", "-version"), heading=True),
        Column("Version", "version", kind="number", sort="version"),
        Column("Published", "published_at", kind="date", sort="published_at"),
        Column("Years that use it", lambda row: ", ".join(map(str, row.years.all())) or "None"),
    ]


@requires(P.MANAGE_PROGRAMMES)
def matrices(request: HttpRequest) -> HttpResponse:
    return ListPage(
        request,
        MatrixVersion.objects.prefetch_related("years__programme"),
        name="programmes:matrices",
        title="Support matrices",
        noun="published version",
        columns=_columns(_page_of_matrix),
        default_sort="name",
        tabs=tabs("programmes:matrices"),
        actions=[{"text": "Publish another matrix", "href": reverse("programmes:new_matrix")}],
        empty="No matrix is published yet. The first one starts from the national guidance.",
    ).response()


@requires(P.MANAGE_PROGRAMMES)
def matrix_page(request: HttpRequest, matrix: int) -> HttpResponse:
    """A published version: it never changes."""
    shown = get_object_or_404(MatrixVersion, pk=matrix)
    scores = {axis: list(shown.scores.filter(axis=axis).order_by("score")) for axis in ("scope", "impact")}
    cells = {(cell.scope, cell.impact): cell for cell in shown.cells.all()}
    meanings = {each.rating: each.meaning for each in shown.meanings.all()}
    context = {
        "title": str(shown),
        "matrix": shown,
        "scopes": scores["scope"],
        "impacts": scores["impact"],
        "rows": [
            (impact, [cells[scope.score, impact.score] for scope in scores["scope"]])
            for impact in reversed(scores["impact"])
        ],
        "meanings": [(code, meanings[code]) for code in catalogue.MEANINGS if code in meanings],
        "years": _mine(request, matrix=shown),
        "back": reverse("programmes:matrices"),
        "back_text": "Matrices",
    }
    return render(request, "programmes/matrix.html", context)


def _mine(request: HttpRequest, **using: object) -> object:
    return ProgrammeYear.objects.visible_to(request.user).filter(**using).select_related("programme")


@requires(P.MANAGE_PROGRAMMES)
def publish_matrix(request: HttpRequest, matrix: int | None = None) -> HttpResponse:
    """A new version of ``matrix``; without one, a matrix of another name that starts from the national one."""
    base = get_object_or_404(MatrixVersion, pk=matrix) if matrix else None
    start = MatrixContent.of(base) if base else catalogue.NATIONAL_MATRIX
    form = MatrixForm(sent(request), start=start, is_new=base is None)
    if request.method == "POST" and form.is_valid():
        name = base.name if base else form.cleaned_data["name"]
        try:
            made = actions.publish_matrix(by=request.user, name=name, content=form.content)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{made} is published. No year uses it until you choose it there.")
            return redirect(_page_of_matrix(made))
    context = {
        "title": f"A new version of {base.name}" if base else "Publish another matrix",
        "form": form,
        "back": _page_of_matrix(base) if base else reverse("programmes:matrices"),
    }
    return render(request, "programmes/publish_matrix.html", context)


@requires(P.MANAGE_PROGRAMMES)
def criteria_sets(request: HttpRequest) -> HttpResponse:
    return ListPage(
        request,
        CriteriaSet.objects.prefetch_related("years__programme"),
        name="programmes:criteria_sets",
        title="Criteria",
        noun="published version",
        columns=_columns(_page_of_criteria),
        default_sort="name",
        tabs=tabs("programmes:criteria_sets"),
        actions=[{"text": "Publish other criteria", "href": reverse("programmes:new_criteria")}],
        empty="No criteria are published yet. The first ones start from the national guidance.",
    ).response()


@requires(P.MANAGE_PROGRAMMES)
def criteria_page(request: HttpRequest, criteria_set: int) -> HttpResponse:
    """A published version: it never changes."""
    shown = get_object_or_404(CriteriaSet, pk=criteria_set)
    context = {
        "title": str(shown),
        "criteria_set": shown,
        "criteria": [
            (each, [catalogue.INDICATORS.get(key, key) for key in each.indicators])
            for each in shown.criteria.all()
        ],
        "years": _mine(request, criteria_set=shown),
        "back": reverse("programmes:criteria_sets"),
        "back_text": "Criteria",
    }
    return render(request, "programmes/criteria.html", context)


@requires(P.MANAGE_PROGRAMMES)
def publish_criteria(request: HttpRequest, criteria_set: int | None = None) -> HttpResponse:
    """A new version of ``criteria_set``; without one, criteria of another name, from the national ones."""
    base = get_object_or_404(CriteriaSet, pk=criteria_set) if criteria_set else None
    start = (
        [catalogue.CriterionContent.of(each) for each in base.criteria.all()]
        if base
        else catalogue.NATIONAL_CRITERIA
    )
    rows = [vars(each) | {"number": number} for number, each in enumerate(start, start=1)]
    formset: Any = CRITERIA(sent(request), initial=rows, prefix="criteria")
    form = None if base else NameForm(sent(request))
    if request.method == "POST" and all([formset.is_valid(), form is None or form.is_valid()]):
        name = base.name if base else form.cleaned_data["name"]  # type: ignore[union-attr]
        try:
            made = actions.publish_criteria(by=request.user, name=name, criteria=formset.criteria)
        except Denied as denied:
            formset.non_form_errors().append(str(denied))
        else:
            messages.success(request, f"{made} is published. No year uses it until you choose it there.")
            return redirect(_page_of_criteria(made))
    context = {
        "title": f"A new version of {base.name}" if base else "Publish other criteria",
        "form": form,
        "formset": formset,
        "back": _page_of_criteria(base) if base else reverse("programmes:criteria_sets"),
    }
    return render(request, "programmes/publish_criteria.html", context)
