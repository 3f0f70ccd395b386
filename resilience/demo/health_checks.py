"""Health checks and projects in the demonstration: the questionnaire is published, some are in, some are started."""

import datetime as dt
import random
from functools import partial
from typing import Any

from mou.health_checks import actions
from mou.health_checks.answers import marks, read_marks
from mou.health_checks.ours import NAME, OURS
from mou.models import HighImpactAction, Question, Questionnaire
from mou.projects import actions as projects
from practices.models import Person, Practice
from resilience.core.calendar import today
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.programmes.models import PaymentStage, ProgrammeYear

SAY = (
    "It is hard to get through by phone before 10. The nurses are kind.",
    "Waiting three weeks for an appointment. Reception is helpful.",
    "They like the new online consultations.",
)
HELP = ("Two more GPs.", "Somebody who knows HR.", "A pharmacist that several practices share.")


def tell_health_checks(
    chronicle: Chronicle, places: Places, people: People, local: ProgrammeYear, clusters: ProgrammeYear
) -> None:
    """In the local scheme read by the office; in the clusters' programme summed only."""
    with_money = local.stages.get(opens=PaymentStage.Opens.EVIDENCE)
    start = working_days_ago(21)
    chronicle.tell(start, partial(_set_up, people, with_money), hour=9)
    for number, (ccg, place) in enumerate(((0, 33), (0, 34), (0, 36), (0, 37), (0, 38), (1, 27), (2, 21))):
        practice = places.practices[places.ccgs[ccg].name][place]
        chronicle.tell(
            working_days_ago(18 - number), partial(_fill, people, with_money, practice, True), hour=10
        )
    for place in (0, 35):
        practice = places.practices[places.ccgs[0].name][place]
        chronicle.tell(working_days_ago(3), partial(_fill, people, with_money, practice, False), hour=11)
    cluster = places.practices[places.ccgs[2].name][30]
    chronicle.tell(working_days_ago(12), partial(_project, people, cluster, clusters), hour=13)


def _set_up(people: People, stage: PaymentStage) -> None:
    by = Person.objects.get(pk=people.admin.pk)
    questionnaire = actions.publish_questionnaire(by=by, name=NAME, sections=OURS)
    actions.choose_health_check(by=by, stage=stage, questionnaire=questionnaire, is_summed_only=False)


def _fill(people: People, stage: PaymentStage, practice: Practice, is_whole: bool) -> None:
    by = people.manager_of(practice)
    chance = random.Random(practice.pk)  # nosec B311 # fictional answers
    sections = list(Questionnaire.objects.get(name=NAME).sections.prefetch_related("questions"))
    for section in sections if is_whole else sections[:2]:
        given = {each.key: _answer(each, chance) for each in section.questions.all()}
        actions.save_health_check(
            by=by,
            stage=stage,
            practice=practice,
            section=section,
            given=given,
            seen=read_marks(marks(given, {})),
        )
    if is_whole:
        actions.hand_in_health_check(by=by, stage=stage, practice=practice)


def _answer(question: Question, chance: random.Random) -> str:
    made: dict[str, Any] = {
        Question.Kind.SCALE: chance.choice("12234"),
        Question.Kind.YES_NO: chance.choice(("yes", "no", "no", "not_sure")),
        Question.Kind.NUMBER: str(
            chance.randint(60, 95) if "of 100" in question.words else chance.randint(1, 9)
        ),
        Question.Kind.DATE: str(today() - dt.timedelta(days=chance.randint(200, 900))),
        Question.Kind.TEXT: chance.choice(HELP if question.key == "one-thing" else SAY),
    }
    return made[question.kind]


def _project(people: People, practice: Practice, year: ProgrammeYear) -> None:
    by = people.manager_of(practice)
    others = Practice.objects.filter(locality=practice.locality).exclude(pk=practice.pk)[:3]
    made = projects.add_project(
        by=by,
        locality=practice.locality,
        year=year,
        values={
            "name": "A pharmacist for the cluster",
            "horizon": "medium",
            "aim": "GPs spend less time on repeat prescriptions and letters.",
            "change": "One pharmacist reviews medicines for four practices, and sees patients herself.",
            "lead_practice": practice,
            "practices": list(others),
            "actions": list(HighImpactAction.objects.filter(number__in=(5, 7))),
            "starts_on": today() - dt.timedelta(days=60),
            "ends_on": today() + dt.timedelta(days=240),
        },
    )
    projects.record_project_progress(
        by=by,
        project=made,
        status="on_track",
        words="The post was advertised, and six people applied.",
        next_steps="Interviews next week.",
    )
