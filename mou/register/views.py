"""The register of MoUs."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from mou.agreement.page import COLOURS
from mou.models import Agreement
from mou.register.agreed import standing
from mou.register.filters import RegisterFilters
from mou.register.rows import SOON, days_left, days_unsigned, register_rows
from mou.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import P, requires
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import day, plural


def _state(row: Agreement) -> str:
    return tag(row.standing, COLOURS[row.state])


def _ends(row: Agreement) -> str:
    """The day, and how soon it is where that is soon."""
    left, on = days_left(row), day(row.ends_on)  # type: ignore[attr-defined] # annotated
    if left is None or left > SOON:
        return on
    if left < 0:
        return f"{on}: has passed"
    return f"{on}: in {plural(left, 'day')}" if left else f"{on}: today"


COLUMNS = [
    Column(
        "Reference",
        "referral.reference",
        link=lambda row: reverse("mou:case", kwargs={"referral": row.referral_id}),
        sort="referral__reference",
        heading=True,
    ),
    Column("Practice", "referral.lead_practice.name", sort="referral__lead_practice__name"),
    Column("Code", "referral.lead_practice.ods_code", on_screen=False),
    Column("State", lambda row: row.standing, show=_state, sort="state"),
    Column("CCG", "referral.commissioner.name", sort="referral__commissioner__name"),
    Column("Programme year", lambda row: str(row.referral.year), sort="referral__year__starts_on"),
    Column(
        "Wording", lambda row: f"Version {row.template.version}", sort="template__version", on_screen=False
    ),
    Column("Sent", "sent_at", kind="date", sort="sent_at"),
    Column("Signed", "signed_at", kind="date", sort="signed_at"),
    Column("Days unsigned", days_unsigned, kind="number"),
    Column("Ends on", "ends_on", kind="date", show=_ends, sort="ends_on"),
    Column("Days left", days_left, kind="number", on_screen=False),
    Column("Variations", "varied", kind="number", sort="varied"),
    Column("Dispute", lambda row: "Open" if row.in_dispute else "", on_screen=False),
]


@require_GET
@requires(P.VIEW_INTERNAL)
def register(request: SignedInRequest) -> HttpResponse:
    """Every MoU in scope, and how many of a year are agreed against its milestone."""
    page = ListPage(
        request,
        register_rows(request.user),
        name="mou:register",
        title="Register of MoUs",
        noun="MoU",
        columns=COLUMNS,
        filters=RegisterFilters,
        default_sort="-sent",
        empty="An MoU appears here once it was sent to be signed.",
    )
    context = sections(request)
    if "export" not in request.GET:
        context["agreed"] = standing(request.user, request.GET.get("year", ""))
    return page.response("mou/register/list.html", **context)
