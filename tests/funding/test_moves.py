"""Virement and slippage: asked by one person, answered by another, moved at approval."""

import datetime as dt
import threading
from contextlib import contextmanager, nullcontext

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from post_office.models import Email

from funding import actions as money
from funding import ledger, transfers
from funding.models import Allocation, Kind, Move, Transfer
from funding.moves import actions, rules
from funding.moves.states import MOVE_ACTS
from resilience.core import acts
from resilience.core.access import ROLE_PERMISSIONS, Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from tests import factories as make
from tests.funding.test_ledger import key

S = Move.State


class World:
    """Two CCGs of one office with £100 and £10; one person asks, another may answer."""

    def __init__(self, **year):
        self.office = make.make_local_office()
        self.north = make.make_ccg(self.office, name="North")
        self.south = make.make_ccg(self.office, name="South")
        self.year = make.make_year(self.office, **year)
        self.asker = make.make_person(Role.FINANCE_LEAD, self.office)
        self.second = make.make_person(Role.FINANCE_LEAD, self.office)
        self.allocations = {
            commissioner: money.set_allocation(
                by=self.asker, year=self.year, commissioner=commissioner, amount=pence, why="Letter", key=key()
            )
            for commissioner, pence in ((self.north, 100_00), (self.south, 10_00))
        }  # fmt: skip

    def ask(self, pence=40_00, **more):
        return actions.ask_move(
            **{
                "by": self.asker,
                "year": self.year,
                "kind": Move.Kind.VIREMENT,
                "source": (self.north, None),
                "target": (self.south, None),
                "amount": pence,
                "why": "More practices at risk",
                "key": key(),
            }
            | more
        )

    def stands(self):
        return tuple(ledger.of_allocation(each).uncommitted for each in self.allocations.values())

    def take(self, pence):
        """Somebody else uses so much of North's money meanwhile."""
        money.set_allocation(
            by=self.asker, year=self.year, commissioner=self.north,
            amount=ledger.of_allocation(self.allocations[self.north]).allocated - pence, why="Less", key=key(),
        )  # fmt: skip


@pytest.fixture
def world(db):
    return World()


def test_nothing_moves_before_a_second_person_approves(world):
    move = world.ask()
    assert (move.state, world.stands()) == (S.ASKED, (100_00, 10_00))
    done = actions.approve_move(by=world.second, move=move)
    assert (done.state, world.stands()) == (S.APPROVED, (60_00, 50_00))
    assert (done.transfer.kind, done.transfer.amount, done.transfer.made_by) == (
        Kind.MOVE,
        40_00,
        world.second,
    )
    assert done.transfer.why == "Virement: More practices at risk"
    entry = TrailEntry.objects.get(act="funding.approve_move")
    assert (entry.facts["before"], entry.facts["after"]) == ("asked", "approved")


def test_who_asked_never_answers(world):
    move = world.ask()
    for act in (actions.approve_move, lambda **given: actions.refuse_move(**given, why="No")):
        with pytest.raises(Denied, match="another person"):
            act(by=world.asker, move=move)
    with pytest.raises(IntegrityError), transaction.atomic():
        Move.objects.filter(pk=move.pk).update(
            state="approved", answered_by=world.asker, answered_at=move.asked_at,
            transfer=Transfer.objects.first(),
        )  # fmt: skip


def test_both_ends_are_in_reach_of_who_asks_and_who_answers(world):
    for over in (world.north, world.south):
        half = make.make_person(Role.FINANCE_LEAD, over)
        with pytest.raises(Denied, match="does not let you"):
            world.ask(by=half)
    move = world.ask()
    for over in (world.north, world.south):
        with pytest.raises(Denied, match="does not let you approve moves of money for"):
            actions.approve_move(by=make.make_person(Role.APPROVER, over), move=move)
    both = make.make_person(Role.APPROVER, world.north)
    make.grant(both, Role.APPROVER, world.south)
    assert actions.approve_move(by=both, move=move).state == S.APPROVED


@pytest.mark.parametrize("role", Role)
def test_every_role_may_what_the_table_says(world, role):
    move = world.ask()
    person = make.make_person(
        role, make.make_practice(world.north) if role == Role.PRACTICE_USER else world.office
    )
    held = ROLE_PERMISSIONS[role]
    for act, call in (
        ("funding.ask_move", lambda: world.ask(1_00, by=person)),
        ("funding.refuse_move", lambda: actions.refuse_move(by=person, move=move, why="No")),
    ):
        allowed = MOVE_ACTS[act].permission in held
        with nullcontext() if allowed else pytest.raises(Denied):
            call()


@pytest.mark.parametrize("state", [S.APPROVED, S.REFUSED, S.WITHDRAWN])
def test_an_answered_move_is_answered_once(world, state):
    move = world.ask()
    answers = {
        S.APPROVED: lambda: actions.approve_move(by=world.second, move=move),
        S.REFUSED: lambda: actions.refuse_move(by=world.second, move=move, why="No"),
        S.WITHDRAWN: lambda: actions.withdraw_move(by=world.asker, move=move, why="Not needed"),
    }
    answers[state]()
    stands = world.stands()
    for again in answers.values():
        with pytest.raises(Denied, match="not possible now"):
            again()
    assert world.stands() == stands
    with pytest.raises(DatabaseError), transaction.atomic():
        Move.objects.filter(pk=move.pk).update(amount=1)


def test_refusing_and_withdrawing_say_why_and_move_nothing(world):
    for act, by in ((actions.refuse_move, world.second), (actions.withdraw_move, world.asker)):
        move = world.ask()
        with pytest.raises(Denied, match="Say why"):
            act(by=by, move=move, why=" ")
        assert act(by=by, move=move, why="Not now").answer == "Not now"
    assert world.stands() == (100_00, 10_00)
    with pytest.raises(Denied, match="asked for this move and can withdraw it"):
        actions.withdraw_move(by=world.second, move=world.ask(), why="x")


def test_what_was_free_when_asked_may_be_gone(world):
    with pytest.raises(Denied, match="North has £100 uncommitted"):
        world.ask(100_01)
    move = world.ask(100_00)
    world.take(1)
    with pytest.raises(Denied, match=r"£100 was uncommitted when this was asked\. North now has £99\.99"):
        actions.approve_move(by=world.second, move=move)
    move.refresh_from_db()
    assert (move.state, world.stands()) == (S.ASKED, (99_99, 10_00))


def test_slippage_moves_on_and_after_its_day(db):
    before = World(slippage_from=today() + dt.timedelta(days=1))
    with pytest.raises(Denied, match="Until then, ask for a virement"):
        before.ask(kind=Move.Kind.SLIPPAGE)
    with pytest.raises(Denied, match="no day from which"):
        World().ask(kind=Move.Kind.SLIPPAGE)
    on = World(slippage_from=today())
    done = actions.approve_move(by=on.second, move=on.ask(kind=Move.Kind.SLIPPAGE))
    assert done.transfer.why.startswith("Slippage: ")


def test_a_page_sent_twice_asks_once(world):
    assert world.ask(key="page") == world.ask(key="page")
    with pytest.raises(Denied, match="already used"):
        world.ask(39_00, key="page")
    assert Move.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"amount": 0}, "more than £0"),
        ({"why": "  "}, "Say why"),
        ({"target": "same"}, "stay where it is"),
        ({"target": "foreign"}, "does not let you"),
    ],
)
def test_what_makes_no_sense_is_refused(world, more, sentence):
    places = {"same": (world.north, None), "foreign": (make.make_ccg(), None)}
    more = {name: places.get(value, value) for name, value in more.items()}
    with pytest.raises(Denied, match=sentence):
        world.ask(**more)
    assert not Move.objects.exists()


def test_a_move_reaches_a_ccg_without_an_allocation(world):
    east = make.make_ccg(world.office, name="East")
    asker, second = (make.make_person(Role.FINANCE_LEAD, world.office) for _ in range(2))
    actions.approve_move(by=second, move=world.ask(by=asker, target=(east, None)))
    assert ledger.of_allocation(Allocation.objects.get(commissioner=east)).uncommitted == 40_00


def test_approvers_read_what_waits_and_the_asker_the_answer(world):
    approver = make.make_person(Role.APPROVER, world.office)
    make.make_person(Role.APPROVER, world.north)
    move = world.ask()
    asked = Email.objects.get()
    assert set(asked.to) == {approver.email, world.second.email}
    assert reverse("funding:move", kwargs={"move": move.pk}) in asked.message
    actions.refuse_move(by=approver, move=move, why="Wait for the visit")
    answer = Email.objects.latest("id")
    assert answer.to == [world.asker.email]
    assert "Wait for the visit" in answer.message


class TestPages:
    def test_from_asking_to_approval(self, world, client):
        client.force_login(world.asker)
        address = reverse("funding:ask_move", kwargs={"year": world.year.pk})
        form = client.get(address).context["form"]
        typed = {
            "key": form["key"].value(), "source": f"{world.north.pk}-0", "target": f"{world.south.pk}-0",
            "amount": "40", "why": "Need",
        }  # fmt: skip
        same = client.post(address, typed | {"target": typed["source"]}).context["form"]
        assert "target" in same.errors
        assert (
            "North has £100 uncommitted"
            in client.post(address, typed | {"amount": "100.01"}).content.decode()
        )
        assert client.post(address, typed | {"amount": "-1"}).context["form"].errors["amount"]
        response = client.post(address, typed)
        page = response["Location"]
        assert "another person approves or refuses it" in client.get(page).content.decode()
        assert "Withdraw this move" in client.get(page).content.decode()
        client.force_login(world.second)
        home = client.get("/").content.decode()
        assert "of money to approve or refuse" in home
        assert client.get(reverse("funding:moves"), {"answer": "mine"}).context["list"].total == 1
        refused = client.post(page, {"answer": "refuse"}).context["form"]
        assert "why" in refused.errors
        assert client.post(page, {"answer": "approve"}).status_code == 302
        assert world.stands() == (60_00, 50_00)
        assert client.get(reverse("funding:moves"), {"answer": "mine"}).context["list"].total == 0
        assert client.post(page, {"answer": "approve"}).status_code == 302
        assert world.stands() == (60_00, 50_00)
        export = client.get(reverse("funding:moves"), {"export": "csv"}).content.decode()
        assert "Approved" in export

    def test_slippage_is_offered_from_its_day(self, db, client):
        for days, offered in ((1, False), (0, True)):
            world = World(slippage_from=today() + dt.timedelta(days=days))
            client.force_login(world.asker)
            address = reverse("funding:ask_move", kwargs={"year": world.year.pk})
            assert ("kind" in client.get(address).context["form"].fields) is offered

    def test_others_do_not_see_it(self, world, client):
        move = world.ask()
        address = reverse("funding:move", kwargs={"move": move.pk})
        for person, status in (
            (make.make_person(Role.FINANCE_LEAD, make.make_local_office()), 404),
            (make.make_person(Role.OBSERVER, world.south), 200),
            (make.make_person(Role.SUPPLIER_USER, make.make_organisation("supplier")), 403),
        ):
            client.force_login(person)
            assert client.get(address).status_code == status
            client.post(address, {"answer": "approve"})
        move.refresh_from_db()
        assert move.state == S.ASKED


@contextmanager
def without_locks(monkeypatch):
    """The control: rows are read without a lock, and an act is no longer one transaction (on SQLite the lock)."""
    with monkeypatch.context() as patch:
        for module in (actions, transfers):
            patch.setattr(module, "lock", lambda row: type(row)._default_manager.get(pk=row.pk))
        patch.setattr(acts.transaction, "atomic", nullcontext)
        yield patch


@pytest.mark.django_db(transaction=True)
class TestTwoApprovalsOfTheSameMoney:
    def setup_method(self):
        self.world = World()
        self.moves = [self.world.ask(100_00), self.world.ask(100_00)]

    def race(self):
        waiting, outcomes, gate = list(self.moves), [], threading.Barrier(2)

        def one():
            move = waiting.pop()
            gate.wait()
            try:
                by = type(self.world.second).objects.get(pk=self.world.second.pk)
                actions.approve_move(by=by, move=move)
                outcomes.append("done")
            except (Denied, DatabaseError) as error:
                outcomes.append(str(error))
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in self.moves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def test_exactly_one_moves_and_the_other_says_why(self):
        outcomes = self.race()
        assert outcomes.count("done") == 1, outcomes
        assert any("North now has £0" in each for each in outcomes), outcomes
        assert self.world.stands() == (0, 110_00)

    def test_without_the_lock_the_money_is_moved_twice(self, monkeypatch):
        meet = threading.Barrier(2)
        checked = rules.check_is_still_free

        def check_then_wait(move):
            checked(move)
            meet.wait(timeout=10)

        with without_locks(monkeypatch) as patch:
            patch.setattr(rules, "check_is_still_free", check_then_wait)
            self.race()
        assert self.world.stands()[0] < 0
