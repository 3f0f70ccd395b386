"""The reviews of all cases: rating before and after, what worked, for the office."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from mou.models import Review, ReviewOutcome
from mou.review.filters import ReviewFilters
from mou.review.page import change
from mou.review.summary import summarise
from mou.sections import sections
from practices.requests import SignedInRequest
from resilience.core import words
from resilience.core.access import P, requires
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import rating_tag
from resilience.decisions.models import DecisionCategory
from resilience.programmes.models import MenuItem


def with_categories(rows: list[Review]) -> None:
    """Give each referral the categories of support it was granted. One query."""
    granted: dict[int, list[MenuItem]] = {row.referral_id: [] for row in rows}
    found = DecisionCategory.objects.filter(decision__referral__in=granted, decision__outcome="supported")
    for each in found.select_related("item", "decision").order_by("item__position"):
        granted[each.decision.referral_id].append(each.item)
    for row in rows:
        row.referral.granted = granted[row.referral_id]  # type: ignore[attr-defined]


def _rating(side: str) -> Any:
    def rating(row: Review) -> str:
        placement = getattr(row, side)
        return words.rating(placement.cell.rating) if placement else ""

    return rating


def _shown(side: str) -> Any:
    def shown(row: Review) -> Any:
        placement = getattr(row, side)
        return rating_tag(placement.cell.rating) if placement else ""

    return shown


def _outcomes(row: Review) -> str:
    judged = [each for each in row.outcomes.all() if each.outcome]
    achieved = sum(each.outcome == ReviewOutcome.Outcome.ACHIEVED for each in judged)
    return f"{achieved} of {len(judged)} achieved" if judged else ""


def _said(name: str) -> Any:
    def said(row: Review) -> Any:
        return getattr(getattr(row, "feedback", None), name, None)

    return said


COLUMNS = [
    Column("Reference", "referral.reference", heading=True, sort="referral__reference",
           link=lambda row: reverse("mou:review", kwargs={"referral": row.referral_id})),
    Column("Practice", "referral.lead_practice.name", sort="referral__lead_practice__name"),
    Column("CCG", "referral.commissioner.name", sort="referral__commissioner__name"),
    Column("Programme year", "referral.year", on_screen=False),
    Column("Categories of support", lambda row: "; ".join(item.name for item in row.referral.granted)),
    Column("Priority before", _rating("before"), show=_shown("before")),
    Column("Priority after", _rating("after"), show=_shown("after")),
    Column("Change", lambda row: change(row.before, row.after)),
    Column("Objectives", _outcomes),
    Column("Would recommend (1 to 5)", _said("recommend"), kind="number", sort="feedback__recommend"),
    Column("What helped", _said("helped"), on_screen=False),
    Column("What did not help", _said("did_not_help"), on_screen=False),
    Column("What we learned", "comment", on_screen=False),
    *(
        Column(Review.question(name), f"get_{name}_display", on_screen=False)
        for name in Review.QUESTIONS
    ),
    Column("Completed", "completed_at", kind="date", sort="completed_at",
           show=lambda row: words.day(row.completed_at) or "Being written"),
]  # fmt: skip


@requires(P.VIEW_INTERNAL)
@require_GET
def reviews(request: SignedInRequest) -> HttpResponse:
    """Every review in scope, with what the complete ones of this selection say together."""
    rows = (
        Review.objects.visible_to(request.user, P.VIEW_INTERNAL)
        .select_related(
            "referral__lead_practice",
            "referral__commissioner",
            "referral__year__programme",
            "before__cell",
            "after__cell",
            "feedback",
        )
        .prefetch_related("outcomes")
    )
    page = ListPage(
        request,
        rows,
        name="mou:reviews",
        title="Reviews at the end",
        noun="review",
        columns=COLUMNS,
        filters=ReviewFilters,
        default_sort="-completed",
        prepare=with_categories,
        empty="A review appears here once an officer has started it, when support ends.",
    )
    if page.query.get("export"):
        return page.response()
    complete = list(page.rows_asked.filter(completed_at__isnull=False))
    with_categories(complete)
    return page.response("mou/review/reviews.html", **sections(request), summary=summarise(complete))
