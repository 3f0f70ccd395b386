"""Who may do what to people, invitations, links and roles: each raises Denied with a sentence to act on."""

from typing import Any

from practices.models import (
    Invitation,
    LinkRequest,
    Person,
    Practice,
    RoleHolding,
    SupplierAssignment,
)
from practices.scopes import AREAS, Organisation, Scope, reaches
from resilience.core.access import Denied, P, Role, check
from resilience.core.calendar import today
from resilience.core.words import day

MOST_OPEN_LINKS = 5


def check_role_fits(role: str, scope: Scope) -> None:
    """A practice user has a practice, a supplier user a supplier, anyone else an area or everything."""
    words = Role(role).label.lower()
    if role == Role.PRACTICE_USER:
        if not scope.practice:
            raise Denied("A practice user works for one practice: choose it.")
    elif role == Role.SUPPLIER_USER:
        if not scope.organisation or scope.organisation.kind != Organisation.Kind.SUPPLIER:
            raise Denied("A supplier user works for a supplier: choose it.")
    elif scope.practice or (scope.organisation and scope.organisation.kind not in AREAS):
        raise Denied(f"The role {words} is held over a region, office, commissioner or locality: choose one.")
    organisation = scope.organisation
    if organisation and organisation.closed_on and organisation.closed_on <= today():
        raise Denied(f"{organisation} closed on {day(organisation.closed_on)}: choose one that is open.")


def check_can_grant(user: Any, role: str, scope: Scope) -> None:
    """Nobody gives rights wider than their own reach; officers only confirm who works at a practice."""
    check_role_fits(role, scope)
    if not _gives(user, role, scope):
        raise Denied(f"Your own role does not let you give the role {Role(role).label.lower()} over {scope}.")


def check_can_offer(user: Any, role: str, scope: Scope) -> None:
    """To invite somebody: who may give the role, and an officer to a supplier of their own practices alone."""
    check_role_fits(role, scope)
    if not _brings_in(user, role, scope):
        check_can_grant(user, role, scope)


def _gives(user: Any, role: str, scope: Scope) -> bool:
    if reaches(user, P.MANAGE_PEOPLE, scope):
        return True
    return role == Role.PRACTICE_USER and scope.practice is not None and reaches(user, P.CONFIRM_LINKS, scope)


def _brings_in(user: Any, role: str, scope: Scope) -> bool:
    """An officer invites people of a supplier while every practice in its care is the officer's to look after.

    Such a person sees all of them, so nobody opens the practices of another area.
    """
    if role != Role.SUPPLIER_USER or scope.organisation is None or not user.may(P.CONFIRM_LINKS):
        return False
    cared_for = SupplierAssignment.objects.filter(supplier=scope.organisation, ended_on__isnull=True)
    own = Practice.objects.visible_to(user, P.CONFIRM_LINKS)
    return not cared_for.exclude(practice__in=own.values("pk")).exists()


def check_can_end_role(user: Any, holding: RoleHolding) -> None:
    if holding.ended_at:
        raise Denied(f"This role ended on {day(holding.ended_at)}.")
    if not _gives(user, holding.role, Scope.of(holding)):
        raise Denied("Your own role does not reach far enough to end this one.")
    if holding.role == Role.ADMINISTRATOR and holding.over_everything:
        _check_another_administrator(holding.person)


def administrators_over_everything() -> Any:
    """Role holdings that keep the service manageable: never may the last of them go."""
    return RoleHolding.objects.in_force().filter(role=Role.ADMINISTRATOR, over_everything=True)


def _check_another_administrator(person: Person) -> None:
    holders = administrators_over_everything().exclude(person=person).values("person")
    if not Person.objects.filter(pk__in=holders, is_active=True).exists():
        raise Denied(
            f"{person.name} is the last administrator over everything. "
            "Give someone else that role first, so that somebody can still manage people."
        )


def check_can_invite(user: Any) -> None:
    if not (user.may(P.MANAGE_PEOPLE) or user.may(P.CONFIRM_LINKS)):
        raise Denied("Your role does not let you invite people.")


def check_can_manage_invitation(user: Any, invitation: Invitation) -> None:
    if invitation.state in ("accepted", "cancelled"):
        raise Denied(f"This invitation was {invitation.state}.")
    scope = Scope.of(invitation)
    if not (_gives(user, invitation.role, scope) or _brings_in(user, invitation.role, scope)):
        raise Denied("Your own role does not reach far enough for this invitation.")


def check_can_ask_for_link(user: Any, practice: Practice) -> None:
    if not practice.is_open:
        raise Denied(f"{practice} is not open in the register, so nobody can be linked to it.")
    if any(h.role == Role.PRACTICE_USER and h.practice_id == practice.pk for h in user.current_holdings):
        raise Denied(f"You already work here for {practice}.")
    waiting = LinkRequest.objects.filter(person=user, answered_at__isnull=True)
    if waiting.filter(practice=practice).exists():
        raise Denied(f"You have already asked about {practice}. We email you when someone has answered.")
    if waiting.count() >= MOST_OPEN_LINKS:
        raise Denied(f"You have {MOST_OPEN_LINKS} requests without an answer. Wait until one is answered.")


def check_can_answer_link(user: Any, link: LinkRequest) -> None:
    check(user, P.CONFIRM_LINKS, link)
    if link.answered_at:
        raise Denied(f"This request was answered on {day(link.answered_at)}.")
    if link.person_id == user.pk:
        raise Denied("This is your own request: somebody else has to confirm it.")


def check_can_change_person(user: Any, person: Person) -> None:
    """Only who manages people wherever this person works may change or stop them."""
    if not user.may(P.MANAGE_PEOPLE):
        raise Denied("Your role does not let you manage people.")
    if user.reach(P.MANAGE_PEOPLE).everything:
        return
    held = person.holdings.select_related("practice", "organisation")
    scopes = [Scope.of(holding) for holding in held.filter(ended_at__isnull=True) or held]
    if not scopes or not all(reaches(user, P.MANAGE_PEOPLE, scope) for scope in scopes):
        raise Denied(
            f"{person.name} has roles outside the area you look after. Ask an administrator over everything."
        )


def check_can_stop_person(user: Any, person: Person) -> None:
    """Raises Denied for oneself and for the last administrator over everything."""
    check_can_change_person(user, person)
    if person.pk == user.pk:
        raise Denied("You cannot stop your own sign-in. Ask another administrator.")
    if administrators_over_everything().filter(person=person).exists():
        _check_another_administrator(person)
