"""Bids: writing one, reading what came of it, going through it, and the list of them all."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding import rules as money_rules
from funding.bids import actions, rules, waiting
from funding.bids.filters import BidFilters
from funding.bids.forms import BidForm, SittingForm
from funding.bids.letters import outcome_in_words
from funding.commitments.rules import excluded_of
from funding.commitments.views import granted_items, left_by_allocation
from funding.models import Bid, BidLine
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, allows, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.words import plural
from resilience.referrals import case as cases
from resilience.referrals.models import Referral


def _find(request: HttpRequest, pk: int, permission: str | None = None) -> Bid:
    rows = Bid.objects.visible_to(request.user, permission).select_related(
        "referral__year__programme",
        "referral__lead_practice",
        "referral__commissioner",
        "referral__assigned_to",
        "sent_by",
        "settled_by",
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _lines(request: HttpRequest, bid: Bid) -> list[BidLine]:
    rows = BidLine.objects.visible_to(request.user).filter(bid=bid)
    return list(
        rows.select_related("practice", "item", "outcome__line", "bid__referral__year").order_by("position")
    )


def _home_of(request: HttpRequest, referral: Referral) -> str:
    """Where this person follows the referral: the office in its Money tab, a practice on its own page."""
    if allows(request.user, P.VIEW_MONEY, referral):
        return reverse("funding:case", args=[referral.pk])
    return reverse("referrals:follow", args=[referral.pk])


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REFER, P.WORK_REFERRALS)
def write_bid(request: HttpRequest, referral: int) -> HttpResponse:
    """Write the lines of a bid and send it. ``step`` "more" gives room for more lines, and sends nothing."""
    found = cases.find(request, referral)
    refused = why_not(rules.check_can_bid, request.user, found)
    initial = _taken_back(request, found)
    form = BidForm(request.POST if request.method == "POST" else None, referral=found, initial=initial)
    if form.is_bound and request.POST.get("step") == "more":
        form = BidForm(referral=found, initial=form.with_more_rows())
    elif form.is_valid():
        act = rules.act_of(request.user, found).partition(".")[2]
        said = {"lines": form.lines, "key": form.cleaned_data["key"]}
        try:
            made = getattr(actions, act)(by=request.user, referral=found, **said)
        except Denied as denied:
            refused = ""
            add_denied(form, denied)
        else:
            messages.success(request, "The bid is sent. You will read here what came of each line.")
            return redirect("funding:bid", bid=made.pk)
    return render(
        request,
        "funding/write_bid.html",
        {
            "title": "Write a bid",
            "caption": f"Referral {found.reference}, {found.lead_practice.name}",
            "referral": found,
            "form": form if form.is_bound or not refused else None,
            "denied": refused if not form.is_bound else "",
            "excluded": excluded_of(found),
            "back": _home_of(request, found),
        },
    )


def _taken_back(request: HttpRequest, referral: Referral) -> dict[str, Any]:
    """The lines of the bid that was taken back last, to be written anew."""
    last = Bid.objects.visible_to(request.user).filter(referral=referral).order_by("-pk").first()
    if last is None or last.withdrawn_at is None:
        return {"rows": 3}
    lines = _lines(request, last)
    initial: dict[str, Any] = {"rows": len(lines)}
    for number, line in enumerate(lines, start=1):
        for name, value in (
            ("what", line.what),
            ("item", line.item_id),
            ("practice", line.practice_id),
            ("amount", line.amount),
        ):
            initial[f"{name}_{number}"] = value
    return initial


@require_GET
@requires(P.VIEW_REFERRALS)
def bid(request: SignedInRequest, bid: int) -> HttpResponse:
    """A bid with what came of each line and why."""
    found = _find(request, bid)
    referral = found.referral
    lines = _lines(request, found)
    settle_refused = why_not(rules.check_can_settle, request.user, found)
    is_office = allows(request.user, P.VIEW_MONEY, referral)
    following = waiting.next_after(request.user, found) if request.user.may(P.COMMIT) else None
    return render(
        request,
        "funding/bid.html",
        {
            "title": f"Bid of {referral.lead_practice.name}",
            "caption": f"Referral {referral.reference}",
            "bid": found,
            "standing": waiting.STANDINGS[waiting.standing(found)][0],
            "lines": [(line, _outcome(line)) for line in lines],
            "is_group": referral.is_group,
            "asked": sum(line.amount for line in lines),
            "supported": sum(line.outcome.amount for line in lines) if found.settled_at else 0,
            "is_office": is_office,
            "settle_refused": settle_refused,
            "withdraw_refused": why_not(rules.check_can_withdraw, request.user, found),
            "write_refused": why_not(rules.check_can_bid, request.user, referral),
            "following": following if found.settled_at else None,
            "back": _home_of(request, referral),
        },
    )


def _outcome(line: BidLine) -> dict[str, str] | None:
    outcome = getattr(line, "outcome", None)
    return {"words": outcome_in_words(outcome), "reason": outcome.reason} if outcome else None


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REFER)
def withdraw_bid(request: HttpRequest, bid: int) -> HttpResponse:
    """Take a bid back that nobody has gone through."""
    found = _find(request, bid, P.REFER)
    page = reverse("funding:bid", args=[found.pk])
    denied = why_not(rules.check_can_withdraw, request.user, found)
    if request.method == "POST":
        try:
            actions.withdraw_bid(by=request.user, bid=found)
            messages.success(request, "The bid is taken back. You can write another.")
            return redirect(page)
        except Denied as reason:
            denied = str(reason)
    return render(
        request,
        "confirm.html",
        {
            "title": "Take this bid back?",
            "caption": f"Referral {found.referral.reference}",
            "sentences": [
                "Nobody will go through it. What it said stays on record.",
                "You can write another: its lines will be there to change.",
            ],
            "denied": denied,
            "confirm": "Take the bid back",
            "variant": "warning",
            "cancel": page,
            "cancel_text": "Keep it",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.COMMIT)
def settle_bid(request: SignedInRequest, bid: int) -> HttpResponse:
    """All lines of a bid in one sitting. ``step`` "sums" works out the sums, and settles nothing."""
    found = _find(request, bid, P.COMMIT)
    referral = found.referral
    refused = why_not(rules.check_can_settle, request.user, found)
    given: dict[str, Any] = {
        "referral": referral,
        "lines": _lines(request, found),
        "items": list(granted_items(referral)),
        "excluded": excluded_of(referral),
        "to_commit": money_rules.still_to_commit(referral),
        "allocations": left_by_allocation(referral),
    }
    form = SittingForm(request.POST if request.method == "POST" else None, **given)
    is_valid = form.is_valid()
    shown = form
    if form.is_bound and request.POST.get("step") == "sums":
        shown = SittingForm(initial=form.with_reasons(), **given)
    elif is_valid:
        try:
            actions.settle_bid(by=request.user, bid=found, said=form.said, **form.paid_by)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "Every line has its answer, and the practice is being told.")
            return redirect("funding:bid", bid=found.pk)
    following = waiting.next_after(request.user, found)
    return render(
        request,
        "funding/settle_bid.html",
        {
            **sections(request),
            "title": f"Go through the bid of {referral.lead_practice.name}",
            "caption": f"Referral {referral.reference}",
            "bid": found,
            "referral": referral,
            "form": shown if form.is_bound or not refused else None,
            "why_not": refused if not form.is_bound else "",
            "sums": form.sums,
            "is_group": referral.is_group,
            "excluded": given["excluded"],
            "no_allocation": not given["allocations"],
            "following": following,
            "waiting": waiting.to_go_through(request.user).count(),
        },
    )


COLUMNS = [
    Column("Bid", "pk", kind="number", sort="pk", link=lambda row: reverse("funding:bid", args=[row.pk])),
    Column("Practice", "referral.lead_practice.name", sort="referral__lead_practice__name", heading=True),
    Column("Practice code", "referral.lead_practice.ods_code", on_screen=False),
    Column(
        "Referral",
        "referral.reference",
        sort="referral__reference",
        link=lambda row: reverse("funding:case", args=[row.referral_id]),
    ),
    Column("CCG", "referral.commissioner.name"),
    Column("Programme year", lambda row: str(row.referral.year), on_screen=False),
    Column("Sent", "sent_at", kind="date", sort="sent_at"),
    Column("Lines", "lines_count", kind="number"),
    Column("Asked for", "asked", kind="money"),
    Column("Supported", "supported", kind="money"),
    Column("State", lambda row: waiting.STANDINGS[waiting.standing(row)][0]),
    Column("Gone through on", "settled_at", kind="date", sort="settled_at"),
]


@require_GET
@requires(P.VIEW_MONEY)
def bids(request: SignedInRequest) -> HttpResponse:
    """Every bid in scope; those to go through are gone through one after another."""
    rows = (
        Bid.objects.visible_to(request.user, P.VIEW_MONEY)
        .select_related("referral__lead_practice", "referral__commissioner", "referral__year__programme")
        .annotate(
            asked=Sum("lines__amount"), supported=Sum("lines__outcome__amount"), lines_count=Count("lines")
        )
    )
    first, count = None, 0
    if request.user.may(P.COMMIT):
        ready = waiting.to_go_through(request.user)
        first, count = ready.first(), ready.count()
    page = ListPage(
        request,
        rows,
        name="funding:bids",
        title="Bids",
        noun="bid",
        columns=COLUMNS,
        filters=BidFilters,
        default_sort="sent",
        actions=[
            {
                "text": f"Go through {plural(count, 'bid')}",
                "href": reverse("funding:settle_bid", args=[first.pk]),
            }
        ]
        if first
        else [],
        empty="A bid appears here when a practice sends one, or an officer enters it for the practice.",
    )
    return page.response(**sections(request))
