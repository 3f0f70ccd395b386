"""The small table of the health check: which state may follow which, by which act."""

from django.db import models

from mou.models import HealthCheck
from resilience.core.access import Denied, P
from resilience.core.words import day
from resilience.referrals.states import Act


class HealthCheckState(models.TextChoices):
    """Where a practice's health check stands; told from its row, never stored."""

    NONE = "none", "Not started"
    STARTED = "started", "Started"
    HANDED_IN = "handed_in", "Handed in"


S = HealthCheckState
HEALTH_CHECK_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.save_health_check", "Save answers", P.REFER, {S.NONE: S.STARTED, S.STARTED: S.STARTED}),
        Act("mou.hand_in_health_check", "Hand in the health check", P.REFER, {S.STARTED: S.HANDED_IN}),
        Act(
            "mou.enter_health_check",
            "Enter a health check that came on paper or by email",
            P.WORK_REFERRALS,
            {S.NONE: S.HANDED_IN},
        ),
        Act("mou.correct_health_check", "Correct an answer", P.REFER, {S.HANDED_IN: S.HANDED_IN}),
    )
}
"""All but one are the practice's own. What it sent in another way an officer enters for it, whole, where the office
reads the answers anyway."""


def health_check_state(check: HealthCheck | None) -> str:
    """Where a health check stands."""
    if check is None:
        return S.NONE
    return S.HANDED_IN if check.handed_in_at else S.STARTED


def check_health_check_state(act: str, check: HealthCheck | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on the health check as it stands."""
    state = health_check_state(check)
    if state in HEALTH_CHECK_ACTS[act].moves:
        return
    if act == "mou.enter_health_check" and check and not check.handed_in_at:
        raise Denied(
            "Somebody of the practice has started it here. Its answers are its own until it hands them in: "
            "ask it to finish it here."
        )
    if check is None:
        raise Denied("The health check is not started yet.")
    if check.handed_in_at:
        raise Denied(
            f"This health check was handed in on {day(check.handed_in_at)}: its answers stay as they were. "
            "Somebody of the practice can correct what is wrong in it."
        )
    raise Denied("The health check is not handed in yet: change the answer itself.")
