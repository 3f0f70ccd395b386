"""Who may fill in, hand in and correct a health check; who may publish a questionnaire and give it to a stage."""

from typing import Any

from funding.stages import rules as stages
from mou.health_checks import answers
from mou.health_checks.answers import Part
from mou.health_checks.states import check_health_check_state
from mou.models import HealthCheck, HealthCheckStage, Question
from practices.models import Practice
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.words import plural
from resilience.programmes.models import PaymentStage
from resilience.programmes.rules import check_can_manage

WAY = "mou.health_check"
"""What the stage is told it is handed in through."""


class ChangedMeanwhile(Denied):
    """A colleague changed the same answers; nothing was saved."""

    def __init__(self, keys: list[str], text: str) -> None:
        super().__init__(text)
        self.keys = keys


def _check_asked(user: Any, stage: PaymentStage, practice: Practice) -> None:
    access.check(user, P.REFER, practice)
    if not HealthCheckStage.objects.filter(stage=stage).exists():
        raise Denied(f"“{stage.name}” is not handed in by a health check.")


def check_can_fill(user: Any, stage: PaymentStage, practice: Practice, check: HealthCheck | None) -> None:
    """Somebody of the practice, until it is in."""
    _check_asked(user, stage, practice)
    check_health_check_state("mou.save_health_check", check)
    stages.check_can_hand_in(user, stage, practice, WAY)


def check_can_hand_in(
    user: Any, stage: PaymentStage, practice: Practice, check: HealthCheck | None, parts: list[Part]
) -> None:
    """Somebody of the practice, once every mandatory section is complete."""
    _check_asked(user, stage, practice)
    check_health_check_state("mou.hand_in_health_check", check)
    stages.check_can_hand_in(user, stage, practice, WAY)
    check_is_complete(parts)


def check_can_enter(user: Any, stage: PaymentStage, practice: Practice, check: HealthCheck | None) -> None:
    """An officer, for a practice that has not started it, where the office may read the answers."""
    access.check(user, P.WORK_REFERRALS, practice)
    setting = HealthCheckStage.objects.filter(stage=stage).first()
    if setting is None:
        raise Denied(f"“{stage.name}” is not handed in by a health check.")
    if setting.is_summed_only if check is None else check.is_summed_only:
        raise Denied(
            "The office sees these answers only summed with those of other practices, so nobody of it may enter them. "
            f"{practice.name} fills in the health check here."
        )
    check_health_check_state("mou.enter_health_check", check)
    stages.check_can_hand_in(user, stage, practice, WAY)


def check_is_complete(parts: list[Part]) -> None:
    """Every mandatory section is."""
    if left := answers.lacking(parts):
        names = ", ".join(each.section.title for each in left)
        raise Denied(f"It cannot be handed in yet. Not complete: {names}.")


def check_can_correct(user: Any, stage: PaymentStage, practice: Practice, check: HealthCheck | None) -> None:
    """Somebody of the practice, once it is in."""
    access.check(user, P.REFER, practice)
    check_health_check_state("mou.correct_health_check", check)


def check_fits(question: Question, value: str) -> None:
    """An answer of the kind that the question asks for; "" takes it back where it need not be answered."""
    if not value and question.is_required:
        raise Denied(f"“{question.words}” must have an answer.")
    if not value:
        return
    allowed = {Question.Kind.SCALE: ("1", "2", "3", "4"), Question.Kind.YES_NO: tuple(answers.YES_NO)}
    choices = allowed.get(Question.Kind(question.kind))
    if choices and value not in choices:
        raise Denied(f"Choose one of the answers of “{question.words}”.")


def check_can_publish(user: Any) -> None:
    """An administrator of programmes."""
    if not user.may(P.MANAGE_PROGRAMMES):
        raise Denied(f"Your role does not let you {P.MANAGE_PROGRAMMES.label}.")


def check_can_choose(user: Any, stage: PaymentStage) -> None:
    """An administrator over the programme, for a stage that asks for evidence, until a practice has started."""
    check_can_manage(user, stage.year.programme)
    if stage.opens != PaymentStage.Opens.EVIDENCE:
        raise Denied(f"“{stage.name}” asks for no evidence: it opens {stage.get_opens_display()}.")
    if started := HealthCheck.objects.filter(stage=stage).count():
        raise Denied(
            f"{plural(started, 'practice')} started on it, so it stays as they were told. "
            "Next year’s stage may differ."
        )
