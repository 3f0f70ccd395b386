"""Two people make runs at once, or record the same payment at once: the same pound is taken once."""

import threading
from contextlib import nullcontext

import pytest
from django.db.models import Sum

from funding.models import RunLine, Transfer
from funding.runs import actions, ready, reconciling
from resilience.core import acts
from tests.funding.invoicing import World
from tests.funding.running import again, exported, judged, keys, row_of, upload_of
from tests.funding.test_invoice_races import race

pytestmark = pytest.mark.django_db(transaction=True)


def two_runs(world):
    chosen = keys(world.ccg)

    def make(number):
        by = again(world.finance)
        given = {"by": by, "commissioner": world.ccg, "chosen": chosen, "key": f"page-{number}"}
        return lambda: actions.make_run(**given)

    return race(make(1), make(2))


def in_runs(world) -> int:
    return RunLine.objects.filter(commitment=world.direct).aggregate(sum=Sum("pence"))["sum"]


class TestTwoRuns:
    def test_one_takes_the_money_and_the_other_reads_why(self):
        world = World(payable=100_00)
        outcomes = two_runs(world)
        assert outcomes.count("done") == 1, outcomes
        assert any("somebody else put them in a run" in each for each in outcomes), outcomes
        assert in_runs(world) == 100_00

    def test_control_without_the_locks_it_is_taken_twice(self, monkeypatch):
        world = World(payable=100_00)
        meet = threading.Barrier(2)
        look = ready.payable_now

        def look_then_wait(rows):
            found = look(rows)
            meet.wait(timeout=20)
            return found

        chosen = keys(world.ccg)
        people = [again(world.finance) for _ in range(2)]

        def make(number):
            given = {"commissioner": world.ccg, "chosen": chosen, "key": f"page-{number}"}
            return lambda: actions.make_run(by=people[number], **given)

        monkeypatch.setattr(ready, "payable_now", look_then_wait)
        monkeypatch.setattr(actions, "lock", lambda row: type(row)._default_manager.get(pk=row.pk))
        monkeypatch.setattr(acts.transaction, "atomic", nullcontext)
        monkeypatch.setattr(actions, "record", lambda **given: acts.running())
        race(make(0), make(1))
        assert in_runs(world) == 200_00


class TestTwoRecords:
    def test_a_payment_is_recorded_once(self):
        world = World(payable=100_00)
        line = exported(world).lines.get()
        uploads = [upload_of(world, [row_of(line)], name=name) for name in ("a.csv",)]
        shown = reconciling.as_shown(judged(uploads[0], world.finance))

        def record():
            by = again(world.finance)
            return lambda: reconciling.record_payments(by=by, upload=uploads[0], shown=shown)

        outcomes = race(record(), record(), record())
        assert "done" in outcomes
        assert not [each for each in outcomes if each.startswith("database")], outcomes
        assert Transfer.objects.filter(kind="pay").count() == 1
