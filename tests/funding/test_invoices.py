"""Invoices: who may do what in which state, for whom, and within what is payable."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from post_office.models import Email

from funding import actions as funding
from funding import ledger
from funding.invoices import actions, claims
from funding.invoices.states import INVOICE_ACTS
from funding.models import Invoice, InvoiceStep
from resilience.core.access import ROLE_PERMISSIONS, Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.core.trail import verify
from resilience.referrals.uploads import CheckedFile
from tests import factories as make
from tests.funding.invoicing import PDF, World, bring_to, limit_to

pytestmark = pytest.mark.django_db
S = Invoice.State

CORRECTED = CheckedFile("corrected.pdf", "application/pdf", b"%PDF-1.4\n2\n%%EOF")

DO: dict[str, Any] = {
    "funding.query_invoice": lambda by, invoice: actions.query_invoice(by=by, invoice=invoice, question="Q?"),
    "funding.answer_query": lambda by, invoice: actions.answer_query(by=by, invoice=invoice, answer="A."),
    "funding.approve_invoice_first": lambda by, invoice: actions.approve_invoice_first(
        by=by, invoice=invoice
    ),
    "funding.approve_invoice": lambda by, invoice: actions.approve_invoice(by=by, invoice=invoice),
    "funding.reject_invoice": lambda by, invoice: actions.reject_invoice(by=by, invoice=invoice, reason="R."),
    "funding.put_invoice_in_run": lambda by, invoice: actions.put_invoice_in_run(by=by, invoice=invoice),
    "funding.take_invoice_out_of_run": lambda by, invoice: actions.take_invoice_out_of_run(
        by=by, invoice=invoice, why="W."
    ),
    "funding.mark_invoice_paid": lambda by, invoice: actions.mark_invoice_paid(by=by, invoice=invoice),
    "funding.mark_invoice_unpaid": lambda by, invoice: actions.mark_invoice_unpaid(
        by=by, invoice=invoice, why="W."
    ),
}


@pytest.fixture
def world() -> World:
    return World()


def test_every_act_of_the_table_is_tried_below():
    assert set(DO) | {"funding.raise_invoice"} == set(INVOICE_ACTS)


@pytest.mark.parametrize("state", S.values)
@pytest.mark.parametrize("act", sorted(DO))
def test_an_act_is_done_where_the_table_says_by_whom_it_says(world, act, state):
    for role in Role.values:
        invoice = bring_to(world.invoice(10_00), state)
        by = world.person(role, 0 if act == "funding.approve_invoice_first" else 500_00)
        # A practice's invoice is not its supplier's.
        holds = INVOICE_ACTS[act].permission in ROLE_PERMISSIONS[role] and role != Role.SUPPLIER_USER
        before, steps = TrailEntry.objects.count(), invoice.steps.count()
        if holds and state in INVOICE_ACTS[act].moves:
            DO[act](by, invoice)
            invoice.refresh_from_db()
            assert invoice.state == INVOICE_ACTS[act].moves[state], role
            step = invoice.steps.last()
            assert (step.act, step.before, step.after, step.made_by) == (act, state, invoice.state, by)
            assert TrailEntry.objects.count() == before + 1
        else:
            with pytest.raises(Denied):
                DO[act](by, invoice)
            assert Invoice.objects.get(pk=invoice.pk).state == state, role
            assert (TrailEntry.objects.count(), invoice.steps.count()) == (before, steps)
        if state == S.RECEIVED:
            assert not list(verify())


class TestRaising:
    def test_total_is_the_sum_of_the_lines(self, world):
        other = world.commitment(50_50)
        invoice = world.invoice(lines={world.direct: 100_00, other: 50_50})
        assert invoice.total == 150_50
        assert Invoice.objects.with_total().get(pk=invoice.pk).__dict__["total"] == 150_50
        assert invoice.commissioner == world.ccg
        assert not invoice.on_behalf

    def test_within_what_is_payable_less_what_live_invoices_ask(self, world):
        world.invoice(900_00)
        with pytest.raises(Denied, match=r"£100\.01 for .* more than can be invoiced now: £100"):
            world.invoice(100_01)
        world.invoice(100_00)
        with pytest.raises(Denied, match="ask for all of it"):
            world.invoice(1)

    @pytest.mark.parametrize("pence", [0, -1])
    def test_nothing_and_less_are_refused(self, world, pence):
        with pytest.raises(Denied, match="more than £0"):
            world.invoice(pence)
        with pytest.raises(Denied, match="Enter how much"):
            world.invoice(lines={})

    def test_says_what_is_missing_before_the_plan_is_complete(self, world):
        waiting = world.commitment(0, promised=3_050_00)
        with pytest.raises(
            Denied, match="£3,050 is promised and becomes payable when both sides have signed"
        ):
            world.invoice(lines={waiting: 3_050_00})

    def test_a_rejected_invoice_gives_back_its_money_and_its_number(self, world):
        first = world.invoice(1_000_00, number="A 1")
        with pytest.raises(Denied, match="already sent an invoice with the number A 1"):
            world.invoice(1, number="a1")
        actions.reject_invoice(by=world.finance, invoice=first, reason="Wrong month")
        again = world.invoice(1_000_00, number="a1")
        assert again.pk != first.pk

    @pytest.mark.parametrize("number", ["INV 7", "inv7", " Inv  7 ", "ＩＮＶ7"])
    def test_a_number_is_one_whatever_its_case_and_spaces(self, world, number):
        world.invoice(1, number="Inv 7")
        with pytest.raises(Denied, match="already sent"):
            world.invoice(1, number=number)

    def test_another_payee_has_numbers_of_its_own(self, world):
        world.invoice(1, number="7")
        world.invoice(number="7", payee=world.supplier, by=world.change_manager, lines={world.by_supplier: 1})

    def test_the_database_refuses_the_same_number_twice(self, world):
        one = world.invoice(1, number="7")
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.create(
                practice=one.practice,
                commissioner=one.commissioner,
                number="7",
                number_key="7",
                invoice_date=today(),
                key="other",
                raised_by=one.raised_by,
            )

    def test_the_same_page_sent_twice_is_one_invoice(self, world):
        first = world.invoice(1_000_00, number="7", key="page")
        assert world.invoice(1_000_00, number="7", key="page") == first
        assert Invoice.objects.count() == 1
        with pytest.raises(Denied, match="already used"):
            world.invoice(1, number="8", key="page")

    def test_tomorrows_invoice_is_refused(self, world):
        with pytest.raises(Denied, match="future"):
            world.invoice(1, invoice_date=today() + dt.timedelta(days=1))

    def test_a_commissioner_gets_an_invoice_of_its_own(self, world):
        elsewhere = World()
        far = world.commitment(10_00, practice=world.practice, referral=elsewhere.referral)
        with pytest.raises(Denied, match="an invoice each"):
            world.invoice(lines={world.direct: 1, far: 1})


class TestForWhom:
    def test_a_practice_asks_for_its_own_money_by_the_routes_that_pay_it(self, world):
        for route in ("section_96", "backfill"):
            world.invoice(lines={world.commitment(1_00, route=route): 1_00})
        local = world.commitment(1_00, route="local_team")
        for commitment in (world.by_supplier, local):
            with pytest.raises(Denied, match="not promised to"):
                world.invoice(lines={commitment: 1})

    def test_a_supplier_asks_where_it_is_named_not_where_it_is_assigned(self, world):
        world.practice.supplier_assignments.create(supplier=world.supplier, started_on=dt.date(2018, 1, 1))
        given = {"by": world.change_manager, "payee": world.supplier}
        invoice = world.invoice(lines={world.by_supplier: 1_00}, **given)
        assert invoice.supplier == world.supplier
        with pytest.raises(Denied, match="not promised to"):
            world.invoice(lines={world.direct: 1_00}, **given)
        with pytest.raises(Denied, match="Nothing is promised"):
            world.invoice(by=world.change_manager)
        assert list(Invoice.objects.visible_to(world.change_manager)) == [invoice]

    def test_another_practice_of_the_group_neither_sees_nor_asks(self, world):
        partner = make.make_practice(world.ccg)
        make.make_referral(world.practice, world.year, "agreed", others=(partner,))
        neighbour = make.make_person(Role.PRACTICE_USER, partner)
        invoice = world.invoice(1_00)
        assert not Invoice.objects.visible_to(neighbour).exists()
        with pytest.raises(Denied, match="Nothing is promised"):
            world.invoice(1_00, by=neighbour)
        assert invoice in Invoice.objects.visible_to(world.manager)

    @pytest.mark.parametrize("role", [Role.PROGRAMME_OFFICER, Role.FINANCE_LEAD])
    def test_the_office_enters_one_on_behalf_and_the_payee_is_told(self, world, role):
        by = world.person(role)
        invoice = world.invoice(1_00, by=by)
        assert invoice.on_behalf
        assert Email.objects.filter(to=world.manager.email).get().message
        elsewhere = make.make_person(role, make.make_ccg())
        with pytest.raises(Denied, match="Nothing is promised"):
            world.invoice(1_00, by=elsewhere)

    @pytest.mark.parametrize("role", [Role.APPROVER, Role.OBSERVER, Role.ADMINISTRATOR])
    def test_others_do_not(self, world, role):
        with pytest.raises(Denied, match="does not let you raise invoices"):
            world.invoice(1_00, by=world.person(role))


class TestQueries:
    def test_asked_by_email_answered_with_a_new_file_and_the_old_one_stays(self, world):
        invoice = world.invoice(1_00)
        approver = world.person(Role.APPROVER, 500_00)
        actions.query_invoice(by=approver, invoice=invoice, question="Which <b>month</b>?")
        asked = Email.objects.filter(to=world.manager.email).latest("pk")
        assert "Which <b>month</b>?" in asked.message
        invoice.refresh_from_db()
        with pytest.raises(Denied, match="not answered yet"):
            actions.approve_invoice(by=approver, invoice=invoice)
        actions.answer_query(by=world.manager, invoice=invoice, answer="May", file=CORRECTED)
        assert Email.objects.filter(to=approver.email).count() == 1
        files = [step.file.name for step in invoice.steps.filter(file__isnull=False)]
        assert files == ["invoice.pdf", "corrected.pdf"]
        invoice.refresh_from_db()
        assert actions.approve_invoice(by=approver, invoice=invoice).state == S.APPROVED

    def test_makes_a_first_approval_void(self, world):
        invoice = world.invoice(100_00)
        first = world.person(Role.APPROVER, 1_00)
        actions.approve_invoice_first(by=first, invoice=invoice)
        actions.query_invoice(by=world.person(Role.APPROVER), invoice=invoice, question="Why?")
        actions.answer_query(by=world.manager, invoice=invoice, answer="Because")
        invoice.refresh_from_db()
        assert invoice.first_approved_by is None
        actions.approve_invoice_first(by=first, invoice=invoice)

    def test_nothing_said_is_nothing_asked(self, world):
        invoice = world.invoice(1_00)
        with pytest.raises(Denied, match="Enter the question"):
            actions.query_invoice(by=world.finance, invoice=invoice, question=" ")
        with pytest.raises(Denied, match="Say why"):
            actions.reject_invoice(by=world.finance, invoice=invoice, reason="")

    def test_a_rejection_is_read_by_the_payee(self, world):
        invoice = world.invoice(1_00)
        actions.reject_invoice(by=world.finance, invoice=invoice, reason="Already paid in May")
        assert "Already paid in May" in Email.objects.filter(to=world.manager.email).get().message


def test_a_run_pays_it_and_a_payment_that_comes_back_makes_it_due_again(world):
    limit_to(world.finance, 500_00)
    invoice = world.invoice(100_00)
    actions.approve_invoice(by=world.finance, invoice=invoice)
    actions.put_invoice_in_run(by=world.finance, invoice=invoice)
    funding.pay(
        by=world.finance, commitment=world.direct, amount=100_00, why="BACS 1", key="p", is_claimed=True
    )
    actions.mark_invoice_paid(by=world.finance, invoice=invoice, why="BACS 1")
    assert claims.claimed([world.direct]) == {world.direct.pk: 0}
    assert ledger.of_commitment(world.direct).payable == 900_00
    funding.reverse(by=world.finance, commitment=world.direct, amount=100_00, why="Returned", key="r")
    actions.mark_invoice_unpaid(by=world.finance, invoice=invoice, why="Wrong account")
    invoice.refresh_from_db()
    assert invoice.state == S.APPROVED
    assert invoice.approved_by == world.finance
    assert claims.claims([world.direct])[0].left == 900_00


def test_what_is_on_record_stays(world):
    invoice = world.invoice(1_00)
    for change in ({"number": "other"}, {"commissioner": make.make_ccg()}, {"raised_by": make.make_person()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)
    for rows in (invoice.lines, invoice.steps):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        InvoiceStep.objects.update(words="x")


def test_the_trail_keeps_it_from_the_practices_of_the_case(world):
    invoice = world.invoice(1_00)
    entry = TrailEntry.objects.get(act="funding.raise_invoice")
    assert entry.is_internal
    assert entry.case_id == world.referral.pk
    assert entry.facts["pence"] == 1_00
    assert bytes(invoice.steps.get().file.content) == PDF.content
