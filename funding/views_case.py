"""The Money tab, and the acts that commit, release and pay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding import actions, ledger, rules
from funding.forms import CommitForm, PayForm, ReleaseForm
from funding.models import Commitment, Transfer
from resilience.core.access import Denied, P, ask_together, requires, why_not
from resilience.core.forms import Form, add_denied
from resilience.core.words import money as said
from resilience.programmes.models import MenuItem
from resilience.referrals import case as cases
from resilience.referrals.models import Referral


@dataclass
class Line:
    """A commitment with its figures, its entries, and why it cannot be released or paid (empty: it can)."""

    commitment: Commitment
    figures: ledger.Figures
    entries: list[Transfer]
    release_refused: str
    pay_refused: str


def _context(request: HttpRequest, referral: Referral) -> dict[str, Any]:
    """The case page; its next act, where it is to commit, asks this room's own rule, and leads to no page it is on."""
    found = cases.page(request, referral, "funding:case")
    act = found["case"]["next_act"]
    if act and act["href"] == request.path:
        found["case"]["next_act"] = None
    elif (
        act
        and act["href"] == reverse("funding:commit", kwargs={"referral": referral.pk})
        and (refused := why_not(rules.check_can_commit, request.user, referral))
    ):
        act["disabled_reason"] = refused
    return found


def _commitments(request: HttpRequest) -> Any:
    return Commitment.objects.visible_to(request.user).select_related(
        "referral__year__programme",
        "referral__commissioner",
        "allocation__commissioner",
        "item",
        "committed_by",
    )


def _lines(request: HttpRequest, referral: Referral) -> list[Line]:
    commitments = list(_commitments(request).filter(referral=referral))
    figures = ledger.of_commitments(commitments)
    for permission in (P.COMMIT, P.PAY):
        ask_together(request.user, permission, commitments)
    entries: dict[int | None, list[Transfer]] = {}
    made = Transfer.objects.visible_to(request.user).filter(commitment__in=commitments)
    for entry in made.select_related("made_by").order_by("id"):
        entries.setdefault(entry.commitment_id, []).append(entry)
    return [
        Line(
            each,
            figures[each.pk],
            entries.get(each.pk, []),
            why_not(rules.check_can_release, request.user, each, figures[each.pk]),
            why_not(rules.check_can_pay, request.user, each, figures[each.pk]),
        )
        for each in commitments
    ]


@require_GET
@requires(P.VIEW_MONEY)
def case(request: HttpRequest, referral: int) -> HttpResponse:
    """Granted, committed, payable, paid, and what is left in the allocation; each commitment with its entries."""
    found = cases.find(request, referral, P.VIEW_MONEY)
    lines = _lines(request, found)
    decision = rules.granted(found)
    figures = ledger.total(line.figures for line in lines)
    return render(
        request,
        "funding/case.html",
        {
            **_context(request, found),
            "decision": decision,
            "figures": figures,
            "to_commit": decision.amount - figures.promised if decision else 0,
            "left": rules.money_left(found),
            "lines": lines,
            "commit_refused": why_not(rules.check_can_commit, request.user, found),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.COMMIT)
def commit(request: HttpRequest, referral: int) -> HttpResponse:
    """Promise money of the allocation to a supported referral, in one category that was granted."""
    found = cases.find(request, referral, P.VIEW_MONEY)
    refused = why_not(rules.check_can_commit, request.user, found)
    decision = rules.granted(found)
    items = (
        MenuItem.objects.filter(pk__in=decision.categories.values("item"))
        if decision
        else MenuItem.objects.none()
    )
    to_commit = rules.still_to_commit(found)
    initial = {"amount": to_commit, "item": items.first() if len(items) == 1 else None}
    data = request.POST if request.method == "POST" else None
    form = CommitForm(data, items=items, left=to_commit, initial=initial)
    if form.is_valid():
        try:
            commitment = actions.commit(by=request.user, referral=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            amount = ledger.of_commitment(commitment).promised
            messages.success(request, f"{said(amount)} is committed in “{commitment.item.name}”.")
            return redirect("funding:case", referral=found.pk)
    elif form.is_bound and refused:
        add_denied(form, Denied(refused))
    return render(
        request,
        "funding/commit.html",
        {
            **_context(request, found),
            "form": form if form.is_bound or not refused else None,
            "why_not": refused,
            "decision": decision,
            "to_commit": to_commit,
            "left": rules.money_left(found),
        },
    )


def _act_on(
    request: HttpRequest,
    pk: int,
    rule: Callable[..., None],
    make_form: Callable[[Any, ledger.Figures], Form],
    act: Callable[..., Any],
    *,
    title: str,
    done: str,
) -> HttpResponse:
    """A page with one form that moves the money of one commitment."""
    found = _commitments(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    found.referral = cases.find(request, found.referral_id, P.VIEW_MONEY)
    figures = ledger.of_commitment(found)
    refused = why_not(rule, request.user, found)
    form = make_form(request.POST if request.method == "POST" else None, figures)
    if form.is_valid():
        try:
            act(by=request.user, commitment=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, done)
            return redirect("funding:case", referral=found.referral_id)
    return render(
        request,
        "funding/act.html",
        {
            **_context(request, found.referral),
            "heading": title,
            "commitment": found,
            "figures": figures,
            "form": form if form.is_bound or not refused else None,
            "why_not": refused,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.COMMIT)
def release(request: HttpRequest, commitment: int) -> HttpResponse:
    """Give back to the allocation what is committed and not payable, with the reason."""
    return _act_on(
        request,
        commitment,
        rules.check_can_release,
        lambda data, figures: ReleaseForm(data),
        actions.release,
        title="Release money",
        done="The money is back in the allocation.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def pay(request: HttpRequest, commitment: int) -> HttpResponse:
    """Record a payment that finance made, with its reference."""
    return _act_on(
        request,
        commitment,
        rules.check_can_pay,
        lambda data, figures: PayForm(data, payable=figures.payable, initial={"amount": figures.payable}),
        actions.pay,
        title="Record a payment",
        done="The payment is recorded.",
    )
