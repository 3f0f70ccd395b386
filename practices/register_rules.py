"""Who may take in the register, and see what of a practice: each raises Denied with a sentence to act on."""

from typing import Any

from practices.models import DataImport, Practice
from resilience.core.access import Denied, P, allows, check


def check_can_import(user: Any) -> None:
    """``user`` is None for the command line, whose user already holds the machine."""
    if user is not None and not user.reach(P.MANAGE_ORGANISATIONS).everything:
        raise Denied(
            "The register concerns every practice: only an administrator over everything may import it."
        )


def check_can_settle(user: Any, data_import: DataImport) -> None:
    """Write or discard a preview: once."""
    check_can_import(user)
    if data_import.is_done:
        raise Denied("This import was written already: it stays on record.")


def check_can_see_people(user: Any, practice: Practice) -> None:
    """The office over the practice, whoever confirms its people, and the practice itself."""
    if not any(allows(user, each, practice) for each in (P.VIEW_INTERNAL, P.CONFIRM_LINKS, P.REFER)):
        raise Denied("Only the practice and its commissioner see who works there.")


def check_can_see_indicators(user: Any, practice: Practice) -> None:
    """Figures that feed an assessment are the office's."""
    check(user, P.VIEW_INTERNAL, practice)
