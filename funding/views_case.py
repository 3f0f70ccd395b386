"""The Money tab, and the acts that commit, release and pay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding import actions, ledger, rules
from funding.bids.rules import check_can_bid
from funding.commitments.forms import ReleaseForm
from funding.forms import PayForm
from funding.models import Bid, Commitment, Transfer
from funding.stages.of_case import of_case
from resilience.core.access import Denied, P, allows, ask_together, requires, why_not
from resilience.core.forms import Form, add_denied
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


@dataclass
class Pool:
    """A commitment, or the several of practices that pool their money."""

    lines: list[Line]

    @property
    def first(self) -> Commitment:
        return self.lines[0].commitment

    @property
    def is_shared(self) -> bool:
        return len(self.lines) > 1

    @property
    def figures(self) -> ledger.Figures:
        return ledger.total(line.figures for line in self.lines)


def _pools(lines: list[Line]) -> list[Pool]:
    """The lines, those of one pool together, in the order in which they were committed."""
    pools: dict[int, Pool] = {}
    for line in lines:
        pools.setdefault(line.commitment.pooled_with_id or line.commitment.pk, Pool([])).lines.append(line)
    return list(pools.values())


def case_context(request: HttpRequest, referral: Referral) -> dict[str, Any]:
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
        "allocation__category",
        "practice",
        "supplier",
        "item",
        "committed_by",
    )


def _bids(request: HttpRequest, referral: Referral) -> Any:
    """The bids of a referral, the latest first, with what each asks."""
    rows = Bid.objects.visible_to(request.user).filter(referral=referral)
    return rows.annotate(asked=Sum("lines__amount"), lines_count=Count("lines")).order_by("-pk")


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
            **case_context(request, found),
            "decision": decision,
            "figures": figures,
            "to_commit": decision.amount - figures.promised if decision else 0,
            "left": rules.money_left(found),
            "pools": _pools(lines),
            "bids": list(_bids(request, found)),
            "takes_bids": found.year.takes_bids,
            "bid_refused": why_not(check_can_bid, request.user, found),
            "may_refer": allows(request.user, P.REFER, found),
            "stages": of_case(request, [line.commitment.pk for line in lines]),
            "commit_refused": why_not(rules.check_can_commit, request.user, found),
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
            **case_context(request, found.referral),
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
        lambda data, figures: ReleaseForm(data, committed=figures.committed),
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
