"""Filling in, handing in and correcting a health check; publishing a questionnaire and giving it to a stage."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from funding.stages.actions import hand_in
from mou.entering import came_words
from mou.health_checks import answers, content, copy, rules
from mou.health_checks.answers import Answers, Part
from mou.health_checks.states import health_check_state
from mou.models import (
    HealthCheck,
    HealthCheckAnswer,
    HealthCheckCorrection,
    HealthCheckStage,
    Question,
    Questionnaire,
    QuestionnaireSection,
)
from practices.models import Practice
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import PaymentStage
from resilience.referrals.uploads import CheckedFile

SUMMED = "The health check is complete. Its answers are shown to the commissioner only summed with those of others."


def locked(stage: PaymentStage, practice: Practice) -> tuple[Practice, HealthCheck | None]:
    """The practice, then its health check: everyone locks in this order."""
    practice = lock(practice)
    check = answers.check_of(stage, practice)
    return practice, lock(check) if check else None


@action("Saved answers of the health check")
def save_health_check(
    *,
    by: Any,
    stage: PaymentStage,
    practice: Practice,
    section: QuestionnaireSection,
    given: Mapping[str, str],
    seen: Mapping[str, str],
) -> HealthCheck:
    """Save answers of one section, complete or not; "" takes an answer back. ``seen``: marks of what the page showed.

    What colleagues saved meanwhile stays, where it was not changed here too. Raises ChangedMeanwhile,
    and saves nothing, where both changed the same answer.
    """
    practice, check = locked(stage, practice)
    rules.check_can_fill(by, stage, practice, check)
    setting = HealthCheckStage.objects.get(stage=stage)
    questionnaire = check.questionnaire_id if check else setting.questionnaire_id
    if section.questionnaire_id != questionnaire:
        raise Denied(
            "This section belongs to another version of the questionnaire. Open the health check anew."
        )
    questions = {each.key: each for each in section.questions.all()}
    mine = {key: value for key, value in given.items() if key in questions}
    for key, value in mine.items():
        if value:
            rules.check_fits(questions[key], value)
    saved = answers.answers_of(check)
    merged = answers.merge(seen, mine, saved)
    if merged.conflicts:
        named = " ".join(f"“{questions[key].words}”" for key in merged.conflicts)
        raise rules.ChangedMeanwhile(
            merged.conflicts, f"Someone else changed the same answers after you opened this page: {named}"
        )
    if check is None:
        check = HealthCheck.objects.create(
            stage=stage,
            practice=practice,
            questionnaire=setting.questionnaire,
            is_summed_only=setting.is_summed_only,
            started_by=by,
        )
    changed = write_answers(check, questions, merged.answers, saved, by)
    record(by=by, on=check, stage=stage.pk, practice=practice.pk, section=section.pk, questions=changed)
    return check


def write_answers(
    check: HealthCheck, questions: Mapping[str, Question], wanted: Answers, saved: Answers, by: Any
) -> list[int]:
    changed = [key for key, value in wanted.items() if value != saved.get(key, "")]
    rows = HealthCheckAnswer.objects.filter(health_check=check)
    rows.filter(question__in=[questions[key] for key in changed]).delete()
    HealthCheckAnswer.objects.bulk_create(
        HealthCheckAnswer(health_check=check, question=questions[key], value=wanted[key], saved_by=by)
        for key in changed
        if wanted[key]
    )
    return sorted(questions[key].pk for key in changed)


@action("Handed in the health check")
def hand_in_health_check(*, by: Any, stage: PaymentStage, practice: Practice) -> HealthCheck:
    """What was answered is frozen and handed in for the stage, whose money becomes payable. A repeat does nothing.

    A copy is kept; it goes with the evidence unless the commissioner sees answers only summed.
    """
    practice, check = locked(stage, practice)
    if check and check.handed_in_at and check.handed_in_by_id == by.pk:
        record(by=by, on=check, repeat=True)
        return check
    sections = check.questionnaire.sections.prefetch_related("questions") if check else []
    parts = answers.parts_of(sections, answers.answers_of(check))
    rules.check_can_hand_in(by, stage, practice, check, parts)
    if check is None:
        raise Denied("The health check is not started yet.")
    return take_in(by, check, stage, practice, parts, before=health_check_state(check))


def take_in(
    by: Any, check: HealthCheck, stage: PaymentStage, practice: Practice, parts: list[Part], *, before: str
) -> HealthCheck:
    """Hand in a complete health check, inside an act: its copy, the stage's evidence, where the practice was then."""
    now = timezone.now()
    file = CheckedFile(*copy.of(check, stage, practice, parts, by, now))
    words = SUMMED if check.is_summed_only else ""
    if said := came_words(check):
        words = f"Entered {said}."
    entry = hand_in(
        by=by,
        stage=stage,
        practice=practice,
        words=words,
        file=None if check.is_summed_only else file,
        through=rules.WAY,
    )
    check.copy = entry.file or StoredFile.keep(
        name=file.name, content_type=file.content_type, content=file.content, by=by
    )
    check.handed_in_at, check.handed_in_by = now, by
    check.commissioner, check.locality = practice.commissioner, practice.locality
    check.save()
    record(
        by=by,
        on=check,
        stage=stage.pk,
        practice=practice.pk,
        before=before,
        after=health_check_state(check),
        sha256=check.copy.sha256,
    )
    return check


@action("Corrected an answer of the health check")
def correct_health_check(
    *, by: Any, check: HealthCheck, question: Question, value: str, why: str
) -> HealthCheckCorrection:
    """Put an answer right after it was handed in: a new entry; what was handed in stays. A second click is the same."""
    _, found = locked(check.stage, check.practice)
    rules.check_can_correct(by, check.stage, check.practice, found)
    if question.section.questionnaire_id != check.questionnaire_id:
        raise Denied("This question is not of this health check.")
    rules.check_fits(question, value)
    if not why.strip():
        raise Denied("Say why the answer is corrected.")
    last = HealthCheckCorrection.objects.filter(health_check=check, question=question).last()
    if last and (last.value, last.why, last.made_by_id) == (value, why[:300], by.pk):
        record(by=by, on=last, repeat=True)
        return last
    if value == answers.corrected(check).get(question.key, ""):
        raise Denied("That is the answer that stands already.")
    made = HealthCheckCorrection.objects.create(
        health_check=check, question=question, value=value, why=why[:300], made_by=by
    )
    record(by=by, on=made, why=why, question=question.pk, check=check.pk)
    return made


@action("Published a questionnaire")
def publish_questionnaire(*, by: Any, name: str, sections: content.Content) -> Questionnaire:
    """The next version under ``name``. Raises Denied for one with faults, and for nothing new."""
    rules.check_can_publish(by)
    sections = content.with_keys(sections)
    if wrong := content.problems(sections):
        raise Denied(" ".join(wrong))
    last = Questionnaire.objects.filter(name=name).first()
    if last and content.content_of(last) == sections:
        raise Denied(f"Nothing differs from {last}.")
    try:
        with transaction.atomic():
            made = content.write(sections, name=name, version=last.version + 1 if last else 1, by=by)
    except IntegrityError:
        raise Denied("Somebody published a version at the same moment. Look at it first.") from None
    record(by=by, on=made, version=made.version, sections=len(sections))
    return made


@action("Chose the health check of a stage")
def choose_health_check(
    *, by: Any, stage: PaymentStage, questionnaire: Questionnaire | None, is_summed_only: bool, least: int = 5
) -> HealthCheckStage | None:
    """The stage is handed in by this questionnaire, or without one by a file and a few words, as any other."""
    stage = lock(stage)
    rules.check_can_choose(by, stage)
    HealthCheckStage.objects.filter(stage=stage).delete()
    made = None
    if questionnaire:
        made = HealthCheckStage.objects.create(
            stage=stage,
            questionnaire=questionnaire,
            is_summed_only=is_summed_only,
            least=least,
            chosen_by=by,
        )
    record(
        by=by,
        on=stage,
        questionnaire=questionnaire.pk if questionnaire else None,
        is_summed_only=is_summed_only,
        least=least,
    )
    return made
