"""What is to end today."""

from django.db.models import Exists, OuterRef, Q

from mou.models import Agreement, Notice
from mou.models.agreement import IN_FORCE
from resilience.core.calendar import today

RUN_OUT = Notice.objects.filter(agreement=OuterRef("pk"), withdrawn_at__isnull=True)


def due() -> list[Agreement]:
    """MoUs in force whose notice has run out, or whose end date has passed; ``has_run_out`` tells which."""
    rows = (
        Agreement.objects.filter(kind=Agreement.Kind.MOU, state__in=IN_FORCE)
        .annotate(has_run_out=Exists(RUN_OUT.filter(ends_on__lte=today())))
        .filter(Q(has_run_out=True) | Q(referral__plan__ends_on__lt=today()))
    )
    return list(rows.select_related("referral").order_by("pk"))
