"""What a role is held over, and how far a person's own rights reach."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from practices.models import Organisation, Person, Practice, RoleHolding
from resilience.core.access import P, Role, allows

AREAS = frozenset(
    {
        Organisation.Kind.REGION,
        Organisation.Kind.LOCAL_OFFICE,
        Organisation.Kind.CCG,
        Organisation.Kind.ICB,
        Organisation.Kind.LOCALITY,
    }
)


@dataclass(frozen=True)
class Scope:
    """A practice, or an organisation with all below it, or (neither) everything."""

    practice: Practice | None = None
    organisation: Organisation | None = None

    @classmethod
    def of(cls, row: Any) -> "Scope":
        """The scope of a role holding or an invitation."""
        return cls(row.practice, row.organisation)

    @property
    def is_everything(self) -> bool:
        return self.practice is None and self.organisation is None

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a role holding or an invitation."""
        return {
            "practice": self.practice,
            "organisation": self.organisation,
            "over_everything": self.is_everything,
        }

    @property
    def facts(self) -> dict[str, Any]:
        """The same for the trail: identifiers only."""
        if self.practice:
            return {"practice": self.practice.pk}
        return {"organisation": self.organisation.pk} if self.organisation else {"everything": True}

    def __str__(self) -> str:
        return str(self.practice or self.organisation or "everything")


def reaches(user: Any, permission: str, scope: Scope) -> bool:
    """Does ``user`` hold ``permission`` over the whole of ``scope``?"""
    if not user.may(permission):
        return False
    if scope.practice:
        return allows(user, permission, scope.practice)
    if user.reach(permission).everything:
        return True
    return scope.organisation is not None and scope.organisation.pk in user.organisations(permission)


def organisations_above(practice: Practice) -> set[int]:
    """The commissioner and locality of a practice, and all that stands above them."""
    parents = dict(Organisation.objects.values_list("pk", "parent_id"))
    found: set[int] = set()
    for start in (practice.commissioner_id, practice.locality_id):
        node = start
        while node is not None and node not in found:
            found.add(node)
            node = parents.get(node)
    return found


def officers_for(practice: Practice) -> list[Person]:
    """Who is asked to confirm that somebody works at ``practice``: its programme officers, else administrators."""
    over = Q(over_everything=True) | Q(organisation__in=organisations_above(practice))
    held = RoleHolding.objects.in_force().filter(over, person__is_active=True)
    for role in (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR):
        people = Person.objects.filter(pk__in=held.filter(role=role).values("person"))
        if people:
            return list(people)
    return []


def grantable_roles(user: Any) -> list[Role]:
    """Roles that ``user`` may give over some scope."""
    if user.may(P.MANAGE_PEOPLE):
        return list(Role)
    return [Role.PRACTICE_USER] if user.may(P.CONFIRM_LINKS) else []
