"""Committing money to a referral, and the list of all commitments."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding import actions, ledger, rules
from funding.commitments.filters import CommitmentFilters
from funding.commitments.forms import CommitForm
from funding.commitments.rules import excluded_of
from funding.models import Allocation, Commitment
from funding.sections import sections
from funding.views_case import case_context
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.words import money, plural, shortday
from resilience.programmes.models import MenuItem
from resilience.referrals import case as cases
from resilience.referrals.models import Referral
from resilience.referrals.states import State


def left_by_allocation(referral: Referral) -> dict[Allocation, int]:
    """Pence uncommitted in each allocation that may pay for a referral."""
    allocations = rules.allocations_for(referral)
    figures = ledger.of_allocations(allocations)
    return {each: figures[each.pk].uncommitted for each in allocations}


def granted_items(referral: Referral) -> Any:
    """The categories of support that the decision granted."""
    decision = rules.granted(referral)
    if decision is None:
        return MenuItem.objects.none()
    return MenuItem.objects.filter(pk__in=decision.categories.values("item"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.COMMIT)
def commit(request: HttpRequest, referral: int) -> HttpResponse:
    """Promise money of the allocation to a supported referral, to one practice or pooled by several.

    ``step`` "split" works out how a group shares the amount, and commits nothing.
    """
    found = cases.find(request, referral, P.VIEW_MONEY)
    refused = why_not(rules.check_can_commit, request.user, found)
    items = granted_items(found)
    to_commit = rules.still_to_commit(found)
    given: dict[str, Any] = {
        "referral": found,
        "items": items,
        "left": to_commit,
        "allocations": left_by_allocation(found),
    }
    initial = {"amount": to_commit, "item": items.first() if len(items) == 1 else None}
    form = CommitForm(request.POST if request.method == "POST" else None, initial=initial, **given)
    if form.is_bound and refused:
        add_denied(form, Denied(refused))
    elif request.POST.get("step") == "split":
        form.is_valid()
        if form.is_split:
            form = CommitForm(initial=form.with_the_split(), **given)
    elif form.is_valid():
        try:
            _commit(request, found, form)
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect("funding:case", referral=found.pk)
    return render(
        request,
        "funding/commit.html",
        {
            **case_context(request, found),
            "form": form if form.is_bound or not refused else None,
            "why_not": refused,
            "is_signed": found.state == State.AGREED,
            "may_divide": found.state == State.SUPPORTED and found.practices.count() > 1,
            "decision": rules.granted(found),
            "to_commit": to_commit,
            "left": rules.money_left(found),
            "excluded": excluded_of(found),
        },
    )


def _commit(request: HttpRequest, referral: Referral, form: CommitForm) -> None:
    said, shares = form.cleaned_data, form.shares
    what = {"item": said["item"], "purpose": said["purpose"], "key": said["key"], **form.paid_by}
    if len(shares) == 1:
        ((practice, pence),) = shares.items()
        actions.commit(by=request.user, referral=referral, practice=practice, amount=pence, **what)
    else:
        actions.commit_pooled(by=request.user, referral=referral, shares=shares, **what)
    pooled = f", pooled by {plural(len(shares), 'practice')}" if len(shares) > 1 else ""
    done = f"{money(said['amount'])} is committed in “{said['item'].name}”{pooled}."
    if referral.state == State.AGREED:
        done += " It pays once both sides have signed a variation of the MoU that names it."
    messages.success(request, done)


def _figure(name: str) -> Any:
    return lambda row: getattr(row.figures, name)


def _route(row: Commitment) -> str:
    """The supplier's name says the route too."""
    return f"Supplier: {row.supplier.name}" if row.supplier else row.get_route_display()


def _committed_on(row: Commitment) -> str:
    return shortday(row.committed_at)


COLUMNS = [
    Column("Commitment number", "pk", kind="number", sort="pk", on_screen=False),
    Column(
        "Practice",
        "practice.name",
        sort="practice__name",
        heading=True,
        link=lambda row: reverse("funding:case", args=[row.referral_id]) + f"#commitment-{row.pk}",
    ),
    Column("Practice code", "practice.ods_code", on_screen=False),
    Column(
        "Referral",
        "referral.reference",
        sort="referral__reference",
        link=lambda row: reverse("funding:case", args=[row.referral_id]),
    ),
    Column("Category of support", "item.name"),
    Column("Category of spend", "allocation.category.name"),
    Column("What for", "purpose", on_screen=False),
    Column("Route", lambda row: row.get_route_display(), show=_route),
    Column("Supplier", "supplier.name", on_screen=False),
    Column("Cost centre", "cost_centre"),
    Column("CCG", "allocation.commissioner.name", on_screen=False),
    Column("Programme year", lambda row: str(row.allocation.year), on_screen=False),
    Column("Pooled with", lambda row: row.pooled_with_id, on_screen=False),
    Column("Committed on", "committed_at", kind="date", sort="committed_at", show=_committed_on),
    Column("Promised", _figure("promised"), kind="money", on_screen=False),
    Column("Committed", _figure("committed"), kind="money"),
    Column("Payable", _figure("payable"), kind="money"),
    Column("Paid", _figure("paid"), kind="money"),
]


def _prepare(rows: list[Commitment]) -> None:
    figures = ledger.of_commitments(rows)
    for row in rows:
        row.figures = figures[row.pk]  # type: ignore[attr-defined]


@require_GET
@requires(P.VIEW_MONEY)
def commitments(request: SignedInRequest) -> HttpResponse:
    """Every commitment in scope with where its money stands."""
    rows = Commitment.objects.visible_to(request.user).select_related(
        "practice",
        "referral",
        "item",
        "supplier",
        "allocation__category",
        "allocation__commissioner",
        "allocation__year__programme",
    )
    page = ListPage(
        request,
        rows,
        name="funding:commitments",
        title="Commitments",
        noun="commitment",
        columns=COLUMNS,
        filters=CommitmentFilters,
        default_sort="-committed-on",
        prepare=_prepare,
        empty="A commitment appears here each time money is committed to a supported referral.",
    )
    return page.response(**sections(request))
