"""The ledger: exact, capped and conserved at every step, and under concurrency."""

import threading
import uuid
from contextlib import contextmanager, nullcontext
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from funding import actions, ledger, rules, transfers
from funding.models import Allocation, Commitment, Transfer
from funding.stages import actions as stages
from funding.stages.worth import stage_amounts
from resilience.core import acts
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.decisions.models import Decision, DecisionCategory
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests import factories as make


def key() -> str:
    return uuid.uuid4().hex


def supported(granted: int = 1_000_00, year=None, commissioner=None) -> Referral:
    practice = make.make_practice(commissioner)
    referral = make.make_referral(practice, year, State.SUPPORTED)
    decision = Decision.objects.create(
        referral=referral,
        outcome="supported",
        reason="In need.",
        amount=granted,
        letter="Yes.",
        decided_by=make.make_person(),
    )
    DecisionCategory.objects.create(decision=decision, item=referral.year.menu.first())
    return referral


def allocate(referral: Referral, pence: int) -> Allocation:
    return actions.set_allocation(
        by=make.make_person(Role.FINANCE_LEAD),
        year=referral.year,
        commissioner=referral.commissioner,
        amount=pence,
        why="Allocation letter",
        key=key(),
    )


def commit(referral: Referral, pence: int, by=None, with_key: str | None = None) -> Commitment:
    return actions.commit(
        by=by or make.make_person(Role.FINANCE_LEAD),
        referral=referral,
        item=referral.year.menu.first(),
        amount=pence,
        purpose="Recruitment support",
        key=with_key or key(),
    )


@pytest.mark.django_db
class TestCommit:
    def test_takes_from_the_allocation_and_moves_the_referral(self):
        referral = supported()
        allocation = allocate(referral, 5_000_00)
        commit(referral, 400_50)
        assert ledger.of_allocation(allocation) == ledger.Figures(uncommitted=4_599_50, committed=400_50)
        referral.refresh_from_db()
        assert referral.state == State.COMMITTED

    def test_refuses_more_than_is_left_and_says_what_is(self):
        referral = supported()
        allocate(referral, 100_00)
        with pytest.raises(Denied, match="£100 uncommitted"):
            commit(referral, 100_01)
        assert not Commitment.objects.exists()

    def test_refuses_more_than_was_granted(self):
        referral = supported(granted=50_00)
        allocate(referral, 100_00)
        with pytest.raises(Denied, match="more than the decision leaves to commit: £50"):
            commit(referral, 50_01)

    def test_refuses_a_category_that_was_not_granted(self):
        referral = supported()
        allocate(referral, 100_00)
        with pytest.raises(Denied, match="did not grant"):
            actions.commit(
                by=make.make_person(Role.FINANCE_LEAD),
                referral=referral,
                item=referral.year.menu.last(),
                amount=1,
                purpose="x",
                key=key(),
            )

    def test_the_same_key_commits_once(self):
        referral = supported()
        allocation = allocate(referral, 100_00)
        first = commit(referral, 10_00, with_key="page-1")
        assert commit(referral, 10_00, with_key="page-1") == first
        assert ledger.of_allocation(allocation).committed == 10_00

    def test_outside_the_scope_it_is_denied(self):
        referral = supported()
        allocate(referral, 100_00)
        with pytest.raises(Denied):
            commit(referral, 1, by=make.make_person(Role.FINANCE_LEAD, make.make_ccg()))

    def test_release_gives_back_and_the_referral_waits_for_money_again(self):
        referral = supported()
        allocation = allocate(referral, 100_00)
        commitment = commit(referral, 60_00)
        by = make.make_person(Role.FINANCE_LEAD)
        actions.release(by=by, commitment=commitment, why="Wrong category", key=key())
        referral.refresh_from_db()
        assert ledger.of_allocation(allocation) == ledger.Figures(uncommitted=100_00)
        assert referral.state == State.SUPPORTED

    def test_the_allocation_cannot_fall_below_what_is_promised(self):
        referral = supported()
        allocate(referral, 100_00)
        commit(referral, 60_00)
        with pytest.raises(Denied, match="£60 of this allocation is already promised"):
            allocate(referral, 59_99)
        assert ledger.of_allocation(allocate(referral, 60_00)).uncommitted == 0

    def test_nothing_is_payable_before_both_have_signed(self):
        referral = supported()
        allocate(referral, 100_00)
        commitment = commit(referral, 60_00)
        stage = referral.year.stages.get()
        with pytest.raises(Denied, match="once both sides have signed"):
            stages.make_payable(by=None, commitment=commitment, stage=stage, amount=1, key=key())

    def test_a_stage_that_pays_earlier_is_payable_before_the_mou(self):
        referral = supported()
        allocate(referral, 100_00)
        commitment = commit(referral, 60_00)
        stage = PaymentStage.objects.create(
            year=referral.year,
            position=9,
            name="Start",
            amount=10_00,
            opens="date",
            opens_on=today(),
            pays_before_mou=True,
        )
        stages.make_payable(by=None, commitment=commitment, stage=stage, amount=10_00, key=key())
        assert ledger.of_commitment(commitment).payable == 10_00

    def test_payment_never_passes_what_is_payable(self):
        referral = supported()
        allocate(referral, 100_00)
        commitment = commit(referral, 60_00)
        make.sign_mou(referral)
        stages.open_stages(by=None, referral=referral, opens="mou_signed")
        stages.open_stages(by=None, referral=referral, opens="mou_signed")
        finance = make.make_person(Role.FINANCE_LEAD)
        with pytest.raises(Denied, match="more than is payable: £60"):
            actions.pay(by=finance, commitment=commitment, amount=60_01, why="BACS 1", key=key())
        actions.pay(by=finance, commitment=commitment, amount=60_00, why="BACS 1", key=key())
        assert ledger.of_commitment(commitment).paid == 60_00


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"debit": "paid", "credit": "paid"},
        {"debit": "source", "credit": "paid"},
        {"commitment": None},
    ],
)
def test_the_database_refuses_a_transfer_that_makes_no_sense(wrong):
    referral = supported()
    allocate(referral, 100_00)
    commitment = commit(referral, 60_00)
    right = {
        "allocation": commitment.allocation,
        "commitment": commitment,
        "kind": "commit",
        "debit": "uncommitted",
        "credit": "committed",
        "amount": 1,
        "why": "x",
        "key": key(),
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        Transfer.objects.create(**right | wrong)


def _race(attempts: int, work) -> list[str]:
    """Run ``work`` in as many threads, let go together; answers what each came to."""
    gate, outcomes = threading.Barrier(attempts), []

    def one() -> None:
        gate.wait()
        try:
            work()
            outcomes.append("done")
        except Denied as denied:
            outcomes.append(str(denied))
        except DatabaseError as error:
            outcomes.append(f"database: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@contextmanager
def _without_locks(monkeypatch):
    """The control: rows are read without a lock, and an act is no longer one transaction.

    The transaction goes too because on SQLite it is the lock (IMMEDIATE).
    """
    with monkeypatch.context() as patch:
        for module in (actions, transfers):
            patch.setattr(module, "lock", lambda row: type(row)._default_manager.get(pk=row.pk))
        patch.setattr(acts.transaction, "atomic", nullcontext)
        yield patch


@pytest.mark.django_db(transaction=True)
class TestTwoPeopleOnePoundLeft:
    def setup_method(self):
        first = supported()
        second = supported(year=first.year, commissioner=first.commissioner)
        self.referrals = [first, second]
        self.allocation = allocate(first, 1_00)
        self.by = make.make_person(Role.FINANCE_LEAD)

    def _try(self):
        queue = list(self.referrals)

        def work():
            commit(queue.pop(), 1_00, by=type(self.by).objects.get(pk=self.by.pk))

        return _race(2, work)

    def test_exactly_one_wins_and_the_other_reads_why(self):
        outcomes = self._try()
        assert outcomes.count("done") == 1, outcomes
        assert any("£0 uncommitted" in each for each in outcomes), outcomes
        assert ledger.of_allocation(self.allocation).uncommitted == 0

    def test_control_without_the_locks_the_pound_is_promised_twice(self, monkeypatch):
        meet = threading.Barrier(2)
        checked = rules.check_can_take

        def check_then_wait(*args):
            checked(*args)
            meet.wait(timeout=10)

        with _without_locks(monkeypatch) as patch:
            patch.setattr(rules, "check_can_take", check_then_wait)
            self._try()
        assert ledger.of_allocation(self.allocation).uncommitted < 0

    def test_two_hundred_tries_never_overspend(self):
        referral = self.referrals[0]
        allocate(referral, 10_00)
        gate_keys = [f"try-{n}" for n in range(200)]
        by = self.by

        def work():
            while gate_keys:
                try:
                    mine = gate_keys.pop()
                except IndexError:
                    return
                try:
                    commit(referral, 1_00, by=type(by).objects.get(pk=by.pk), with_key=mine)
                except Denied:
                    continue

        _race(8, work)
        figures = ledger.of_allocation(self.allocation)
        assert figures == ledger.Figures(uncommitted=0, committed=10_00)


@pytest.mark.django_db
class TestStageAmounts:
    def test_shares_sum_exactly_and_fixed_sums_come_first(self):
        year = make.make_year()
        year.stages.all().delete()
        rows = [
            PaymentStage.objects.create(
                year=year, position=1, name="Start", amount=10_00, opens="plan_agreed"
            ),
            PaymentStage.objects.create(
                year=year, position=2, name="Half", per_cent=Decimal("33.33"), opens="mou_signed"
            ),
            PaymentStage.objects.create(
                year=year, position=3, name="Rest", per_cent=Decimal("66.67"), opens="progress"
            ),
        ]
        amounts = stage_amounts(rows, 100_01)
        assert sum(amounts.values()) == 100_01
        assert amounts[rows[0].pk] == 10_00
        assert stage_amounts(rows, 5_00) == {rows[0].pk: 5_00, rows[1].pk: 0, rows[2].pk: 0}
