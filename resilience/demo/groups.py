"""Groups and their MoUs: one that is supported and may yet be divided, and one whose practices have a case each."""

import uuid
from typing import Any

from funding import actions as funding
from funding import rules
from funding.commitments import pools
from mou.groups import actions
from mou.groups.actions import Own
from mou.plan.actions import start_plan
from practices.models import Person
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.demo.stories import Story
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.dividing import Contact

WHY = "The practices differ in size and need, and each wants to sign and answer for its own plan."


def tell_groups(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    """Three practices each. Of the second group the first practice has its money committed since the division."""
    first, second, third = places.practices[places.ccgs[1].name][27:30]
    pair: dict[str, Any] = {"until": "support", "pence": 3_500_00, "others": (second, third)}
    Story(chronicle, people, year, first, working_days_ago(21), 71, **pair).tell()
    lead, *others = places.practices[places.ccgs[0].name][27:30]
    story = Story(
        chronicle,
        people,
        year,
        lead,
        working_days_ago(27),
        70,
        "support",
        pence=6_000_00,
        others=tuple(others),
    ).tell()
    chronicle.tell(working_days_ago(6), lambda: _divide(story), hour=15)
    chronicle.tell(working_days_ago(4), lambda: _commit(story), hour=10)


def _divide(story: Story) -> None:
    group, by = story.referral, story.lead_officer
    start_plan(by=by, referral=group)
    said = {}
    for practice, pence in pools.by_list_size(group, story.pence).items():
        manager = story.people.manager_of(practice)
        said[practice.pk] = Own(Contact(manager.name, manager.email, manager.phone), pence)
    actions.divide(by=by, referral=story.referral, practices=said, why=WHY)


def _commit(story: Story) -> None:
    case = story.referral.divided_into.earliest("pk")
    funding.commit(
        by=Person.objects.get(pk=story.people.finance.pk),
        referral=case,
        allocation=rules.allocations_for(case)[0],
        item=case.wanted.all()[0].item,
        amount=rules.still_to_commit(case),
        purpose="Support as decided",
        key=uuid.uuid4().hex,
    )
