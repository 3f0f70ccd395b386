"""Bids by what they wait for, as lists, Home and the sitting all ask it."""

from typing import Any

from django.db.models import Q

from funding.models import Bid
from resilience.core.access import P
from resilience.referrals.states import CLOSED, allowed_from

_WAITS = Q(settled_at__isnull=True, withdrawn_at__isnull=True)
_READY = sorted(allowed_from("funding.settle_bid"))

STANDINGS: dict[str, tuple[str, Q]] = {
    "to_go_through": ("To go through", _WAITS & Q(referral__state__in=_READY)),
    "undecided": (
        "Waits for the decision",
        _WAITS & ~Q(referral__state__in=_READY) & ~Q(referral__state__in=sorted(CLOSED)),
    ),
    "settled": ("Gone through", Q(settled_at__isnull=False)),
    "withdrawn": ("Taken back", Q(withdrawn_at__isnull=False)),
    "ended": ("The referral ended", _WAITS & Q(referral__state__in=sorted(CLOSED))),
}
"""By the name in an address: words, and which bids."""


def standing(bid: Bid) -> str:
    """Which of ``STANDINGS`` a bid is in."""
    if bid.settled_at:
        return "settled"
    if bid.withdrawn_at:
        return "withdrawn"
    if bid.referral.state in _READY:
        return "to_go_through"
    return "ended" if bid.referral.state in CLOSED else "undecided"


def to_go_through(user: Any) -> Any:
    """The bids that this person may go through now, the oldest first."""
    rows = Bid.objects.visible_to(user, P.COMMIT).filter(STANDINGS["to_go_through"][1])
    return rows.order_by("sent_at", "pk")


def next_after(user: Any, bid: Bid) -> Bid | None:
    """The next bid to go through after this one, beginning again at the oldest."""
    others = to_go_through(user).exclude(pk=bid.pk)
    later = Q(sent_at__gt=bid.sent_at) | Q(sent_at=bid.sent_at, pk__gt=bid.pk)
    return others.filter(later).first() or others.first()
