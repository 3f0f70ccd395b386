"""Money committed after the MoU was signed, which no document that all sides signed names yet."""

from collections.abc import Iterable

from django.db.models import F, QuerySet

from funding import ledger
from funding.models import Commitment
from funding.mou_status import in_mou
from resilience.referrals.states import State


def named(commitments: Iterable[Commitment]) -> frozenset[int]:
    """Of these, by id, those that a signed document names. One query."""
    found = in_mou({each.referral_id for each in commitments})
    return frozenset().union(*(each.named for each in found.values()))


def not_in_the_mou(rows: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Of MoUs in force, with money that waits for a variation to name it."""
    later = rows.filter(referral__state=State.AGREED, committed_at__gte=F("referral__state_since"))
    waiting = list(ledger.with_committed(later).order_by())
    known = named(waiting)
    return rows.filter(pk__in=[each.pk for each in waiting if each.pk not in known])
