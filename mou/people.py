"""Who acts for which side of a case."""

from typing import Any

from mou.models import Agreement, Signature
from practices.models import Organisation, Person, RoleHolding, SupplierAssignment
from resilience.core.access import ROLE_PERMISSIONS, Denied, P, allows
from resilience.referrals.models import Referral


def is_for_practice(user: Any, referral: Referral, permission: str = P.PLAN_FOR_PRACTICE) -> bool:
    """Does ``user`` act for the lead practice, which stands for its group?"""
    return allows(user, permission, referral.lead_practice)


def check_leads(user: Any, permission: str, referral: Referral) -> None:
    """Raise Denied for somebody of the group whose practice does not lead it; others are asked elsewhere."""
    if allows(user, permission, referral) and not is_for_practice(user, referral, permission):
        raise Denied(
            f"{referral.lead_practice.name} leads this group and acts for all its practices: "
            "someone who works there must do this."
        )


def is_for_office(user: Any, referral: Referral, permission: str = P.PLAN_FOR_COMMISSIONER) -> bool:
    return allows(user, permission, referral)


def is_partner(supplier: Organisation, referral: Referral) -> bool:
    """Is the lead practice in this supplier's care today?"""
    assigned = SupplierAssignment.objects.filter(supplier=supplier, practice=referral.lead_practice_id)
    return assigned.in_force().exists()


def partners(referral: Referral) -> list[Organisation]:
    """The suppliers that could be a party to the MoU: those with the lead practice in their care."""
    assigned = SupplierAssignment.objects.filter(practice=referral.lead_practice_id).in_force()
    return list(Organisation.objects.filter(pk__in=assigned.values("supplier")).order_by("name"))


def is_for_supplier(user: Any, supplier: Organisation, referral: Referral) -> bool:
    """Does ``user`` sign for this supplier, and is the lead practice in its care?"""
    return supplier.pk in user.organisations(P.SIGN_FOR_SUPPLIER) and is_partner(supplier, referral)


def signatories(agreement: Agreement, side: str) -> list[Person]:
    """People who may sign for this side."""
    if side == Signature.Side.SUPPLIER:
        supplier = agreement.supplier
        return supplier_signatories(supplier, agreement.referral) if supplier else []
    practice = side == Signature.Side.PRACTICE
    return holders(P.SIGN_FOR_PRACTICE if practice else P.SIGN_FOR_COMMISSIONER, agreement.referral)


def supplier_signatories(supplier: Organisation, referral: Referral) -> list[Person]:
    """People who may sign for ``supplier``: none unless the lead practice is in its care."""
    if not is_partner(supplier, referral):
        return []
    return _people(_held(P.SIGN_FOR_SUPPLIER).filter(organisation__in=_above(supplier)))


def holders(permission: str, referral: Referral) -> list[Person]:
    """People who hold ``permission`` over this referral's lead practice, or over its commissioner."""
    rows = _held(permission)
    if permission in (P.PLAN_FOR_PRACTICE, P.SIGN_FOR_PRACTICE):
        rows = rows.filter(practice=referral.lead_practice_id)
    else:
        rows = rows.filter(organisation__in=_above(referral.commissioner)) | rows.filter(over_everything=True)
    return _people(rows)


def _held(permission: str) -> Any:
    roles = [role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions]
    return RoleHolding.objects.in_force().filter(role__in=roles, person__is_active=True)


def _people(rows: Any) -> list[Person]:
    people = Person.objects.filter(pk__in=rows.values("person"))
    return list(people.order_by("name", "email"))


def _above(organisation: Organisation | None) -> list[int]:
    found: list[int] = []
    while organisation is not None:
        found.append(organisation.pk)
        organisation = organisation.parent
    return found
