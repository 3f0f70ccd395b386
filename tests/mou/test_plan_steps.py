"""What the practice's own page says while the improvement plan is agreed, and what a group's other practices read."""

import pytest
from django.urls import reverse

from mou.plan import actions as plan_actions
from mou.plan import plans, steps
from mou.plan.states import PlanState
from resilience.core.access import Role
from resilience.referrals.following import next_steps
from tests.factories import client_of, make_person
from tests.mou.world import commit_money, fill_plan, make_world, send_mou

pytestmark = pytest.mark.django_db


def _step(world, user=None):
    return next_steps(user or world.manager, [world.referral], {world.referral.pk: []})[world.referral.pk]


def _agree(world, side):
    by = world.manager if side == "practice" else world.approver
    mark = plans.fingerprint(plans.plan_of(world.referral))
    getattr(plan_actions, f"agree_for_{side}")(by=by, referral=world.referral, fingerprint=mark)


def test_until_something_is_started_or_committed_the_practice_waits():
    assert "setting the money aside" in _step(make_world()).sentence


@pytest.mark.parametrize(
    ("agreed", "state", "words", "button"),
    [
        (None, PlanState.NONE, "You can start it, or we do", "Go to the plan"),
        ((), PlanState.DRAFTING, "Read it, change it, and agree it", "Go to the plan"),
        (("practice",), PlanState.PRACTICE_AGREED, "We agree it next", ""),
        (("commissioner",), PlanState.COMMISSIONER_AGREED, "It needs your agreement", "Agree the plan"),
        (("practice", "commissioner"), PlanState.AGREED, "when your MoU is ready to read", ""),
    ],
)
def test_each_state_of_the_plan_has_its_step(agreed, state, words, button):
    world = make_world()
    commit_money(world, 50_000)
    if agreed is not None:
        fill_plan(world)
        for side in agreed:
            _agree(world, side)
    step = _step(world)
    assert words in step.sentence
    assert (step.button, bool(step.href)) == (button, bool(button))


def test_every_state_of_the_plan_has_a_step():
    assert set(steps.SAID) == set(PlanState)


def test_the_practices_that_do_not_lead_are_told_who_does():
    world = make_world(others=1)
    send_mou(world)
    world.referral.refresh_from_db()
    other = world.referral.practices.get(is_lead=False).practice
    follower = make_person(Role.PRACTICE_USER, other)
    assert "Sign" in _step(world).button
    step = _step(world, follower)
    assert (step.button, step.href) == ("", "")
    assert "Harbour Street Surgery leads this group" in step.sentence
    home = client_of(follower).get(reverse("home")).content.decode()
    assert "leads this group and acts for it" in home


def test_a_plan_not_started_says_who_starts_it():
    world = make_world(others=1)
    other = world.referral.practices.get(is_lead=False).practice
    follower = make_person(Role.PRACTICE_USER, other)
    page = client_of(follower).get(reverse("mou:plan", args=[world.referral.pk])).content.decode()
    assert "Harbour Street Surgery leads this group" in page
    assert "Start the plan" not in page
