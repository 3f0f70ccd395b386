"""The Money tab, and the acts that commit, release and pay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding import actions, ledger, rules
from funding.bids.rules import check_can_bid
from funding.commitments.forms import ReleaseForm
from funding.forms import PayForm
from funding.invoices import claims
from funding.models import Bid, Commitment, RunLine, Transfer
from funding.mou_status import in_mou
from funding.runs.forms import BackForm, WithholdForm
from funding.stages.of_case import of_case
from resilience.core.access import Denied, P, allows, ask_together, requires, why_not
from resilience.core.forms import Form, add_denied
from resilience.referrals import case as cases
from resilience.referrals.models import Referral
from resilience.referrals.states import State


@dataclass
class Line:
    """A commitment with its figures, its entries, and why it cannot be released or paid (empty: it can).

    ``others``: the ways back that are open now, as words and addresses. ``is_named``: a signed MoU promises it, or
    none is signed yet.
    """

    commitment: Commitment
    figures: ledger.Figures
    entries: list[Transfer]
    release_refused: str
    pay_refused: str
    others: list[tuple[str, str]]
    is_named: bool = True


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
    claimed, in_runs = claims.claimed(commitments), claims.in_runs(commitments)
    promised = in_mou([referral.pk])[referral.pk]
    return [
        Line(
            each,
            figures[each.pk],
            entries.get(each.pk, []),
            why_not(rules.check_can_release, request.user, each, figures[each.pk], promised),
            why_not(rules.check_can_pay, request.user, each, figures[each.pk], claimed[each.pk]),
            _ways_back(request.user, each, figures[each.pk], in_runs[each.pk]),
            not promised.is_signed or each.pk in promised.named,
        )
        for each in commitments
    ]


def _ways_back(
    user: Any, commitment: Commitment, figures: ledger.Figures, in_runs: int
) -> list[tuple[str, str]]:
    here = {"commitment": commitment.pk}
    found = []
    if not why_not(rules.check_can_withhold, user, commitment, figures, in_runs):
        found.append(("Withhold what is payable", reverse("funding:withhold", kwargs=here)))
    if not why_not(rules.check_can_take_back, user, commitment, "paid", figures):
        found.append(("Record a payment that came back", reverse("funding:reverse_payment", kwargs=here)))
        found.append(("Claw money back", reverse("funding:claw_back", kwargs=here)))
    return found


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
            "is_divided": found.state == State.DIVIDED,
            "to_commit": decision.amount - figures.promised if decision else 0,
            "left": rules.money_left(found),
            "unnamed": sum(line.figures.promised for line in lines if not line.is_named)
            if found.state == State.AGREED
            else 0,
            "may_vary": allows(request.user, P.PLAN_FOR_COMMISSIONER, found),
            "pools": _pools(lines),
            "bids": list(_bids(request, found)),
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
    beside: Sequence[RunLine] = (),
) -> HttpResponse:
    """A page with one form that moves the money of one commitment; ``beside``, payments of runs that it names."""
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
            "run_lines": beside,
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
    """Record by hand a payment that finance made, with its day and reference: of what no run or invoice claims."""
    claimed = claims.claimed(Commitment.objects.visible_to(request.user).filter(pk=commitment)).get(
        commitment, 0
    )
    return _act_on(
        request,
        commitment,
        rules.check_can_pay,
        lambda data, figures: PayForm(data, payable=figures.payable - claimed),
        actions.pay,
        title="Record a payment",
        done="The payment is recorded.",
    )


def _paid_by_runs(request: HttpRequest, commitment: int) -> list[RunLine]:
    """The payments of runs that paid a commitment and did not come back."""
    of = Q(commitment=commitment) | Q(invoice__lines__commitment=commitment)
    rows = RunLine.objects.visible_to(request.user, P.PAY).filter(of, result=RunLine.Result.PAID)
    return list(rows.select_related("run", "invoice"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def reverse_payment(request: HttpRequest, commitment: int) -> HttpResponse:
    """Record that a payment made by hand came back; what a run paid is recorded on the line of that run."""
    own = Commitment.objects.visible_to(request.user).filter(pk=commitment)
    by_runs = claims.paid_by_runs(own).get(commitment, 0)
    return _act_on(
        request,
        commitment,
        rules.check_can_reverse,
        lambda data, figures: BackForm(
            data,
            submit="Record that it came back",
            most=max(figures.paid - by_runs, 0),
            said="was paid by hand.",
        ),
        actions.reverse,
        title="Record a payment that came back",
        done="The payment came back: its money is payable again.",
        beside=_paid_by_runs(request, commitment),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def claw_back(request: HttpRequest, commitment: int) -> HttpResponse:
    """Record that paid money was recovered from the payee: it is free in the allocation again."""
    return _act_on(
        request,
        commitment,
        rules.check_can_take_back,
        lambda data, figures: BackForm(
            data, submit="Claw this money back", most=figures.paid, said="is paid in all."
        ),
        actions.claw_back,
        title="Claw money back",
        done="The money is clawed back, and free in the allocation again.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def withhold(request: HttpRequest, commitment: int) -> HttpResponse:
    """Make what became payable by mistake committed only."""
    own = Commitment.objects.visible_to(request.user).filter(pk=commitment)
    in_runs = claims.in_runs(own).get(commitment, 0)
    return _act_on(
        request,
        commitment,
        rules.check_can_withhold,
        lambda data, figures: WithholdForm(data, most=max(figures.payable - in_runs, 0)),
        actions.withhold,
        title="Withhold what is payable",
        done="The money is no longer payable. It stays committed.",
    )
