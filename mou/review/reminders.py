"""Officers are told when a plan has come to its end and its review is not started."""

from collections.abc import Iterator
from functools import partial

from mou.models import Plan
from mou.reminders import Reminder
from mou.review import letters
from resilience.core.calendar import today
from resilience.referrals.states import SIGNED

KIND = "review_due"


def outstanding() -> Iterator[Reminder]:
    """Each signed plan whose end has come, of the date it ends by now."""
    rows = Plan.objects.filter(
        referral__state__in=sorted(SIGNED), ends_on__lte=today(), referral__review__isnull=True
    )
    for plan in rows.select_related("referral__lead_practice", "referral__year", "referral__assigned_to"):
        if plan.ends_on is not None:
            yield Reminder(plan, KIND, plan.ends_on, partial(letters.review_due, plan.referral))
