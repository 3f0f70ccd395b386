"""The reports of all cases, for the office."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from mou.delivery import panel
from mou.delivery.filters import LATE, ReportFilters, late_reports
from mou.models import ProgressReport
from mou.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import P, requires
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import working_days_left

S = ProgressReport.State


def _tabs(request: SignedInRequest) -> list[dict[str, Any]]:
    here = reverse("mou:progress_reports")
    seen = ProgressReport.objects.visible_to(request.user, P.VIEW_INTERNAL).order_by()
    counts = {
        LATE: seen.filter(late_reports()).count(),
        S.HANDED_IN: seen.filter(state=S.HANDED_IN).count(),
        "": seen.count(),
    }
    query = request.GET.urlencode()
    return [
        {
            "text": text,
            "href": f"{here}?{own}" if own else here,
            "current": query == own,
            "count": count,
        }
        for text, own, count in (
            ("All", "", counts[""]),
            ("Late", f"state={LATE}", counts[LATE]),
            ("To read", f"state={S.HANDED_IN}", counts[S.HANDED_IN]),
        )
    ]


def _left(row: ProgressReport) -> str:
    return working_days_left(row.due_on) if row.state in ProgressReport.OPEN else ""


COLUMNS = [
    Column("Due", "due_on", kind="date", sort="due_on", heading=True,
           link=lambda row: reverse("mou:progress_report", kwargs={"progress_report": row.pk})),
    Column("Practice", "referral.lead_practice.name", sort="referral__lead_practice__name"),
    Column("Practice code", "referral.lead_practice.ods_code", on_screen=False),
    Column("Reference", "referral.reference", sort="referral__reference",
           link=lambda row: reverse("mou:delivery", kwargs={"referral": row.referral_id})),
    Column("CCG", "referral.commissioner.name", sort="referral__commissioner__name"),
    Column("State", panel.standing_words, sort="state",
           show=lambda row: tag(panel.standing_words(row), panel.COLOURS[row.state])),
    Column("Time left", _left),
    Column("Stage that waits", "stage.name"),
    Column("First due", "first_due_on", kind="date", on_screen=False),
    Column("State since", "state_since", kind="date", sort="state_since"),
    Column("Programme year", "referral.year", on_screen=False),
    Column("Officer", "referral.assigned_to.name", sort="referral__assigned_to__name"),
]  # fmt: skip


@requires(P.VIEW_INTERNAL)
@require_GET
def progress_reports(request: SignedInRequest) -> HttpResponse:
    """Every report in scope: late, to read, due, accepted."""
    rows = ProgressReport.objects.visible_to(request.user, P.VIEW_INTERNAL).select_related(
        "referral__lead_practice",
        "referral__commissioner",
        "referral__year__programme",
        "referral__assigned_to",
        "stage",
    )
    return ListPage(
        request,
        rows,
        name="mou:progress_reports",
        title="Progress reports",
        noun="report",
        columns=COLUMNS,
        filters=ReportFilters,
        default_sort="due",
        tabs=_tabs(request),
        empty="A report appears here once its date is set, when an MoU is signed or by an officer.",
    ).response(**sections(request))
