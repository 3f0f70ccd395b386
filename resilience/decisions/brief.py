"""All that a decision rests on, gathered for one screen."""

from dataclasses import dataclass
from typing import Any

from resilience.assessments import comparison, history
from resilience.assessments.board import Rating, rating_of
from resilience.assessments.findings import current_findings
from resilience.assessments.models import Assessment, ContinuingSupport, Finding, Interest, Placement
from resilience.assessments.rules import interests_in_force
from resilience.core.access import P
from resilience.decisions.models import Decision
from resilience.decisions.money import MoneyLeft, money_left
from resilience.programmes.models import RatingMeaning
from resilience.referrals.models import Referral

_WEIGHT = {Finding.Concern.HIGH: 0, Finding.Concern.SOME: 1, Finding.Concern.UNKNOWN: 2}


@dataclass
class Comparable:
    """Another practice placed in the same year, and how like this one it is."""

    pair: comparison.Pair
    rating: Rating
    practice: str

    @property
    def placement(self) -> Placement:
        return self.pair.other


@dataclass
class Earlier:
    """A referral supported before, what was decided on it, and what came of it."""

    referral: Referral
    decision: Decision | None


@dataclass
class Brief:
    """What the person who decides reads. ``concerns`` has the highest first; ``calm`` counts the rest."""

    assessment: Assessment | None
    concerns: list[Finding]
    calm: int
    placement: Placement | None
    rating: Rating | None
    reviewed: int
    comparable: list[Comparable]
    earlier: list[Earlier]
    needs_continuing: bool
    continuing: ContinuingSupport | None
    interests: list[Interest]
    money: MoneyLeft | None
    decisions: list[Decision]


def decisions_on(referral: Referral) -> list[Decision]:
    """Every decision made on a referral, the latest first, with its categories."""
    return list(
        Decision.objects.filter(referral=referral)
        .select_related("decided_by", "placement__cell")
        .prefetch_related("categories__item")
    )


def _comparable(user: Any, referral: Referral, placement: Placement) -> list[Comparable]:
    others = (
        Placement.objects.visible_to(user)
        .filter(is_current=True, referral__year=referral.year_id, cell__matrix=placement.cell.matrix_id)
        .exclude(referral=referral)
        .select_related("cell", "referral__lead_practice")
    )
    meanings = dict(
        RatingMeaning.objects.filter(matrix=placement.cell.matrix_id).values_list("rating", "meaning")
    )
    return [
        Comparable(
            pair,
            Rating(pair.other.cell.rating, meanings.get(pair.other.cell.rating, "")),
            pair.other.referral.lead_practice.name,
        )
        for pair in comparison.nearest(placement, list(others))
    ]


def _earlier(user: Any, referral: Referral) -> list[Earlier]:
    seen = Referral.objects.visible_to(user, P.VIEW_INTERNAL)
    rows = history.earlier_supported(referral).filter(pk__in=seen.values("pk"))
    final = Decision.objects.filter(
        referral__in=rows.order_by().values("pk"), outcome=Decision.Outcome.SUPPORTED
    )
    by_referral = {each.referral_id: each for each in final.prefetch_related("categories__item")}
    return [Earlier(row, by_referral.get(row.pk)) for row in rows]


def brief(user: Any, referral: Referral) -> Brief:
    """Gather it. Other practices appear only as far as ``user`` may see them."""
    assessment = Assessment.objects.filter(referral=referral).select_related("completed_by").first()
    findings = current_findings(assessment).values() if assessment else []
    concerns = sorted(
        (each for each in findings if each.concern in _WEIGHT),
        key=lambda each: (_WEIGHT[Finding.Concern(each.concern)], each.criterion.number),
    )
    placed = list(
        Placement.objects.filter(referral=referral, at_end=False)
        .select_related("cell__matrix", "placed_by")
        .order_by("-pk")
    )
    placement = next((each for each in placed if each.is_current), None)
    return Brief(
        assessment=assessment,
        concerns=concerns,
        calm=sum(each.concern == Finding.Concern.NONE for each in findings),
        placement=placement,
        rating=rating_of(placement) if placement else None,
        reviewed=max(len(placed) - 1, 0),
        comparable=_comparable(user, referral, placement) if placement else [],
        earlier=_earlier(user, referral),
        needs_continuing=history.needs_continuing(referral),
        continuing=history.continuing_answers(referral),
        interests=list(interests_in_force(referral)),
        money=money_left(referral),
        decisions=decisions_on(referral),
    )
