"""Pages on moves of money: the list, asking for one, and one with its answer."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods

from funding import ledger, rules
from funding.models import Allocation, Move
from funding.moves import actions
from funding.moves import rules as own
from funding.moves.actions import Place
from funding.moves.filters import MoveFilters
from funding.moves.forms import AnswerForm, AskMoveForm, WithdrawForm
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import Form, add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.words import day, money
from resilience.programmes.models import ProgrammeYear

_COLOURS = {"asked": "yellow", "approved": "green", "refused": "orange", "withdrawn": "grey"}


def _rows(request: HttpRequest) -> Any:
    return Move.objects.visible_to(request.user).select_related(
        "source__commissioner",
        "source__category",
        "source__year__programme",
        "target__commissioner",
        "target__category",
        "asked_by",
        "answered_by",
        "transfer",
    )


def _state(row: Move) -> Any:
    return format_html(
        '<strong class="nhsuk-tag nhsuk-tag--{}">{}</strong>', _COLOURS[row.state], row.get_state_display()
    )


COLUMNS = [
    Column(
        "Asked",
        "asked_at",
        kind="moment",
        sort="asked_at",
        link=lambda row: reverse("funding:move", kwargs={"move": row.pk}),
    ),
    Column("Kind", lambda row: row.get_kind_display(), sort="kind"),
    Column("Amount", "amount", kind="money", sort="amount"),
    Column("From", "source.name", sort="source__commissioner__name"),
    Column("To", "target.name", sort="target__commissioner__name"),
    Column("Programme year", lambda row: str(row.source.year), sort="source__year__starts_on"),
    Column("State", lambda row: row.get_state_display(), show=_state, sort="state"),
    Column("Why", "why", on_screen=False),
    Column("Asked by", "asked_by.name", sort="asked_by__name"),
    Column("Answered", "answered_at", kind="moment", sort="answered_at", on_screen=False),
    Column("Answered by", "answered_by.name", on_screen=False),
    Column("Answer", "answer", on_screen=False),
]


@require_GET
@requires(P.VIEW_MONEY)
def moves(request: SignedInRequest) -> HttpResponse:
    """Every move into or out of an allocation in scope, with its state."""
    page = ListPage(
        request,
        _rows(request),
        name="funding:moves",
        title="Moves of money",
        noun="move",
        columns=COLUMNS,
        filters=MoveFilters,
        default_sort="-asked",
        empty="Virement and slippage appear here once finance asks for them. Ask from a year's allocations.",
    )
    return page.response(**sections(request))


def _places(year: ProgrammeYear, commissioners: list[Any]) -> list[Place]:
    categories: list[Any] = list(year.spend_categories.all()) or [None]
    return [(each, category) for each in commissioners for category in categories]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SET_ALLOCATIONS)
def ask_move(request: HttpRequest, year: int) -> HttpResponse:
    """Ask that uncommitted money moves; a second person answers."""
    found = get_object_or_404(ProgrammeYear.objects.select_related("programme"), pk=year)
    commissioners = rules.commissioners_of(request.user, found)
    if not commissioners:
        raise Http404
    there = list(
        Allocation.objects.visible_to(request.user, P.SET_ALLOCATIONS)
        .filter(year=found)
        .select_related("commissioner", "category")
    )
    figures = ledger.of_allocations(there)
    free: dict[Place, int] = {
        (each.commissioner, each.category): max(figures[each.pk].uncommitted, 0) for each in there
    }
    slips = not why_not(own.check_kind, found, Move.Kind.SLIPPAGE)
    form = AskMoveForm(
        request.POST if request.method == "POST" else None,
        places=_places(found, commissioners),
        free=free,
        slips=slips,
    )
    if form.is_valid():
        try:
            move = actions.ask_move(by=request.user, year=found, **form.values)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(
                request, f"The move of {money(move.amount)} waits for a second person's approval."
            )
            return redirect("funding:move", move=move.pk)
    intro = "Nothing moves until another person approves it."
    if found.slippage_from and not slips:
        intro += f" Money moves as slippage from {day(found.slippage_from)}."
    context = {
        "title": "Move money",
        "caption": str(found),
        "form": form,
        "intro": intro,
        "back": f"{reverse('funding:allocations')}?year={found.pk}",
    }
    return render(request, "form.html", context)


def _facts(move: Move, is_open: bool) -> list[dict[str, Any]]:
    rows = [
        ("Kind", move.get_kind_display()),
        ("Amount", money(move.amount)),
        ("From", move.source.name),
        ("To", move.target.name),
        ("Programme year", str(move.source.year)),
        ("Why", move.why),
        ("Asked by", f"{move.asked_by.name}, {day(move.asked_at)}"),
        ("State", move.get_state_display()),
    ]
    if is_open:
        rows.append(("Uncommitted where it comes from", money(ledger.of_allocation(move.source).uncommitted)))
    if move.answered_by and move.answered_at:
        rows.append(("Answered by", f"{move.answered_by.name}, {day(move.answered_at)}"))
    if move.answer:
        rows.append(("Answer", move.answer))
    return [{"key": {"text": key}, "value": {"text": value}} for key, value in rows]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_MONEY)
def move(request: SignedInRequest, move: int) -> HttpResponse:
    """One move; who may answer does so here, and who asked may take it back."""
    found = get_object_or_404(_rows(request), pk=move)
    may_withdraw = not why_not(own.check_can_withdraw, request.user, found)
    refused = why_not(own.check_can_answer, request.user, found)
    data = request.POST if request.method == "POST" else None
    form: Form | None = WithdrawForm(data) if may_withdraw else AnswerForm(data) if not refused else None
    if data is not None and form is None:
        messages.error(request, refused)
        return redirect("funding:move", move=found.pk)
    if form is not None and form.is_valid():
        why = form.cleaned_data["why"]
        try:
            if may_withdraw:
                done = actions.withdraw_move(by=request.user, move=found, why=why)
            elif form.cleaned_data["answer"] == "approve":
                done = actions.approve_move(by=request.user, move=found)
            else:
                done = actions.refuse_move(by=request.user, move=found, why=why)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The move is {done.get_state_display().lower()}.")
            return redirect("funding:move", move=found.pk)
    context = {
        "title": f"Move of {money(found.amount)}",
        "caption": str(found.source.year),
        "facts": _facts(found, found.state == Move.State.ASKED),
        "refused": refused if found.state == Move.State.ASKED else "",
        "form": form,
        "entries": f"{reverse('funding:ledger')}?year={found.source.year_id}&kind=move"
        if found.transfer
        else "",
        "back": reverse("funding:moves"),
    }
    return render(request, "funding/move.html", {**sections(request), **context})
