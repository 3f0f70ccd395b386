"""Who may read and write the wording of the MoU. Each rule raises Denied with a sentence to act on."""

from typing import Any

from mou.models import Template
from mou.wording.states import check_wording_state
from mou.wording.words import fingerprint, wording_of
from resilience.core.access import Denied, P, why_not
from resilience.programmes.models import ProgrammeYear
from resilience.programmes.rules import check_can_manage
from resilience.referrals.models import Referral


def may_write(user: Any, year: ProgrammeYear) -> bool:
    return not why_not(check_can_manage, user, year.programme)


def may_read(user: Any, year: ProgrammeYear) -> bool:
    """Whoever writes it, and the office that has cases in that year."""
    cases = Referral.objects.visible_to(user, P.VIEW_INTERNAL)
    return may_write(user, year) or cases.filter(year=year).exists()


def check_can_start(user: Any, year: ProgrammeYear, has_supplier: bool) -> None:
    """One draft of each form at a time, so that two people do not write past each other."""
    check_can_manage(user, year.programme)
    if Template.objects.filter(year=year, has_supplier=has_supplier, published_at=None).exists():
        parties = "three" if has_supplier else "two"
        raise Denied(
            f"There is a draft for {parties} parties already. Go on with it, or discard it before you start another."
        )


def check_can(act: str, user: Any, template: Template) -> None:
    """May ``user`` do ``act``, one of ``states.WORDING_ACTS``, to this wording?"""
    check_can_manage(user, template.year.programme)
    check_wording_state(act, template)


def check_seen(template: Template, seen: str) -> None:
    """What somebody changes or publishes must be what they looked at."""
    if fingerprint(wording_of(template)) != seen:
        raise Denied(
            "The draft was changed since you opened this page: by somebody else, or by you in another window. "
            "What it says now is shown on this page; what you typed is kept. Look at both, then try again."
        )
