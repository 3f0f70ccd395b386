"""A practice fills in its health check, hands it in, and its stage opens; what is in stays as it was."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from post_office.models import Email

from funding.models import EvidenceEntry, Transfer
from funding.stages import actions as stages
from funding.stages import evidence
from funding.stages.evidence import Answer
from mou.health_checks import actions, answers, entering, rules
from mou.health_checks.states import HEALTH_CHECK_ACTS, HealthCheckState, health_check_state
from mou.models import HealthCheck, HealthCheckAnswer, HealthCheckCorrection, HealthCheckStage
from resilience.core.access import ROLE_PERMISSIONS, Denied, Role
from resilience.core.acts import ACTIONS
from resilience.core.calendar import today
from resilience.core.models import StoredFile, TrailEntry
from resilience.referrals.uploads import CheckedFile
from tests import factories as make
from tests.funding.groups import allocate, grant
from tests.mou.checkups import GOOD, Checkups, filled, handed_in, make_checkups, person_of, save

pytestmark = pytest.mark.django_db

S = HealthCheckState


@pytest.fixture
def quick_pdf(monkeypatch):
    """The copy is rendered once below; elsewhere its bytes do not matter."""
    monkeypatch.setattr("mou.health_checks.copy.pdf.render", lambda html, **_: html.encode())


@pytest.fixture
def world(quick_pdf) -> Checkups:
    return make_checkups()


# --- state × act × role ------------------------------------------------------------------------


def in_state(world: Checkups, state: str) -> HealthCheck | None:
    if state == S.HANDED_IN:
        return handed_in(world)
    return filled(world) if state == S.STARTED else None


SCAN = CheckedFile("scan.pdf", "application/pdf", b"%PDF-1.4")
ARGUMENTS: dict[str, Any] = {
    "mou.save_health_check": lambda world, check: {
        "section": world.setting.questionnaire.sections.get(key="workforce"),
        "given": {"gps": "7"},
        "seen": answers.read_marks(answers.marks(["gps"], answers.answers_of(check))),
    },
    "mou.hand_in_health_check": lambda world, check: {},
    "mou.enter_health_check": lambda world, check: {
        "given": GOOD["operational"] | GOOD["workforce"],
        "came_from": "Dr Lee, partner",
        "came_on": today(),
        "original": SCAN,
    },
    "mou.correct_health_check": lambda world, check: {
        "check": check or HealthCheck(stage=world.stage, practice=world.practice),
        "question": world.setting.questionnaire.sections.get(key="workforce").questions.get(key="gps"),
        "value": "7",
        "why": "Counted again",
    },
}


@pytest.mark.parametrize("name", sorted(HEALTH_CHECK_ACTS))
def test_allowed_exactly_where_the_table_says(name: str, world: Checkups):
    act, wrong = HEALTH_CHECK_ACTS[name], []
    colleague = make.make_person(Role.PRACTICE_USER, world.practice)
    people = {**world.people, Role.PRACTICE_USER: colleague}
    foreign = {
        f"foreign {role}": make.make_person(
            role, make.make_practice() if role == Role.PRACTICE_USER else make.make_ccg()
        )
        for role in (Role.PRACTICE_USER, Role.PROGRAMME_OFFICER)
    }
    for state, (role, person) in itertools.product(S.values, [*people.items(), *foreign.items()]):
        outcome, said = _try(name, world, state, person)
        may = role in ROLE_PERMISSIONS and act.permission in ROLE_PERMISSIONS[role] and state in act.moves
        expected = act.moves[state] if may else "denied"
        if outcome != expected:
            wrong.append(f"{role} in {state}: {outcome} ({said}), the table says {expected}")
    assert not wrong, "\n".join(wrong)


def _try(name: str, world: Checkups, state: str, person: Any) -> tuple[str, str]:
    with transaction.atomic():
        check = in_state(world, state)
        person = type(person).objects.get(pk=person.pk)
        given = ARGUMENTS[name](world, check)
        if "check" not in given:
            given |= {"stage": world.stage, "practice": world.practice}
        before, said = TrailEntry.objects.count(), ""
        try:
            with transaction.atomic():
                ACTIONS[name].run(by=person, **given)
            outcome = health_check_state(answers.check_of(world.stage, world.practice))
            assert TrailEntry.objects.filter(act=name, by=person).exists()
        except Denied as denied:
            outcome, said = "denied", str(denied)
            assert TrailEntry.objects.count() == before
        transaction.set_rollback(True)
    return outcome, said


def test_every_act_of_the_table_is_an_action_and_is_tried_here():
    assert entering.enter_health_check
    assert set(HEALTH_CHECK_ACTS) <= set(ACTIONS)
    assert set(ARGUMENTS) == set(HEALTH_CHECK_ACTS)


# --- handing in --------------------------------------------------------------------------------


def test_handing_in_opens_the_stage_and_keeps_a_copy():
    world = make_checkups()
    referral = make.make_referral(world.practice, world.year, "supported")
    grant(referral, 1_000_00)
    allocate(referral, 5_000_00)
    from funding.actions import commit

    commit(
        by=make.make_person(Role.FINANCE_LEAD), referral=referral, item=world.year.menu.first(),
        amount=1_000_00, purpose="Health check", key="k",
    )  # fmt: skip
    check = handed_in(world)
    (entry,) = EvidenceEntry.objects.all()
    assert (entry.kind, entry.file_id) == ("handed_in", check.copy_id)
    assert bytes(check.copy.content).startswith(b"%PDF-")
    assert Transfer.objects.get(kind="make_payable").amount == 1_000_00
    assert (check.commissioner, check.locality) == (world.ccg, world.locality)
    assert evidence.asked(world.stage, world.practice).answer == Answer.IN
    letter = Email.objects.get(subject__contains="handed in")
    assert f"/health-checks/{world.stage.pk}/{world.practice.ods_code}/" in letter.message


def test_it_is_handed_in_once_whoever_clicks_and_only_when_complete(world):
    with pytest.raises(Denied, match="not started"):
        actions.hand_in_health_check(by=world.manager, stage=world.stage, practice=world.practice)
    save(world, "operational", GOOD["operational"])
    with pytest.raises(Denied, match="Not complete: Workforce"):
        actions.hand_in_health_check(by=world.manager, stage=world.stage, practice=world.practice)
    check = handed_in(world)
    again = actions.hand_in_health_check(
        by=person_of(world.practice), stage=world.stage, practice=world.practice
    )
    assert again == check
    with pytest.raises(Denied, match="handed in on"):
        actions.hand_in_health_check(
            by=make.make_person(Role.PRACTICE_USER, world.practice),
            stage=world.stage,
            practice=world.practice,
        )
    assert EvidenceEntry.objects.count() == 1


def test_the_plain_way_to_hand_in_is_closed_and_declining_is_not(world):
    for person in (world.manager, world.officer):
        with pytest.raises(Denied, match="filling in the health check"):
            stages.hand_in(by=person, stage=world.stage, practice=world.practice, words="Here")
    stages.decline(by=world.manager, stage=world.stage, practice=world.practice)
    handed_in(world)
    HealthCheckStage.objects.all().delete()
    other = make.make_practice(world.ccg)
    stages.hand_in(by=world.officer, stage=world.stage, practice=other)


def test_what_is_in_is_frozen_in_the_database_and_corrected_beside(world):
    check = handed_in(world)
    question = world.setting.questionnaire.sections.get(key="workforce").questions.get(key="gps")
    answer = HealthCheckAnswer.objects.get(health_check=check, question=question)
    made = actions.correct_health_check(
        by=world.manager, check=check, question=question, value="3", why="One left"
    )
    again = actions.correct_health_check(
        by=world.manager, check=check, question=question, value="3", why="One left"
    )
    assert again == made
    with pytest.raises(Denied, match="stands already"):
        actions.correct_health_check(by=world.manager, check=check, question=question, value="3", why="x")
    with pytest.raises(Denied, match="Say why"):
        actions.correct_health_check(by=world.manager, check=check, question=question, value="2", why=" ")
    attempts = [
        lambda: HealthCheckAnswer.objects.filter(pk=answer.pk).update(value="9"),
        lambda: HealthCheckAnswer.objects.filter(pk=answer.pk).delete(),
        lambda: HealthCheckAnswer.objects.create(
            health_check=check, question=world.setting.questionnaire.sections.get(key="wishes").questions.get(),
            value="yes", saved_by=world.manager,
        ),
        lambda: HealthCheck.objects.filter(pk=check.pk).update(is_summed_only=True),
        lambda: HealthCheck.objects.filter(pk=check.pk).update(handed_in_at=None, handed_in_by=None, copy=None),
        lambda: HealthCheck.objects.filter(pk=check.pk).delete(),
        lambda: HealthCheckCorrection.objects.filter(pk=made.pk).update(value="9"),
        lambda: HealthCheckCorrection.objects.filter(pk=made.pk).delete(),
        lambda: question.__class__.objects.filter(pk=question.pk).update(words="Other"),
        lambda: world.setting.questionnaire.__class__.objects.all().delete(),
        lambda: StoredFile.objects.filter(pk=check.copy_id).update(content=b"x"),
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert answers.answers_of(check)["gps"] == "4.5"
    assert answers.corrected(check)["gps"] == "3"


def test_an_answer_of_another_kind_is_refused(world):
    for key, value in (("signpost", "5"), ("signpost", "low"), ("plan", "maybe")):
        with pytest.raises(Denied, match="Choose one"):
            save(world, "operational", {key: value})
    with pytest.raises(Denied, match="another version"):
        actions.save_health_check(
            by=world.manager, stage=world.stage, practice=world.practice, given={}, seen={},
            section=make_checkups().setting.questionnaire.sections.first(),
        )  # fmt: skip
    save(world, "operational", {"gps": "3"})
    assert not HealthCheckAnswer.objects.exists()


def test_how_far_it_is_stands_in_the_one_list_of_the_office(world):
    way = evidence.asked(world.stage, world.practice).way
    assert way.progress([world.practice.pk]) == {}
    save(world, "operational", GOOD["operational"])
    assert way.progress([world.practice.pk]) == {world.practice.pk: "Started, 1 of 2 sections done"}
    handed_in(world)
    assert way.progress([world.practice.pk]) == {}


# --- several people ----------------------------------------------------------------------------


def test_a_later_save_does_not_silently_replace_a_colleagues(world):
    first, second = world.manager, make.make_person(Role.PRACTICE_USER, world.practice)
    empty = answers.read_marks(answers.marks(["gps", "worry"], {}))
    save(world, "workforce", {"gps": "4", "worry": ""}, by=first, seen=empty)
    save(world, "workforce", {"gps": "", "worry": "Rent"}, by=second, seen=empty)
    check = answers.check_of(world.stage, world.practice)
    assert answers.answers_of(check) == {"gps": "4", "worry": "Rent"}
    with pytest.raises(rules.ChangedMeanwhile, match="How many GPs") as raised:
        save(world, "workforce", {"gps": "5", "worry": "Rent and rates"}, by=second, seen=empty)
    assert set(raised.value.keys) == {"gps", "worry"}
    assert answers.answers_of(check) == {"gps": "4", "worry": "Rent"}


def test_last_years_answers_are_found_whatever_the_version(world):
    old = handed_in(world)
    year = make.make_year(
        world.office, programme=world.year.programme, name="Next", starts_on=world.year.ends_on + dt.timedelta(days=1),
        ends_on=world.year.ends_on + dt.timedelta(days=366),
    )  # fmt: skip
    stage = year.stages.create(position=9, name="Health check", amount=1, opens="evidence")
    assert answers.earlier(stage, world.practice) == old
    assert answers.earlier(world.stage, world.practice) is None
