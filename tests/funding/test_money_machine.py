"""Money walks at random through every act there is, beside a dictionary that knows the same rules.

After each step: books balance, every cap holds, and the ledger says what the dictionary says.
"""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from funding import actions, ledger
from funding.closing.actions import close_year
from funding.invoices import actions as invoices
from funding.models import Allocation, Commitment, Invoice, Transfer
from funding.moves import actions as moves
from funding.runs import actions as runs
from funding.runs.ready import of_commissioner
from funding.stages.actions import open_stages
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.referrals.states import State
from tests import factories as make
from tests.funding.invoicing import PDF, limit_to
from tests.funding.test_ledger import key, supported

pytestmark = pytest.mark.django_db
PENCE = st.integers(-2, 600_00)


class Money(RuleBasedStateMachine):
    """Two CCGs of one programme year; ``free`` is what each has uncommitted, ``money`` each commitment's accounts."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        office = make.make_local_office()
        self.ccgs = [make.make_ccg(office), make.make_ccg(office)]
        self.year = make.make_year(owner=office, ends_on=today() - dt.timedelta(days=1))
        self.next = make.make_year(
            owner=office, programme=self.year.programme, name="2027/28", starts_on=today()
        )
        self.finance = make.make_person(Role.FINANCE_LEAD, office)
        self.second = make.make_person(Role.APPROVER, office)
        limit_to(self.second, 10**9)
        self.free = [0, 0]
        self.money: dict[int, dict[str, int]] = {}
        self.ccg_of: dict[int, int] = {}
        self.claimed_by: dict[int, tuple[int, int]] = {}
        self.repeatable: list[Any] = []
        self.outside = 0
        self.closed = False
        self.paid_since: dict[int, int] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # --- what the dictionary knows

    def promised(self, ccg: int) -> int:
        return sum(sum(each.values()) for pk, each in self.money.items() if self.ccg_of[pk] == ccg)

    def one(self, data, account: str | None = None) -> int:
        """A commitment, drawn by its place in the list: ids differ from run to run."""
        choices = [pk for pk, each in self.money.items() if account is None or each[account]]
        return choices[data.draw(st.integers(0, len(choices) - 1))]

    def claims(self, commitment: int) -> int:
        """What invoices that are neither rejected nor paid ask for."""
        return sum(pence for of, pence in self.claimed_by.values() if of == commitment)

    def amount(self, data, there: int) -> int:
        """Pence about what is there: none, less, all of it, a penny too many, anything."""
        some = st.integers(1, max(there, 1))
        return data.draw(st.one_of(some, some, st.sampled_from([0, there, there + 1]), PENCE))

    def attempt(self, act: Any, allowed: bool) -> bool:
        """Do it; it goes through exactly where the dictionary says so."""
        if allowed:
            act()
            return True
        with pytest.raises(Denied):
            act()
        return False

    @initialize()
    def a_year_has_begun(self):
        """Else most walks end before anything is paid."""
        for ccg in (0, 1):
            self.allocate(ccg, 2_000_00)
            self.promise(ccg, 500_00)
            self.promise(ccg, 300_00)
        first = next(iter(self.money))
        self.signed(first)
        self.paid(first, 100_00)

    # --- allocations

    @rule(ccg=st.integers(0, 1), pence=st.integers(0, 2_000_00))
    def allocate(self, ccg, pence):
        def act():
            actions.set_allocation(
                by=self.finance,
                year=self.year,
                commissioner=self.ccgs[ccg],
                amount=pence,
                why="Letter",
                key=key(),
            )

        promised = self.promised(ccg)
        if self.attempt(act, not self.closed and pence >= promised):
            self.outside += pence - promised - self.free[ccg]
            self.free[ccg] = pence - promised

    @precondition(lambda self: Allocation.objects.filter(year=self.year).count() == 2)
    @rule(source=st.integers(0, 1), pence=PENCE, answer=st.sampled_from(["approve", "refuse", "same"]))
    def move(self, source, pence, answer):
        asked: list[Any] = []

        def act():
            asked.append(
                moves.ask_move(
                    by=self.finance,
                    year=self.year,
                    kind="virement",
                    source=(self.ccgs[source], None),
                    target=(self.ccgs[1 - source], None),
                    amount=pence,
                    why="Need is greater there",
                    key=key(),
                )
            )

        if not self.attempt(act, not self.closed and 0 < pence <= self.free[source]):
            return
        if answer == "refuse":
            moves.refuse_move(by=self.second, move=asked[0], why="Not now")
        elif answer == "same":
            self.attempt(lambda: moves.approve_move(by=self.finance, move=asked[0]), False)
            moves.withdraw_move(by=self.finance, move=asked[0], why="Asked in error")
        else:
            moves.approve_move(by=self.second, move=asked[0])
            self.free[source] -= pence
            self.free[1 - source] += pence

    # --- promises

    @precondition(lambda self: not self.closed)
    @rule(data=st.data(), ccg=st.integers(0, 1))
    def commit(self, data, ccg):
        self.promise(ccg, self.amount(data, self.free[ccg]))

    def promise(self, ccg, pence):
        referral = supported(granted=10**9, year=self.year, commissioner=self.ccgs[ccg])
        mine = key()
        made: list[Commitment] = []

        def act():
            made.append(
                actions.commit(
                    by=self.finance,
                    referral=referral,
                    item=self.year.menu.first(),
                    amount=pence,
                    purpose="Support",
                    key=mine,
                )
            )

        if self.attempt(act, 0 < pence <= self.free[ccg]):
            self.free[ccg] -= pence
            self.money[made[0].pk] = {"committed": pence, "payable": 0, "paid": 0}
            self.ccg_of[made[0].pk] = ccg
            self.repeatable.append(act)

    @precondition(lambda self: bool(self.money))
    @rule(data=st.data())
    def release(self, data):
        """Also after closing: what was carried forward is free again where it went."""
        pk = self.one(data)
        commitment = Commitment.objects.get(pk=pk)
        there = self.money[pk]["committed"]
        pence = self.amount(data, there)
        allowed = 0 < pence <= there and commitment.referral.state == State.COMMITTED
        if self.attempt(
            lambda: actions.release(
                by=self.finance, commitment=commitment, amount=pence, why="Not needed", key=key()
            ),
            allowed,
        ):
            self.money[pk]["committed"] -= pence
            self.free[self.ccg_of[pk]] += pence

    @precondition(lambda self: bool(self.money))
    @rule(data=st.data())
    def sign(self, data):
        """Both sides sign: what waited for it becomes payable, once."""
        self.signed(self.one(data))

    def signed(self, pk):
        referral = Commitment.objects.get(pk=pk).referral
        if referral.state != State.COMMITTED:
            return
        make.sign_mou(referral)
        for _ in range(2):
            open_stages(by=None, referral=referral, opens="mou_signed")
        self.money[pk]["payable"] += self.money[pk]["committed"]
        self.money[pk]["committed"] = 0

    # --- payments

    @precondition(lambda self: any(each["payable"] for each in self.money.values()))
    @rule(data=st.data())
    def invoice(self, data):
        pk = self.one(data, "payable")
        pence = self.amount(data, self.money[pk]["payable"] - self.claims(pk))
        commitment = Commitment.objects.get(pk=pk)
        made: list[Invoice] = []

        def act():
            made.append(
                invoices.raise_invoice(
                    by=self.finance,
                    payee=commitment.practice,
                    number=key()[:12],
                    invoice_date=today(),
                    lines={commitment: pence},
                    file=PDF,
                    key=key(),
                )
            )

        if self.attempt(act, 0 < pence <= self.money[pk]["payable"] - self.claims(pk)):
            self.claimed_by[made[0].pk] = (pk, pence)

    @precondition(lambda self: bool(self.claimed_by))
    @rule(data=st.data(), approve=st.booleans())
    def answer_invoice(self, data, approve):
        waiting = [pk for pk in self.claimed_by if Invoice.objects.get(pk=pk).state == "received"]
        if not waiting:
            return
        invoice = Invoice.objects.get(pk=waiting[data.draw(st.integers(0, len(waiting) - 1))])
        self.attempt(lambda: invoices.approve_invoice(by=self.finance, invoice=invoice), False)
        if approve:
            invoices.approve_invoice(by=self.second, invoice=invoice)
        else:
            invoices.reject_invoice(by=self.second, invoice=invoice, reason="Not ours")
            del self.claimed_by[invoice.pk]

    @precondition(lambda self: any(each["payable"] for each in self.money.values()))
    @rule(ccg=st.integers(0, 1))
    def run(self, ccg):
        """A payment run of all that is ready, which is then taken out again line by line."""
        ready = of_commissioner(self.ccgs[ccg])
        if not ready:
            return
        run = runs.make_run(
            by=self.finance, commissioner=self.ccgs[ccg], chosen={each.key for each in ready}, key=key()
        )
        assert not of_commissioner(self.ccgs[ccg]), "what is in a run is ready for no other"
        for line in run.lines.all():
            runs.take_out_of_run(by=self.finance, line=line, why="Not this week")
        assert {each.key for each in of_commissioner(self.ccgs[ccg])} == {each.key for each in ready}

    @precondition(lambda self: bool(self.money))
    @rule(data=st.data())
    def pay(self, data):
        pk = self.one(data)
        self.paid(pk, self.amount(data, self.money[pk]["payable"] - self.claims(pk)))

    def paid(self, pk, pence):
        commitment, mine = Commitment.objects.get(pk=pk), key()

        def act():
            actions.pay(by=self.finance, commitment=commitment, amount=pence, why="BACS", key=mine)

        if self.attempt(act, 0 < pence <= self.money[pk]["payable"] - self.claims(pk)):
            self.money[pk]["payable"] -= pence
            self.money[pk]["paid"] += pence
            self.paid_since[pk] = self.paid_since.get(pk, 0) + pence
            self.repeatable.append(act)

    @precondition(lambda self: any(each["payable"] or each["paid"] for each in self.money.values()))
    @rule(data=st.data(), act=st.sampled_from(["withhold", "reverse", "claw_back"]))
    def take_back(self, data, act):
        pk = self.one(data)
        source, target = {
            "withhold": ("payable", "committed"),
            "reverse": ("paid", "payable"),
            "claw_back": ("paid", None),
        }[act]
        if act == "withhold" and self.claims(pk):
            return
        pence = self.amount(data, self.money[pk][source])
        # Nothing is taken back here that was paid in a year which has closed since.
        if self.closed and source == "paid" and pence > self.paid_since.get(pk, 0):
            return
        commitment = Commitment.objects.get(pk=pk)
        if self.attempt(
            lambda: getattr(actions, act)(
                by=self.finance, commitment=commitment, amount=pence, why="In error", key=key()
            ),
            0 < pence <= self.money[pk][source],
        ):
            self.money[pk][source] -= pence
            if source == "paid":
                self.paid_since[pk] -= pence
            if target:
                self.money[pk][target] += pence
            else:
                self.free[self.ccg_of[pk]] += pence

    @precondition(lambda self: bool(self.repeatable))
    @rule(data=st.data())
    def repeat(self, data):
        """The same page sent again, whatever happened since: it is the same act, and moves nothing."""
        before = Transfer.objects.count()
        self.repeatable[data.draw(st.integers(0, len(self.repeatable) - 1))]()
        assert Transfer.objects.count() == before

    # --- the end

    @precondition(lambda self: any(each["paid"] for each in self.money.values()) and not self.closed)
    @rule()
    def close(self):
        if Invoice.objects.live().exists():
            return
        close_year(by=self.finance, year=self.year, why="Books agreed", into=self.next)
        self.closed = True
        self.paid_since = {}

    # --- what always holds

    @invariant()
    def the_ledger_agrees(self):
        allocations = list(Allocation.objects.select_related("commissioner"))
        figures = ledger.of_allocations(allocations)
        assert all(
            min(each.uncommitted, each.committed, each.payable, each.paid) >= 0 for each in figures.values()
        )
        for number, ccg in enumerate(self.ccgs):
            whole = ledger.total(figures[each.pk] for each in allocations if each.commissioner_id == ccg.pk)
            assert (whole.uncommitted, whole.promised) == (self.free[number], self.promised(number))
        assert ledger.total(figures.values()).allocated == self.outside, (
            "money came from nowhere, or went there"
        )
        said = {
            pk: {"committed": each.committed, "payable": each.payable, "paid": each.paid}
            for pk, each in ledger.of_commitments(Commitment.objects.all()).items()
        }
        assert {pk: said[pk] for pk in self.money} == self.money

    @invariant()
    def a_closed_year_holds_no_more_than_was_paid(self):
        if self.closed:
            left = ledger.total(ledger.of_allocations(Allocation.objects.filter(year=self.year)).values())
            assert left.uncommitted == left.committed == left.payable == 0


def test_money_walks_at_random_through_every_act():
    # A walk is long, and shrinking one takes many minutes: what failed is told step by step as it is.
    as_it_is = [Phase.generate]
    run_state_machine_as_test(
        Money,
        settings=hypothesis_settings(max_examples=10, stateful_step_count=30, deadline=None, phases=as_it_is),
    )
