"""Rows of the plan added, changed and taken out by a variation that is being drafted."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mou.changes import actions, rules
from mou.changes.changes import from_json
from mou.changes.page import caption, find, url_of
from mou.models import Agreement, Proposal
from mou.plan.views import Kind
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied


def _proposal_of(request: HttpRequest, kind: Kind, pk: int) -> tuple[Proposal, Any]:
    """A row in the person's reach, with the change of its MoU that is being drafted; or 404."""
    rows = kind.model.objects.visible_to(request.user, P.VIEW_MOU).select_related("plan")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    mou = Agreement.objects.visible_to(request.user, P.VIEW_MOU).filter(
        referral=row.plan.referral_id, kind=Agreement.Kind.MOU, signed_at__isnull=False
    )
    standing = rules.open_proposal(mou[0]) if mou else None
    if standing is None:
        raise Http404
    return find(request, standing.pk), row


def _edit(request: HttpRequest, kind: Kind, proposal: Proposal, row: Any) -> HttpResponse:
    rules.check_can_draft(request.user, proposal, "mou.change_row")
    name = kind.model.__name__
    earlier = proposal.changes.filter(rows=name, row=row.pk).first() if row else None
    initial = from_json(earlier.after) if earlier else {}
    form = kind.form(request.POST or None, instance=row, initial=initial)
    form.keep = f"{kind.kwarg}-variation-{proposal.pk}-{row.pk if row else 'new'}"
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_row(
                by=request.user,
                proposal=proposal,
                rows=name,
                row=row.pk if row else None,
                **form.cleaned_data,
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect(url_of(proposal))
    context = {
        "title": kind.to_edit(row),
        "caption": caption(proposal),
        "form": form,
        "back": url_of(proposal),
    }
    return render(request, "form.html", context)


def add(kind: Kind) -> Any:
    """The page that adds a row of this kind."""

    @requires(P.PLAN_FOR_COMMISSIONER)
    @require_http_methods(["GET", "POST"])
    def add_row(request: HttpRequest, proposal: int) -> HttpResponse:
        return _edit(request, kind, find(request, proposal), None)

    return add_row


def change(kind: Kind) -> Any:
    """The page that changes a row of this kind."""

    @requires(P.PLAN_FOR_COMMISSIONER)
    @require_http_methods(["GET", "POST"])
    def change_row(request: HttpRequest, **kwargs: int) -> HttpResponse:
        return _edit(request, kind, *_proposal_of(request, kind, kwargs[kind.kwarg]))

    return change_row


def take_out(kind: Kind) -> Any:
    """The page that asks before a row of this kind is taken out."""

    @requires(P.PLAN_FOR_COMMISSIONER)
    @require_http_methods(["GET", "POST"])
    def take_out_row(request: HttpRequest, **kwargs: int) -> HttpResponse:
        proposal, row = _proposal_of(request, kind, kwargs[kind.kwarg])
        denied = why_not(rules.check_can_draft, request.user, proposal, "mou.change_row") or why_not(
            actions.check_can_be_taken_out, row
        )
        if request.method == "POST":
            try:
                actions.change_row(by=request.user, proposal=proposal, rows=kind.model.__name__, row=row.pk)
            except Denied as refused:
                denied = str(refused)
            else:
                return redirect(url_of(proposal))
        context = {
            "title": f"Take this {kind.one} out by the variation?",
            "caption": caption(proposal),
            "sentences": [str(row), "It stays in the plan until all sides have signed the variation."],
            "denied": denied,
            "confirm": f"Take out the {kind.one}",
            "variant": "warning",
            "back": url_of(proposal),
        }
        return render(request, "confirm.html", context)

    return take_out_row
