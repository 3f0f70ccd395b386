"""A group's referral is divided while money is committed on it: one of the two is refused."""

import threading
from contextlib import nullcontext

import pytest

from funding import actions as funding
from funding import transfers
from funding.stages import actions as stage_actions
from mou.groups import actions as groups
from practices.models import Person
from resilience.core import acts
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.mou.dividing import make_group, said_of
from tests.mou.together import done, together

pytestmark = pytest.mark.django_db(transaction=True)


def divide_and_commit(world):
    """Both at once, each by somebody read afresh as a request does it; what each answered."""
    officer, finance = (Person.objects.get(pk=each.pk) for each in (world.officer, world.finance))
    given = {"referral": world.referral, "practices": said_of(world.referral), "why": "One each"}
    item = world.year.menu.first()
    return together(
        divide=lambda: groups.divide(by=officer, **given),
        commit=lambda: funding.commit(
            by=finance, referral=world.referral, item=item, amount=1_00, purpose="x", key="k"
        ),
    )


def test_of_dividing_and_committing_at_once_one_is_refused():
    world = make_group()
    said = divide_and_commit(world)
    assert len(done(said)) == 1, said
    divided = Referral.objects.filter(divided_from=world.referral).exists()
    assert world.referral.commitments.exists() != divided
    assert Referral.objects.get(pk=world.referral.pk).state == (State.DIVIDED if divided else State.COMMITTED)


def test_control_without_the_locks_money_is_committed_on_what_is_divided(monkeypatch):
    """Both have asked their rule before either wrote."""
    world, meet = make_group(), threading.Barrier(2)

    def ask_then_wait(rule):
        def asked(*given):
            rule(*given)
            meet.wait(timeout=20)

        return asked

    monkeypatch.setattr(groups.rules, "check_can_divide", ask_then_wait(groups.rules.check_can_divide))
    monkeypatch.setattr(funding.rules, "check_can_commit", ask_then_wait(funding.rules.check_can_commit))
    for module in (groups, funding, stage_actions, transfers):
        monkeypatch.setattr(module, "lock", lambda row: type(row)._default_manager.get(pk=row.pk))
    for module in (groups, funding):
        monkeypatch.setattr(module, "record", lambda **given: acts.running())
    monkeypatch.setattr(acts.transaction, "atomic", nullcontext)
    said = divide_and_commit(world)
    assert len(done(said)) == 2, said
    assert Referral.objects.filter(divided_from=world.referral).exists()
    assert world.referral.commitments.exists()
