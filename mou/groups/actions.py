"""Dividing a group's referral: a case for each practice, each with its own plan, money and MoU from then on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mou.groups import letters, rules
from mou.models import Plan
from mou.plan import plans
from mou.plan.actions import take_back
from resilience.assessments.carrying import carry_placement
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.copies import copy_of
from resilience.core.trail import record
from resilience.decisions.carrying import carry_decision, check_shares
from resilience.referrals.dividing import Contact, case_of, places_of
from resilience.referrals.models import Referral
from resilience.referrals.moves import move


@dataclass(frozen=True)
class Own:
    """What is said of one practice when its group is divided: whom we write to, and its part of the grant in pence."""

    contact: Contact
    pence: int


@action("Gave each practice a case of its own")
def divide(*, by: Any, referral: Referral, practices: Mapping[int, Own], why: str) -> list[Referral]:
    """Divide a group's supported referral. ``practices``: what is said of each, by practice id.

    Each case begins where the group stands: sent, acknowledged, assessed and decided at the same moments by the same
    people. Raises AlreadyDivided for a second click, and Denied for anything else that stands in the way.
    """
    group = lock(referral)
    plan = plans.plan_of(group)
    plan = lock(plan) if plan else None
    rules.check_can_divide(by, group)
    rules.check_said_of_each(group, practices)
    check_shares(group, {pk: own.pence for pk, own in practices.items()})
    if not why.strip():
        raise Denied("Say why each practice has a case of its own.")
    cases = [
        case_of(group, place, number, practices[place.practice_id].contact)
        for number, place in enumerate(places_of(group), start=1)
    ]
    placements = carry_placement(group, cases)
    for case in cases:
        pence = practices[case.lead_practice_id].pence
        carry_decision(group, case, pence=pence, placement=placements.get(case.pk))
        if plan:
            _carry_plan(plan, case, is_lead=case.lead_practice_id == group.lead_practice_id)
    before, after = move(group, "mou.divide")
    record(by=by, on=group, why=why, before=before, after=after, cases=[case.pk for case in cases])
    for case in cases:
        pence = practices[case.lead_practice_id].pence
        record(by=by, on=case, why=why, after=case.state, divided_from=group.pk, pence=pence)
    letters.divided(by, group, [(case, practices[case.lead_practice_id].pence) for case in cases])
    return cases


def _carry_plan(plan: Plan, case: Referral, *, is_lead: bool) -> None:
    """The group's unfinished plan as the case's own, agreed by nobody. Projects stay in the group's, for all."""
    own = copy_of(plan, referral=case)
    take_back(own)
    if not is_lead:
        own.practice_lead, own.practice_lead_role = case.contact_name, ""
        own.practice_lead_email, own.practice_lead_phone = case.contact_email, case.contact_phone
    own.save()
    for kind in plans.ROWS:
        kind.objects.bulk_create(
            copy_of(row, plan=own) for row in kind.objects.filter(plan=plan).order_by("pk")
        )
