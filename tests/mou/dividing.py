"""A group of three practices whose referral is supported, and its division."""

from typing import Any

from mou.groups import actions
from mou.groups.actions import Own
from resilience.assessments.models import Assessment, Finding, Placement
from resilience.core.access import Role
from resilience.programmes.models import MatrixCell
from resilience.referrals.dividing import Contact, places_of
from resilience.referrals.models import Referral
from tests.factories import make_person
from tests.mou.world import World, make_world


def found_in(referral: Referral, by: Any) -> None:
    """A finding on every criterion."""
    assessment = Assessment.objects.create(
        referral=referral, criteria_set=referral.year.criteria_set, started_by=by
    )
    for criterion in assessment.criteria_set.criteria.all():
        Finding.objects.create(assessment=assessment, criterion=criterion, concern="high", found_by=by)


def make_group(**fields: Any) -> World:
    """Assessed and placed, £2,000 granted, with somebody of each practice."""
    world = make_world(others=2, **fields)
    group = world.referral
    found_in(group, world.officer)
    Placement.objects.create(
        referral=group,
        cell=MatrixCell.objects.get(matrix=world.year.matrix, scope=5, impact=4),
        scope_justification="Lasting",
        impact_justification="Much",
        placed_by=world.officer,
    )
    for place in group.practices.filter(is_lead=False):
        make_person(Role.PRACTICE_USER, place.practice, name=f"Manager of {place.name}", phone="01632 960111")
    return world


SHARES = (1_000_00, 600_00, 400_00)


def said_of(group: Referral, shares: tuple[int, ...] = SHARES) -> dict[int, Own]:
    """A contact and a part for each practice, by its id."""
    return {
        place.practice_id: Own(
            Contact(f"Contact {n}", f"contact{n}@example.nhs.uk", f"01632 96000{n}"), pence
        )
        for n, (place, pence) in enumerate(zip(places_of(group), shares, strict=True), start=1)
    }


def divide(world: World, by: Any = None, **changed: Any) -> list[Referral]:
    """The group's referral divided by its officer."""
    given = {"practices": said_of(world.referral), "why": "Each wants to sign for itself"} | changed
    return actions.divide(by=by or world.officer, referral=world.referral, **given)
