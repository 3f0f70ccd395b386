"""The list of practices, the page of one, and search as you type."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html_join
from django.views.decorators.http import require_GET

from practices import pages
from practices.filters import PracticeFilters
from practices.finding import find
from practices.models import Indicator, ListSize, Practice, RoleHolding
from practices.register_rules import check_can_import, check_can_see_indicators, check_can_see_people
from resilience.core.access import Denied, P, requires, signed_in
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import day, plural

COLOURS = {
    Practice.Status.ACTIVE: "green",
    Practice.Status.WITHOUT_PATIENTS: "yellow",
    Practice.Status.CLOSED: "grey",
    Practice.Status.DORMANT: "grey",
    Practice.Status.PROPOSED: "blue",
}


def status_tag(practice: Practice) -> str:
    return tag(practice.get_status_display(), COLOURS[Practice.Status(practice.status)])


COLUMNS = (
    Column(
        "Practice",
        "name",
        sort=("name", "ods_code"),
        heading=True,
        link=lambda practice: reverse("practices:practice", args=[practice.ods_code]),
    ),
    Column("Code", "ods_code", sort="ods_code"),
    Column("Postcode", "postcode"),
    Column("Commissioner", "commissioner.name", sort=("commissioner__name", "name")),
    Column("Locality", "locality.name", sort=("locality__name", "name")),
    Column("List size", "list_size", kind="number", sort="list_size"),
    Column("List size on", "list_size_on", kind="date"),
    Column(
        "Status", lambda practice: practice.get_status_display(), show=status_tag, sort=("status", "name")
    ),
)


def _may(rule: Any, *things: Any) -> bool:
    try:
        rule(*things)
    except Denied:
        return False
    return True


@require_GET
@requires(P.VIEW_PRACTICES)
def practices(request: HttpRequest) -> HttpResponse:
    """Every practice the person may see."""
    actions = []
    if _may(check_can_import, request.user):
        actions.append(
            {"text": "Import the register", "href": reverse("practices:import"), "variant": "secondary"}
        )
    return ListPage(
        request,
        Practice.objects.visible_to(request.user).select_related("commissioner", "locality"),
        name="practices:list",
        title="Practices",
        noun="practice",
        columns=COLUMNS,
        filters=PracticeFilters,
        default_sort="practice",
        actions=actions,
        empty="Practices appear here once the register has been imported.",
    ).response()


@require_GET
@signed_in
def find_practices(request: HttpRequest) -> JsonResponse:
    """Up to 10 active practices for search as you type: only what the published register says of each."""
    found = find(request.GET.get("q", "")[:100])
    return JsonResponse(
        [
            {
                "value": practice.ods_code,
                "text": practice.name,
                "hint": ", ".join(filter(None, (practice.ods_code, practice.postcode, _patients(practice)))),
                "list_size": practice.list_size,
            }
            for practice in found
        ],
        safe=False,
    )


def _patients(practice: Practice) -> str:
    return "" if practice.list_size is None else plural(practice.list_size, "patient")


@require_GET
@requires(P.VIEW_PRACTICES)
def practice(request: HttpRequest, ods_code: str) -> HttpResponse:
    """One practice: who it is, where it belonged and when, its list, its people, its referrals."""
    seen = Practice.objects.visible_to(request.user).select_related("commissioner", "locality")
    found = get_object_or_404(seen, ods_code=ods_code)
    memberships = list(found.memberships.select_related("organisation"))
    sizes = list(found.list_sizes.all())
    return render(
        request,
        "practices/practice.html",
        {
            "title": found.name,
            "caption": found.ods_code,
            "back": reverse("practices:list"),
            "back_text": "Practices",
            "practice": found,
            "status": status_tag(found),
            "facts": _facts(found),
            "commissioners": [member for member in memberships if not member.is_locality],
            "localities": [member for member in memberships if member.is_locality],
            "list_sizes": sizes,
            "line": _line(sizes),
            "people": _people(request.user, found),
            "indicators": _indicators(request.user, found),
            "changes": found.changes.all(),
            "sections": pages.sections(request, found),
        },
    )


def _list_size(practice: Practice) -> str:
    if practice.list_size_on is None:
        return "None on record"
    return f"{_patients(practice)}, {day(practice.list_size_on)}"


def _facts(practice: Practice) -> list[dict[str, Any]]:
    """The rows of the summary list."""
    lines = [*practice.address.splitlines(), practice.postcode]
    said: list[tuple[str, Any]] = [
        ("ODS code", practice.ods_code),
        ("Status", status_tag(practice)),
        ("Commissioner", practice.commissioner or "None on record"),
        ("Locality", practice.locality or "None on record"),
        (
            "List size",
            f"{_patients(practice)}, {day(practice.list_size_on)}"
            if practice.list_size_on
            else "None on record",
        ),
        ("Address", format_html_join("", "{}<br>", ([line] for line in lines if line))),
        ("Telephone", practice.phone),
        ("Opened", day(practice.opened_on)),
        ("Closed", day(practice.closed_on)),
    ]
    return [
        {"key": {"text": key}, "value": {"html" if hasattr(value, "__html__") else "text": value}}
        for key, value in said
        if value
    ]


def _line(sizes: list[ListSize]) -> dict[str, Any] | None:
    """The list size over time as a line of points in a box of 240 by 48; None for fewer than two."""
    if len(sizes) < 2:
        return None
    ordered = sorted(sizes, key=lambda size: size.on)
    first, last = ordered[0], ordered[-1]
    days = (last.on - first.on).days
    low = min(size.patients for size in ordered)
    span = max(size.patients for size in ordered) - low or 1
    points = [
        f"{4 + 232 * (size.on - first.on).days / days:.1f},{44 - 40 * (size.patients - low) / span:.1f}"
        for size in ordered
    ]
    words = f"List size from {first.patients:,} on {day(first.on)} to {last.patients:,} on {day(last.on)}"
    return {"points": " ".join(points), "words": words}


def _people(user: Any, practice: Practice) -> list[RoleHolding] | None:
    """Who holds a role at the practice; None for someone who may not know."""
    if not _may(check_can_see_people, user, practice):
        return None
    return list(practice.holdings.in_force().select_related("person"))


def _indicators(user: Any, practice: Practice) -> list[dict[str, Any]] | None:
    """The latest figure under each key with those before it; None for someone who may not see them."""
    if not _may(check_can_see_indicators, user, practice):
        return None
    by_key: dict[str, list[Indicator]] = {}
    for indicator in (
        Indicator.objects.visible_to(user).filter(practice=practice).order_by("label", "-period")
    ):
        by_key.setdefault(indicator.key, []).append(indicator)
    return [{"latest": latest, "earlier": earlier} for latest, *earlier in by_key.values()]
