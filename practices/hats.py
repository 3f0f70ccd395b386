"""The hat a person wears: which of their roles the pages that differ by role are shown for.

A hat narrows no right and gives none: rights are the union of a person's roles.
"""

from django.http import HttpRequest

from practices.models import Person, RoleHolding
from resilience.core.access import Role

ORDER = (
    Role.PROGRAMME_OFFICER,
    Role.APPROVER,
    Role.FINANCE_LEAD,
    Role.ADMINISTRATOR,
    Role.PRACTICE_USER,
    Role.SUPPLIER_USER,
    Role.OBSERVER,
)
SESSION_KEY = "hat"


def hats(person: Person) -> list[RoleHolding]:
    """The roles a person holds now, those with daily work first."""
    return sorted(person.current_holdings, key=lambda holding: (ORDER.index(Role(holding.role)), holding.pk))


def current_hat(request: HttpRequest) -> RoleHolding | None:
    """The hat chosen in this session while it is held, else the first; None for who holds no role."""
    if not request.user.is_authenticated:
        return None
    mine = hats(request.user)
    chosen = request.session.get(SESSION_KEY)
    return next((holding for holding in mine if holding.pk == chosen), mine[0] if mine else None)


def wear(request: HttpRequest, holding: RoleHolding) -> None:
    """Choose a hat for the rest of the session."""
    request.session[SESSION_KEY] = holding.pk
