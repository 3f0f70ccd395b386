"""Which programme years and stages a person may look at."""

from typing import Any

from django.db.models import QuerySet

from funding.stages.evidence import areas
from resilience.core.access import P
from resilience.programmes.models import PaymentStage, ProgrammeYear


def years_of(user: Any) -> QuerySet[ProgrammeYear]:
    """Years of programmes in whose area the person may see money, the latest first."""
    rows = ProgrammeYear.objects.select_related("programme")
    reach = user.reach(P.VIEW_MONEY)
    if reach.everything:
        return rows
    mine = reach.commissioners | reach.localities
    owners = [owner for owner, below in areas().items() if below & mine] if mine else []
    return rows.filter(programme__owner__in=owners)


def stages_of(user: Any) -> QuerySet[PaymentStage]:
    """The stages of those years."""
    return PaymentStage.objects.filter(year__in=years_of(user)).select_related("year__programme")
