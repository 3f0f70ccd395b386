"""Once a year is closed nothing of its money changes, by whatever kind of entry and whatever act."""

import ast
import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from django.db.models import Q

import funding
from funding import transfers
from funding.models import ROUTES, Account, Allocation, Kind, Move, Transfer, YearClosing
from resilience.core.access import Denied
from resilience.core.acts import ACTIONS
from resilience.core.calendar import today
from tests import factories as make
from tests.funding.closing import World
from tests.funding.test_ledger import key

for found in pkgutil.walk_packages(funding.__path__, "funding."):
    if found.name.endswith("actions"):
        import_module(found.name)


@pytest.fixture
def world(db):
    return World()


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
