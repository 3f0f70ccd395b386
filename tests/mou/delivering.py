"""A case whose MoU is signed, with its plan to be delivered, for the tests of progress, reports and the review."""

import datetime as dt
from typing import Any

from django.utils import timezone

from mou.agreement.rules import money_of
from mou.delivery import actions
from mou.models import Agreement, Objective, PlanAction, ProgressReport, Template
from mou.plan import in_force
from resilience.core.calendar import today
from resilience.core.models import StoredFile
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.mou.world import World, agree_plan, commit_money, make_world

SOON = dt.timedelta(days=30)


def make_delivering(*, stages: int = 0, **more: Any) -> World:
    """The plan is agreed, £2,000 committed, the MoU signed; ``stages`` wait for progress, sharing the money alike."""
    world = make_world(**more)
    PaymentStage.objects.filter(year=world.year).delete()
    for number in range(stages):
        world.year.stages.create(
            position=number + 1, name=f"Progress {number + 1}", per_cent=100 // stages, opens="progress"
        )
    agree_plan(world)
    commit_money(world)
    signed(world)
    return world


def signed(world: World) -> Agreement:
    """The MoU of the world as signed by both, without making its document."""
    file = StoredFile.keep(name="mou.pdf", content_type="application/pdf", content=b"%PDF-", by=world.officer)
    agreement = Agreement.objects.create(
        referral=world.referral,
        template=Template.objects.get(year=world.year),
        html="<p>MoU</p>",
        document=file,
        money=money_of(world.referral),
        sent_by=world.officer,
        state="signed",
        signed_at=timezone.now(),
    )
    Referral.objects.filter(pk=world.referral.pk).update(state=State.AGREED)
    world.referral.refresh_from_db()
    return agreement


def due_report(
    world: World, *, days: int = 30, stage: PaymentStage | None = None, state: str = "due"
) -> ProgressReport:
    """A report due in so many days (or so many ago), in this state."""
    due_on = today() + dt.timedelta(days=days)
    report = ProgressReport.objects.create(
        referral=world.referral,
        due_on=due_on,
        first_due_on=due_on,
        stage=stage,
        state=state,
        set_by=world.officer,
    )
    report.steps.create(act="mou.set_reports", after="due", due_on=due_on, made_by=world.officer)
    return report


def rows_of(world: World) -> list[Objective | PlanAction]:
    return in_force.rows_in_force(world.referral)


def all_said(world: World, standing: str = "on_track", words: str = "") -> dict[Any, tuple[str, str]]:
    """The same of every row of the plan."""
    return dict.fromkeys(rows_of(world), (standing, words))


def hand_in(world: World, report: ProgressReport, words: str = "Two GPs start in May.", **more: Any) -> Any:
    """The practice hands in the report."""
    said = more.pop("said", None) or all_said(world)
    return actions.hand_in_report(by=world.manager, report=report, said=said, words=words, **more)
