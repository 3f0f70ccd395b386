"""Every state × every act × every role: allowed exactly where the table says, and the trail has the entry."""

import datetime as dt
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from django.db import transaction

from funding.actions import set_allocation
from resilience.assessments.models import Assessment, Finding, Placement
from resilience.core.access import ROLE_PERMISSIONS, Denied, Role
from resilience.core.acts import ACTIONS
from resilience.core.models import TrailEntry
from resilience.decisions.models import Decision, DecisionCategory
from resilience.programmes.models import MatrixCell
from resilience.referrals.models import Referral
from resilience.referrals.states import ACTS, CLOSED, State
from tests import factories as make
from tests.discovery.world import Corner, make_corner, referral_in

S = State


for room in (
    "resilience.referrals.office_actions",
    "resilience.referrals.actions",
    "resilience.assessments.actions",
    "resilience.decisions.actions",
    "mou.agreement.actions",
    "mou.ending.actions",
    "mou.groups.actions",
    "funding.bids.actions",
):
    import_module(room)


@dataclass
class Case:
    """A referral in a state, with whatever an act needs beside the state itself."""

    corner: Corner
    referral: Referral


def found(case: Case) -> None:
    """A finding on every criterion, by someone who takes no part in the test."""
    other = make.make_person()
    assessment = Assessment.objects.create(
        referral=case.referral, criteria_set=case.referral.year.criteria_set, started_by=other
    )
    for criterion in assessment.criteria_set.criteria.all():
        Finding.objects.create(assessment=assessment, criterion=criterion, concern="some", found_by=other)


def assessed(case: Case) -> None:
    """A complete assessment and, from PLACED on, a placement."""
    found(case)
    other = make.make_person()
    assessment = case.referral.assessment
    Assessment.objects.filter(pk=assessment.pk).update(completed_at="2018-01-01T00:00Z", completed_by=other)
    if case.referral.state not in (S.DRAFT, S.RECEIVED, S.ACKNOWLEDGED, S.UNDER_ASSESSMENT):
        Placement.objects.create(
            referral=case.referral,
            cell=MatrixCell.objects.get(matrix=case.referral.year.matrix, scope=4, impact=4),
            scope_justification="x",
            impact_justification="y",
            placed_by=other,
        )


def granted(case: Case) -> None:
    decision = Decision.objects.create(
        referral=case.referral,
        outcome="supported",
        reason="x",
        amount=100_00,
        letter="x",
        decided_by=make.make_person(),
    )
    DecisionCategory.objects.create(decision=decision, item=case.referral.year.menu.first())
    set_allocation(
        by=make.make_person(Role.FINANCE_LEAD),
        year=case.referral.year,
        commissioner=case.corner.ccg,
        amount=500_00,
        why="x",
        key=uuid.uuid4().hex,
    )


def committed(case: Case) -> Any:
    from funding.models import Commitment, Transfer

    granted(case)
    allocation = case.referral.year.allocations.get()
    item = case.referral.year.menu.first()
    commitment = Commitment.objects.create(
        allocation=allocation,
        referral=case.referral,
        practice=case.referral.lead_practice,
        item=item,
        purpose="x",
        committed_by=make.make_person(),
    )
    Transfer.objects.create(
        allocation=allocation,
        commitment=commitment,
        kind="commit",
        debit="uncommitted",
        credit="committed",
        amount=50_00,
        why="x",
        key=uuid.uuid4().hex,
    )
    return commitment


def taking_bids(case: Case) -> None:
    case.referral.year.takes_bids = True
    case.referral.year.save()


def bid_of(case: Case) -> Any:
    """A bid of one line that nobody went through."""
    from funding.models import Bid

    granted(case)
    by = case.corner.people[Role.PRACTICE_USER]
    bid = Bid.objects.create(referral=case.referral, key=uuid.uuid4().hex, sent_by=by)
    bid.lines.create(
        position=1,
        practice=case.referral.lead_practice,
        item=case.referral.year.menu.first(),
        what="Training",
        amount=5_00,
    )
    return bid


def _bid_arguments(case: Case, _: Any) -> dict[str, Any]:
    from funding.bids.rules import Asked

    line = Asked("Training", case.referral.year.menu.first(), 5_00, case.referral.lead_practice)
    return {"referral": case.referral, "lines": [line], "key": uuid.uuid4().hex}


def _sitting_arguments(case: Case, bid: Any) -> dict[str, Any]:
    from funding.bids.rules import Said

    return {"bid": bid, "said": {bid.lines.get().pk: Said("not_supported", reason="No need")}}


def _ready_to_send(case: Case) -> None:
    referral = case.referral
    if referral.state != S.DRAFT:
        return
    for scheme in ("rcgp", "vulnerable", "this"):
        referral.past_support.create(scheme=scheme, had=False)


def _signed_by_practice(case: Case) -> Any:
    from mou import wording
    from mou.agreement.rules import money_of
    from mou.models import Agreement
    from resilience.core.models import StoredFile

    commitment = committed(case)
    by = make.make_person()
    template = wording.publish(case.referral.year, "national", make.make_person(Role.ADMINISTRATOR))
    file = StoredFile.keep(name="mou.pdf", content_type="application/pdf", content=b"%PDF-", by=by)
    agreement = Agreement.objects.create(
        referral=case.referral,
        template=template,
        html="<p>MoU</p>",
        document=file,
        money=money_of(case.referral),
        sent_by=by,
    )
    agreement.signatures.create(
        side="practice",
        person=by,
        typed_name="X",
        role="x",
        organisation="x",
        organisation_code="X",
        authority="x",
        consent_text="x",
        consent_sha256="0",
        document_sha256=file.sha256,
        trail_sequence=1,
        trail_hash="0",
    )
    Agreement.objects.filter(pk=agreement.pk).update(state="practice_signed")
    assert commitment
    return Agreement.objects.get(pk=agreement.pk)


def _signed(case: Case, state: str = "signed") -> Any:
    """An MoU in force, whose plan ended; or whose notice has run out."""
    from mou.models import Agreement, Notice, Plan

    agreement = _signed_by_practice(case)
    day, by = dt.date(2018, 3, 1), make.make_person()
    Plan.objects.create(referral=case.referral, ends_on=day)
    Agreement.objects.filter(pk=agreement.pk).update(state=state, signed_at="2018-01-01T00:00Z")
    if state == "notice":
        months = {"months": 1, "given_on": dt.date(2018, 2, 1), "ends_on": day}
        Notice.objects.create(agreement=agreement, side="practice", given_by=by, **months)
    return Agreement.objects.get(pk=agreement.pk)


def _group(case: Case) -> None:
    """The same case, of a group of two."""
    other = make.make_practice(case.corner.ccg)
    case.referral = referral_in(case.corner, case.referral.state, others=(other,))
    granted(case)


def _divide_arguments(case: Case, _: Any) -> dict[str, Any]:
    from mou.groups.actions import Own
    from resilience.referrals.dividing import Contact

    own = Own(Contact("Pat", "pat@example.nhs.uk", ""), 50_00)
    practices = {place.practice_id: own for place in case.referral.practices.all()}
    return {"referral": case.referral, "practices": practices, "why": "Each signs for itself"}


def _progress_stage(case: Case) -> Any:
    return case.referral.year.stages.create(position=60, name="Progress", amount=1_00, opens="progress")


def _question(case: Case) -> Any:
    return case.referral.messages.create(
        kind="question", is_internal=False, text="How many?", written_by=make.make_person()
    )


NEEDS: dict[str, Callable[[Case], Any]] = {
    "referrals.submit": _ready_to_send,
    "referrals.answer": _question,
    "assessments.save_findings": assessed,
    "assessments.complete": found,
    "assessments.place": assessed,
    "assessments.review": assessed,
    "assessments.place_at_end": assessed,
    "decisions.support": assessed,
    "decisions.refuse": assessed,
    "decisions.defer": assessed,
    "funding.send_bid": taking_bids,
    "funding.enter_bid": taking_bids,
    "funding.withdraw_bid": bid_of,
    "funding.settle_bid": bid_of,
    "funding.commit": granted,
    "funding.release": committed,
    "funding.accept_progress": _progress_stage,
    "mou.sign_for_commissioner": _signed_by_practice,
    "mou.divide": _group,
    "mou.terminate": lambda case: _signed(case, "notice"),
    "mou.end": _signed,
}
"""What an act needs on record before it, besides the state; answers what the act is done to."""

_scores = {"scope": 4, "impact": 4, "scope_justification": "x", "impact_justification": "y"}


def _sign_arguments(case: Case, thing: Any) -> dict[str, Any]:
    from mou.agreement.actions import Evidence

    return {
        "agreement": thing,
        "role": "Director",
        "agreed": True,
        "document_sha256": thing.document.sha256,
        "evidence": Evidence(),
        "typed_name": None,
    }


ARGUMENTS: dict[str, Callable[[Case, Any], dict[str, Any]]] = {
    "referrals.save_part": lambda case, _: {
        "referral": case.referral,
        "part": "case",
        "answers": {"issues": "New issues", "support_wanted": "Help"},
    },
    "referrals.submit": lambda case, _: {"referral": case.referral, "knows_of_open": True},
    "referrals.acknowledge": lambda case, _: {
        "referral": case.referral,
        "subject": "Thank you",
        "body": "Thank you",
    },
    "referrals.assign": lambda case, _: {
        "referral": case.referral,
        "officer": case.corner.people[Role.PROGRAMME_OFFICER],
    },
    "referrals.ask": lambda case, _: {"referral": case.referral, "text": "How many?"},
    "referrals.answer": lambda case, thing: {"question": thing, "text": "Eleven"},
    "referrals.note": lambda case, _: {"referral": case.referral, "text": "Rang them"},
    "referrals.correct": lambda case, _: {"referral": case.referral, "text": "Three GPs, not two"},
    "referrals.state_support": lambda case, _: {
        "referral": case.referral,
        "statement": "We support it",
        "priority": "high",
    },
    "referrals.withdraw": lambda case, _: {"referral": case.referral, "reason": "Not needed"},
    "assessments.start": lambda case, _: {"referral": case.referral},
    "assessments.save_findings": lambda case, _: {
        "assessment": case.referral.assessment,
        "findings": {
            case.referral.assessment.criteria_set.criteria.first(): {
                "concern": "high",
                "evidence": "CQC",
                "source": "CQC",
            }
        },
    },
    "assessments.complete": lambda case, _: {"assessment": case.referral.assessment},
    "assessments.answer_continuing": lambda case, _: {
        "referral": case.referral,
        "delivered": "yes",
        "achieved": "yes",
        "longer_commitment": "no",
        "waste_if_stopped": "no",
        "still_backed": "yes",
    },
    "assessments.place": lambda case, _: {"referral": case.referral, **_scores},
    "assessments.review": lambda case, _: {"referral": case.referral, "reason": "Second look", **_scores},
    "assessments.place_at_end": lambda case, _: {"referral": case.referral, **_scores},
    "assessments.escalate": lambda case, _: {"referral": case.referral, "why": "Unsafe"},
    "decisions.support": lambda case, _: {
        "referral": case.referral,
        "reason": "Need",
        "amount": 10_00,
        "categories": [case.referral.year.menu.first()],
        "letter": "Yes",
    },
    "decisions.refuse": lambda case, _: {"referral": case.referral, "reason": "No need", "letter": "No"},
    "decisions.defer": lambda case, _: {"referral": case.referral, "reason": "Later", "letter": "Later"},
    "funding.send_bid": _bid_arguments,
    "funding.enter_bid": _bid_arguments,
    "funding.withdraw_bid": lambda _, thing: {"bid": thing},
    "funding.settle_bid": _sitting_arguments,
    "funding.commit": lambda case, _: {
        "referral": case.referral,
        "item": case.referral.year.menu.first(),
        "amount": 1_00,
        "purpose": "Help",
        "key": uuid.uuid4().hex,
    },
    "funding.release": lambda case, thing: {
        "commitment": thing,
        "why": "Not needed",
        "key": uuid.uuid4().hex,
    },
    "funding.accept_progress": lambda case, thing: {
        "referral": case.referral,
        "stage": thing,
        "why": "The rota is in place",
    },
    "mou.sign_for_commissioner": _sign_arguments,
    "mou.divide": _divide_arguments,
    "mou.terminate": lambda _, thing: {"agreement": thing},
    "mou.end": lambda _, thing: {"agreement": thing},
}


def exceptions(act: str, state: str) -> bool:
    """Where a rule beyond the table refuses what the table allows, with its reason."""
    # An assessed year is decided after placement only (the table serves both kinds of year).
    return act.startswith("decisions.") and state == S.ACKNOWLEDGED


def test_every_act_of_the_table_is_an_action_and_is_tried_here():
    assert set(ACTS) <= set(ACTIONS)
    assert set(ARGUMENTS) == set(ACTS)


@pytest.fixture
def corner(db) -> Corner:
    return make_corner()


@pytest.mark.parametrize("name", sorted(ACTS))
def test_allowed_exactly_where_the_table_says(name: str, corner: Corner):
    act, wrong = ACTS[name], []
    for state, role in itertools.product(State.values, Role.values):
        outcome, said = _try(name, corner, state, role)
        may = act.permission in ROLE_PERMISSIONS[role] and state in act.moves and not exceptions(name, state)
        expected = act.moves[state] if may else "denied"
        if outcome != expected:
            wrong.append(f"{role} in {state}: {outcome} ({said}), the table says {expected}")
    assert not wrong, "\n".join(wrong)


def _try(name: str, corner: Corner, state: str, role: str) -> tuple[str, str]:
    """The state after the act, or "denied" and why; everything is undone afterwards."""
    try:
        with transaction.atomic():
            case = Case(corner, referral_in(corner, state))
            thing = NEEDS.get(name, lambda case: None)(case)
            case.referral.refresh_from_db()
            person = type(corner.people[role]).objects.get(pk=corner.people[role].pk)
            arguments = ARGUMENTS[name](case, thing)
            if arguments.get("typed_name", "") is None:
                arguments["typed_name"] = person.name
            before, said = TrailEntry.objects.count(), ""
            try:
                with transaction.atomic():
                    ACTIONS[name].run(by=person, **arguments)
                entry = TrailEntry.objects.filter(act=name, case_id=case.referral.pk).last()
                outcome = Referral.objects.get(pk=case.referral.pk).state
                assert entry is not None, f"{name} by {role} in {state} left nothing on the case's trail"
                assert entry.by_id == person.pk
            except Denied as denied:
                outcome, said = "denied", str(denied)
                assert TrailEntry.objects.count() == before
            raise _Undo(outcome, said)
    except _Undo as undo:
        return undo.outcome, undo.said


class _Undo(Exception):
    def __init__(self, outcome: str, said: str) -> None:
        self.outcome, self.said = outcome, said


def test_closed_states_have_no_way_out():
    for act in ACTS.values():
        for state, after in act.moves.items():
            assert state not in CLOSED or after == state
