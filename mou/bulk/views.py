"""Issue MoUs together: the cases that are ready, the order, and how far it is."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from mou.bulk import actions
from mou.bulk.filters import TABS, ReadyFilters
from mou.bulk.ready import READY, cases, said, where
from mou.bulk.rules import MOST
from mou.models import BulkCase, BulkIssue
from mou.sections import sections
from resilience.core.access import Denied, P, requires
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import percent, plural
from resilience.referrals.models import Referral

S = BulkCase.State


def _case(referral: Referral) -> str:
    return reverse("mou:case", kwargs={"referral": referral.pk})


_COLUMNS = [
    Column("Reference", "reference", link=_case, sort="reference", heading=True),
    Column("Practice", "lead_practice.name", sort="lead_practice__name"),
    Column("CCG", "commissioner.name", sort="commissioner__name"),
    Column("Programme year", "year.name", sort=("year__starts_on", "year")),
    Column("Decided", "decided_at", kind="date", sort="decided_at"),
    Column("Granted", "granted", kind="money", sort="granted"),
    Column("Plan agreed", "agreed_at", kind="date", sort="agreed_at"),
    Column("What is missing", said, link=where, sort="lacks"),
]


@require_GET
@requires(P.PLAN_FOR_COMMISSIONER)
def ready_to_issue(request: HttpRequest) -> HttpResponse:
    """Supported cases without an MoU, with boxes to tick; those that are not ready say what is missing."""
    rows = cases(request.user)
    now = request.GET.get("tab", "")
    counts = rows.aggregate(all=Count("pk"), ready=Count("pk", filter=Q(lacks=READY)))
    counts["not-ready"] = counts["all"] - counts["ready"]
    here = reverse("mou:ready_to_issue")
    tabs = [{"text": "All", "href": here, "current": now not in TABS, "count": counts["all"]}]
    tabs += [
        {"text": text, "href": f"{here}?tab={key}", "current": key == now, "count": counts[key]}
        for key, text in TABS.items()
    ]
    acts = [{"name": "issue", "text": "Issue the MoUs of these cases"}]
    return ListPage(
        request,
        rows.select_related("lead_practice", "commissioner", "year"),
        name="mou:ready_to_issue",
        title="Issue MoUs together",
        noun="case",
        columns=_COLUMNS,
        filters=ReadyFilters,
        default_sort="-decided",
        tabs=tabs,
        bulk={"action": reverse("mou:issue_chosen"), "acts": acts} if now != "not-ready" else None,
        empty="Supported cases without an MoU are here. One is ready once its plan is agreed and its money committed.",
    ).response(**sections(request))


def _chosen(request: HttpRequest) -> list[Any]:
    ids = {int(each) for each in request.POST.getlist("chosen")[:MOST] if each.isascii() and each.isdigit()}
    rows = cases(request.user).filter(pk__in=[each for each in ids if each < 2**63])
    return list(rows.select_related("lead_practice", "commissioner").order_by("reference"))


@requires(P.PLAN_FOR_COMMISSIONER)
def issue_chosen(request: HttpRequest) -> HttpResponse:
    """What would be issued; then, confirmed, the order."""
    here = reverse("mou:ready_to_issue")
    if request.method != "POST":
        return redirect(here)
    chosen = _chosen(request)
    able = [each for each in chosen if each.lacks == READY]
    if "confirmed" in request.POST:
        # Whatever changed since the page was shown is answered case by case, or is the same order.
        wanted = [each for each in chosen if each.lacks in (READY, "going")]
        try:
            bulk = actions.begin_bulk(by=request.user, referrals=wanted)
        except Denied as denied:
            messages.error(request, str(denied))
            return redirect(here)
        return redirect("mou:bulk", bulk=bulk.pk)
    if not chosen:
        messages.info(request, "Tick at least one case first.")
        return redirect(here)
    context = {
        "title": f"Issue {plural(len(able), 'MoU')}",
        "able": able,
        "refused": [
            {"referral": each, "text": said(each), "href": where(each)}
            for each in chosen
            if each.lacks != READY
        ],
        "back": here,
        "back_text": "Issue MoUs together",
    }
    return render(request, "mou/bulk/confirm.html", {**sections(request, "mou:ready_to_issue"), **context})


def _counted() -> dict[str, Any]:
    return {
        "total": Count("cases"),
        "issued": Count("cases", filter=Q(cases__state=S.ISSUED)),
        "failed": Count("cases", filter=Q(cases__state=S.FAILED)),
    }


@require_GET
@requires(P.PLAN_FOR_COMMISSIONER)
def bulks(request: HttpRequest) -> HttpResponse:
    """One's own orders, the latest first."""
    return ListPage(
        request,
        BulkIssue.objects.visible_to(request.user).annotate(**_counted()),
        name="mou:bulks",
        title="Issued together",
        noun="order",
        columns=[
            Column("Ordered", "begun_at", kind="moment", sort="begun_at", heading=True, link=_address),
            Column("Cases", "total", kind="number", sort="total"),
            Column("Sent for signature", "issued", kind="number", sort="issued"),
            Column("Not sent", "failed", kind="number", sort="failed"),
            Column("Finished", "finished_at", kind="moment", sort="finished_at"),
        ],
        default_sort="-ordered",
        empty="When you issue MoUs together, you can follow them here.",
    ).response(**sections(request))


def _address(bulk: BulkIssue) -> str:
    return reverse("mou:bulk", kwargs={"bulk": bulk.pk})


@require_GET
@requires(P.PLAN_FOR_COMMISSIONER)
def bulk(request: HttpRequest, bulk: int) -> HttpResponse:
    """How far an order is; then what became of each case."""
    own = BulkIssue.objects.visible_to(request.user).annotate(**_counted())
    found: Any = get_object_or_404(own, pk=bulk)
    rows = BulkCase.objects.visible_to(request.user).filter(bulk=found.pk)
    rows = rows.select_related("referral__lead_practice").order_by("referral__reference")
    done = found.issued + found.failed
    context = {
        "title": f"{plural(found.total, 'MoU')} issued together",
        "bulk": found,
        "unfinished": found.finished_at is None,
        "state": "unfinished" if found.finished_at is None else "finished",
        "tag": tag("Being issued", "blue") if found.finished_at is None else tag("Finished", "green"),
        "done": done,
        "how_far": f"{percent(done, found.total)} done: {done} of {found.total}."
        if done
        else "It begins in a few seconds.",
        "issued": [each for each in rows if each.state == S.ISSUED],
        "failed": [each for each in rows if each.state == S.FAILED],
        "back": reverse("mou:bulks"),
        "back_text": "Issued together",
    }
    return render(request, "mou/bulk/bulk.html", {**sections(request, "mou:bulks"), **context})
