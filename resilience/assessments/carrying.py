"""The placement of a group's referral, carried to the cases it is divided into."""

from collections.abc import Iterable

from resilience.assessments.models import Placement
from resilience.core.copies import copy_of
from resilience.referrals.models import Referral


def carry_placement(group: Referral, cases: Iterable[Referral]) -> dict[int, Placement]:
    """By case id: the group's placement as its own, by the same person at the same moment.

    The group's own stands no longer, so that a board has each practice once. Findings stay with the group.
    """
    standing = Placement.objects.filter(referral=group, is_current=True).first()
    if standing is None:
        return {}
    standing.is_current = False
    standing.save()
    carried = {}
    for case in cases:
        carried[case.pk] = copy_of(standing, referral=case, is_current=True, replaces=None)
        carried[case.pk].save()
    return carried
