"""Who may bid, who goes through a bid, and what may come of its lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from funding import rules
from funding.models import Bid, BidLine, BidOutcome
from practices.models import Practice
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.words import day, money
from resilience.programmes.models import ExcludedSpend, MenuItem
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act

MOST_LINES = 30


@dataclass(frozen=True)
class Asked:
    """A line as it is written: ``practice`` is None for money that the whole group pools."""

    what: str
    item: MenuItem
    amount: int
    practice: Practice | None = None


@dataclass(frozen=True)
class Said:
    """What is said of a line in the sitting; ``item`` is the category the money is committed in."""

    result: str
    amount: int = 0
    reason: str = ""
    excluded: ExcludedSpend | None = None
    item: MenuItem | None = None


def waiting(referral: Referral) -> Bid | None:
    """The bid of a referral that nobody has gone through or taken back."""
    return Bid.objects.filter(referral=referral, settled_at__isnull=True, withdrawn_at__isnull=True).first()


def act_of(user: Any, referral: Referral) -> str:
    """By which act this person writes a bid: the practice sends its own, an officer enters it."""
    if access.allows(user, P.REFER, referral):
        return "funding.send_bid"
    return "funding.enter_bid"


def check_can_bid(user: Any, referral: Referral, act: str = "") -> None:
    """A practice of the referral or an officer for it, where the year takes bids, one bid at a time."""
    check_act(user, referral, act or act_of(user, referral))
    if not referral.year.takes_bids:
        raise Denied(f"{referral.year} takes no bids: what you asked for is in your referral.")
    if bid := waiting(referral):
        raise Denied(
            f"The bid of {day(bid.sent_at)} waits for an answer. Take it back first, then write another."
        )


def check_lines(referral: Referral, lines: Iterable[Asked]) -> None:
    """Each line is for a practice of the referral, in a category of its year, for more than nothing."""
    lines = list(lines)
    if not lines:
        raise Denied("Write at least one line.")
    if len(lines) > MOST_LINES:
        raise Denied(f"A bid has {MOST_LINES} lines at most.")
    members = set(referral.practices.values_list("practice", flat=True))
    for line in lines:
        if line.practice is not None and line.practice.pk not in members:
            raise Denied(f"{line.practice.name} is not part of this referral.")
        if line.item.year_id != referral.year_id:
            raise Denied(f"“{line.item.name}” is not on the menu of {referral.year}.")
        if line.amount <= 0 or not line.what.strip():
            raise Denied("Say what each line is for, and how much.")


def check_can_withdraw(user: Any, bid: Bid) -> None:
    """The practice takes its bid back until somebody has gone through it."""
    check_act(user, bid.referral, "funding.withdraw_bid")
    _check_waits(bid)


def _check_waits(bid: Bid) -> None:
    if bid.settled_at:
        raise Denied(f"This bid was gone through on {day(bid.settled_at)}.")
    if bid.withdrawn_at:
        raise Denied(f"The practice took this bid back on {day(bid.withdrawn_at)}.")


def check_can_settle(user: Any, bid: Bid) -> None:
    """Officer or finance lead, once the referral is supported."""
    check_act(user, bid.referral, "funding.settle_bid")
    _check_waits(bid)


def check_said(line: BidLine, said: Said) -> None:
    """One line: in full, in part with how much and why, or not with the reason that the practice reads."""
    result, where = BidOutcome.Result, f"Line {line.position}"
    if said.excluded is not None and said.result != result.NOT_SUPPORTED:
        raise Denied(f"{where} is “{said.excluded.name}”, which is not supported: {said.excluded.reason}")
    if said.excluded is not None and said.excluded.year_id != line.bid.referral.year_id:
        raise Denied(f"{where}: “{said.excluded.name}” is not on this year’s list of what is not supported.")
    if said.result not in result.values:
        raise Denied(f"{where} has no answer yet.")
    if said.result == result.IN_FULL and said.amount != line.amount:
        raise Denied(f"{where} asks for {money(line.amount)}: in full means all of it.")
    if said.result == result.IN_PART and not 0 < said.amount < line.amount:
        raise Denied(f"{where} asks for {money(line.amount)}: a part is more than £0 and less than that.")
    if said.result == result.NOT_SUPPORTED and said.amount:
        raise Denied(f"{where} is not supported, so no money goes to it.")
    if said.result != result.IN_FULL and not said.reason.strip():
        raise Denied(f"{where}: give the reason. The practice will read it.")


def check_outcomes(lines: Iterable[BidLine], said: Mapping[int, Said]) -> None:
    """Every line of the bid has its answer, and no other."""
    lines = list(lines)
    if {line.pk for line in lines} != set(said):
        raise Denied("Answer every line of the bid.")
    for line in lines:
        check_said(line, said[line.pk])


def check_total(referral: Referral, total: int) -> None:
    """All that the sitting supports is within what the decision leaves."""
    left = rules.still_to_commit(referral)
    if total > left:
        raise Denied(f"{money(total)} is more than the decision leaves to commit: {money(left)}.")
