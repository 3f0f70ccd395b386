"""Payment stages in the demonstration: who handed in, who declined, who was chased; progress accepted."""

import uuid
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from funding import actions as funding
from funding.stages import actions
from funding.stages.letters import CHASE_BODY, CHASE_SUBJECT
from mou import wording
from practices.models import Person, Practice
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.demo.stories import PAGE, Story
from resilience.programmes.actions import add_item, add_programme, set_stages
from resilience.programmes.models import PaymentStage, ProgrammeYear
from resilience.programmes.setup import add_standard_year, stage
from resilience.referrals.uploads import check_file

Opens = PaymentStage.Opens
SAID = (
    "All mandatory sections are complete. The workforce data is in the file.",
    "Complete. Recruitment is what worries us most.",
    "",
)
NOT_NOW = "We merge with a neighbour in spring and will take part as one practice next year."


def set_up_clusters(places: Places, people: People, common: dict[str, Any]) -> ProgrammeYear:
    """A third programme, of one CCG: £2,000 a practice in three stages, at the start, on the plan, on progress."""
    ccg = places.ccgs[2]
    programme = add_programme(
        by=people.admin,
        name="Cluster plans",
        owner=ccg,
        purpose="Practices of a cluster write a plan for three years together. "
        "Each is paid at the start, when its plan is agreed, and once progress is shown.",
    )
    year = add_standard_year(programme, "bare", **common)
    for name in ("Cluster plan", "Working together across practices"):
        add_item(by=people.admin, year=year, name=name, is_contribution_theme=False)
    set_stages(
        by=people.admin,
        year=year,
        stages=[
            stage("Start", Opens.DATE, amount=600_00, opens_on=year.starts_on, pays_before_mou=True),
            stage("Plan agreed", Opens.PLAN_AGREED, per_cent=Decimal(50)),
            stage("Progress shown", Opens.PROGRESS, per_cent=Decimal(50)),
        ],
    )
    wording.publish(year, "local", people.admin)
    funding.set_allocation(
        by=people.finance,
        year=year,
        commissioner=ccg,
        amount=20_000_00,
        why="Allocation letter",
        key=uuid.uuid4().hex,
    )
    return year


def tell_clusters(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    """One practice has shown its progress; another has its first money and agrees its plan."""
    east = places.practices[places.ccgs[2].name]

    def story(practice: Practice, number: int, days: int, until: str, ending: str = "") -> Story:
        received = working_days_ago(days)
        told = Story(
            chronicle, people, year, practice, received, number, until, pence=2_000_00, ending=ending
        )
        return told.tell()

    first = story(east[30], 201, 70, "sign")
    story(east[31], 202, 36, "plan", "practice_agrees")

    def accept() -> None:
        actions.accept_progress(
            by=Person.objects.get(pk=people.officer.pk),
            referral=first.referral,
            stage=year.stages.get(opens=Opens.PROGRESS),
            why="The practices of the cluster share a pharmacist since last month.",
        )

    chronicle.tell(working_days_ago(4), accept, hour=14)


def tell_evidence(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    """Health checks of the local scheme: most are in, some practices declined, some were chased once or twice."""
    asked = year.stages.get(opens=Opens.EVIDENCE)

    def officer_of(practice: Practice) -> Person:
        return Person.objects.get(pk=people.officers[practice.commissioner_id].pk)

    def hand_in(practice: Practice, number: int) -> None:
        said = SAID[number % len(SAID)]
        if number % 9:
            actions.hand_in(by=officer_of(practice), stage=asked, practice=practice, words=said)
            return
        file = check_file(SimpleUploadedFile("health-check.pdf", PAGE, content_type="application/pdf"))
        actions.hand_in(by=people.manager_of(practice), stage=asked, practice=practice, words=said, file=file)

    def decline(practice: Practice) -> None:
        actions.decline(by=officer_of(practice), stage=asked, practice=practice, words=NOT_NOW)

    def chase(practice: Practice) -> None:
        actions.record_chase(
            by=officer_of(practice), stage=asked, practice=practice, words="Telephoned the practice manager."
        )

    def write_to(practice: Practice) -> None:
        actions.chase(
            by=officer_of(practice), stage=asked, practice=practice, subject=CHASE_SUBJECT, body=CHASE_BODY
        )

    number = 0
    for ccg, enough in zip(places.ccgs, (0.8, 0.65, 0.5), strict=True):
        several = places.practices[ccg.name]
        for place, practice in enumerate(several):
            number += 1
            if place == 0:
                continue
            if place in (5, 8):
                chronicle.tell(working_days_ago(30), partial(decline, practice), hour=11)
            elif place <= len(several) * enough:
                day = working_days_ago(62 - number % 40)
                chronicle.tell(day, partial(hand_in, practice, number), hour=12)
            elif place % 3 == 0:
                chronicle.tell(working_days_ago(20), partial(chase, practice), hour=15)
    home = places.practices[places.ccgs[0].name][0]
    chronicle.tell(working_days_ago(12), partial(write_to, home), hour=15)
    chronicle.tell(working_days_ago(3), partial(write_to, home), hour=15)
