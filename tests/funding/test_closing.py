"""The end of a year: what is left goes on or goes back, and then nothing moves any more."""

import threading
from contextlib import contextmanager, nullcontext

import pytest
from django.db import connection
from django.urls import reverse

from funding import actions as money
from funding import ledger, transfers
from funding import rules as money_rules
from funding.closing import actions, rules
from funding.closing.left import left_in
from funding.models import Allocation, Commitment, Kind, Move, Transfer, YearClosing
from funding.stages.actions import accept_progress, open_stages
from resilience.core import acts
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.programmes.models import PaymentStage, SpendCategory
from resilience.referrals.models import Referral
from tests import factories as make
from tests.funding.closing import DAY, World
from tests.funding.test_ledger import commit, key, supported


@pytest.fixture
def world(db):
    return World()


OLD = ledger.Figures(uncommitted=400_00, committed=300_00, payable=200_00, paid=100_00)


def test_what_is_left_goes_on_and_not_a_penny_is_lost(world):
    assert world.figures(world.year) == OLD
    closing = world.close()
    assert world.figures(world.year) == ledger.Figures(paid=100_00)
    assert world.figures(world.after) == ledger.Figures(400_00, 300_00, 200_00)
    both = world.figures(world.year) + world.figures(world.after)
    assert both == OLD
    assert (closing.why, closing.closed_by) == ("Books agreed", world.finance)
    entry = TrailEntry.objects.get(act="funding.close_year")
    assert entry.facts["carried"] == 900_00


def test_uncommitted_money_may_go_back_while_promises_go_on(world):
    world.close(returns=True)
    assert world.figures(world.after) == ledger.Figures(committed=300_00, payable=200_00)
    returned = Transfer.objects.get(kind=Kind.WITHDRAW)
    assert (returned.amount, returned.why) == (400_00, "Returned at year end: Books agreed")
    with pytest.raises(Denied, match="closed"):
        world.allocate(5_00)


def test_a_carried_commitment_becomes_payable_and_is_paid_in_the_new_year(world):
    world.close()
    stage = PaymentStage.objects.get(year=world.year)
    given = {"by": world.finance, "why": "x"}
    transfers.transfer_of(Kind.MAKE_PAYABLE, world.commitment, 300_00, key=key(), stage=stage, **given)
    money.pay(by=world.finance, commitment=world.commitment, amount=500_00, why="BACS", key=key())
    assert world.figures(world.after) == ledger.Figures(uncommitted=400_00, paid=500_00)
    assert ledger.of_commitment(world.commitment).paid == 600_00
    assert ledger.allocation_of(world.commitment).year == world.after


def test_a_stage_that_opens_after_closing_pays_what_was_carried_forward(world):
    waits = commit(supported(year=world.year, commissioner=world.ccg), 150_00, by=world.finance)
    world.close()
    make.sign_mou(waits.referral)
    opened = open_stages(by=None, referral=Referral.objects.get(pk=waits.referral_id), opens="mou_signed")
    assert [(each.amount, each.allocation.year) for each in opened] == [(150_00, world.after)]
    assert ledger.of_commitment(waits).payable == 150_00


def test_progress_accepted_after_closing_opens_what_was_carried_forward(world):
    waits = commit(supported(year=world.year, commissioner=world.ccg), 150_00, by=world.finance)
    stage = PaymentStage.objects.get(year=world.year)
    PaymentStage.objects.filter(pk=stage.pk).update(opens="progress")
    stage.refresh_from_db()
    world.close()
    make.sign_mou(waits.referral)
    officer = make.make_person(Role.PROGRAMME_OFFICER)
    referral = Referral.objects.get(pk=waits.referral_id)
    accept_progress(by=officer, referral=referral, stage=stage, why="The rota is full")
    assert ledger.of_commitment(waits).payable == 150_00


def test_promises_are_not_left_behind(world):
    for returns in (False, True):
        with pytest.raises(Denied, match="Choose the year"):
            world.close(into=None, returns=returns)
    assert world.figures(world.year) == OLD
    assert not YearClosing.objects.exists()


def test_the_button_that_commits_says_that_the_year_is_closed(world):
    waiting = supported(year=world.year, commissioner=world.ccg)
    world.close()
    with pytest.raises(Denied, match="is closed"):
        money_rules.check_can_commit(world.finance, waiting)


def test_an_empty_year_closes_alone(db):
    world = World()
    empty = make.make_year(world.office, starts_on=today() - 300 * DAY, ends_on=today() - DAY)
    assert world.close(year=empty, into=None).year == empty


def test_money_goes_on_in_the_category_of_the_same_name(world):
    old = SpendCategory.objects.create(year=world.after, position=1, name="a", indicative_share=100)
    with pytest.raises(Denied, match="no telling which one"):
        world.close()
    assert world.figures(world.year) == OLD
    old.delete()
    year = make.make_year(world.office, starts_on=today() - 300 * DAY, ends_on=today() - DAY)
    type(year).objects.filter(pk=year.pk).update(programme=world.year.programme, name="Older")
    year.refresh_from_db()
    category = SpendCategory.objects.create(year=year, position=1, name="Extending", indicative_share=100)
    world.allocate(7_00, year=year, category=category)
    named = SpendCategory.objects.create(year=world.after, position=1, name="Other", indicative_share=100)
    with pytest.raises(Denied, match="no category of spend named “Extending”"):
        world.close(year=year)
    SpendCategory.objects.filter(pk=named.pk).update(name="extending")
    world.close(year=year)
    assert world.after.allocations.get().category == named


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("running", "Close it after that day"),
        ("moving", "1 move of money waits"),
        ("silent", "Say why"),
        ("elsewhere", "Choose a later year of"),
        ("earlier", "Choose a later year of"),
        ("below", "does not let you close"),
        ("officer", "does not let you close"),
        ("twice", "closed already"),
    ],
)
def test_what_stands_in_the_way_is_said(world, change, sentence):
    more = {}
    if change == "running":
        world.year.ends_on = today()
        world.year.save()
    elif change == "moving":
        target = Allocation.objects.create(year=world.year, commissioner=make.make_ccg(world.office))
        Move.objects.create(
            source=world.allocation, target=target, amount=1, why="x", key=key(), asked_by=world.finance
        )
    elif change == "silent":
        more = {"why": " "}
    elif change == "elsewhere":
        more = {"into": make.make_year(world.office, starts_on=today(), ends_on=today() + DAY)}
    elif change == "earlier":
        world.after.starts_on, world.after.ends_on = world.year.starts_on - 9 * DAY, world.year.starts_on
        world.after.save()
    elif change == "below":
        more = {"by": make.make_person(Role.FINANCE_LEAD, world.ccg)}
    elif change == "officer":
        more = {"by": make.make_person(Role.PROGRAMME_OFFICER, world.office)}
    elif change == "twice":
        world.close()
    before = Transfer.objects.count()
    with pytest.raises(Denied, match=sentence):
        world.close(**more)
    assert Transfer.objects.count() == before


# --- the page ----------------------------------------------------------------------------------


class TestPage:
    def test_previews_and_closes(self, world, client):
        client.force_login(world.finance)
        address = reverse("funding:close_year", kwargs={"year": world.year.pk})
        page = client.get(address).content.decode()
        for said in ("£400", "£300", "£200", world.referral.reference, "Close the year"):
            assert said in page
        errors = client.post(address, {"uncommitted": "return", "why": "Agreed"}).context["form"].errors
        assert "into" in errors
        assert {"uncommitted", "why", "into"} >= set(client.post(address, {}).context["form"].errors)
        assert not YearClosing.objects.exists()
        typed = {"uncommitted": "carry", "why": "Agreed", "into": world.after.pk}
        assert client.post(address, typed).status_code == 302
        assert world.figures(world.after).allocated == 900_00
        again = client.post(address, typed)
        assert "closed this year on" in again.content.decode()
        listed = client.get(reverse("funding:allocations"), {"year": world.year.pk}).content.decode()
        assert "is closed: its money no longer moves" in listed

    def test_who_reaches_a_part_only_reads_why_not_and_sees_no_one_elses_money(self, world, client):
        client.force_login(make.make_person(Role.FINANCE_LEAD, world.ccg))
        address = reverse("funding:close_year", kwargs={"year": world.year.pk})
        page = client.get(address).content.decode()
        assert "does not let you close" in page
        assert "£400" not in page
        client.post(address, {"uncommitted": "return", "why": "x", "into": world.after.pk})
        assert not YearClosing.objects.exists()


# --- closing against a commit ------------------------------------------------------------------


@contextmanager
def without_locks(monkeypatch):
    """The control: rows are read without a lock, and an act is no longer one transaction (on SQLite the lock)."""
    with monkeypatch.context() as patch:
        for module in (money, actions, transfers):
            patch.setattr(module, "lock", lambda row: type(row)._default_manager.get(pk=row.pk))
        patch.setattr(acts.transaction, "atomic", nullcontext)
        yield patch


@pytest.mark.django_db(transaction=True)
class TestClosingAgainstACommit:
    def setup_method(self):
        self.world = World()
        self.second = supported(year=self.world.year, commissioner=self.world.ccg)

    def race(self):
        outcomes, gate = {}, threading.Barrier(2)

        def fresh():
            return type(self.world.finance).objects.get(pk=self.world.finance.pk)

        def run(name, work):
            gate.wait()
            try:
                work()
                outcomes[name] = "done"
            except Exception as error:
                outcomes[name] = str(error)
            finally:
                connection.close()

        acts_of = {
            "close": lambda: self.world.close(by=fresh()),
            "commit": lambda: commit(self.second, 400_00, by=fresh()),
        }
        threads = [threading.Thread(target=run, args=each) for each in acts_of.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def test_either_the_commit_goes_on_or_it_reads_that_the_year_is_closed(self):
        outcomes = self.race()
        assert outcomes["close"] == "done", outcomes
        assert outcomes["commit"] == "done" or "closed" in outcomes["commit"], outcomes
        assert self.world.figures(self.world.year) == ledger.Figures(paid=100_00)
        assert self.world.figures(self.world.after).allocated == 900_00
        assert (Commitment.objects.count() == 2) == (outcomes["commit"] == "done")

    def test_without_the_lock_money_is_left_behind(self, monkeypatch):
        summed, committed = threading.Event(), threading.Event()

        def wait_after_summing(year):
            found = left_in(year)
            summed.set()
            committed.wait(10)
            return found

        checked = money.rules.check_can_commit_this

        def wait_before_committing(*given):
            summed.wait(10)
            checked(*given)

        created = money.record

        def committed_now(**given):
            created(**given)
            if isinstance(given["on"], Commitment):
                committed.set()

        with without_locks(monkeypatch) as patch:
            patch.setattr(actions, "left_in", wait_after_summing)
            patch.setattr(money.rules, "check_can_commit_this", wait_before_committing)
            patch.setattr(money, "record", committed_now)
            self.race()
        assert self.world.figures(self.world.year) != ledger.Figures(paid=100_00)


def test_rules_say_which_years_come_after(world):
    assert rules.years_after(world.year) == [world.after]
    YearClosing.objects.create(year=world.after, why="x", closed_by=world.finance)
    assert rules.years_after(world.year) == []
