"""Who may publish a wording of the MoU."""

from typing import Any

from practices.scopes import Scope, reaches
from resilience.core.access import Denied, P
from resilience.programmes.models import ProgrammeYear

# --- the wording -------------------------------------------------------------------------------


def check_can_publish(user: Any, year: ProgrammeYear) -> None:
    """An administrator whose scope holds the programme's owner."""
    if not reaches(user, P.MANAGE_PROGRAMMES, Scope(organisation=year.programme.owner)):
        raise Denied(
            f"Your role does not let you {P.MANAGE_PROGRAMMES.label} of {year.programme.owner.name}."
        )
