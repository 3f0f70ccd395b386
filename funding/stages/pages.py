"""What this room puts on the pages of a practice and of a followed referral, and on a practice's Home."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from funding.stages.evidence import Asked, asked_of
from practices.models import Practice
from resilience.core.access import P, allows
from resilience.core.calendar import today
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral

Opens = PaymentStage.Opens


def to_hand_in(practices: Iterable[Practice]) -> list[Asked]:
    """What these practices are asked to hand in, in years that run, and have neither handed in nor declined."""
    stages = PaymentStage.objects.filter(
        opens=Opens.EVIDENCE,
        year__starts_on__lte=today(),
        year__ends_on__gte=today(),
        year__closing__isnull=True,
    )
    found = asked_of(practices, stages.select_related("year__programme").order_by("due_on", "pk"))
    return [each for each in found if each.is_open]


def statement_of(request: HttpRequest, practice: Practice) -> tuple[str, dict[str, Any]] | None:
    """On the page of a practice: the way to its statement."""
    if not allows(request.user, P.VIEW_STATEMENT, practice):
        return None
    return "funding/stages/of_practice.html", {"practice": practice}


def money_of_referral(request: HttpRequest, referral: Referral) -> tuple[str, dict[str, Any]] | None:
    """On the page that a practice follows its referral on: what is asked of it, and its statement."""
    user: Any = request.user
    if not user.may(P.VIEW_STATEMENT):
        return None
    mine = list(
        Practice.objects.visible_to(user, P.VIEW_STATEMENT)
        .filter(pk__in=referral.practices.values("practice"))
        .select_related("commissioner")
    )
    if not mine:
        return None
    stages = referral.year.stages.filter(opens=Opens.EVIDENCE).select_related("year__programme")
    return "funding/stages/of_referral.html", {"practices": mine, "asked": asked_of(mine, stages)}
