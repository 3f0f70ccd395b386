"""How an MoU ends before all have signed: withdrawn, declined, or not signed in time. And how it is given more time."""

import datetime as dt
from typing import Any

from django.utils import timezone

from mou.agreement import letters, rules
from mou.agreement.locking import locked
from mou.agreement.states import AGREEMENT_ACTS, OUT
from mou.models import Agreement
from resilience.core.access import Denied
from resilience.core.acts import action
from resilience.core.calendar import today
from resilience.core.trail import record
from resilience.core.words import day

A = Agreement.State


def stop(agreement: Agreement, state: str, by: Any, why: str) -> None:
    """Write that it has no effect any more."""
    agreement.state = state
    agreement.stopped_at, agreement.stopped_by = timezone.now(), by
    agreement.stopped_reason = why
    agreement.save()


@action("Withdrew the MoU")
def withdraw_agreement(*, by: Any, agreement: Agreement, why: str) -> Agreement:
    """Take back an MoU that not all sides have signed, with the reason. Tells everyone concerned."""
    referral, agreement = locked(agreement)
    rules.check_can_withdraw_agreement(by, agreement)
    if not why.strip():
        raise Denied("Say why the MoU is withdrawn.")
    before = agreement.state
    stop(agreement, AGREEMENT_ACTS["mou.withdraw_agreement"].moves[before], by, why)
    record(by=by, on=agreement, case=referral, why=why, before=before, after=agreement.state)
    letters.agreement_withdrawn(agreement, why)
    return agreement


@action("Declined to sign the MoU")
def decline(*, by: Any, agreement: Agreement, why: str) -> Agreement:
    """Say no, with the reason, for the side whose turn it is. Tells everyone concerned."""
    referral, agreement = locked(agreement)
    rules.check_can_decline(by, agreement)
    if not why.strip():
        raise Denied("Say why you decline to sign.")
    before, side = agreement.state, agreement.turn
    agreement.declined_side = side
    stop(agreement, AGREEMENT_ACTS["mou.decline"].moves[before], by, why)
    record(by=by, on=agreement, case=referral, why=why, side=side, before=before, after=agreement.state)
    letters.declined(agreement, side, why)
    return agreement


@action("The MoU was not signed in time")
def expire(*, by: None, agreement: Agreement) -> Agreement | None:
    """The last day to sign has passed: nobody signs it any more. Tells everyone concerned; None if it is not so."""
    referral, agreement = locked(agreement)
    if not rules.is_overdue(agreement):
        record(by=by, on=agreement, case=referral, repeat=True)
        return None
    before = agreement.state
    stop(agreement, A.EXPIRED, None, f"It was not signed by {day(agreement.sign_by)}.")
    record(by=by, on=agreement, case=referral, before=before, after=agreement.state, due=agreement.sign_by)
    letters.expired(agreement)
    return agreement


def expire_all() -> int:
    """Expire each that is past its last day, a transaction each; how many. One that fails keeps none of the others."""
    count, failed = 0, None
    for agreement in Agreement.objects.filter(state__in=OUT, sign_by__lt=today()).order_by("sign_by", "id"):
        try:
            count += expire(by=None, agreement=agreement) is not None
        except Exception as error:
            failed = failed or error
    if failed:
        raise failed
    return count


@action("Set a later date to sign the MoU by")
def postpone_signing(*, by: Any, agreement: Agreement, sign_by: dt.date, why: str) -> Agreement:
    """Give the signatories until a later day, with the reason. Tells both sides; reminders follow the new date."""
    referral, agreement = locked(agreement)
    rules.check_can_postpone(by, agreement)
    if agreement.sign_by == sign_by:
        record(by=by, on=agreement, case=referral, repeat=True)
        return agreement
    rules.check_last_day(sign_by, agreement.sign_by)
    if not why.strip():
        raise Denied("Say why there is more time.")
    before, agreement.sign_by = agreement.sign_by, sign_by
    agreement.save()
    record(by=by, on=agreement, case=referral, why=why, sign_by_before=before, sign_by=sign_by)
    letters.postponed(agreement, why)
    return agreement
