"""A dispute: raised, talked about, put to the strategic lead, the LMC asked, settled."""

import datetime as dt
from typing import Any

from django.utils import timezone

from mou.agreement.locking import locked
from mou.disputes import letters, rules
from mou.disputes.states import DISPUTE_ACTS
from mou.models import Agreement, Dispute, DisputeStep
from mou.people import is_for_practice
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.calendar import today
from resilience.core.trail import record

Kind = DisputeStep.Kind


def _locked(dispute: Dispute) -> tuple[Agreement, Dispute]:
    _, agreement = locked(dispute.agreement)
    dispute = lock(dispute)
    dispute.agreement = agreement
    return agreement, dispute


def _check_said(words: str, on: dt.date) -> None:
    if not words.strip():
        raise Denied("Say what happened.")
    if on > today():
        raise Denied("Enter a day that is not in the future.")


def _step(act: str, kind: str, by: Any, dispute: Dispute, words: str, on: dt.date | None) -> Dispute:
    agreement, dispute = _locked(dispute)
    on = on or today()
    last = dispute.steps.order_by("-id").first()
    if last and (last.kind, last.words, last.happened_on, last.made_by_id) == (kind, words, on, by.pk):
        rules.check_is_theirs(by, agreement, act)
        record(by=by, on=dispute, case=agreement.referral, internal=last.is_internal, repeat=True)
        return dispute
    rules.check_can(by, agreement, act, dispute)
    _check_said(words, on)
    before = dispute.state
    dispute.state = DISPUTE_ACTS[act].moves[before]
    if dispute.state == Dispute.State.SETTLED:
        dispute.settled_at, dispute.settled_by = timezone.now(), by
    dispute.save()
    is_internal = kind == Kind.NOTE
    step = DisputeStep.objects.create(
        dispute=dispute, kind=kind, words=words, happened_on=on, is_internal=is_internal, made_by=by
    )
    record(
        by=by,
        on=dispute,
        case=agreement.referral,
        internal=is_internal,
        why=words,
        before=before,
        after=dispute.state,
        happened_on=on,
    )
    if not is_internal:
        letters.step(step)
    return dispute


@action("Raised a dispute")
def raise_dispute(*, by: Any, agreement: Agreement, about: str, words: str) -> Dispute:
    """Either side notifies the other: what it is about, in words. Tells both sides. A second click is the same."""
    referral, agreement = locked(agreement)
    standing = rules.open_dispute(agreement)
    if standing and (standing.raised_by_id, standing.about) == (by.pk, about):
        record(by=by, on=standing, case=referral, repeat=True)
        return standing
    rules.check_can(by, agreement, "mou.raise_dispute", standing)
    if not about.strip():
        raise Denied("Say what it is about.")
    _check_said(words, today())
    by_practice = is_for_practice(by, referral)
    dispute = Dispute.objects.create(agreement=agreement, by_practice=by_practice, about=about, raised_by=by)
    step = DisputeStep.objects.create(
        dispute=dispute, kind=Kind.RAISED, words=words, happened_on=today(), made_by=by
    )
    record(by=by, on=dispute, case=referral, why=words, before="", after=dispute.state)
    letters.step(step)
    return dispute


@action("Recorded what was said in a dispute")
def say_in_dispute(*, by: Any, dispute: Dispute, words: str, on: dt.date | None = None) -> Dispute:
    """Either side records how they negotiate, and when."""
    return _step("mou.say_in_dispute", Kind.SAID, by, dispute, words, on)


@action("Added an internal note to a dispute")
def note_in_dispute(*, by: Any, dispute: Dispute, words: str, on: dt.date | None = None) -> Dispute:
    """For the office alone."""
    return _step("mou.note_in_dispute", Kind.NOTE, by, dispute, words, on)


@action("Put a dispute to the strategic lead")
def escalate_dispute(*, by: Any, dispute: Dispute, words: str, on: dt.date | None = None) -> Dispute:
    """The two sides could not settle it themselves. Tells both sides and the approvers."""
    return _step("mou.escalate_dispute", Kind.ESCALATED, by, dispute, words, on)


@action("Asked the LMC about a dispute")
def ask_lmc(*, by: Any, dispute: Dispute, words: str, on: dt.date | None = None) -> Dispute:
    """The strategic lead asks the Local Medical Committee."""
    return _step("mou.ask_lmc", Kind.LMC, by, dispute, words, on)


@action("Settled a dispute")
def settle_dispute(*, by: Any, dispute: Dispute, words: str, on: dt.date | None = None) -> Dispute:
    """The outcome is on record, and the dispute is closed. Tells both sides."""
    return _step("mou.settle_dispute", Kind.SETTLED, by, dispute, words, on)
