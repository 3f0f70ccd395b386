"""Who may be given a referral to work on."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from practices.models import Organisation, Person
from resilience.core.access import ROLE_PERMISSIONS, P
from resilience.referrals.models import Referral

_ROLES = [role for role, permissions in ROLE_PERMISSIONS.items() if P.WORK_REFERRALS in permissions]


def _and_above(organisations: Iterable[int | None]) -> set[int]:
    """These organisations and all that stand over them."""
    parents = dict(Organisation.objects.values_list("pk", "parent_id"))
    found: set[int] = set()
    for node in organisations:
        while node is not None and node not in found:
            found.add(node)
            node = parents.get(node)
    return found


def _holders(over: Q) -> QuerySet[Person]:
    wanted = (Q(holdings__over_everything=True) | over) & Q(
        holdings__role__in=_ROLES, holdings__ended_at__isnull=True
    )
    return Person.objects.filter(wanted, is_active=True).distinct()


def officers_for(referral: Referral) -> QuerySet[Person]:
    """Everyone who may work on ``referral``, by name."""
    over = _and_above([referral.commissioner_id, referral.lead_practice.locality_id])
    practices = referral.practices.values("practice")
    return _holders(Q(holdings__organisation__in=over) | Q(holdings__practice__in=practices))


def colleagues(user: Any) -> QuerySet[Person]:
    """Everyone who may work on some referral that ``user`` has in the worklist, by name."""
    reach = user.reach(P.VIEW_WORKLIST)
    if reach.everything:
        return _holders(Q(holdings__isnull=False))
    over = _and_above([*reach.commissioners, *reach.localities])
    return _holders(Q(holdings__organisation__in=over) | Q(holdings__practice__in=reach.practices))
