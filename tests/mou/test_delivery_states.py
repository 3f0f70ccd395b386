"""Every state of a report × every act × every role: allowed exactly where the table says, on the trail, or nothing."""

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from mou.delivery import actions, entering
from mou.delivery.dates import Due
from mou.delivery.states import REPORT_ACTS
from mou.models import ProgressEntry, ProgressReport, ReportStep
from resilience.core.access import ROLE_PERMISSIONS, Denied, P, Role
from resilience.core.acts import ACTIONS
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from resilience.referrals.uploads import CheckedFile
from tests.factories import make_person
from tests.mou.delivering import all_said, due_report, make_delivering, rows_of
from tests.mou.world import World

pytestmark = pytest.mark.django_db
S = ProgressReport.State
LATER = dt.timedelta(days=60)


class _Undo(Exception):
    pass


@pytest.fixture(scope="module")
def case(django_db_setup, django_db_blocker):
    """A case that is delivered and someone of every role, made once for the module and undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_delivering()
        over: dict[str, Any] = {
            Role.PRACTICE_USER: world.practice,
            Role.SUPPLIER_USER: None,
            Role.ADMINISTRATOR: world.office,
        }
        people = {role: make_person(role, over.get(Role(role), world.ccg)) for role in Role.values}
        yield world, people
        transaction.set_rollback(True)


ARGUMENTS: dict[str, Callable[[World, Any], dict[str, Any]]] = {
    "mou.set_reports": lambda world, _: {"referral": world.referral, "dates": [Due(today() + LATER)]},
    "mou.save_report": lambda _, report: {"report": report, "draft": {"words": "Half"}},
    "mou.hand_in_report": lambda world, report: {"report": report, "said": all_said(world), "words": "Well"},
    "mou.enter_report": lambda world, report: {
        "report": report,
        "said": all_said(world),
        "words": "Well",
        "came_from": "Dr Lee, partner",
        "came_on": today(),
        "original": CheckedFile("scan.pdf", "application/pdf", b"%PDF-1.4"),
    },
    "mou.accept_report": lambda _, report: {"report": report},
    "mou.ask_report_again": lambda _, report: {"report": report, "words": "Dates", "due_on": today() + LATER},
    "mou.move_report": lambda _, report: {"report": report, "due_on": today() + LATER, "why": "Illness"},
    "mou.excuse_report": lambda _, report: {"report": report, "why": "The practice closes"},
}


def test_every_act_of_the_table_is_an_action_and_is_tried_here():
    assert entering.enter_report
    assert set(REPORT_ACTS) <= set(ACTIONS)
    assert set(ARGUMENTS) == set(REPORT_ACTS)


def _try(world: World, name: str, state: str, person: Any) -> str:
    """The state of the report after the act, or "denied"; everything is undone afterwards."""
    found = ""
    try:
        with transaction.atomic():
            report = due_report(world, state=state or "due")
            before = TrailEntry.objects.count(), ReportStep.objects.count(), ProgressEntry.objects.count()
            try:
                with transaction.atomic():
                    done = ACTIONS[name].run(by=person, **ARGUMENTS[name](world, report))
                entry = TrailEntry.objects.filter(act=name, case_id=world.referral.pk).last()
                assert entry is not None
                assert entry.by_id == person.pk
                if name == "mou.set_reports":
                    found = done[0].state
                else:
                    report.refresh_from_db()
                    found = report.state
                    saved = name == "mou.save_report"
                    last = ReportStep.objects.filter(report=report).last()
                    assert last is not None
                    assert saved or (last.act, last.before, last.after) == (name, state, found)
            except Denied:
                found = "denied"
                after = TrailEntry.objects.count(), ReportStep.objects.count(), ProgressEntry.objects.count()
                assert after == before
            raise _Undo
    except _Undo:
        return found


@pytest.mark.parametrize("name", sorted(REPORT_ACTS))
def test_allowed_exactly_where_the_table_says(name, case):
    world, people = case
    act, wrong = REPORT_ACTS[name], []
    states = ["", *S.values] if name != "mou.set_reports" else [""]
    for state, role in itertools.product(states, Role.values):
        if not state and name != "mou.set_reports":
            continue
        found = _try(world, name, state, people[role])
        may = act.permission in ROLE_PERMISSIONS[role] and state in act.moves
        expected = act.moves[state] if may else "denied"
        if found != expected:
            wrong.append(f"{role} in {state or 'no report'}: {found}, the table says {expected}")
    assert not wrong, "\n".join(wrong)


ELSEWHERE = [state for state in State.values if state not in (State.DRAFT, State.WITHDRAWN)]


@pytest.mark.parametrize("name", sorted(REPORT_ACTS))
def test_nothing_is_done_unless_the_mou_is_signed(name, case):
    world, people = case
    act, done = REPORT_ACTS[name], []
    person = people[Role.PRACTICE_USER if act.permission == P.PLAN_FOR_PRACTICE else Role.PROGRAMME_OFFICER]
    for state in ELSEWHERE:
        try:
            with transaction.atomic():
                report = due_report(world, state=next(iter(act.moves)) or "due")
                Referral.objects.filter(pk=world.referral.pk).update(state=state)
                ACTIONS[name].run(by=person, **ARGUMENTS[name](world, report))
                done.append(state)
                raise _Undo
        except (Denied, _Undo):
            pass
    over = [State.ENDED] if name != "mou.set_reports" else []
    assert done == [State.AGREED, *over]


@pytest.mark.parametrize("standing", ProgressEntry.Standing.values)
def test_progress_is_recorded_by_either_side_and_nobody_else(standing, case):
    world, people = case
    row = rows_of(world)[0]
    for role, person in people.items():
        may = {P.PLAN_FOR_PRACTICE, P.WORK_REFERRALS} & ROLE_PERMISSIONS[role]
        with transaction.atomic():
            before = ProgressEntry.objects.count()
            given = {"by": person, "referral": world.referral, "row": row, "standing": standing}
            if may:
                entry = actions.record_progress(**given, words="Because of illness")
                assert ProgressEntry.objects.count() == before + 1
                assert TrailEntry.objects.filter(subject_id=entry.pk, act="mou.record_progress").count() == 1
                assert actions.record_progress(**given, words="Because of illness") == entry
                assert ProgressEntry.objects.count() == before + 1
            else:
                with pytest.raises(Denied):
                    actions.record_progress(**given, words="Because of illness")
            if standing in ProgressEntry.NEEDS_REASON and may:
                with pytest.raises(Denied, match="Say why"):
                    actions.record_progress(**given, words=" ")
            transaction.set_rollback(True)


def test_people_of_another_place_do_nothing(case):
    world, _ = case
    report = due_report(world)
    for role in (Role.PRACTICE_USER, Role.PROGRAMME_OFFICER):
        stranger = make_person(role, make_delivering().practice if role == Role.PRACTICE_USER else None)
        if role == Role.PROGRAMME_OFFICER:
            stranger = make_delivering().officer
        for name in REPORT_ACTS:
            with pytest.raises(Denied):
                ACTIONS[name].run(by=stranger, **ARGUMENTS[name](world, report))
