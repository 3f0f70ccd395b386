"""Notice given and withdrawn, and the end of an MoU with what follows for its money."""

import datetime as dt
from typing import Any

from django.utils import timezone

from funding.actions import release_rest
from funding.transfers import hold_money_of
from mou.agreement.locking import locked
from mou.agreement.states import AGREEMENT_ACTS
from mou.changes.actions import stop_open
from mou.ending import letters, rules
from mou.ending.due import due
from mou.models import Agreement, Ending, Notice, SupplierCase
from mou.suppliers.actions import end_with_mou
from practices.models import SupplierAssignment
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.trail import record
from resilience.core.words import day
from resilience.referrals.models import Referral
from resilience.referrals.moves import move

A = Agreement.State
Side = Notice.Side
Ground = Notice.Ground
How = Ending.How


def _repeated(by: Any, agreement: Agreement, side: str, ground: str) -> Notice | None:
    """The notice that stands, when the same person gave it on the same ground: a second click."""
    notice = rules.standing_notice(agreement)
    same = notice and (notice.given_by_id, notice.side, notice.ground) == (by.pk, side, ground)
    if not notice or not same or agreement.state != A.NOTICE:
        return None
    record(by=by, on=notice, case=agreement.referral, repeat=True)
    return notice


def _give(by: Any, agreement: Agreement, act: str, **said: Any) -> Notice:
    referral, before = agreement.referral, agreement.state
    ground = said["ground"]
    months, ends_on = rules.months_of(agreement, ground) or 0, rules.runs_out(agreement, ground) or today()
    agreement.state = AGREEMENT_ACTS[act].moves[before]
    agreement.save()
    notice = Notice.objects.create(
        agreement=agreement, months=months, given_on=today(), ends_on=ends_on, given_by=by, **said
    )
    record(
        by=by,
        on=notice,
        case=referral,
        why=notice.why,
        before=before,
        after=agreement.state,
        side=notice.side,
        ground=ground,
        ends_on=ends_on,
    )
    letters.notice_given(notice)
    return notice


@action("Gave notice to end the MoU")
def give_notice(*, by: Any, agreement: Agreement, side: str = "", why: str = "") -> Notice:
    """Either side, without a reason needed: the MoU ends when the notice of its clause has run. Tells both sides.

    ``side`` defaults to the one this person may sign for.
    """
    _, agreement = locked(agreement)
    side = side or rules.side_of(by, agreement)
    if repeated := _repeated(by, agreement, side, Ground.NONE):
        return repeated
    rules.check_can_give_notice(by, agreement, side)
    return _give(by, agreement, "mou.give_notice", side=side, ground=Ground.NONE, why=why)


@action("Gave notice for failure to cooperate")
def give_notice_of_failure(
    *, by: Any, agreement: Agreement, why: str, talked_on: dt.date, talked_with: str
) -> Notice:
    """The commissioner's shorter notice, after talking with the LMC: when and with whom. Tells both sides."""
    _, agreement = locked(agreement)
    if repeated := _repeated(by, agreement, Side.COMMISSIONER, Ground.FAILURE):
        return repeated
    rules.check_can_give_notice_of_failure(by, agreement)
    if not why.strip():
        raise Denied("Say in what the practice failed to cooperate.")
    if not talked_with.strip():
        raise Denied("Say with whom at the LMC it was talked about.")
    if talked_on > today():
        raise Denied("Talk with the LMC first: the day you entered is in the future.")
    return _give(
        by,
        agreement,
        "mou.give_notice_of_failure",
        side=Side.COMMISSIONER,
        ground=Ground.FAILURE,
        why=why,
        lmc_talked_on=talked_on,
        lmc_talked_with=talked_with.strip(),
    )


@action("Withdrew the notice")
def withdraw_notice(*, by: Any, agreement: Agreement, why: str) -> Notice:
    """The side that gave notice takes it back, with the reason: the MoU goes on. Tells both sides."""
    referral, agreement = locked(agreement)
    rules.check_can_withdraw_notice(by, agreement)
    notice = rules.standing_notice(agreement)
    if notice is None:
        raise Denied("No notice stands.")
    if not why.strip():
        raise Denied("Say why the notice is withdrawn.")
    before = agreement.state
    agreement.state = AGREEMENT_ACTS["mou.withdraw_notice"].moves[before]
    agreement.save()
    notice.withdrawn_at, notice.withdrawn_by, notice.withdrawn_why = timezone.now(), by, why
    notice.save()
    record(by=by, on=notice, case=referral, why=why, before=before, after=agreement.state)
    letters.notice_withdrawn(notice)
    return notice


def _hold(referral: Referral) -> None:
    """The care by its suppliers, then its money: before the first entry on the trail, which everyone takes last."""
    cases = SupplierCase.objects.filter(referral=referral).open()
    for care in SupplierAssignment.objects.filter(pk__in=cases.values("care")).order_by("pk"):
        lock(care)
    hold_money_of([referral])


def _over(by: Any, agreement: Agreement, act: str) -> str:
    """Move agreement and referral as their tables say; answers the state the agreement was in."""
    _hold(agreement.referral)
    before = agreement.state
    agreement.state = AGREEMENT_ACTS[act].moves[before]
    agreement.ended_at = timezone.now()
    agreement.save()
    stop_open(by, agreement, "The MoU ended.")
    move(agreement.referral, act)
    return before


@action("Ended the MoU after notice")
def terminate(*, by: Any, agreement: Agreement) -> Ending:
    """The notice has run out: the MoU ends, and what is committed and not payable is released. Tells both sides.

    With it ends the assignment of its practices to suppliers.

    ``by`` is nobody when the service does it, on the day.
    """
    referral, agreement = locked(agreement)
    rules.check_can_terminate(by, agreement)
    notice = rules.standing_notice(agreement)
    if notice is None:
        raise Denied("No notice stands.")
    before = _over(by, agreement, "mou.terminate")
    why = f"The MoU ended after notice on {day(notice.ends_on)}"
    released = release_rest(by=by, referral=referral, why=why, key=f"terminated-{agreement.pk}")
    ending = Ending.objects.create(
        agreement=agreement, how=How.NOTICE, ended_on=notice.ends_on, released=released, recorded_by=by
    )
    _record(by, ending, before)
    _end_of_suppliers(by, ending)
    letters.terminated(ending, notice)
    return ending


@action("Ended the MoU")
def end(*, by: Any, agreement: Agreement, delivered: str = "") -> Ending:
    """The end date has passed; or ``delivered`` says how the plan is, and it ends today. Tells both sides.

    What is committed and not payable stays: a stage may still open for what was done, and finance releases
    the rest. With the MoU ends the assignment of its practices to suppliers.
    """
    _referral, agreement = locked(agreement)
    delivered = delivered.strip()
    rules.check_can_end(by, agreement, is_delivered=bool(delivered))
    last = rules.end_date(agreement)
    is_past = last is not None and last < today()
    before = _over(by, agreement, "mou.end")
    ending = Ending.objects.create(
        agreement=agreement,
        how=How.DATE if is_past else How.DELIVERED,
        ended_on=last + dt.timedelta(days=1) if is_past and last else today(),
        why=delivered,
        recorded_by=by,
    )
    _record(by, ending, before)
    _end_of_suppliers(by, ending)
    letters.ended(ending)
    return ending


def _end_of_suppliers(by: Any, ending: Ending) -> None:
    """Every practice of the case that is with a supplier for it; for another case it stays there."""
    cases = SupplierCase.objects.filter(referral=ending.agreement.referral_id).open()
    for case in cases.select_related("referral").order_by("pk"):
        end_with_mou(by=by, case=case, ending=ending)


def _record(by: Any, ending: Ending, before: str) -> None:
    agreement = ending.agreement
    record(
        by=by,
        on=ending,
        case=agreement.referral,
        why=ending.why,
        before=before,
        after=agreement.state,
        how=ending.how,
        ended_on=ending.ended_on,
    )


def end_what_is_due() -> int:
    """End every MoU whose notice has run out or whose end date has passed, a transaction each; how many."""
    count, failed = 0, None
    for agreement in due():
        act = terminate if agreement.has_run_out else end  # type: ignore[attr-defined] # annotated
        try:
            act(by=None, agreement=agreement)
            count += 1
        except Denied:  # somebody was quicker, or withdrew the notice
            continue
        except Exception as error:
            failed = failed or error
    if failed:
        raise failed
    return count
