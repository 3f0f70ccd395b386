"""The supplier's invoice opens when the plan is accepted: never before, whatever came first."""

import uuid

import pytest

from funding import ledger
from funding.invoices import actions as invoices
from funding.invoices import claims
from funding.models import StageOpening, YearClosing
from funding.stages.gate import missing
from mou.agreement.actions import send
from mou.suppliers import actions, deliveries
from resilience.core.access import Denied
from resilience.core.calendar import today
from resilience.programmes.models import PaymentStage
from resilience.referrals.uploads import CheckedFile
from tests.mou.supplying import PDF, Supplied, bring_to, deliverable_of, make_supplied
from tests.mou.world import agree_plan, commit_money, sign_both

pytestmark = pytest.mark.django_db
BILL = CheckedFile("invoice.pdf", "application/pdf", b"%PDF-1.4\n%%EOF")
PRICE = 1_500_00


def invoice(supplied: Supplied, commitment, pence: int = PRICE):
    return invoices.raise_invoice(
        by=supplied.dev,
        payee=supplied.supplier,
        number=uuid.uuid4().hex[:8],
        invoice_date=today(),
        lines={commitment: pence},
        file=BILL,
        key=uuid.uuid4().hex,
    )


def payable(commitment) -> int:
    return ledger.of_commitment(commitment).payable


def signed(supplied: Supplied) -> None:
    agree_plan(supplied.world)
    supplied.world.referral.refresh_from_db()
    sign_both(supplied.world, send(by=supplied.world.officer, referral=supplied.world.referral))


def test_after_signature_the_invoice_waits_for_the_plan_and_opens_with_it():
    supplied = make_supplied()
    case = supplied.assign()
    by_supplier = supplied.commit(PRICE)
    direct = commit_money(supplied.world, 50_000, key="direct")
    signed(supplied)
    assert (payable(direct), payable(by_supplier)) == (50_000, 0)
    plan = deliverable_of(case, "plan")
    for state, words in (
        ("due", "it is due on"),
        ("asked_again", "the officer has asked for it again"),
        ("handed_in", "it is handed in and waits"),
    ):
        if state == "due":
            pass
        elif state == "asked_again":
            bring_to(plan, state, supplied)
        else:
            deliveries.hand_in_deliverable(by=supplied.dev, deliverable=plan, note="Now whole", file=PDF)
        [claim] = claims.claims([by_supplier])
        assert claim.left == 0
        assert "“Improvement plan” must be accepted first" in claim.missing
        assert words in claim.missing
        with pytest.raises(Denied, match="must be accepted first"):
            invoice(supplied, by_supplier)
    deliveries.accept_deliverable(by=supplied.world.officer, deliverable=plan, read=2)
    assert payable(by_supplier) == PRICE
    assert claims.claims([by_supplier])[0].missing == ""
    assert invoice(supplied, by_supplier).lines.get().pence == PRICE


def test_accepted_before_signature_it_waits_for_the_signature_alone():
    supplied = make_supplied()
    case = supplied.assign()
    by_supplier = supplied.commit(PRICE)
    bring_to(deliverable_of(case, "plan"), "accepted", supplied)
    assert payable(by_supplier) == 0
    with pytest.raises(Denied, match="when both sides have signed the MoU"):
        invoice(supplied, by_supplier)
    signed(supplied)
    assert payable(by_supplier) == PRICE
    invoice(supplied, by_supplier)


def test_other_deliverables_open_nothing():
    supplied = make_supplied()
    case = supplied.assign()
    by_supplier = supplied.commit(PRICE)
    signed(supplied)
    for form in ("readiness", "diagnostic", "options"):
        bring_to(deliverable_of(case, form), "accepted", supplied)
    assert payable(by_supplier) == 0


def test_money_that_was_payable_before_the_assignment_is_not_invoiced_either():
    supplied = make_supplied()
    by_supplier = supplied.commit(PRICE)
    signed(supplied)
    assert payable(by_supplier) == PRICE  # a supplier whose delivery nobody follows
    case = supplied.assign()
    with pytest.raises(Denied, match="must be accepted first"):
        invoice(supplied, by_supplier)
    bring_to(deliverable_of(case, "plan"), "accepted", supplied)
    invoice(supplied, by_supplier)


def test_a_stage_of_progress_opens_for_the_supplier_and_not_for_the_practice():
    supplied = make_supplied()
    world = supplied.world
    world.year.stages.all().delete()
    stage = PaymentStage.objects.create(
        year=world.year, position=1, name="Progress", per_cent=100, opens="progress"
    )
    case = supplied.assign()
    by_supplier = supplied.commit(PRICE)
    direct = commit_money(world, 50_000, key="direct")
    signed(supplied)
    assert "must be accepted first" in missing(stage, by_supplier)
    bring_to(deliverable_of(case, "plan"), "accepted", supplied)
    assert (payable(by_supplier), payable(direct)) == (PRICE, 0)
    assert "The progress of the practice must be accepted first." in missing(stage, direct)
    assert not StageOpening.objects.exists()


def test_an_assignment_that_ended_too_soon_pays_nothing():
    supplied = make_supplied()
    case = supplied.assign()
    by_supplier = supplied.commit(PRICE)
    signed(supplied)
    actions.end_case(by=supplied.world.officer, case=case, why="No capacity")
    with pytest.raises(Denied, match="was not accepted before the assignment ended"):
        invoice(supplied, by_supplier)


def test_one_that_ended_after_the_plan_was_accepted_is_paid():
    supplied = make_supplied()
    case = supplied.assign()
    by_supplier = supplied.commit(PRICE)
    signed(supplied)
    bring_to(deliverable_of(case, "plan"), "accepted", supplied)
    actions.end_case(by=supplied.world.officer, case=case, why="Delivered")
    invoice(supplied, by_supplier)


def test_accepting_in_a_closed_year_moves_no_money():
    supplied = make_supplied()
    case = supplied.assign()
    by_supplier = supplied.commit(PRICE)
    signed(supplied)
    plan = bring_to(deliverable_of(case, "plan"), "handed_in", supplied)
    YearClosing.objects.create(year=supplied.world.year, why="x", closed_by=supplied.world.finance)
    deliveries.accept_deliverable(by=supplied.world.officer, deliverable=plan, read=1)
    assert payable(by_supplier) == 0
