"""Who acts for which side of a case."""

from typing import Any

from practices.models import Organisation, Person, RoleHolding
from resilience.core.access import ROLE_PERMISSIONS, P, allows
from resilience.referrals.models import Referral


def is_for_practice(user: Any, referral: Referral, permission: str = P.PLAN_FOR_PRACTICE) -> bool:
    """Does ``user`` act for the lead practice, which stands for its group?"""
    return allows(user, permission, referral.lead_practice)


def is_for_office(user: Any, referral: Referral, permission: str = P.PLAN_FOR_COMMISSIONER) -> bool:
    return allows(user, permission, referral)


def holders(permission: str, referral: Referral) -> list[Person]:
    """People who hold ``permission`` over this referral's lead practice, or over its commissioner."""
    roles = [role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions]
    rows = RoleHolding.objects.in_force().filter(role__in=roles, person__is_active=True)
    if permission in (P.PLAN_FOR_PRACTICE, P.SIGN_FOR_PRACTICE):
        rows = rows.filter(practice=referral.lead_practice_id)
    else:
        rows = rows.filter(organisation__in=_above(referral.commissioner)) | rows.filter(over_everything=True)
    people = Person.objects.filter(pk__in=rows.values("person"))
    return list(people.order_by("name", "email"))


def _above(organisation: Organisation | None) -> list[int]:
    found: list[int] = []
    while organisation is not None:
        found.append(organisation.pk)
        organisation = organisation.parent
    return found
