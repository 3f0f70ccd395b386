"""Who may make the national return, and of what."""

from typing import Any

from funding.reports.rules import check_can_report, check_has_lines
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.programmes.models import Milestone


def check_can_make_return(user: Any, milestone: Milestone, organisation: Organisation) -> None:
    """Finance, for an organisation in their scope that has money in the year, for a milestone that is a return.

    No deadline stops it: a return that is late is made late, and says so.
    """
    check_can_report(user, milestone.year, organisation)
    if not milestone.is_return:
        raise Denied(f"“{milestone.name}” is not a return.")
    check_has_lines(milestone.year, organisation)
