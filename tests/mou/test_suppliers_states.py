"""Every state × act × role of an assignment and of its deliverables: allowed exactly where the two tables say."""

import itertools
from typing import Any

import pytest
from django.db import transaction

from mou.models import CommitmentItem, Deliverable, SupplierCase
from mou.suppliers import actions, deliveries
from mou.suppliers.states import CASE_ACTS, DELIVERABLE_ACTS, CaseState, case_state
from resilience.core.access import ROLE_PERMISSIONS, Role
from resilience.core.acts import ACTIONS, Denied
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from tests.factories import make_person
from tests.mou.supplying import PDF, SOON, Supplied, again, bring_to, deliverable_of, make_supplied, write

pytestmark = pytest.mark.django_db

C = CaseState


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world and somebody in each role for the module; each try is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        supplied = make_supplied()
        scopes: dict[str, Any] = {
            Role.PRACTICE_USER: supplied.world.practice,
            Role.SUPPLIER_USER: supplied.supplier,
            Role.ADMINISTRATOR: supplied.world.office,
        }
        people = {role: make_person(role, scopes.get(Role(role), supplied.world.ccg)) for role in Role.values}
        yield supplied, people
        transaction.set_rollback(True)


class _Undo(Exception):
    pass


def attempt(name: str, arguments: dict[str, Any], by: Any) -> str:
    """ "done", or "denied" having left nothing on the trail."""
    before = TrailEntry.objects.count()
    try:
        with transaction.atomic():
            ACTIONS[name].run(by=again(by), **arguments)
    except Denied:
        assert TrailEntry.objects.count() == before
        return "denied"
    assert TrailEntry.objects.filter(act=name, by=by).exists()
    return "done"


# --- assignments ---------------------------------------------------------------------------------


def case_in(state: str, supplied: Supplied) -> SupplierCase | None:
    if state == C.NONE:
        return None
    case = supplied.assign()
    if state == C.ENDED:
        # A visit, a figure and a consent from when it lasted.
        furnish(case, supplied)
        actions.end_case(by=supplied.world.officer, case=case, why="Done")
    else:
        furnish(case, supplied)
    return SupplierCase.objects.select_related("referral", "supplier", "practice", "care").get(pk=case.pk)


def furnish(case: SupplierCase, supplied: Supplied) -> None:
    actions.book_visit(by=supplied.dev, case=case, on=today())
    actions.add_figure(
        by=supplied.dev, case=case, label="x", value="1", period="y", source="z", is_confidential=False
    )


def case_arguments(name: str, case: SupplierCase | None, supplied: Supplied) -> dict[str, Any]:
    world = supplied.world
    item = CommitmentItem.objects.filter(year=world.year).first()
    visit = case.suppliervisits.get() if case else None
    figure = case.supplierfigures.get() if case else None
    return {
        "mou.assign_case": {
            "referral": world.referral,
            "practices": [world.practice],
            "supplier": supplied.supplier,
            "change_manager": supplied.dev,
        },
        "mou.reassign_case": {
            "case": case,
            "supplier": supplied.other,
            "change_manager": supplied.rival,
            "why": "Too slow",
        },
        "mou.end_case": {"case": case, "why": "Not needed any more"},
        "mou.name_change_manager": {"case": case, "change_manager": supplied.dev},
        "mou.share_request": {"case": case, "shares": True},
        "mou.book_visit": {"case": case, "on": SOON},
        "mou.record_visit": {"visit": visit, "made_on": today()},
        "mou.cancel_visit": {"visit": visit, "why": "Snow"},
        "mou.add_figure": {
            "case": case,
            "label": "DNAs",
            "value": "12",
            "period": "June",
            "source": "audit",
            "is_confidential": True,
        },
        "mou.withdraw_figure": {"figure": figure},
        "mou.tick_commitment": {"case": case, "item": item},
        "mou.undo_commitment": {"case": case, "item": item},
        "mou.give_consent": {"case": case, "what": "show"},
        "mou.revoke_consent": {"case": case, "what": "show"},
    }[name]


@pytest.mark.parametrize("name", sorted(CASE_ACTS))
def test_an_assignment_allows_exactly_what_its_table_says(name: str, world):
    supplied, people = world
    act, wrong = CASE_ACTS[name], []
    for state, role in itertools.product(C.values, Role.values):
        if state == C.NONE and name != "mou.assign_case":
            continue  # nothing is there to name
        try:
            with transaction.atomic():
                case = case_in(state, supplied)
                if name == "mou.book_visit" and state == C.OPEN and case:
                    actions.cancel_visit(by=supplied.dev, visit=case.suppliervisits.get(), why="Moved")
                outcome = attempt(name, case_arguments(name, case, supplied), people[role])
                after = case_state(SupplierCase.objects.get(pk=case.pk)) if case else ""
                raise _Undo
        except _Undo:
            pass
        # Who works for a supplier loses sight of an assignment with its end.
        may = act.permission in ROLE_PERMISSIONS[role] and state in act.moves
        if outcome != ("done" if may else "denied"):
            wrong.append(f"{role} in {state}: {outcome}")
        if may and case and name not in ("mou.assign_case",) and after != act.moves[state]:
            wrong.append(f"{role} in {state}: became {after}")
    assert not wrong, "\n".join(wrong)


# --- deliverables ---------------------------------------------------------------------------------


def deliverable_arguments(name: str, deliverable: Deliverable) -> dict[str, Any]:
    part = deliverable.deliverableparts.first()
    return {"deliverable": deliverable} | {
        "mou.write_sections": {"words": {"who": "All partners"}},
        "mou.save_deliverable_row": {"words": "Train two nurses"},
        "mou.remove_deliverable_row": {"part": part},
        "mou.hand_in_deliverable": {"file": PDF},
        "mou.accept_deliverable": {"read": 1},
        "mou.ask_deliverable_again": {"read": 1, "words": "Which figures?"},
        "mou.change_deliverable_date": {"due_on": SOON, "why": "Illness"},
    }[name]


@pytest.mark.parametrize("name", sorted(DELIVERABLE_ACTS))
@pytest.mark.parametrize("is_open", [True, False], ids=["lasts", "ended"])
def test_a_deliverable_allows_exactly_what_its_table_says(name: str, is_open: bool, world):
    supplied, people = world
    act, wrong = DELIVERABLE_ACTS[name], []
    form = "readiness" if name == "mou.write_sections" else "options"
    for state, role in itertools.product(Deliverable.State.values, Role.values):
        try:
            with transaction.atomic():
                case = supplied.assign()
                deliverable = deliverable_of(case, form)
                write(deliverable, supplied.dev)
                deliverable = bring_to(deliverable, state, supplied)
                if not is_open:
                    actions.end_case(by=supplied.world.officer, case=case, why="Done")
                    deliverable.supplier_case.refresh_from_db()
                outcome = attempt(name, deliverable_arguments(name, deliverable), people[role])
                after = Deliverable.objects.get(pk=deliverable.pk).state
                raise _Undo
        except _Undo:
            pass
        may = is_open and act.permission in ROLE_PERMISSIONS[role] and state in act.moves
        if outcome != ("done" if may else "denied"):
            wrong.append(f"{role} in {state}: {outcome}")
        if after != (act.moves[state] if may else state):
            wrong.append(f"{role} in {state}: became {after}")
    assert not wrong, "\n".join(wrong)


def test_every_act_of_the_tables_is_an_action():
    assert {*CASE_ACTS, *DELIVERABLE_ACTS} <= set(ACTIONS)
    assert {"mou.take_over_plan"} <= set(ACTIONS)
    assert deliveries.ROW_FIELDS.keys() == {"options", "plan"}
