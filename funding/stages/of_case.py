"""The stages of one case."""

from django.http import HttpRequest

from funding.models import Commitment
from funding.stages.standing import Standing, standings
from resilience.programmes.models import PaymentStage


def of_case(request: HttpRequest, commitments: list[int], only: PaymentStage | None = None) -> list[Standing]:
    """The stages of a case for its Money tab: stage by stage, each practice; worth nothing is left out."""
    rows = Commitment.objects.visible_to(request.user).filter(pk__in=commitments).select_related("item")
    found = [each for of_one in standings(rows, request.user).values() for each in of_one if each.worth]
    if only:
        found = [each for each in found if each.stage == only]
    return sorted(
        found, key=lambda each: (each.stage.position, each.commitment.practice.name, each.commitment.pk)
    )
