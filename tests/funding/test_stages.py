"""Payment stages: what each is worth, what opens it, and that nothing opens twice or too early."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import transaction

from funding import actions, ledger
from funding.models import Commitment, EvidenceEntry, StageOpening, Transfer, YearClosing
from funding.stages import actions as stages
from funding.stages.gate import Gate, missing
from funding.stages.standing import standings, still_payable, unpaid
from mou.agreement import actions as mou
from mou.plan import actions as plan_actions
from mou.plan import plans
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.trail import verify
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from tests import factories as make
from tests.funding.groups import group
from tests.funding.test_ledger import allocate, commit, supported
from tests.mou.world import agree_plan, commit_money, make_world, sign_both

Opens = PaymentStage.Opens


def key() -> str:
    return uuid.uuid4().hex


def set_stages(year, *rows) -> list[PaymentStage]:
    year.stages.all().delete()
    made = []
    for position, row in enumerate(rows, start=1):
        values = {"position": position, "name": f"Stage {position}", "opens": "mou_signed"} | row
        made.append(PaymentStage.objects.create(year=year, **values))
    return made


def fixed(amount: int, opens: str = "evidence", **more):
    return {"amount": amount, "opens": opens} | more


def share(per_cent, opens: str = "mou_signed", **more):
    return {"per_cent": Decimal(per_cent), "opens": opens} | more


EARLY = {"pays_before_mou": True}


def payable(stage: PaymentStage | None = None) -> list[int]:
    rows = Transfer.objects.filter(kind="make_payable").order_by("id")
    return [row.amount for row in (rows.filter(stage=stage) if stage else rows)]


def sign(referral: Referral) -> None:
    make.sign_mou(referral)


def officer_of(referral: Referral):
    return make.make_person(Role.PROGRAMME_OFFICER, referral.commissioner)


# --- the gate ----------------------------------------------------------------------------------


def _hand_in(referral, stage):
    stages.hand_in(by=officer_of(referral), stage=stage, practice=referral.lead_practice)


def _on_its_day(referral, stage):
    PaymentStage.objects.filter(pk=stage.pk).update(opens_on=today())


OPENED_BY = {
    Opens.MOU_SIGNED: lambda referral, stage: sign(referral),
    Opens.PLAN_AGREED: lambda referral, stage: stages.open_stages(
        by=None, referral=referral, opens=Opens.PLAN_AGREED
    ),
    Opens.EVIDENCE: _hand_in,
    Opens.PROGRESS: lambda referral, stage: stages.accept_progress(
        by=officer_of(referral), referral=referral, stage=stage, why="The rota is in place"
    ),
    Opens.DATE: _on_its_day,
}
"""What happens in the programme when a stage opens, by how it opens."""


def test_every_way_of_opening_is_tried_here():
    assert set(OPENED_BY) == set(Opens)


@pytest.mark.django_db
@pytest.mark.parametrize("opens", Opens.values)
def test_a_stage_waits_for_its_own_reason_and_for_the_mou(opens):
    referral = supported()
    tomorrow = today() + dt.timedelta(days=1)
    row = fixed(40_00, opens, opens_on=tomorrow if opens == Opens.DATE else None)
    (stage,) = set_stages(referral.year, row)
    allocate(referral, 100_00)
    commitment = commit(referral, 60_00)
    assert "MoU" in missing(stage, commitment)
    with pytest.raises(Denied, match="MoU"):
        stages.make_payable(by=None, commitment=commitment, stage=stage, amount=1, key=key())
    if opens != Opens.MOU_SIGNED:
        sign(referral)
        commitment.refresh_from_db()
        # A signed MoU says that the plan was agreed; of anything else it says nothing.
        assert bool(missing(stage, commitment)) == (opens != Opens.PLAN_AGREED)
    OPENED_BY[opens](referral, stage)
    stage.refresh_from_db()
    commitment = Commitment.objects.get()
    assert missing(stage, commitment) == ""
    stages.open_what_is_due(by=None, referral=referral)
    assert payable(stage) == [40_00]
    assert stages.open_what_is_due(by=None, referral=referral) == []
    assert payable(stage) == [40_00]


@pytest.mark.django_db
@pytest.mark.parametrize("opens", [each for each in Opens.values if each != Opens.MOU_SIGNED])
def test_only_a_stage_that_pays_earlier_opens_before_the_mou(opens):
    referral = supported()
    tomorrow = today() + dt.timedelta(days=1)
    dated = {"opens_on": tomorrow} if opens == Opens.DATE else {}
    early, late = set_stages(
        referral.year, fixed(10_00, opens, **EARLY, **dated), fixed(20_00, opens, **dated)
    )
    allocate(referral, 100_00)
    commit(referral, 60_00)
    for stage in (early, late):
        OPENED_BY[opens](referral, stage)
    stages.open_what_is_due(by=None, referral=referral)
    assert (payable(early), payable(late)) == ([10_00], [])
    sign(referral)
    stages.open_what_is_due(by=None, referral=referral)
    assert (payable(early), payable(late)) == ([10_00], [20_00])


@pytest.mark.django_db
def test_a_commitment_after_the_evidence_is_payable_at_once_and_a_fixed_sum_is_paid_once():
    referral = supported()
    (stage,) = set_stages(referral.year, fixed(50_00, **EARLY))
    allocate(referral, 500_00)
    _hand_in(referral, stage)
    assert payable() == []
    commit(referral, 30_00)
    assert payable(stage) == [30_00]
    commit(referral, 100_00)
    assert payable(stage) == [30_00, 20_00]
    commit(referral, 100_00)
    assert payable(stage) == [30_00, 20_00]


@pytest.mark.django_db
def test_each_practice_of_a_group_has_the_fixed_sum_and_waits_for_its_own_evidence():
    referral = group()
    other = referral.practices.filter(is_lead=False).first().practice
    (stage,) = set_stages(referral.year, fixed(50_00, **EARLY))
    officer = officer_of(referral)
    for practice in (referral.lead_practice, other):
        actions.commit(
            by=officer, referral=referral, practice=practice, item=referral.year.menu.first(),
            amount=70_00, purpose="x", key=key(),
        )  # fmt: skip
    stages.hand_in(by=officer, stage=stage, practice=other)
    assert [(row.commitment.practice, row.amount) for row in Transfer.objects.filter(stage=stage)] == [
        (other, 50_00)
    ]
    _hand_in(referral, stage)
    assert payable(stage) == [50_00, 50_00]


@pytest.mark.django_db
def test_after_a_clawback_the_other_stages_keep_their_worth():
    referral = supported()
    first, second = set_stages(referral.year, share(50, "evidence", **EARLY), share(50, "progress", **EARLY))
    allocate(referral, 500_00)
    commitment = commit(referral, 100_01)
    _hand_in(referral, first)
    finance = make.make_person(Role.FINANCE_LEAD)
    actions.pay(by=finance, commitment=commitment, amount=50_00, why="BACS 1", key=key())
    actions.claw_back(by=finance, commitment=commitment, amount=20_00, why="Overpaid", key=key())
    OPENED_BY[Opens.PROGRESS](referral, second)
    assert (payable(first), payable(second)) == ([50_00], [50_01])
    assert ledger.of_commitment(commitment).committed == 0


@pytest.mark.django_db
def test_what_was_withheld_does_not_open_by_itself_again():
    referral = supported()
    (stage,) = set_stages(referral.year, fixed(50_00, **EARLY))
    allocate(referral, 500_00)
    commitment = commit(referral, 100_00)
    _hand_in(referral, stage)
    finance = make.make_person(Role.FINANCE_LEAD)
    actions.withhold(by=finance, commitment=commitment, amount=50_00, why="By mistake", key=key())
    assert stages.open_what_is_due(by=None, referral=referral) == []
    (standing,) = standings([commitment])[commitment.pk]
    assert (standing.state, standing.withheld, standing.unpaid) == ("Withheld", 50_00, 0)


@pytest.mark.django_db
def test_the_stages_walk_with_the_plan_and_the_mou():
    world = make_world()
    plan, signed = set_stages(world.year, fixed(50_000, "plan_agreed", **EARLY), share(100))
    agree_plan(world)
    assert StageOpening.objects.get().stage == plan
    assert payable() == []
    commit_money(world)
    assert payable(plan) == [50_000]
    sign_both(world, mou.send(by=world.officer, referral=world.referral))
    assert sum(payable()) == ledger.of_commitment(world.referral.commitments.get()).promised
    assert payable(plan) == [50_000]
    assert payable(signed)
    assert list(verify()) == []


@pytest.mark.django_db
def test_a_plan_that_is_reopened_and_agreed_again_opens_nothing_twice():
    world = make_world()
    (stage,) = set_stages(world.year, fixed(50_000, "plan_agreed", **EARLY))
    commit_money(world)
    agree_plan(world)
    plan_actions.reopen_plan(by=world.officer, referral=world.referral, why="A new partner")
    mark = plans.fingerprint(plans.plan_of(world.referral))
    plan_actions.agree_for_practice(by=world.manager, referral=world.referral, fingerprint=mark)
    plan_actions.agree_for_commissioner(by=world.approver, referral=world.referral, fingerprint=mark)
    assert payable(stage) == [50_000]
    assert StageOpening.objects.count() == 1


@pytest.mark.django_db
def test_a_closed_year_opens_nothing():
    referral = supported()
    (stage,) = set_stages(referral.year, fixed(40_00, "date", opens_on=today(), **EARLY))
    later = today() + dt.timedelta(days=3)
    PaymentStage.objects.update(opens_on=later)
    allocate(referral, 100_00)
    commit(referral, 60_00)
    PaymentStage.objects.update(opens_on=today())
    closing = {"why": "The year is over", "closed_by": make.make_person()}
    with transaction.atomic():
        YearClosing.objects.create(year=referral.year, **closing)
        assert stages.open_what_is_due(by=None, referral=referral) == []
        assert stages.open_by_date() == 0
        with pytest.raises(Denied, match="is closed"):
            stages.accept_progress(
                by=officer_of(referral), referral=referral, stage=_progress(referral), why="x"
            )
        transaction.set_rollback(True)
    assert stages.open_by_date() == 1
    assert stages.open_by_date() == 0
    assert payable(stage) == [40_00]


def _progress(referral) -> PaymentStage:
    return PaymentStage.objects.create(
        year=referral.year, position=30, name="Progress", amount=1, opens="progress"
    )


@pytest.mark.django_db
def test_the_sweep_passes_over_what_still_waits_for_the_mou():
    referral = supported()
    set_stages(referral.year, fixed(40_00, "date", opens_on=today()))
    allocate(referral, 100_00)
    commit(referral, 60_00)
    assert stages.open_by_date() == 0
    sign(referral)
    assert stages.open_by_date() == 1


@pytest.mark.django_db
def test_progress_is_accepted_once_with_its_reason():
    referral = supported()
    set_stages(referral.year, share(100))
    stage = _progress(referral)
    allocate(referral, 100_00)
    commit(referral, 60_00)
    officer = officer_of(referral)
    given = {"referral": referral, "stage": stage}
    with pytest.raises(Denied, match="Say what progress"):
        stages.accept_progress(by=officer, why="  ", **given)
    first = stages.accept_progress(by=officer, why="A manager is in post", **given)
    assert stages.accept_progress(by=officer, why="A manager is in post", **given) == first
    with pytest.raises(Denied, match="Progress was accepted on"):
        stages.accept_progress(by=officer_of(referral), why="Again", **given)
    with pytest.raises(Denied, match="does not wait for progress"):
        stages.accept_progress(by=officer, referral=referral, stage=referral.year.stages.first(), why="x")
    with pytest.raises(Denied):
        stages.accept_progress(by=make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()), why="x", **given)


TAKEN = [
    (0, 0, 0),
    (15_00, 0, 0),
    (45_00, 0, 0),
    (45_00, 10_00, 0),
    (20_00, 0, 35_00),
    (60_00, 0, 0),
    (0, 0, 60_00),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("paid", "reversed_", "withheld"), TAKEN)
def test_the_list_and_the_standing_agree_on_what_is_still_to_pay(paid, reversed_, withheld):
    referral = supported()
    one, two = set_stages(referral.year, fixed(20_00, **EARLY), fixed(40_00, **EARLY))
    allocate(referral, 100_00)
    commitment = commit(referral, 60_00)
    _hand_in(referral, one)
    _hand_in(referral, two)
    finance = make.make_person(Role.FINANCE_LEAD)
    given = {"by": finance, "commitment": commitment}
    for act, pence in ((actions.pay, paid), (actions.reverse, reversed_), (actions.withhold, withheld)):
        if pence:
            act(**given, amount=pence, why="BACS", key=key())
    found = standings([commitment])[commitment.pk]
    listed = set(unpaid(Transfer.objects.all()).values_list("stage", flat=True))
    assert {each.stage.pk for each in found if each.unpaid} == listed
    assert set(still_payable(Commitment.objects.all())) == {each.stage for each in found if each.unpaid}
    figures = ledger.of_commitment(commitment)
    assert sum(each.unpaid for each in found) == figures.payable
    assert sum(each.paid for each in found) == figures.paid
    assert sum(each.withheld for each in found) == withheld


@pytest.mark.django_db
def test_links_of_what_is_missing_are_for_those_who_may_go_there():
    referral = supported()
    stage = _progress(referral)
    allocate(referral, 100_00)
    commitment = commit(referral, 60_00)
    manager = make.make_person(Role.PRACTICE_USER, referral.lead_practice)
    officer = officer_of(referral)
    links = {
        person: [each.href for each in Gate([commitment], person).missing(stage, commitment)]
        for person in (manager, officer, None)
    }
    assert links[None] == ["", ""]
    assert links[manager][0] == ""
    assert links[officer][0].endswith(f"/stages/{stage.pk}/accept/")
    assert EvidenceEntry.objects.count() == 0
