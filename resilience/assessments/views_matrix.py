"""Placing a practice on the support matrix, and the board of a programme year."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.decorators.http import require_GET, require_http_methods

from resilience.assessments import actions, comparison, rules
from resilience.assessments.board import board, rating_of, with_ratings
from resilience.assessments.filters import PlacementFilters
from resilience.assessments.forms import PlaceForm, ReviewForm
from resilience.assessments.models import Placement
from resilience.assessments.views import context
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import rating_tag
from resilience.programmes.models import MatrixVersion
from resilience.referrals import case as cases
from resilience.referrals.models import Referral


def practice_of(placement: Placement) -> str:
    """The lead practice as it was at receipt, and how many others."""
    lead, *others = placement.referral.practices.all()
    return f"{lead.name} +{len(others)}" if others else lead.name


def current_placements(request: HttpRequest) -> Any:
    """Placements that stand and that the person may see, with what a board says of them."""
    return (
        Placement.objects.visible_to(request.user)
        .filter(is_current=True)
        .select_related("cell", "placed_by", "referral__commissioner", "referral__year__programme")
        .prefetch_related("referral__practices")
        .order_by("cell__matrix", "placed_at", "pk")
    )


def _on_board(matrix: MatrixVersion, placements: Any, mine: Any) -> Any:
    """The board with each placement's name, address and whether it is one of ``mine`` (a test)."""
    rows = list(placements)
    for row in rows:
        row.practice = practice_of(row)
        row.href = reverse("assessments:case", kwargs={"referral": row.referral_id})
        row.is_mine = mine(row)
    made = board(matrix, rows)
    for _, squares in made.rows:
        for square in squares:
            for row in square.placements:
                row.rating = square.rating
    return made


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_INTERNAL)
def place(request: HttpRequest, referral: int) -> HttpResponse:
    """Choose a cell and justify both scores; once placed, a second officer's review."""
    found = cases.find(request, referral, P.VIEW_INTERNAL)
    history = list(
        Placement.objects.visible_to(request.user)
        .filter(referral=found)
        .select_related("cell__matrix", "placed_by")
    )
    with_ratings(history)
    standing = next((row for row in history if row.is_current), None)
    matrix = standing.cell.matrix if standing else found.year.matrix
    if matrix is None:
        messages.error(request, f"{found.year} decides without an assessment.")
        return redirect("assessments:case", referral=found.pk)
    kind, rule = (ReviewForm, rules.check_can_review) if standing else (PlaceForm, rules.check_can_place)
    refused = why_not(rule, request.user, found)
    form = None if refused else kind(matrix=matrix)
    if request.method == "POST":
        form = kind(request.POST, matrix=matrix)
        if form.is_valid() and _placed(request, found, form, standing):
            return redirect("assessments:case", referral=found.pk)
    others = current_placements(request).filter(cell__matrix=matrix, referral__year=found.year_id)
    return render(
        request,
        "assessments/place.html",
        {
            **context(request, found),
            "form": form,
            "why_not": refused,
            "board": _on_board(matrix, others, lambda row: row.referral_id == found.pk),
            "chosen": _chosen(form),
            "standing": standing,
            "placements": history,
        },
    )


def _chosen(form: Any) -> int | None:
    """The id of the cell that the form holds."""
    value = str((form["cell"].value() if form else None) or "")
    return int(value) if value.isascii() and value.isdigit() else None


def _placed(request: HttpRequest, referral: Referral, form: Any, standing: Placement | None) -> bool:
    said = dict(form.cleaned_data)
    cell = said.pop("cell")
    try:
        act = actions.review if standing else actions.place
        placement = act(by=request.user, referral=referral, scope=cell.scope, impact=cell.impact, **said)
    except Denied as denied:
        add_denied(form, denied)
        return False
    rating = rating_of(placement)
    messages.success(
        request, f"Placed at scope {cell.scope}, impact {cell.impact}. {rating.code}: {rating.meaning}"
    )
    return True


class BoardPage(ListPage):
    """The placements of one year as a list; its year is chosen, not taken off."""

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        chips = super().chips
        return [chip for chip in chips if not chip["text"].startswith("Programme year:")]

    @cached_property
    def placements(self) -> list[Placement]:
        return list(self.rows_asked)


COLUMNS = [
    Column("Reference", "referral.reference", heading=True, sort="referral__reference",
           link=lambda row: reverse("assessments:case", kwargs={"referral": row.referral_id})),
    Column("Practice", practice_of),
    Column("CCG", "referral.commissioner.name", sort="referral__commissioner__name"),
    Column("Priority rating", "cell.rating", show=lambda row: rating_tag(row.rating.code, row.rating.name)),
    Column("Scope", "cell.scope", kind="number", sort="cell__scope"),
    Column("Why this scope", "scope_justification", on_screen=False),
    Column("Impact", "cell.impact", kind="number", sort="cell__impact"),
    Column("Why this impact", "impact_justification", on_screen=False),
    Column("Placed on", "placed_at", kind="date", sort="placed_at"),
    Column("Placed by", "placed_by.name"),
    Column("Reason of the review", "review_reason", on_screen=False),
]  # fmt: skip


@require_GET
@requires(P.VIEW_INTERNAL)
def matrix(request: HttpRequest) -> HttpResponse:
    """All placements of a programme year on one board, as a list and as a file; and the alike put apart."""
    page = BoardPage(
        request,
        current_placements(request),
        name="assessments:matrix",
        title="Support matrix",
        noun="placement",
        columns=COLUMNS,
        filters=PlacementFilters,
        default_sort="-placed-on",
        prepare=with_ratings,
        empty="A practice appears here once it is placed on the matrix.",
    )
    if page.query.get("export"):
        return page.response()
    me = request.user.pk
    versions = {row.cell.matrix_id for row in page.placements}
    boards = [
        _on_board(
            version,
            [row for row in page.placements if row.cell.matrix_id == version.pk],
            lambda row: me in (row.placed_by_id, row.referral.assigned_to_id),
        )
        for version in MatrixVersion.objects.filter(pk__in=versions)
    ]
    apart = [
        pair
        for version in versions
        for pair in comparison.alike_but_apart(
            [row for row in page.placements if row.cell.matrix_id == version]
        )
    ]
    return page.response("assessments/matrix.html", boards=boards, apart=apart)
