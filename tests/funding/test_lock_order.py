"""Acts at once on the same money, each from another side: neither waits for the other for ever."""

import threading

import pytest

from funding import actions, ledger, rules
from funding.stages import actions as stages
from resilience.core.access import Role
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from tests import factories as make
from tests.funding.test_invoice_races import race
from tests.funding.test_ledger import key, supported
from tests.mou.together import wait_after

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crossed():
    """Two referrals, each with £10 committed in both categories of spend: in one order, and in the other."""
    ccg = make.make_ccg()
    first = supported(commissioner=ccg)
    second = supported(year=first.year, commissioner=ccg)
    finance = make.make_person(Role.FINANCE_LEAD)
    PaymentStage.objects.filter(year=first.year).update(opens="plan_agreed", pays_before_mou=True)
    where = [
        actions.set_allocation(
            by=finance, year=first.year, commissioner=ccg, amount=900_00, why="Letter", key=key(),
            category=first.year.spend_categories.create(position=n, name=f"Spend {n}", indicative_share=50),
        )
        for n in (1, 2)
    ]  # fmt: skip
    for referral, order in ((first, where), (second, where[::-1])):
        for allocation in order:
            actions.commit(
                by=finance, referral=referral, item=referral.year.menu.first(), amount=10_00, purpose="x",
                key=key(), allocation=allocation,
            )  # fmt: skip
    return [Referral.objects.get(pk=each.pk) for each in (first, second)]


ACTS = {
    "release": lambda referral: actions.release_rest(
        by=None, referral=referral, why="x", key=f"k{referral.pk}"
    ),
    "open": lambda referral: stages.open_stages(by=None, referral=referral, opens="plan_agreed"),
}


@pytest.mark.parametrize("act", ACTS)
def test_money_of_the_same_categories_moves_in_two_orders(crossed, act, monkeypatch):
    meet = threading.Barrier(2)
    for module in (actions, stages):
        monkeypatch.setattr(module, "transfer_of", wait_after(module.transfer_of, meet))
    assert race(*(lambda referral=each: ACTS[act](referral) for each in crossed)) == ["done", "done"]
    for referral in crossed:
        figures = ledger.total(ledger.of_commitments(referral.commitments.all()).values())
        assert (figures.committed, figures.payable) == (0, 20_00 if act == "open" else 0)


def test_more_is_committed_while_what_was_committed_before_is_paid(crossed, monkeypatch):
    referral = crossed[0]
    stages.open_stages(by=None, referral=referral, opens="plan_agreed")
    paid, meet = referral.commitments.order_by("pk").first(), threading.Barrier(2)
    finance, officer = make.make_person(Role.FINANCE_LEAD), make.make_person(Role.PROGRAMME_OFFICER)
    more = {"item": referral.year.menu.first(), "amount": 5_00, "purpose": "x", "key": key()}
    monkeypatch.setattr(rules, "check_can_pay", wait_after(rules.check_can_pay, meet))
    monkeypatch.setattr(actions, "transfer", wait_after(actions.transfer, meet))
    outcomes = race(
        lambda: actions.pay(by=finance, commitment=paid, amount=10_00, why="BACS", key=key()),
        lambda: actions.commit(by=officer, referral=referral, allocation=paid.allocation, **more),
    )
    assert outcomes == ["done", "done"]
    assert ledger.of_commitment(paid).paid == 10_00
    assert referral.commitments.count() == 3
