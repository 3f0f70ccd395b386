"""Who may be paid for a referral, and what the programme does not pay for."""

from practices.models import Organisation
from resilience.core.access import Denied
from resilience.programmes.models import ExcludedSpend
from resilience.referrals.models import Referral


def suppliers_for(referral: Referral) -> list[Organisation]:
    """Open suppliers of the referral's commissioner, of what stands above it, or of no place at all, by name."""
    above, node = [], referral.commissioner
    while node is not None:
        above.append(node.pk)
        node = node.parent
    suppliers = Organisation.objects.filter(kind=Organisation.Kind.SUPPLIER, closed_on__isnull=True)
    return [each for each in suppliers if each.parent_id is None or each.parent_id in above]


def excluded_of(referral: Referral) -> list[ExcludedSpend]:
    """The kinds of spend that the referral's programme year does not support."""
    return list(ExcludedSpend.objects.filter(year=referral.year_id))


def check_not_excluded(excluded: ExcludedSpend | None) -> None:
    """A kind of spend that the programme does not support is refused with the reason the practice reads."""
    if excluded is not None:
        raise Denied(
            f"“{excluded.name}” is not supported, so nothing can be committed to it. "
            f"The practice will read: {excluded.reason}"
        )
