"""A stage that is handed in by a health check, and practices that are asked for it."""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

from mou.health_checks import actions
from mou.health_checks.answers import marks
from mou.health_checks.content import QuestionContent, SectionContent
from mou.models import HealthCheck, HealthCheckStage, Questionnaire
from practices.models import Practice
from resilience.core.access import Role
from resilience.core.calendar import today
from tests import factories as make

_numbers = itertools.count(1)

SMALL = (
    SectionContent(
        "Operational",
        (
            QuestionContent("Do receptionists signpost?", key="signpost", need="low", theme="Time"),
            QuestionContent("Is there a plan?", "yes_no", "plan", need="no", theme="Planning"),
            QuestionContent("When inspected?", "date", "inspected", is_required=False, carries_over=True),
        ),
        key="operational",
    ),
    SectionContent(
        "Workforce",
        (
            QuestionContent("How many GPs?", "number", "gps"),
            QuestionContent("What worries you?", "text", "worry", is_required=False),
        ),
        key="workforce",
    ),
    SectionContent(
        "Wishes",
        (
            QuestionContent(
                "Training?", "yes_no", "training", is_required=False, need="yes", theme="Planning"
            ),
        ),
        key="wishes",
        is_mandatory=False,
    ),
)
GOOD = {
    "operational": {"signpost": "2", "plan": "no", "inspected": "2017-10-05"},
    "workforce": {"gps": "4.5", "worry": "Two GPs retire"},
}


def published(content: Any = SMALL, name: str = "") -> Questionnaire:
    """A published version."""
    return actions.publish_questionnaire(
        by=make.make_person(Role.ADMINISTRATOR), name=name or f"Checkup {next(_numbers)}", sections=content
    )


@dataclass
class Checkups:
    """A scheme of one local office; ``practices`` are of one CCG and locality."""

    office: Any
    ccg: Any
    locality: Any
    year: Any
    stage: Any
    setting: HealthCheckStage
    practices: list[Practice]
    people: dict[str, Any] = field(default_factory=dict)

    @property
    def practice(self) -> Practice:
        return self.practices[0]

    @property
    def manager(self) -> Any:
        return self.people[Role.PRACTICE_USER]

    @property
    def officer(self) -> Any:
        return self.people[Role.PROGRAMME_OFFICER]


def make_checkups(
    practices: int = 1, *, is_summed_only: bool = False, least: int = 5, content: Any = SMALL
) -> Checkups:
    office = make.make_local_office()
    ccg = make.make_ccg(office)
    locality = make.make_organisation("locality", ccg)
    year = make.make_year(office)
    stage = year.stages.create(
        position=9, name="Health check", amount=1_000_00, opens="evidence", pays_before_mou=True,
        due_on=today() + dt.timedelta(days=30),
    )  # fmt: skip
    several = [make.make_practice(ccg, locality=locality) for _ in range(practices)]
    setting = HealthCheckStage.objects.create(
        stage=stage,
        questionnaire=published(content),
        is_summed_only=is_summed_only,
        least=least,
        chosen_by=make.make_person(Role.ADMINISTRATOR, office),
    )
    scopes = {Role.PRACTICE_USER: several[0], Role.SUPPLIER_USER: make.make_organisation("supplier", office)}
    people = {
        role: make.make_person(role, scopes.get(Role(role), office if role == Role.ADMINISTRATOR else ccg))
        for role in Role.values
    }
    return Checkups(office, ccg, locality, year, stage, setting, several, people)


def save(
    world: Checkups, section: str, given: dict[str, str], *, by: Any = None, practice: Any = None, **more: Any
) -> HealthCheck:
    """Answers of a section, as somebody of the practice gives them who saw what is saved now."""
    practice = practice or world.practice
    check = HealthCheck.objects.filter(stage=world.stage, practice=practice).first()
    questionnaire = check.questionnaire if check else world.setting.questionnaire
    now = dict(check.answers.values_list("question__key", "value")) if check else {}
    return actions.save_health_check(
        by=by or person_of(practice),
        stage=world.stage,
        practice=practice,
        section=questionnaire.sections.get(key=section),
        given=given,
        seen=more.get("seen") if "seen" in more else dict(_pairs(given, now)),
    )


def _pairs(given: dict[str, str], now: dict[str, str]) -> Any:
    return (each.split(":") for each in marks(given, now).split())


def person_of(practice: Practice) -> Any:
    """Somebody of the practice."""
    holding = practice.holdings.filter(role=Role.PRACTICE_USER).first()
    return holding.person if holding else make.make_person(Role.PRACTICE_USER, practice)


def filled(world: Checkups, practice: Any = None, **changed: str) -> HealthCheck:
    """Every mandatory section complete; ``changed`` answers by key."""
    check = None
    for section, given in GOOD.items():
        own = {key: changed.get(key, value) for key, value in given.items()}
        check = save(world, section, own, practice=practice)
    if "training" in changed:
        check = save(world, "wishes", {"training": changed["training"]}, practice=practice)
    assert check is not None
    return check


def handed_in(world: Checkups, practice: Any = None, **changed: str) -> HealthCheck:
    """Filled in and handed in."""
    filled(world, practice, **changed)
    of = practice or world.practice
    return actions.hand_in_health_check(by=person_of(of), stage=world.stage, practice=of)
