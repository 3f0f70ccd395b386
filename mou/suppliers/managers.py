"""The change manager: one of the supplier's people, or somebody invited to become one."""

from typing import Any

from mou.models import SupplierCase
from mou.suppliers import rules
from practices.actions import invite
from practices.models import Invitation, Organisation, Person, RoleHolding
from practices.rules import check_can_offer
from practices.scopes import Scope
from resilience.core.access import Denied, Role, why_not


def people_of(supplier: Organisation) -> list[Person]:
    """Who works for the supplier and can sign in, by name."""
    held = RoleHolding.objects.in_force().filter(organisation=supplier, role=Role.SUPPLIER_USER)
    return list(Person.objects.filter(pk__in=held.values("person"), is_active=True).order_by("name", "email"))


def manager_fields(
    *, by: Any, supplier: Organisation, person: Person | None, name: str, email: str
) -> dict[str, Any]:
    """The columns of an assignment that say who it is; an address that is nobody's yet is invited, once.

    Inside an act. Raises Denied for who works elsewhere, or may not be invited by this person.
    """
    name, email = " ".join(name.split()), email.strip().lower()
    if person is None and email:
        person = next((each for each in people_of(supplier) if each.email == email), None)
    if person is not None:
        rules.check_works_for(supplier, person)
        return {
            "change_manager": person,
            "manager_name": person.name,
            "manager_email": person.email,
            "invitation": None,
        }
    if not (name and email):
        raise Denied("Name the change manager: choose somebody, or enter a name and an email address.")
    offers = Invitation.objects.filter(
        email=email, role=Role.SUPPLIER_USER, organisation=supplier, accepted_at=None, cancelled_at=None
    )
    offer = next((each for each in offers if each.state == "open"), None)
    if offer is None:
        scope = Scope(organisation=supplier)
        if why_not(check_can_offer, by, Role.SUPPLIER_USER, scope):
            raise Denied(
                f"You cannot invite people of {supplier.name}: it also works for practices that you do not look "
                "after. Ask an administrator to invite them, then choose them here."
            )
        offer = invite(by=by, email=email, name=name, role=Role.SUPPLIER_USER, scope=scope)
    return {"change_manager": None, "manager_name": name, "manager_email": email, "invitation": offer}


def is_expected(case: SupplierCase) -> bool:
    """The change manager was invited and has not accepted yet."""
    return case.invitation is not None and case.invitation.accepted_at is None
