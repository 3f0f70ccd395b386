"""Supporting, not supporting, deferring."""

from collections.abc import Iterable
from typing import Any

from resilience.core import outbox
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.decisions import letters, rules
from resilience.decisions.models import Decision, DecisionCategory
from resilience.programmes.models import MenuItem
from resilience.referrals.models import Message, Referral
from resilience.referrals.moves import move


@action("Decided to support")
def support(
    *, by: Any, referral: Referral, reason: str, amount: int, categories: Iterable[MenuItem], letter: str
) -> Decision:
    """Grant support up to ``amount`` pence in the given categories, and tell the practice."""
    items = list(categories)
    if amount <= 0:
        raise Denied("Enter the amount of support: more than £0.")
    if not items:
        raise Denied("Choose at least one category of support.")
    decision = _decide(by, referral, "decisions.support", Decision.Outcome.SUPPORTED, reason, letter, amount)
    wrong = [item for item in items if item.year_id != decision.referral.year_id]
    if wrong:
        raise Denied(f"“{wrong[0].name}” is not on this programme year's menu.")
    DecisionCategory.objects.bulk_create(DecisionCategory(decision=decision, item=item) for item in items)
    return decision


@action("Decided not to support")
def refuse(*, by: Any, referral: Referral, reason: str, letter: str) -> Decision:
    """Do not support, with the reason the practice will read."""
    return _decide(by, referral, "decisions.refuse", Decision.Outcome.NOT_SUPPORTED, reason, letter)


@action("Deferred the decision")
def defer(*, by: Any, referral: Referral, reason: str, letter: str) -> Decision:
    """Put the decision off, with the reason the practice will read."""
    return _decide(by, referral, "decisions.defer", Decision.Outcome.DEFERRED, reason, letter)


def _decide(
    by: Any, referral: Referral, act: str, outcome: str, reason: str, letter: str, amount: int = 0
) -> Decision:
    referral = lock(referral)
    rules.check_can_decide(by, referral, act)
    if not reason.strip():
        raise Denied("Give the reason: the practice will read it.")
    if not letter.strip():
        raise Denied("Write the letter: the practice must be told.")
    decision = Decision.objects.create(
        referral=referral,
        outcome=outcome,
        reason=reason,
        amount=amount,
        letter=letter,
        placement=referral.placements.filter(is_current=True).first(),
        decided_by=by,
    )
    subject = letters.subject(referral)
    Message.objects.create(
        referral=referral,
        kind=Message.Kind.EMAIL,
        is_internal=False,
        subject=subject,
        text=letter,
        written_by=by,
    )
    outbox.queue(to=[referral.contact_email], subject=subject, body=letter, about=referral)
    before, after = move(referral, act)
    record(by=by, on=decision, why=reason, outcome=outcome, pence=amount, before=before, after=after)
    return decision
