"""How the stages that ask for a health check are handed in: told to the room of money, which asks for them."""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from django.urls import reverse

from funding.stages.ways import Way
from mou.health_checks.answers import check_of, how_far, parts_of
from mou.health_checks.reading import may_read
from mou.health_checks.rules import WAY, check_can_enter
from mou.models import HealthCheck, HealthCheckAnswer, HealthCheckStage, QuestionnaireSection
from practices.models import Practice
from resilience.core.access import why_not
from resilience.programmes.models import PaymentStage


def page_of(stage: int, practice: Practice) -> str:
    """Where a practice fills in its health check, and where it is read once it is in."""
    return reverse("mou:health_check", kwargs={"stage": stage, "ods_code": practice.ods_code})


def entry_of(stage: int, practice: Practice) -> str:
    """Where an officer enters what a practice sent in another way."""
    return reverse("mou:enter_health_check", kwargs={"stage": stage, "ods_code": practice.ods_code})


def _why_not_entered(stage: int, user: object, practice: Practice) -> str:
    found = PaymentStage.objects.select_related("year__programme").get(pk=stage)
    return why_not(check_can_enter, user, found, practice, check_of(found, practice))


def progress(stage: int, practices: Iterable[int]) -> dict[int, str]:
    """How far those are that have started and not handed in, in words."""
    return {practice: words for (_, practice), words in progress_of([stage], practices).items()}


def progress_of(stages: Iterable[int], practices: Iterable[int]) -> dict[tuple[int, int], str]:
    """The same by stage and practice, in a few queries however many there are."""
    checks = list(
        HealthCheck.objects.filter(
            stage__in=list(stages), practice__in=list(practices), handed_in_at__isnull=True
        )
    )
    if not checks:
        return {}
    given: dict[int, dict[str, str]] = {each.pk: {} for each in checks}
    rows = HealthCheckAnswer.objects.filter(health_check__in=checks)
    for pk, key, value in rows.values_list("health_check_id", "question__key", "value"):
        given[pk][key] = value
    sections: dict[int, list[QuestionnaireSection]] = defaultdict(list)
    versions = {each.questionnaire_id for each in checks}
    for section in QuestionnaireSection.objects.filter(questionnaire__in=versions).prefetch_related(
        "questions"
    ):
        sections[section.questionnaire_id].append(section)
    return {
        (each.stage_id, each.practice_id): how_far(parts_of(sections[each.questionnaire_id], given[each.pk]))
        for each in checks
    }


def ways_of(stages: Iterable[int]) -> dict[int, Way]:
    """By stage id, of these stages those that are handed in by a health check."""
    found = HealthCheckStage.objects.filter(stage__in=list(stages)).values_list("stage_id", flat=True)
    return {
        pk: Way(
            name=WAY,
            what="health check",
            href=partial(page_of, pk),
            progress=partial(progress, pk),
            opens_to=partial(_opens_to, pk),
            entered_at=partial(entry_of, pk),
            why_not_entered=partial(_why_not_entered, pk),
            report=reverse("mou:health_check_themes", kwargs={"stage": pk}),
        )
        for pk in found
    }


def _opens_to(stage: int, user: object, practice: Practice) -> bool:
    return may_read(user, PaymentStage(pk=stage), practice)
