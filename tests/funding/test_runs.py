"""Payment runs: what they take, what becomes of their lines, and what they keep from being paid twice."""

import csv
import datetime as dt
import io
import uuid

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from openpyxl import load_workbook

from funding import actions as money_acts
from funding import ledger
from funding.invoices import claims
from funding.models import Commitment, Invoice, LineTransfer, PaymentRun, RunLine
from funding.runs import actions, ready, states
from practices.models import Practice
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from tests import factories as make
from tests.funding.invoicing import World
from tests.funding.running import approved, exported, keys, pay_all, run_of

pytestmark = pytest.mark.django_db
S = PaymentRun.State
R = RunLine.Result


class TestReady:
    def test_is_approved_invoices_and_what_is_payable_to_practices(self):
        world = World()
        invoice = approved(world, 300_00)
        rows = ready.of_commissioner(world.ccg)
        assert [(each.invoice, each.commitment, each.pence) for each in rows] == [
            (invoice, None, 300_00),
            (None, world.direct, 700_00),
        ]

    def test_is_nothing_that_a_live_invoice_asks_for_and_nothing_of_a_supplier_without_one(self):
        world = World(payable=100_00)
        world.invoice(100_00)
        assert ready.of_commissioner(world.ccg) == []

    @pytest.mark.parametrize("route", ["direct", "section_96", "backfill"])
    def test_takes_the_routes_that_pay_a_practice(self, route):
        world = World(payable=0)
        world.commitment(50_00, route=route)
        assert [each.pence for each in ready.of_commissioner(world.ccg)] == [50_00]

    def test_does_not_take_the_local_teams(self):
        world = World(payable=0)
        world.commitment(50_00, route="local_team")
        assert ready.of_commissioner(world.ccg) == []

    def test_an_invoice_whose_money_was_withheld_is_listed_and_refused(self):
        world = World(payable=100_00)
        approved(world, 100_00)
        money_acts.withhold(
            by=world.finance, commitment=world.direct, amount=1, why="x", key=uuid.uuid4().hex
        )
        [row] = ready.of_commissioner(world.ccg)
        assert "no longer payable" in row.refused
        with pytest.raises(Denied, match="changed"):
            run_of(world, chosen=[row.key])

    def test_is_of_one_commissioner(self):
        world = World()
        assert ready.of_commissioner(make.make_ccg(world.ccg.parent)) == []


class TestMake:
    def test_takes_what_is_ticked_and_claims_it(self):
        world = World()
        invoice = approved(world, 300_00)
        run = run_of(world, chosen=keys(world.ccg)[1:])
        assert [(each.pence, each.payee_name) for each in run.lines.all()] == [(700_00, world.practice.name)]
        assert run.lines.get().reference == f"{run.reference}-001"
        assert claims.claimed([world.direct]) == {world.direct.pk: 1_000_00}
        assert [each.invoice for each in ready.of_commissioner(world.ccg)] == [invoice]

    def test_an_invoice_in_it_is_in_a_payment_run(self):
        world = World(payable=100_00)
        invoice = approved(world, 100_00)
        run_of(world)
        invoice.refresh_from_db()
        assert invoice.state == Invoice.State.IN_RUN

    def test_the_name_on_a_line_is_that_of_the_day(self):
        world = World()
        run = run_of(world)
        before = world.practice.name
        Practice.objects.filter(pk=world.practice.pk).update(name="Another name")
        assert run.lines.get().payee_name == before

    def test_a_repeat_is_the_same_run(self):
        world = World()
        given = {"key": "page-1", "chosen": keys(world.ccg)}
        assert run_of(world, **given) == run_of(world, **given)
        assert PaymentRun.objects.count() == 1

    def test_what_another_run_took_meanwhile_is_refused_and_nothing_is_made(self):
        world = World()
        approved(world, 300_00)
        shown = keys(world.ccg)
        run_of(world, chosen=shown[:1])
        with pytest.raises(Denied, match="1 of the 2 payments changed, or somebody else"):
            run_of(world, chosen=shown)
        assert PaymentRun.objects.count() == 1
        assert RunLine.objects.count() == 1

    def test_an_amount_that_changed_meanwhile_is_refused(self):
        world = World()
        shown = keys(world.ccg)
        world.invoice(1)
        with pytest.raises(Denied, match="changed"):
            run_of(world, chosen=shown)

    def test_needs_something_ticked(self):
        world = World()
        with pytest.raises(Denied, match="Tick at least one"):
            actions.make_run(by=world.finance, commissioner=world.ccg, chosen=[], key="k")

    @pytest.mark.parametrize("role", [each for each in Role.values if each != Role.FINANCE_LEAD])
    def test_is_finances(self, role):
        world = World()
        with pytest.raises(Denied, match="does not let you pay"):
            run_of(world, by=world.person(role))

    def test_is_in_scope_alone(self):
        world, other = World(), World()
        with pytest.raises(Denied, match="does not let you pay"):
            run_of(world, by=other.finance)

    def test_the_database_pays_an_invoice_once(self):
        world = World(payable=100_00)
        approved(world, 100_00)
        line = run_of(world).lines.get(invoice__isnull=False)
        with pytest.raises(IntegrityError), transaction.atomic():
            RunLine.objects.create(
                run=line.run,
                reference="again",
                invoice=line.invoice,
                payee_code="x",
                payee_name="x",
                pence=1,
            )

    def test_a_line_keeps_what_it_pays(self):
        line = run_of(World()).lines.get()
        with pytest.raises(DatabaseError), transaction.atomic():
            RunLine.objects.filter(pk=line.pk).update(pence=1)
        with pytest.raises(DatabaseError), transaction.atomic():
            RunLine.objects.filter(pk=line.pk).delete()


class TestExport:
    def test_is_kept_byte_for_byte(self):
        world = World()
        run = exported(world)
        before = bytes(run.csv.content), bytes(run.workbook.content)
        actions.take_out_of_run(by=world.finance, line=run.lines.get(), why="Wrong account")
        again = actions.export_run(by=world.finance, run=run)
        assert (bytes(again.csv.content), bytes(again.workbook.content)) == before

    def test_says_what_the_finance_system_asks_for(self):
        world = World(payable=0)
        world.commitment(1_234_56, cost_centre="E99B01", route="backfill")
        run = exported(world)
        [row] = csv.DictReader(io.StringIO(bytes(run.csv.content).decode("utf-8-sig")))
        assert row == {
            "Line reference": f"{run.reference}-001",
            "Payee": world.practice.name,
            "Payee code": world.practice.ods_code,
            "Invoice number": "",
            "Amount": "1234.56",
            "Cost centre": "E99B01",
            "Route": "Backfill for peers",
            "Programme year": str(world.year),
            "Referral": world.referral.reference,
            "Description": f"{world.year.menu.first().name}: Recruitment support",
        }

    def test_an_invoice_of_two_cost_centres_says_how_much_is_whose(self):
        world = World(payable=0)
        one = world.commitment(10_00, cost_centre="E1")
        two = world.commitment(20_00, cost_centre="E2")
        approved(world, lines={one: 10_00, two: 20_00})
        run = exported(world)
        [row] = csv.DictReader(io.StringIO(bytes(run.csv.content).decode("utf-8-sig")))
        assert (row["Amount"], row["Cost centre"]) == ("30.00", "E1 £10; E2 £20")

    def test_no_text_becomes_a_formula(self):
        world = World(payable=0)
        world.practice.name = "=1+1"
        world.practice.save()
        world.commitment(10_00, cost_centre="@SUM(A1)")
        run = exported(world)
        sheet = load_workbook(io.BytesIO(bytes(run.workbook.content))).active
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f"]
        assert "=1+1" in [cell.value for cell in cells]
        assert "'=1+1" in bytes(run.csv.content).decode()

    def test_holds_no_line_that_was_taken_out(self):
        world = World(payable=0)
        world.commitment(10_00)
        world.commitment(20_00)
        run = run_of(world)
        actions.take_out_of_run(by=world.finance, line=run.lines.first(), why="Wait")
        run = actions.export_run(by=world.finance, run=run)
        assert f"{run.reference}-001" not in bytes(run.csv.content).decode()
        assert f"{run.reference}-002" in bytes(run.csv.content).decode()

    def test_of_an_empty_run_is_refused(self):
        world = World()
        run = run_of(world)
        actions.take_out_of_run(by=world.finance, line=run.lines.get(), why="Wait")
        with pytest.raises(Denied, match="Reconciled"):
            actions.export_run(by=world.finance, run=run)


class TestTakenOut:
    def test_is_ready_again_and_its_invoice_approved(self):
        world = World(payable=100_00)
        invoice = approved(world, 100_00)
        shown = keys(world.ccg)
        run = run_of(world)
        actions.take_out_of_run(by=world.finance, line=run.lines.get(invoice=invoice), why="Not yet")
        invoice.refresh_from_db()
        assert invoice.state == Invoice.State.APPROVED
        assert keys(world.ccg)[0] == shown[0]

    def test_needs_a_reason(self):
        world = World()
        with pytest.raises(Denied, match="Say why"):
            actions.take_out_of_run(by=world.finance, line=run_of(world).lines.get(), why=" ")


class TestCameBack:
    def paid(self, pence=100_00):
        world = World(payable=pence)
        invoice = approved(world, pence)
        run = exported(world)
        pay_all(world, run)
        return world, invoice, run.lines.get(invoice=invoice)

    def test_money_is_payable_again_and_the_invoice_approved(self):
        world, invoice, line = self.paid()
        assert ledger.of_commitment(world.direct).paid == 100_00
        actions.return_payment(by=world.finance, line=line, why="Closed account", came_back_on=today())
        invoice.refresh_from_db()
        line.refresh_from_db()
        assert (ledger.of_commitment(world.direct).paid, ledger.of_commitment(world.direct).payable) == (
            0,
            100_00,
        )
        assert (invoice.state, line.result) == (Invoice.State.APPROVED, R.RETURNED)
        assert LineTransfer.objects.filter(line=line).count() == 2

    def test_it_can_be_paid_by_another_run(self):
        world, invoice, line = self.paid()
        actions.return_payment(by=world.finance, line=line, why="Closed account", came_back_on=today())
        pay_all(world, exported(world))
        invoice.refresh_from_db()
        assert invoice.state == Invoice.State.PAID
        assert ledger.of_commitment(world.direct).paid == 100_00

    def test_twice_is_refused(self):
        world, _, line = self.paid()
        for refused in (False, True):
            given = {"by": world.finance, "line": line, "why": "x", "came_back_on": today()}
            if refused:
                with pytest.raises(Denied, match="not possible now"):
                    actions.return_payment(**given)
            else:
                actions.return_payment(**given)
        assert ledger.of_commitment(world.direct).paid == 0

    @pytest.mark.parametrize("days", [-1, 1])
    def test_neither_before_it_was_paid_nor_in_the_future(self, days):
        world, _, line = self.paid()
        day = today() + dt.timedelta(days=days)
        with pytest.raises(Denied, match=r"not in the future|cannot come back before"):
            actions.return_payment(by=world.finance, line=line, why="x", came_back_on=day)

    def test_by_hand_is_refused_and_says_where(self):
        world, _, _ = self.paid()
        with pytest.raises(Denied, match="paid by a payment run"):
            money_acts.reverse(by=world.finance, commitment=world.direct, amount=1, why="x", key="k")


class TestByHand:
    def test_pays_what_nothing_claims(self):
        world = World(payable=100_00)
        world.invoice(60_00)
        given = {"by": world.finance, "commitment": world.direct, "why": "BACS 1"}
        with pytest.raises(Denied, match="more than can be paid by hand: £40"):
            money_acts.pay(amount=40_01, key="a", **given)
        money_acts.pay(amount=40_00, key="b", **given)
        with pytest.raises(Denied, match="is on invoices or in a payment run"):
            money_acts.pay(amount=1, key="c", **given)

    def test_does_not_pay_what_is_in_a_run(self):
        world = World(payable=100_00)
        run_of(world)
        with pytest.raises(Denied, match="in a payment run"):
            money_acts.pay(by=world.finance, commitment=world.direct, amount=1, why="x", key="k")

    def test_does_not_withhold_what_is_in_a_run(self):
        world = World(payable=100_00)
        run_of(world)
        with pytest.raises(Denied, match="in a payment run"):
            money_acts.withhold(by=world.finance, commitment=world.direct, amount=1, why="x", key="k")

    def test_claws_back_no_more_than_was_paid(self):
        world = World(payable=100_00)
        pay_all(world, exported(world))
        given = {"by": world.finance, "commitment": world.direct, "why": "x", "reference": "CN 1"}
        with pytest.raises(Denied, match="more than is paid"):
            money_acts.claw_back(amount=100_01, key="a", **given)
        taken = money_acts.claw_back(amount=30_00, key="b", **given)
        assert (taken.why, taken.happened_on) == ("CN 1: x", today())
        assert ledger.of_commitment(world.direct).paid == 70_00


def put(world: World, state: str) -> PaymentRun:
    run = run_of(world)
    if state != S.MADE:
        run = actions.export_run(by=world.finance, run=run)
    if state == S.RECONCILED:
        pay_all(world, run)
    return PaymentRun.objects.get(pk=run.pk)


def bring(world: World, result: str) -> RunLine:
    run = exported(world)
    line = run.lines.get()
    if result in (R.PAID, R.RETURNED):
        pay_all(world, run)
    if result == R.RETURNED:
        actions.return_payment(by=world.finance, line=line, why="x", came_back_on=today())
    if result == R.TAKEN_OUT:
        actions.take_out_of_run(by=world.finance, line=line, why="x")
    return RunLine.objects.get(pk=line.pk)


class TestTables:
    @pytest.mark.parametrize("state", S.values)
    def test_each_state_can_be_reached_and_is_exported_as_the_table_says(self, state):
        world = World(payable=100_00)
        run = put(world, state)
        assert run.state == state
        moves = states.RUN_ACTS["funding.export_run"].moves
        before = run.exported_at
        done = actions.export_run(by=world.finance, run=run)
        assert (done.state == S.EXPORTED and before is None) if state in moves else done.exported_at == before

    @pytest.mark.parametrize("result", R.values)
    @pytest.mark.parametrize("act", ["funding.take_out_of_run", "funding.return_payment"])
    def test_each_act_on_a_line_as_the_table_says(self, act, result):
        world = World(payable=100_00)
        line = bring(world, result)
        assert line.result == result
        works = {
            "funding.take_out_of_run": lambda: actions.take_out_of_run(by=world.finance, line=line, why="x"),
            "funding.return_payment": lambda: actions.return_payment(
                by=world.finance, line=line, why="x", came_back_on=today()
            ),
        }
        if result in states.LINE_ACTS[act].moves:
            assert works[act]().result == states.LINE_ACTS[act].moves[result]
        else:
            with pytest.raises(Denied, match="not possible now"):
                works[act]()
            assert RunLine.objects.get(pk=line.pk).result == result

    def test_a_run_is_reconciled_when_its_last_line_is_settled(self):
        world = World(payable=0)
        for _ in range(2):
            world.commitment(10_00)
        run = exported(world)
        one, two = run.lines.all()
        actions.take_out_of_run(by=world.finance, line=one, why="x")
        assert PaymentRun.objects.get(pk=run.pk).state == S.EXPORTED
        actions.take_out_of_run(by=world.finance, line=two, why="x")
        assert PaymentRun.objects.get(pk=run.pk).state == S.RECONCILED
        assert Commitment.objects.count() == 4
