"""The small table of a project: which state may follow which, by which act."""

from mou.models import ProjectProgress
from resilience.core.access import Denied, P
from resilience.referrals.states import Act

Status = ProjectProgress.Status

_OPEN: tuple[str, ...] = (Status.PLANNED, Status.ON_TRACK, Status.DELAYED)
_ENDED: tuple[str, ...] = (Status.DONE, Status.STOPPED)

PROJECT_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "mou.change_project",
            "Change the project",
            P.PLAN_FOR_PRACTICE,
            {state: state for state in _OPEN},
        ),
        Act(
            "mou.remove_project",
            "Take out the project",
            P.PLAN_FOR_PRACTICE,
            {Status.PLANNED: Status.PLANNED},
        ),
        Act(
            "mou.record_project_progress",
            "Record progress",
            P.PLAN_FOR_PRACTICE,
            dict.fromkeys((*_OPEN, Status.STOPPED), Status.ON_TRACK),
        ),
    )
}
"""Open to both sides: practices that take part by this permission, the office by P.PLAN_FOR_COMMISSIONER.

Progress moves a project to the state that it says; a stopped one may be taken up again, a done one is done."""


def check_project_state(act: str, status: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on a project of this status."""
    if status in PROJECT_ACTS[act].moves:
        return
    words = Status(status).label.lower()
    if act == "mou.remove_project":
        raise Denied("Progress is on record for this project. Record that it is stopped instead.")
    raise Denied(f"This project is {words}: nothing more is recorded about it.")
