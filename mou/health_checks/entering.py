"""A health check that came on paper or by email: an officer enters it for the practice, whole."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from mou.entering import check_came
from mou.health_checks import answers, rules
from mou.health_checks.actions import locked, take_in, write_answers
from mou.health_checks.states import health_check_state
from mou.models import HealthCheck, HealthCheckStage, Question
from practices.models import Practice
from resilience.core.acts import action
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import PaymentStage
from resilience.referrals.uploads import CheckedFile


@action("Entered a health check for the practice")
def enter_health_check(
    *,
    by: Any,
    stage: PaymentStage,
    practice: Practice,
    given: Mapping[str, str],
    came_from: str,
    came_on: dt.date,
    original: CheckedFile,
) -> HealthCheck:
    """Answer and hand in by one act what the practice sent in another way; who sent it and the original are kept.

    Never where the office sees answers only summed, nor over what the practice has begun. Tells the practice.
    """
    practice, check = locked(stage, practice)
    came = {"came_from": came_from.strip(), "came_on": came_on}
    if check and check.handed_in_by_id == by.pk and check.came_from == came["came_from"]:
        record(by=by, on=check, repeat=True)
        return check
    rules.check_can_enter(by, stage, practice, check)
    check_came(came_from, came_on)
    setting = HealthCheckStage.objects.select_related("questionnaire").get(stage=stage)
    sections = list(setting.questionnaire.sections.prefetch_related("questions"))
    questions: dict[str, Question] = {
        each.key: each for section in sections for each in section.questions.all()
    }
    mine = {key: value for key, value in given.items() if key in questions and value}
    for key, value in mine.items():
        rules.check_fits(questions[key], value)
    parts = answers.parts_of(sections, mine)
    rules.check_is_complete(parts)
    before = health_check_state(check)
    check = HealthCheck.objects.create(
        stage=stage,
        practice=practice,
        questionnaire=setting.questionnaire,
        is_summed_only=False,
        started_by=by,
        original=StoredFile.keep(
            name=original.name, content_type=original.content_type, content=original.content, by=by
        ),
        **came,
    )
    write_answers(check, questions, mine, {}, by)
    return take_in(by, check, stage, practice, parts, before=before)
