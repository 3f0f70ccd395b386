"""Health checks and projects of the small world, and how they grow."""

import datetime as dt
from typing import Any

from django.utils import timezone

from mou.models import HealthCheck, HealthCheckStage, HighImpactAction, Project, Questionnaire
from practices.models import Organisation, Practice
from resilience.core.access import Role
from resilience.core.models import StoredFile
from resilience.programmes.models import PaymentStage, ProgrammeYear
from resilience.referrals.models import Referral
from tests import factories as make


def questionnaire_of(name: str, *, by: Any = None) -> Questionnaire:
    """A published version of one section with a question of each kind."""
    made = Questionnaire.objects.create(name=name, published_by=by)
    section = made.sections.create(position=1, key="workforce", title=name, guidance=name)
    for position, (kind, need) in enumerate(
        (("number", ""), ("scale", "low"), ("yes_no", "no"), ("date", ""), ("text", "")), start=1
    ):
        section.questions.create(
            position=position,
            key=kind.replace("_", "-"),
            words=name,
            kind=kind,
            scale=[name] * 4 if kind == "scale" else [],
            need=need,
            theme=name if need else "",
        )
    return made


def health_check_in(
    stage: Any, practice: Practice, questionnaire: Questionnaire, by: Any, text: str = "x", **handed_in: Any
) -> HealthCheck:
    """Started, with every question answered; where a ``copy`` is given, handed in from what somebody sent."""
    check = HealthCheck.objects.create(
        stage=stage, practice=practice, questionnaire=questionnaire, started_by=by
    )
    answers = {"number": "4.5", "scale": "2", "yes-no": "no", "date": "2018-10-05", "text": text}
    for question in questionnaire.sections.get().questions.all():
        check.answers.create(question=question, value=answers[question.key], saved_by=by)
    if handed_in:
        now = {"handed_in_at": timezone.now(), "handed_in_by": by, "commissioner": practice.commissioner}
        came = {"came_from": text[:120], "came_on": dt.date(2018, 10, 5), "original": handed_in["copy"]}
        HealthCheck.objects.filter(pk=check.pk).update(**now, **came, **handed_in)
    return check


def project_in(
    corner: Any, year: ProgrammeYear, locality: Organisation | None, name: str, **fields: Any
) -> Project:
    """A project of a cluster that serves a high impact action, with progress."""
    by = corner.people[Role.PRACTICE_USER]
    project = Project.objects.create(
        year=year,
        locality=locality,
        commissioner=corner.ccg,
        horizon="short",
        name=name,
        aim=name,
        change=name,
        lead_practice=corner.practice,
        starts_on=dt.date(2018, 1, 1),
        ends_on=dt.date(2018, 7, 1),
        added_by=by,
        **fields,
    )
    project.taking_part.create(practice=corner.practice)
    project.serves.create(action=HighImpactAction.objects.get(number=1))
    project.progress.create(status="on_track", words=name, next_steps=name, made_by=by)
    return project


def grow_health_checks(corner: Any, manager: Any, file: StoredFile, name: str, n: int) -> None:
    """Of others for the same stage, handed in and started; of their own for another, started; corrections."""
    stage = PaymentStage.objects.get(pk=corner.things["stage"])
    questionnaire = Questionnaire.objects.get(pk=corner.things["questionnaire"])
    for given in ({"copy": file}, {}):
        practice = make.make_practice(corner.ccg, locality=corner.locality, name=name)
        health_check_in(stage, practice, questionnaire, manager, name, **given)
    own = HealthCheck.objects.get(pk=corner.things["health_check"])
    own.corrections.create(question=own.answers.first().question, value=str(n), why=name, made_by=manager)
    another = stage.year.stages.create(
        position=300 + n, name=name, amount=1, opens="evidence", due_on=dt.date(2030, 1, 1)
    )
    other = questionnaire_of(name, by=manager)
    HealthCheckStage.objects.create(stage=another, questionnaire=other, chosen_by=manager)
    health_check_in(another, corner.practice, other, manager, name)


def grow_projects(corner: Any, manager: Any, name: str) -> None:
    """Of the corner's cluster and of another; of the corner's own plan."""
    other = make.make_organisation("locality", corner.ccg, name=name)
    make.make_practice(corner.ccg, locality=other, name=name)
    plan = Referral.objects.get(pk=corner.things["referral"]).plan
    for locality, of_plan in ((corner.locality, None), (other, None), (None, plan)):
        project_in(corner, corner.things["year_row"], locality, name, plan=of_plan)
    own = Project.objects.get(pk=corner.things["project"])
    own.progress.create(status="delayed", words=name, next_steps=name, made_by=manager)
    own.taking_part.create(practice=make.make_practice(corner.ccg, locality=corner.locality, name=name))
