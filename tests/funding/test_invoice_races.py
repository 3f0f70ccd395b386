"""Two people, two browsers, one pound that can be invoiced, one invoice to approve."""

import threading
from contextlib import contextmanager, nullcontext
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection

from funding.invoices import actions, claims, rules
from funding.models import Invoice
from practices.models import Person
from resilience.core import acts
from resilience.core.access import Denied, Role
from tests.funding.invoicing import World, bring_to

pytestmark = pytest.mark.django_db(transaction=True)
S = Invoice.State


def race(*works) -> list[str]:
    """Run the works in a thread each, let go together; answers what each came to."""
    gate, outcomes = threading.Barrier(len(works)), []

    def one(work) -> None:
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

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@contextmanager
def without_locks(monkeypatch):
    """The control: rows are read without a lock, and an act is no longer one transaction (SQLite's lock)."""
    with monkeypatch.context() as patch:
        patch.setattr(actions, "lock", lambda row: type(row)._default_manager.get(pk=row.pk))
        patch.setattr(acts.transaction, "atomic", nullcontext)
        # Each thread writes the trail at its own time: the race is about the pound.
        patch.setattr(actions, "write_step", lambda *given, **more: acts.running())
        yield patch


class TestOnePayablePound:
    def tries(self, world):
        def ask(number):
            by = Person.objects.get(pk=world.manager.pk)
            return lambda: world.invoice(1_00, by=by, number=number, key=f"page-{number}")

        return race(ask("1"), ask("2"))

    def test_one_invoice_wins_and_the_other_reads_why(self):
        world = World(payable=1_00)
        outcomes = self.tries(world)
        assert outcomes.count("done") == 1, outcomes
        assert any("ask for all of it" in each for each in outcomes), outcomes
        assert claims.claimed([world.direct]) == {world.direct.pk: 1_00}

    def test_control_without_the_locks_it_is_asked_for_twice(self, monkeypatch):
        world = World(payable=1_00)
        meet = threading.Barrier(2)
        checked = rules.check_can_ask_for

        def check_then_wait(*given):
            checked(*given)
            meet.wait(timeout=10)

        with without_locks(monkeypatch) as patch:
            patch.setattr(rules, "check_can_ask_for", check_then_wait)
            outcomes = self.tries(world)
        assert outcomes == ["done", "done"]
        assert claims.claimed([world.direct]) == {world.direct.pk: 2_00}


def test_two_second_approvals_at_once_are_one():
    world = World()
    invoice = bring_to(world.invoice(1_00), S.NEEDS_SECOND)
    people = [world.person(Role.APPROVER, 1_00) for _ in range(2)]
    outcomes = race(*(lambda by=person: actions.approve_invoice(by=by, invoice=invoice) for person in people))
    assert outcomes.count("done") == 1, outcomes
    assert any("is not possible now: this invoice is “Approved”" in each for each in outcomes), outcomes
    assert invoice.steps.filter(act="funding.approve_invoice").count() == 1


def test_one_person_who_approves_and_rejects_at_once_does_one():
    world = World()
    invoice = world.invoice(1_00)
    by = world.person(Role.APPROVER, 1_00)

    def again():
        return Person.objects.get(pk=by.pk)

    race(
        lambda: actions.approve_invoice(by=again(), invoice=invoice),
        lambda: actions.reject_invoice(by=again(), invoice=invoice, reason="Wrong"),
    )
    steps = list(invoice.steps.values_list("before", "after"))
    assert all(after == before for (_, after), (before, _) in pairwise(steps)), steps
    invoice.refresh_from_db()
    assert invoice.state == steps[-1][1]
