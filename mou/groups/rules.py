"""When a group's referral may be divided into a case for each practice, and by whom."""

from collections.abc import Mapping
from typing import Any

from funding.bids.rules import waiting
from mou.models import Agreement, Plan, SupplierCase
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.words import day
from resilience.referrals.dividing import commissioner_of, places_of
from resilience.referrals.models import Referral, ReferralPractice
from resilience.referrals.moves import check_act
from resilience.referrals.states import State


class AlreadyDivided(Denied):
    """The referral was divided before: its cases are the answer."""


def check_can_divide(user: Any, group: Referral) -> None:
    """An officer without an interest, who works for all its practices; once the group is supported, and before money,
    a plan or an MoU binds the practices together."""
    access.check(user, P.WORK_REFERRALS, group)
    if group.state == State.DIVIDED:
        raise AlreadyDivided(f"This referral was divided on {day(group.state_since)}.")
    check_act(user, group, "mou.divide")
    places = places_of(group)
    if len(places) < 2:
        raise Denied("Only a group’s referral is divided: this one is of one practice.")
    for place in places:
        _check_works_for(user, group, place)
    check_has_no_interest(user, group)
    _check_nothing_binds(group)


def _check_works_for(user: Any, group: Referral, place: ReferralPractice) -> None:
    """Its case will be its own commissioner's, so whoever makes it works there."""
    reach, commissioner = user.reach(P.WORK_REFERRALS), commissioner_of(group, place)
    if not (
        reach.everything
        or (commissioner and commissioner.pk in reach.commissioners)
        or place.practice.locality_id in reach.localities
        or place.practice_id in reach.practices
    ):
        raise Denied(
            f"{place} is a practice of {commissioner}. Someone who works on its referrals too must do this."
        )


def _check_nothing_binds(group: Referral) -> None:
    if Plan.objects.filter(referral=group, agreed_at__isnull=False).exists():
        raise Denied("Both sides agreed one plan for the group. Reopen the plan first.")
    if Agreement.objects.filter(referral=group).not_stopped().exists():
        raise Denied("One MoU of the group is out for signature or signed. Withdraw it first.")
    if bid := waiting(group):
        raise Denied(
            f"The group’s bid of {day(bid.sent_at)} waits for an answer. Go through it first, or let the practice "
            "take it back: each practice can then bid in its own case."
        )
    assigned = (
        SupplierCase.objects.filter(referral=group).open().select_related("practice", "supplier").first()
    )
    if assigned:
        raise Denied(
            f"{assigned.practice.name} is with {assigned.supplier.name} for this referral. End that first, and give "
            "its own case to the supplier afterwards."
        )


def check_said_of_each(group: Referral, practices: Mapping[int, Any]) -> None:
    """Each practice of the group is spoken of, and no other."""
    if set(practices) != {place.practice_id for place in places_of(group)}:
        raise Denied("The practices of this group changed meanwhile. Open the page again.")
