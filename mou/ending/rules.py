"""Who may give and withdraw notice, who may end an MoU, and when."""

import datetime as dt
from typing import Any

from mou.agreement.states import AGREEMENT_ACTS, check_agreement_state
from mou.models import Agreement, Notice
from mou.plan import plans
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P, allows
from resilience.core.calendar import add_months, today
from resilience.core.words import day

Side = Notice.Side
Ground = Notice.Ground


def side_of(user: Any, agreement: Agreement) -> str:
    """For which side this person may give notice, "" for neither; the practice first."""
    return next((side for side in Side.values if _acts_for(user, agreement, side)), "")


def _acts_for(user: Any, agreement: Agreement, side: str) -> bool:
    referral = agreement.referral
    if side == Side.PRACTICE:
        return allows(user, P.SIGN_FOR_PRACTICE, referral.lead_practice)
    return allows(user, P.SIGN_FOR_COMMISSIONER, referral)


def _check_side(user: Any, agreement: Agreement, side: str) -> None:
    """Someone who may sign for that side; for the commissioner without an interest."""
    if side == Side.PRACTICE:
        access.check(user, P.SIGN_FOR_PRACTICE, agreement.referral.lead_practice)
    else:
        access.check(user, P.SIGN_FOR_COMMISSIONER, agreement.referral)
        check_has_no_interest(user, agreement.referral)


def months_of(agreement: Agreement, ground: str = Ground.NONE) -> int | None:
    """Months of notice that the wording of this MoU asks for; None where it knows no such notice."""
    template = agreement.template
    return template.notice_months_failure if ground == Ground.FAILURE else template.notice_months


def runs_out(agreement: Agreement, ground: str = Ground.NONE) -> dt.date | None:
    """The day this MoU would end, were notice given today."""
    months = months_of(agreement, ground)
    return add_months(today(), months) if months else None


def end_date(agreement: Agreement) -> dt.date | None:
    """The last day of the MoU, as it stands now."""
    plan = plans.plan_of(agreement.referral)
    return plan.ends_on if plan else None


def is_past_its_end(agreement: Agreement) -> bool:
    last = end_date(agreement)
    return last is not None and last < today()


def check_can_give_notice(user: Any, agreement: Agreement, side: str = "") -> None:
    """Either side, of an MoU in force whose end is further off than its notice."""
    _check_side(user, agreement, side or side_of(user, agreement))
    check_agreement_state("mou.give_notice", agreement.state)
    _check_runs_out(agreement, Ground.NONE)


def check_can_give_notice_of_failure(user: Any, agreement: Agreement) -> None:
    """The commissioner, where the wording knows a shorter notice for it."""
    _check_side(user, agreement, Side.COMMISSIONER)
    check_agreement_state("mou.give_notice_of_failure", agreement.state)
    _check_runs_out(agreement, Ground.FAILURE)


def _check_runs_out(agreement: Agreement, ground: str) -> None:
    on, last = runs_out(agreement, ground), end_date(agreement)
    if on is None and ground == Ground.FAILURE:
        raise Denied("The wording of this MoU has no shorter notice for a failure to cooperate.")
    if on is None:
        raise Denied("The wording of this MoU has no clause by which notice can be given.")
    if last and on > last:
        raise Denied(
            f"Notice given today would run until {day(on)}. This MoU ends before, on {day(last)}, without notice."
        )


def standing_notice(agreement: Agreement) -> Notice | None:
    """The notice that stands, if any."""
    rows = Notice.objects.filter(agreement=agreement, withdrawn_at__isnull=True)
    return rows.select_related("given_by").first()


def check_can_withdraw_notice(user: Any, agreement: Agreement) -> None:
    """The side that gave it, until the day it runs out."""
    notice = standing_notice(agreement)
    own = side_of(user, agreement)
    if notice and own and own != notice.side and not _acts_for(user, agreement, notice.side):
        raise Denied(f"{Side(notice.side).label.capitalize()} gave this notice, and only it can withdraw it.")
    _check_side(user, agreement, notice.side if notice else own)
    check_agreement_state("mou.withdraw_notice", agreement.state)
    if notice and notice.ends_on <= today():
        raise Denied(f"The notice ran out on {day(notice.ends_on)}: it can no longer be withdrawn.")


def _check_office(user: Any, agreement: Agreement, act: str) -> None:
    """An officer without an interest; nobody is the service itself, on the day."""
    if user is not None:
        access.check(user, AGREEMENT_ACTS[act].permission, agreement.referral)
        check_has_no_interest(user, agreement.referral)
    check_agreement_state(act, agreement.state)


def check_can_terminate(user: Any, agreement: Agreement) -> None:
    """The service or an officer, from the day the notice runs out."""
    _check_office(user, agreement, "mou.terminate")
    notice = standing_notice(agreement)
    if notice and notice.ends_on > today():
        raise Denied(f"The notice runs until {day(notice.ends_on)}. The MoU is in force until then.")


def check_can_end(user: Any, agreement: Agreement, *, is_delivered: bool = False) -> None:
    """The service or an officer once the end date has passed; an officer sooner, when the plan is delivered."""
    _check_office(user, agreement, "mou.end")
    last = end_date(agreement)
    if not is_delivered and (last is None or last >= today()):
        raise Denied(
            f"This MoU is in force until {day(last)}. It ends before only when the plan is delivered, or by notice."
        )
