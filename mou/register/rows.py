"""The rows of the register: the MoU of each case, with what is known of it today."""

import datetime as dt
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from mou.models import Agreement, Dispute, Notice
from mou.models.agreement import IN_FORCE, OPEN, SIGNED_BY_ALL
from resilience.core.access import P
from resilience.core.calendar import today

SOON = 60
"""Days ahead that "ends soon" looks."""

UNSIGNED_TOO_LONG = 14
"""Days after which an MoU that was sent and is not signed by all waits too long."""

_LATER = Agreement.objects.filter(referral=OuterRef("referral"), kind="mou", pk__gt=OuterRef("pk"))
_DISPUTE = Dispute.objects.filter(agreement=OuterRef("pk")).exclude(state=Dispute.State.SETTLED)
_NOTICE = Notice.objects.filter(agreement=OuterRef("pk"), withdrawn_at__isnull=True).values("ends_on")[:1]


def register_rows(user: Any) -> QuerySet[Agreement]:
    """The MoU that counts in each case that ``user`` sees: the one that stands, else the last that was given up.

    Adds ``ends_on`` (by its end, its notice or its plan), ``varied`` (how many signed documents vary it) and
    ``in_dispute``.
    """
    signed = Count("variations", filter=Q(variations__state__in=SIGNED_BY_ALL))
    return (
        Agreement.objects.visible_to(user, P.VIEW_INTERNAL)
        .filter(~Exists(_LATER), kind=Agreement.Kind.MOU)
        .annotate(
            ends_on=Coalesce("ending__ended_on", Subquery(_NOTICE), "referral__plan__ends_on"),
            varied=signed,
            in_dispute=Exists(_DISPUTE),
        )
        .select_related(
            "referral__year__programme", "referral__lead_practice", "referral__commissioner", "template"
        )
    )


def ends_soon() -> Q:
    """In force, and not for longer than ``SOON`` days."""
    return Q(state__in=IN_FORCE, ends_on__lte=today() + dt.timedelta(days=SOON))


def unsigned_for(days: int) -> Q:
    """Sent more than so many days ago and not signed by all."""
    return Q(state__in=OPEN, sent_at__lt=timezone.now() - dt.timedelta(days=days))


def days_unsigned(agreement: Agreement) -> int | None:
    """Days since it was sent, while it is not signed by all."""
    if agreement.state not in OPEN:
        return None
    return (today() - timezone.localdate(agreement.sent_at)).days


def days_left(agreement: Any) -> int | None:
    """Days until it ends, of one in force; below 0 where its last day has passed."""
    if agreement.state not in IN_FORCE or agreement.ends_on is None:
        return None
    return (agreement.ends_on - today()).days
