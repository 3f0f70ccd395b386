"""The improvement plan: who drafts and agrees it, when, and what a change takes back."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from post_office.models import Email

from funding.models import Transfer
from mou.models import Contribution, Objective, Plan, PlanAction, SupportService
from mou.plan import actions as plan_actions
from mou.plan import plans
from mou.plan.states import PLAN_ACTS, PlanState, plan_state
from resilience.assessments.models import Interest
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.programmes.models import PaymentStage
from resilience.referrals.states import State
from tests.factories import grant, make_ccg, make_person, make_practice
from tests.mou.world import agree_plan, commit_money, fill_plan, make_world, send_mou

pytestmark = pytest.mark.django_db


def put_in(world, state):
    """Bring the plan to a state of the table, through the acts that lead there."""
    if state == PlanState.NONE:
        return
    fill_plan(world)
    mark = plans.fingerprint(world.referral.plan)
    if state in (PlanState.PRACTICE_AGREED, PlanState.AGREED):
        plan_actions.agree_for_practice(by=world.manager, referral=world.referral, fingerprint=mark)
    if state in (PlanState.COMMISSIONER_AGREED, PlanState.AGREED):
        plan_actions.agree_for_commissioner(by=world.approver, referral=world.referral, fingerprint=mark)


def do(act, person, world):
    referral, plan = world.referral, plans.plan_of(world.referral)
    mark = plans.fingerprint(plan) if plan else ""
    row = SupportService.objects.filter(plan=plan).first() or SupportService(pk=0)
    return {
        "mou.start_plan": lambda: plan_actions.start_plan(by=person, referral=referral),
        "mou.save_plan_part": lambda: plan_actions.save_plan_part(
            by=person, referral=referral, exit_strategy="Another way out."
        ),
        "mou.save_row": lambda: plan_actions.save_row(
            by=person, referral=referral, kind=SupportService, service="More", provider="Us"
        ),
        "mou.remove_row": lambda: plan_actions.remove_row(
            by=person, referral=referral, kind=SupportService, row=row
        ),
        "mou.reopen_plan": lambda: plan_actions.reopen_plan(by=person, referral=referral, why="A date."),
        "mou.agree_for_practice": lambda: plan_actions.agree_for_practice(
            by=person, referral=referral, fingerprint=mark
        ),
        "mou.agree_for_commissioner": lambda: plan_actions.agree_for_commissioner(
            by=person, referral=referral, fingerprint=mark
        ),
    }[act]()


def people(world):
    """One person in each role in scope, and the same roles out of scope."""
    elsewhere = make_practice(make_ccg())
    for role in Role:
        yield role, True, make_person(role, world.practice if role == Role.PRACTICE_USER else world.ccg)
        yield (
            role,
            False,
            make_person(role, elsewhere if role == Role.PRACTICE_USER else elsewhere.commissioner),
        )


BOTH_SIDES = {Role.PRACTICE_USER, Role.PROGRAMME_OFFICER}
MAY = dict.fromkeys(PLAN_ACTS, BOTH_SIDES) | {
    "mou.agree_for_practice": {Role.PRACTICE_USER},
    "mou.agree_for_commissioner": {Role.APPROVER},
}


@pytest.mark.parametrize("state", PlanState.values)
def test_every_act_in_every_state_by_every_role(state):
    """Allowed exactly where the table says, to exactly these roles, and the trail has the entry."""
    world = make_world()
    put_in(world, state)
    for role, in_scope, person in people(world):
        for name, act in PLAN_ACTS.items():
            allowed = in_scope and role in MAY[name] and state in act.moves
            before = TrailEntry.objects.filter(act=name, by=person).count()
            with transaction.atomic():
                try:
                    do(name, person, world)
                    done = True
                except Denied:
                    done = False
                after = TrailEntry.objects.filter(act=name, by=person).count()
                assert done == allowed, (name, state, role, in_scope)
                assert after == before + allowed
                if done:
                    assert plan_state(plans.plan_of(world.referral)) == act.moves[state]
                transaction.set_rollback(True)
            person.__dict__.pop("_allowed", None)


@pytest.mark.parametrize("state", sorted(set(State.values) - {State.DRAFT}))
def test_a_plan_is_drafted_only_while_the_referral_is_supported(state):
    world = make_world(state=state)
    if state in (State.SUPPORTED, State.COMMITTED):
        plan_actions.start_plan(by=world.officer, referral=world.referral)
    else:
        with pytest.raises(Denied, match="once support is granted"):
            plan_actions.start_plan(by=world.officer, referral=world.referral)


def test_a_plan_starts_with_what_is_known():
    world = make_world(assigned_to=None)
    plan = plan_actions.start_plan(by=world.manager, referral=world.referral)
    assert plan.practice_lead == "Pat Manager"
    themes = [row.theme for row in plan.contributions.all()]
    assert themes == [item.name for item in world.year.menu.filter(is_contribution_theme=True)]


@pytest.mark.parametrize(
    ("change", "section"),
    [
        (lambda plan: plan.objectives.all().delete(), "objectives"),
        (
            lambda plan: plan.contributions.filter(pk=plan.contributions.first().pk).update(
                not_applicable=False
            ),
            "contributions",
        ),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(strategic_lead=""), "leads"),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(exit_strategy=""), "ending"),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(ends_on=None), "ending"),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(ends_on=today()), "ending"),
        (
            lambda plan: Plan.objects.filter(pk=plan.pk).update(
                ends_on=today() + plans.LONGEST + dt.timedelta(days=1)
            ),
            "ending",
        ),
        (
            lambda plan: plan.objectives.update(due_on=plan.ends_on + dt.timedelta(days=1)),
            "objectives",
        ),
        (lambda plan: plan.actions.update(due_on=plan.ends_on + dt.timedelta(days=1)), "actions"),
    ],
)
def test_an_incomplete_plan_is_not_agreed_and_says_what_is_missing(change, section):
    world = make_world()
    plan = fill_plan(world)
    assert list(plans.gaps(plan, plans.Layout())) == []
    change(plan)
    plan = Plan.objects.get(pk=plan.pk)
    assert section in {gap.section for gap in plans.gaps(plan, plans.Layout())}
    with pytest.raises(Denied, match="not complete"):
        plan_actions.agree_for_practice(
            by=world.manager, referral=world.referral, fingerprint=plans.fingerprint(plan)
        )


def test_a_local_plan_needs_an_action_and_no_contributions():
    world = make_world("local")
    plan = fill_plan(world)
    Contribution.objects.filter(plan=plan).update(not_applicable=False)
    Objective.objects.filter(plan=plan).delete()
    layout = plans.layout_of(world.year)
    assert list(plans.gaps(plan, layout)) == []
    PlanAction.objects.filter(plan=plan).delete()
    assert [gap.section for gap in plans.gaps(plan, layout)] == ["actions"]


def test_any_change_takes_back_the_agreement_given_and_no_change_does_not():
    world = make_world()
    put_in(world, PlanState.PRACTICE_AGREED)
    plan_actions.save_plan_part(
        by=world.officer, referral=world.referral, exit_strategy=world.referral.plan.exit_strategy
    )
    assert plan_state(plans.plan_of(world.referral)) == PlanState.PRACTICE_AGREED
    plan_actions.save_plan_part(by=world.officer, referral=world.referral, exit_strategy="Another.")
    plan = plans.plan_of(world.referral)
    assert plan_state(plan) == PlanState.DRAFTING
    assert plan.practice_agreed_by is None


def test_who_agrees_agrees_what_they_read():
    world = make_world()
    plan = fill_plan(world)
    read = plans.fingerprint(plan)
    plan_actions.save_row(
        by=world.officer, referral=world.referral, kind=SupportService, service="More", provider="Us"
    )
    with pytest.raises(Denied, match="changed while you were reading"):
        plan_actions.agree_for_practice(by=world.manager, referral=world.referral, fingerprint=read)


def test_one_person_does_not_agree_for_both_sides():
    world = make_world()
    put_in(world, PlanState.PRACTICE_AGREED)
    grant(world.manager, Role.APPROVER, world.ccg)
    with pytest.raises(Denied, match="Someone else must agree"):
        do("mou.agree_for_commissioner", world.manager, world)


def test_an_approver_with_an_interest_does_not_agree():
    world = make_world()
    fill_plan(world)
    Interest.objects.create(
        person=world.approver,
        practice=world.practice,
        nature="My brother is a partner",
        started_on=today() - dt.timedelta(days=1),
        declared_by=world.approver,
    )
    with pytest.raises(Denied, match="declared an interest"):
        do("mou.agree_for_commissioner", world.approver, world)


def test_another_practice_of_the_group_does_not_agree():
    world = make_world(others=1)
    fill_plan(world)
    other = world.referral.practices.get(is_lead=False).practice
    with pytest.raises(Denied):
        do("mou.agree_for_practice", make_person(Role.PRACTICE_USER, other), world)


def test_an_agreed_plan_is_frozen_in_the_database():
    world = make_world()
    plan = agree_plan(world)
    for change in (
        lambda: Plan.objects.filter(pk=plan.pk).update(exit_strategy="Other"),
        lambda: Objective.objects.filter(plan=plan).update(objective="Other"),
        lambda: PlanAction.objects.filter(plan=plan).delete(),
        lambda: Objective.objects.create(
            plan=plan, heading="future", objective="x", measure="y", due_on=today()
        ),
        lambda: Contribution.objects.filter(plan=plan).update(not_applicable=False),
        lambda: Plan.objects.filter(pk=plan.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_an_agreed_plan_is_reopened_with_a_reason_until_the_mou_is_out():
    world = make_world()
    agree_plan(world)
    with pytest.raises(Denied, match="Say why"):
        plan_actions.reopen_plan(by=world.officer, referral=world.referral, why=" ")
    plan_actions.reopen_plan(by=world.officer, referral=world.referral, why="The date is wrong.")
    assert plan_state(plans.plan_of(world.referral)) == PlanState.DRAFTING
    entry = TrailEntry.objects.get(act="mou.reopen_plan")
    assert entry.reason.words == "The date is wrong."
    other = make_world()
    send_mou(other)
    with pytest.raises(Denied, match="Withdraw the MoU first"):
        plan_actions.reopen_plan(by=other.officer, referral=other.referral, why="The date is wrong.")


def test_the_other_side_is_told_when_one_agrees():
    world = make_world()
    fill_plan(world)
    do("mou.agree_for_practice", world.manager, world)
    told = {address for email in Email.objects.all() for address in email.to}
    assert world.approver.email in told
    assert world.manager.email not in told
    Email.objects.all().delete()
    do("mou.agree_for_commissioner", world.approver, world)
    told = {address for email in Email.objects.all() for address in email.to}
    assert world.manager.email in told
    assert all("agreed by both sides" in email.subject for email in Email.objects.all())


def test_a_theme_of_the_menu_is_answered_not_removed():
    world = make_world()
    plan = fill_plan(world)
    theme = plan.contributions.first()
    with pytest.raises(Denied, match="does not apply instead"):
        plan_actions.remove_row(by=world.manager, referral=world.referral, kind=Contribution, row=theme)
    added = plan_actions.save_row(
        by=world.manager, referral=world.referral, kind=Contribution, theme="Ours", not_applicable=True
    )
    plan_actions.remove_row(by=world.manager, referral=world.referral, kind=Contribution, row=added)
    assert not plan.contributions.filter(theme="Ours").exists()


def test_a_row_of_another_plan_is_not_reached():
    world, other = make_world(), make_world()
    fill_plan(world)
    theirs = fill_plan(other).objectives.get()
    with pytest.raises(Denied, match="taken out"):
        plan_actions.save_row(
            by=world.officer, referral=world.referral, kind=Objective, row=theirs, objective="Mine"
        )


@pytest.mark.parametrize("before_mou", [True, False])
def test_a_stage_that_pays_on_the_agreed_plan_opens_then_only_if_it_pays_before_the_mou(before_mou):
    world = make_world()
    PaymentStage.objects.filter(year=world.year).delete()
    PaymentStage.objects.create(
        year=world.year,
        position=1,
        name="Plan",
        amount=50_000,
        opens="plan_agreed",
        pays_before_mou=before_mou,
    )
    commit_money(world)
    agree_plan(world)
    opened = Transfer.objects.filter(kind="make_payable")
    assert [transfer.amount for transfer in opened] == [50_000] * before_mou
