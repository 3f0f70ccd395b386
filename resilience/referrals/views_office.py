"""The worklist, and the acknowledgement clock in figures."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from practices.requests import SignedInRequest
from resilience.core import words
from resilience.core.access import P, requires
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.spreadsheets import Heading, xlsx
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import rating_tag, tag
from resilience.programmes.models import ProgrammeYear
from resilience.referrals import clock as figures
from resilience.referrals.filters import TABS, WorklistFilters, worklist_rows
from resilience.referrals.models import Referral
from resilience.referrals.states import State

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STATE_COLOURS = {
    State.RECEIVED: "blue",
    State.ACKNOWLEDGED: "aqua-green",
    State.UNDER_ASSESSMENT: "purple",
    State.PLACED: "purple",
    State.DEFERRED: "yellow",
    State.SUPPORTED: "green",
    State.COMMITTED: "green",
    State.AGREED: "green",
    State.ENDED: "grey",
    State.NOT_SUPPORTED: "grey",
    State.WITHDRAWN: "grey",
    State.DIVIDED: "grey",
}


def _places(referral: Any) -> list[Any]:
    """Its practices as they were at receipt, the lead first."""
    return list(referral.practices.all())


def _practice(referral: Any) -> str:
    lead, *others = _places(referral)
    return f"{lead.name} +{len(others)}" if others else lead.name


def _show_practice(referral: Any) -> SafeString:
    lead = _places(referral)[0]
    patients = "" if referral.list_size_total is None else f", {referral.list_size_total:,} patients"
    return format_html(
        '{}<br><span class="nhsuk-u-secondary-text-colour">{}{}</span>',
        _practice(referral),
        lead.ods_code,
        patients,
    )


def _what_is_due(referral: Any) -> str:
    return "acknowledge" if referral.state == State.RECEIVED else "decide"


def _due(referral: Any) -> str:
    """ "Acknowledge: 2 working days overdue"; nothing once decided."""
    if not referral.due:
        return ""
    return f"{_what_is_due(referral).capitalize()}: {words.working_days_left(referral.due)}"


def _show_due(referral: Any) -> str | SafeString:
    if referral.due and referral.due < today():
        return format_html('<span class="app-overdue">{}</span>', _due(referral))
    return _due(referral)


def _show_state(referral: Any) -> SafeString:
    state = tag(referral.get_state_display(), STATE_COLOURS.get(referral.state, "grey"))
    state = format_html('<span class="app-nowrap">{}</span>', state)
    return format_html("{}<br>{}", state, "Awaiting the practice") if referral.awaiting else state


COLUMNS = [
    Column(
        "Reference",
        "reference",
        sort="reference",
        heading=True,
        link=lambda row: reverse("referrals:case", kwargs={"referral": row.pk}),
    ),
    Column("Practice", _practice, show=_show_practice, sort="lead_practice__name"),
    Column("Practice code", lambda row: _places(row)[0].ods_code, on_screen=False),
    Column("All practices", lambda row: "; ".join(map(str, _places(row))), on_screen=False),
    Column("List size", "list_size_total", kind="number", sort="list_size_total", on_screen=False),
    Column("CCG", "commissioner.name", sort="commissioner__name", on_screen=False),
    Column("Locality", "lead_practice.locality.name", on_screen=False),
    Column("Programme year", lambda row: str(row.year), on_screen=False),
    Column(
        "Categories", lambda row: "; ".join(wanted.item.name for wanted in row.wanted.all()), on_screen=False
    ),
    Column(
        "Received",
        "received_on",
        kind="date",
        sort="received_on",
        show=lambda row: format_html('<span class="app-nowrap">{}</span>', words.shortday(row.received_on)),
    ),
    Column("Due", _due, show=_show_due, sort="due"),
    Column("Acknowledge by", "acknowledge_by", kind="date", on_screen=False),
    Column("Acknowledged", "acknowledged_at", kind="date", on_screen=False),
    Column("Decide by", "decide_by", kind="date", on_screen=False),
    Column("State", "get_state_display", show=_show_state),
    Column(
        "Awaiting the practice", lambda row: "Yes" if row.awaiting else "No", on_screen=False
    ),
    Column("Rating", "rating", show=lambda row: rating_tag(row.rating), sort="rating_rank"),
    Column("Priority", "get_priority_display", on_screen=False),
    Column(
        "With", "assigned_to.name", show=lambda row: row.assigned_to.name if row.assigned_to else "Nobody",
        sort="assigned_to__name",
    ),
]  # fmt: skip

BULK_ACTS = [
    {"name": "acknowledge", "text": "Acknowledge"},
    {"name": "assign", "text": "Assign", "variant": "secondary"},
]


def _tabs(page: ListPage) -> list[dict[str, Any]]:
    filters: Any = page.filterset
    counts, now = filters.counts(), filters.tab_now
    overdue = counts.pop("overdue")
    tabs = []
    for key, (text, _) in TABS.items():
        count = words.plural(counts[key])
        if key == "to_acknowledge" and overdue:
            count = f"{count}, {overdue:,} overdue"
        tabs.append({"text": text, "href": page.address(tab=key), "current": key == now, "count": count})
    return tabs


@require_GET
@requires(P.VIEW_WORKLIST)
def worklist(request: SignedInRequest) -> HttpResponse:
    """Every referral in the person's scope, as filtered; ``?export=xlsx`` answers with exactly that."""
    may_work = request.user.may(P.WORK_REFERRALS)
    actions = [{"text": "Acknowledgement times", "href": reverse("referrals:clock"), "variant": "secondary"}]
    if may_work:
        actions.insert(
            0,
            {
                "text": "Enter one that came on paper",
                "href": reverse("referrals:enter"),
                "variant": "secondary",
            },
        )
    page = ListPage(
        request,
        worklist_rows(request.user),
        name="referrals:worklist",
        title="Referrals",
        noun="referral",
        columns=COLUMNS,
        filters=WorklistFilters,
        default_sort="-received" if request.GET.get("tab") in ("signed", "closed") else "due",
        actions=actions,
        bulk={"action": reverse("referrals:chosen"), "acts": BULK_ACTS} if may_work else None,
        empty="Referrals appear here when practices in your scope send them.",
    )
    if "export" not in request.GET:
        page.tabs = _tabs(page)
    return page.response()


@require_GET
@requires(P.VIEW_WORKLIST)
def clock(request: HttpRequest) -> HttpResponse:
    """Per cent acknowledged within time, by CCG and month; of one programme year or of all."""
    referrals = Referral.objects.visible_to(request.user, P.VIEW_WORKLIST)
    years = ProgrammeYear.objects.filter(pk__in=referrals.order_by().values("year")).select_related(
        "programme"
    )
    asked = request.GET.get("year", "")
    year = next((each for each in years if str(each.pk) == asked), None)
    rows, total = figures.figures(referrals.filter(year=year) if year else referrals)
    if request.GET.get("export") == "xlsx":
        return _clock_sheet(rows)
    here = reverse("referrals:clock")
    chosen = f"&year={year.pk}" if year else ""
    return render(
        request,
        "referrals/office/clock.html",
        {
            "title": "Acknowledgement times",
            "caption": str(year) if year else "All programme years",
            "back": reverse("referrals:worklist"),
            "back_text": "Referrals",
            "rows": rows,
            "total": total,
            "explanation": figures.EXPLANATION,
            "tabs": [
                {"text": "All programme years", "href": here, "current": year is None},
                *(
                    {"text": str(each), "href": f"{here}?year={each.pk}", "current": each == year}
                    for each in years
                ),
            ],
            "export": f"{here}?export=xlsx{chosen}",
        },
    )


_CLOCK_HEADINGS = [
    Heading("Month of receipt", "date"),
    Heading("CCG"),
    Heading("Received", "number"),
    Heading("Within time", "number"),
    Heading("Late", "number"),
    Heading("Late and still waiting", "number"),
    Heading("Per cent within time", "percent"),
    Heading("Within their time, waiting", "number"),
    Heading("Withdrawn before", "number"),
]


def _clock_sheet(rows: list[figures.Figures]) -> HttpResponse:
    values = (
        [
            row.month,
            row.commissioner,
            row.received,
            row.in_time,
            row.late,
            row.late_waiting,
            row.in_time / row.counted if row.counted else None,
            row.waiting,
            row.withdrawn,
        ]
        for row in rows
    )
    title = "Acknowledgement times"
    return download(f"{slugify(title)}-{today():%Y-%m-%d}.xlsx", XLSX, xlsx(title, _CLOCK_HEADINGS, values))
