"""The end of a year: what is left goes on or goes back, and then nothing moves any more."""

import ast
import datetime as dt
import inspect
import pkgutil
import threading
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse

import funding
from funding import actions as money
from funding import ledger, transfers
from funding import rules as money_rules
from funding.closing import actions, rules
from funding.closing.left import left_in
from funding.models import ROUTES, Account, Allocation, Commitment, Kind, Move, Transfer, YearClosing
from funding.stages.actions import accept_progress, open_stages
from resilience.core import acts
from resilience.core.access import Denied, Role
from resilience.core.acts import ACTIONS
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.programmes.models import PaymentStage, SpendCategory
from resilience.referrals.models import Referral
from tests import factories as make
from tests.funding.test_ledger import commit, key, supported

for found in pkgutil.walk_packages(funding.__path__, "funding."):
    if found.name.endswith("actions"):
        import_module(found.name)

DAY = dt.timedelta(days=1)


class World:
    """A year that ended yesterday with £1,000: £300 committed, £200 payable, £100 paid; and the year after."""

    def __init__(self):
        self.office = make.make_local_office()
        self.ccg = make.make_ccg(self.office, name="North")
        self.other = make.make_ccg(self.office, name="South")
        end = today() - DAY
        self.year = make.make_year(self.office, name="Old", starts_on=end - 300 * DAY, ends_on=end)
        self.after = make.make_year(self.office, name="New", starts_on=today(), ends_on=today() + 364 * DAY)
        type(self.after).objects.filter(pk=self.after.pk).update(programme=self.year.programme)
        self.after.refresh_from_db()
        self.finance = make.make_person(Role.FINANCE_LEAD, self.office)
        self.referral = supported(year=self.year, commissioner=self.ccg)
        self.allocation = self.allocate(1_000_00)
        self.commitment = commit(self.referral, 600_00, by=self.finance)
        stage = self.year.stages.get()
        for kind, pence in ((Kind.MAKE_PAYABLE, 300_00), (Kind.PAY, 100_00)):
            more = {"stage": stage} if kind == Kind.MAKE_PAYABLE else {}
            with transaction.atomic():
                transfers.transfer_of(
                    kind, self.commitment, pence, by=self.finance, why="x", key=key(), **more
                )

    def allocate(self, pence, **more):
        given = {"by": self.finance, "year": self.year, "commissioner": self.ccg} | more
        return money.set_allocation(**given, amount=pence, why="Letter", key=key())

    def close(self, **more):
        return actions.close_year(
            **{"by": self.finance, "year": self.year, "why": "Books agreed", "into": self.after} | more
        )

    def figures(self, year):
        return ledger.total(ledger.of_allocations(year.allocations.all()).values())


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


# --- afterwards nothing changes ----------------------------------------------------------------


def routes(world):
    """Every kind of transfer there is, out of the closed year and into it."""
    new = Allocation.objects.get(year=world.after)
    for kind in Kind:
        if kind == Kind.CARRY_FORWARD:
            for account in (Account.UNCOMMITTED, Account.COMMITTED, Account.PAYABLE):
                yield kind, world.allocation, {"to_allocation": new, "account": account}
                yield kind, new, {"to_allocation": world.allocation, "account": account}
        elif kind == Kind.MOVE:
            yield kind, world.allocation, {"to_allocation": new}
            yield kind, new, {"to_allocation": world.allocation}
        else:
            yield kind, world.allocation, {}


def test_every_kind_of_transfer_is_refused_in_a_closed_year(world):
    world.close()
    tried = set()
    for kind, allocation, more in routes(world):
        with pytest.raises(Denied, match="is closed: its money no longer moves"):
            transfers.transfer(kind, allocation, 1, by=world.finance, why="x", key=key(), **more)
        tried.add(kind)
    assert tried == {*ROUTES, Kind.CARRY_FORWARD} == set(Kind)


WRITERS = {"create", "bulk_create", "get_or_create", "update_or_create", "abulk_create", "acreate"}


def test_the_ledger_has_one_writer():
    """What every kind is refused by is passed by every act there is, since nothing else writes an entry."""
    found = []
    for path in (Path(funding.__path__[0]).parent).glob("*/**/*.py"):
        if path.parts[-2] in ("migrations", ".venv") or ".venv" in path.parts or "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if (
                called == "Transfer"
                or (called.startswith("Transfer.") and called.rpartition(".")[2] in WRITERS)
                or (called.rpartition(".")[2] in WRITERS and ".transfers." in called)
            ):
                found.append(path.name)
    assert set(found) == {"transfers.py"}


def given_to(world, act):
    """Arguments for any act of the room, by what it names them; what is not known here is left out."""
    known = {
        "by": world.finance, "year": world.year, "commissioner": world.ccg, "allocation": world.allocation,
        "commitment": world.commitment, "referral": world.referral, "practice": world.referral.lead_practice,
        "item": world.year.menu.first(), "stage": world.year.stages.first(), "amount": 1_00, "why": "x",
        "purpose": "x", "key": key(), "shares": {world.referral.lead_practice: 1_00}, "opens": "mou_signed",
        "kind": Move.Kind.VIREMENT, "source": (world.ccg, None), "target": (world.other, None),
        "move": world.move, "into": None, "returns": True, "total": 1_00, "amounts": {world.ccg: 1_00},
        "reasons": {}, "transfer": world.allocation.transfers.last(), "paid_on": today(),
    }  # fmt: skip
    function = inspect.unwrap(act.run)
    parameters = inspect.signature(function).parameters
    if any(each.kind == each.VAR_KEYWORD for each in parameters.values()):
        known = {
            name: known[name]
            for name in ("by", "commitment", "amount", "why", "key", *parameters)
            if name in known
        }
        return known
    if act.name == "funding.set_allocation":
        known["amount"] = 5_000_00
    return {name: value for name, value in known.items() if name in parameters}


def prepared():
    world = World()
    world.allocate(1_00, commissioner=world.other)
    world.move = Move.objects.create(
        source=world.allocation,
        target=Allocation.objects.get(commissioner=world.other),
        amount=1_00,
        why="x",
        key=key(),
        asked_by=make.make_person(),
    )
    return world


ROOM = sorted(name for name in ACTIONS if name.startswith("funding."))
MOVES_MONEY = {
    "funding.set_allocation", "funding.commit", "funding.release", "funding.pay", "funding.withhold",
    "funding.reverse", "funding.claw_back", "funding.approve_move",
}  # fmt: skip
"""Acts that move money of this world as long as its year is open: the control."""


def entries(world):
    return Transfer.objects.filter(Q(allocation__year=world.year) | Q(to_allocation__year=world.year)).count()


def tried(world, name):
    """The entries that an act adds to the year, and what it raised."""
    before = entries(world)
    try:
        ACTIONS[name].run(**given_to(world, ACTIONS[name]))
    except Exception as error:
        return entries(world) - before, error
    return entries(world) - before, None


@pytest.mark.parametrize("name", ROOM)
@pytest.mark.django_db
def test_no_act_of_the_room_moves_money_of_a_closed_year(name):
    world = prepared()
    moved, error = tried(world, name)
    if name in MOVES_MONEY:
        assert moved == 1, f"the control: {name} should move money in an open year, and raised {error!r}"
    closed = prepared()
    YearClosing.objects.create(year=closed.year, why="x", closed_by=closed.finance)
    moved, error = tried(closed, name)
    assert moved == 0
    if name in MOVES_MONEY:
        assert isinstance(error, Denied)
        assert "closed" in str(error)


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
