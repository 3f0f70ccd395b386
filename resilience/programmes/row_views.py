"""Pages on single rows of a year: categories of support, milestones, kinds of spend that are not supported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.programmes import actions, rules
from resilience.programmes.forms import ExcludedForm, ItemForm, MilestoneForm
from resilience.programmes.models import ExcludedSpend, MenuItem, Milestone
from resilience.programmes.views import answer, find_year, page_of, sent


def _of_milestone(milestone: Milestone) -> dict[str, Any]:
    due = timezone.localtime(milestone.due_at)
    return {
        "name": milestone.name,
        "due_on": due.date(),
        "due_time": due.time(),
        "measure": milestone.measure or "none",
        "target": milestone.target,
        "is_return": milestone.is_return,
    }


@dataclass(frozen=True)
class Kind:
    """A kind of row: its words and forms, its name in addresses and in acts, and its place on the year's page."""

    model: Any
    form: Any
    kwarg: str
    one: str
    section: str
    initial: Callable[[Any], dict[str, Any]]
    values: Callable[[Any], dict[str, Any]]
    add: Callable[..., Any]
    change: Callable[..., Any]
    remove: Callable[..., Any]
    may_remove: Callable[..., None]
    intro: str = ""

    def find(self, request: HttpRequest, pk: int) -> Any:
        """One of a year in reach, else 404."""
        mine = self.model.objects.visible_to(request.user).select_related("year__programme__owner")
        return get_object_or_404(mine, pk=pk)


KINDS = {
    kind.kwarg: kind
    for kind in (
        Kind(
            MenuItem,
            ItemForm,
            "item",
            "category of support",
            "menu",
            lambda row: {field: getattr(row, field) for field in ItemForm.base_fields},
            lambda form: form.cleaned_data,
            actions.add_item,
            actions.change_item,
            actions.remove_item,
            rules.check_can_remove_item,
            "Stop offering a category by taking the tick away: what was asked for under it stays.",
        ),
        Kind(
            Milestone,
            MilestoneForm,
            "milestone",
            "milestone",
            "milestones",
            _of_milestone,
            lambda form: form.values,
            actions.add_milestone,
            actions.change_milestone,
            actions.remove_milestone,
            rules.check_can_remove,
            "Milestones are absolute: what counts is where things stand at that minute.",
        ),
        Kind(
            ExcludedSpend,
            ExcludedForm,
            "excluded",
            "kind of spend that is not supported",
            "excluded",
            lambda row: {field: getattr(row, field) for field in ExcludedForm.base_fields},
            lambda form: form.cleaned_data,
            actions.add_excluded,
            actions.change_excluded,
            actions.remove_excluded,
            rules.check_can_remove,
        ),
    )
}


def add(kind: Kind) -> Callable[..., HttpResponse]:
    """The page that adds a row of ``kind`` to a year."""

    @requires(P.MANAGE_PROGRAMMES)
    def view(request: HttpRequest, year: int) -> HttpResponse:
        shown = find_year(request, year)
        form = kind.form(sent(request))
        if request.method == "POST" and form.is_valid():
            try:
                made = kind.add(by=request.user, year=shown, **kind.values(form))
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, f"“{made}” is added.")
                return redirect(f"{page_of(shown)}#{kind.section}")
        return answer(request, form, f"Add a {kind.one}", page_of(shown), caption=str(shown))

    return view


def change(kind: Kind) -> Callable[..., HttpResponse]:
    """The page that changes a row of ``kind``."""

    @requires(P.MANAGE_PROGRAMMES)
    def view(request: HttpRequest, **row: int) -> HttpResponse:
        shown = kind.find(request, row[kind.kwarg])
        back = f"{page_of(shown.year)}#{kind.section}"
        form = kind.form(sent(request), initial=kind.initial(shown))
        if request.method == "POST" and form.is_valid():
            try:
                kind.change(by=request.user, **{kind.kwarg: shown}, **kind.values(form))
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, "The row is changed.")
                return redirect(back)
        title = f"Change a {kind.one}"
        return answer(request, form, title, back, caption=str(shown.year), intro=kind.intro)

    return view


def remove(kind: Kind) -> Callable[..., HttpResponse]:
    """The page that takes a row of ``kind`` out, or says why it stays."""

    @requires(P.MANAGE_PROGRAMMES)
    def view(request: HttpRequest, **row: int) -> HttpResponse:
        shown = kind.find(request, row[kind.kwarg])
        back = f"{page_of(shown.year)}#{kind.section}"
        denied = why_not(kind.may_remove, request.user, shown)
        if request.method == "POST":
            try:
                kind.remove(by=request.user, **{kind.kwarg: shown})
            except Denied as refused:
                denied = str(refused)
            else:
                messages.success(request, f"“{shown}” is taken out.")
                return redirect(back)
        context = {
            "title": f"Take out “{shown}”?",
            "caption": str(shown.year),
            "back": back,
            "denied": denied,
            "confirm": "Take it out",
            "variant": "warning",
            "cancel": back,
            "cancel_text": "Keep it",
        }
        return render(request, "confirm.html", context)

    return view


@require_POST
@requires(P.MANAGE_PROGRAMMES)
def move_item(request: HttpRequest, item: int) -> HttpResponse:
    """One place up or down the menu."""
    kind = KINDS["item"]
    shown = kind.find(request, item)
    try:
        actions.move_item(by=request.user, item=shown, up=request.POST.get("to") == "up")
    except Denied as denied:
        messages.error(request, str(denied))
    return redirect(f"{page_of(shown.year)}#{kind.section}")
