"""Sending a bid, taking it back, and going through it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone

from funding.actions import commit, commit_pooled
from funding.bids import letters, rules
from funding.bids.rules import Asked, Said
from funding.commitments import pools
from funding.models import Allocation, Bid, BidLine, BidOutcome, Commitment
from funding.rules import allocations_for
from funding.transfers import hold_money_of
from practices.models import Organisation
from resilience.core import outbox
from resilience.core.access import Denied, P, allows
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.core.words import plural
from resilience.referrals.models import Message, Referral
from resilience.referrals.moves import move

Route = Commitment.Route


@action("Sent a bid")
def send_bid(*, by: Any, referral: Referral, lines: Sequence[Asked], key: str) -> Bid:
    """The practice's own bid. The same page sent twice is one bid. Raises Denied."""
    return _bid("funding.send_bid", by=by, referral=referral, lines=lines, key=key)


@action("Entered a bid")
def enter_bid(*, by: Any, referral: Referral, lines: Sequence[Asked], key: str) -> Bid:
    """A bid that an officer writes down for the practice. Raises Denied."""
    return _bid("funding.enter_bid", by=by, referral=referral, lines=lines, key=key)


def _bid(act: str, *, by: Any, referral: Referral, lines: Sequence[Asked], key: str) -> Bid:
    referral = lock(referral)
    if done := Bid.objects.filter(key=key).first():
        if done.referral_id != referral.pk:
            raise Denied("This page was already used to send a bid. Open it again.")
        record(by=by, on=done, repeat=True)
        return done
    rules.check_can_bid(by, referral, act)
    rules.check_lines(referral, lines)
    bid = Bid.objects.create(referral=referral, key=key, sent_by=by)
    BidLine.objects.bulk_create(
        BidLine(
            bid=bid,
            position=position,
            practice=line.practice,
            item=line.item,
            what=line.what.strip(),
            amount=line.amount,
        )
        for position, line in enumerate(lines, start=1)
    )
    move(referral, act)
    total = sum(line.amount for line in lines)
    record(by=by, on=bid, pence=total, lines=len(lines))
    officer = referral.assigned_to
    outbox.queue(
        to=[officer.email if officer else referral.year.contact_email],
        subject=f"Bid on referral {referral.reference}: {referral.lead_practice.name}",
        body=f"{by.name} sent a bid of {plural(len(lines), 'line')}.\n\n"
        f"{outbox.link(reverse('funding:bid', args=[bid.pk]))}\n",
        about=referral,
    )
    return bid


@action("Took the bid back")
def withdraw_bid(*, by: Any, bid: Bid) -> Bid:
    """The practice takes its bid back before it is gone through; what it said stays on record."""
    referral = lock(bid.referral)
    bid = lock(bid)
    rules.check_can_withdraw(by, bid)
    bid.withdrawn_at, bid.withdrawn_by = timezone.now(), by
    bid.save()
    move(referral, "funding.withdraw_bid")
    record(by=by, on=bid)
    return bid


@action("Went through a bid")
def settle_bid(
    *,
    by: Any,
    bid: Bid,
    said: Mapping[int, Said],
    allocation: Allocation | None = None,
    route: str = Route.DIRECT,
    supplier: Organisation | None = None,
    cost_centre: str = "",
) -> Bid:
    """Answer every line (``said``, by line id), commit the money of those supported, and tell the practice.

    All or nothing. The same answers sent twice are one sitting. Raises Denied over what is left.
    """
    referral = lock(bid.referral)
    bid = lock(bid)
    lines = list(bid.lines.select_related("practice", "item", "bid__referral__year"))
    if bid.settled_at and _is_the_same(lines, said):
        record(by=by, on=bid, repeat=True)
        return bid
    rules.check_can_settle(by, bid)
    rules.check_outcomes(lines, said)
    rules.check_total(referral, sum(each.amount for each in said.values()))
    hold_money_of([referral], also=allocations_for(referral))
    outcomes = []
    for line in lines:
        each = said[line.pk]
        commitment = None
        if each.amount:
            commitment = _commit(
                line,
                each,
                by=by,
                referral=referral,
                allocation=allocation,
                route=route,
                supplier=supplier,
                cost_centre=cost_centre,
            )
        outcome = BidOutcome.objects.create(
            line=line,
            result=each.result,
            amount=each.amount,
            reason=each.reason.strip(),
            excluded=each.excluded,
            commitment=commitment,
        )
        record(
            by=by,
            on=outcome,
            case=referral,
            why=outcome.reason,
            line=line.pk,
            result=outcome.result,
            pence=outcome.amount,
        )
        outcomes.append(outcome)
    bid.settled_at, bid.settled_by = timezone.now(), by
    bid.save()
    record(by=by, on=bid, pence=sum(each.amount for each in outcomes), lines=len(outcomes))
    _tell_practice(by, bid, outcomes)
    return bid


def _commit(line: BidLine, said: Said, **given: Any) -> Commitment:
    """The money of one line: to its practice, or split between those that pool it."""
    common = {"item": said.item or line.item, "purpose": line.what, "key": f"bid-{line.pk}", **given}
    if line.practice is not None:
        return commit(practice=line.practice, amount=said.amount, **common)
    return commit_pooled(shares=pools.default_split(given["referral"], said.amount), **common)[0]


def _is_the_same(lines: Sequence[BidLine], said: Mapping[int, Said]) -> bool:
    made = {each.line_id: each for each in BidOutcome.objects.filter(line__in=lines)}
    return set(made) == set(said) and all(
        (each.result, each.amount, each.reason, each.excluded_id)
        == (
            said[pk].result,
            said[pk].amount,
            said[pk].reason.strip(),
            said[pk].excluded.pk if said[pk].excluded else None,  # type: ignore[union-attr]
        )
        for pk, each in made.items()
    )


def _tell_practice(by: Any, bid: Bid, outcomes: Sequence[BidOutcome]) -> None:
    referral = bid.referral
    letter = letters.feedback(bid, outcomes)
    Message.objects.create(
        referral=referral,
        kind=Message.Kind.EMAIL,
        is_internal=False,
        subject=letter.subject,
        text=letter.body,
        written_by=by,
    )
    readers = [referral.contact_email]
    if allows(bid.sent_by, P.REFER, referral):
        readers.append(bid.sent_by.email)
    outbox.queue(to=dict.fromkeys(readers), subject=letter.subject, body=letter.body, about=referral)
