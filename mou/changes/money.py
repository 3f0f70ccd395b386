"""What a signed MoU says of the money, beside what is committed now."""

from collections.abc import Iterable
from dataclasses import dataclass

from funding.models import Commitment
from funding.mou_status import InMou
from mou.agreement.rules import money_of
from mou.models import Agreement
from mou.models.agreement import SIGNED_BY_ALL
from resilience.core.words import money

A = Agreement.State

_NO_MORE: dict[str, str] = {
    A.NOTICE: "Notice was given to end this MoU. While it stands, no more money is committed under it.",
    A.TERMINATED: "This MoU was terminated: no more money is committed under it.",
    A.ENDED: "This MoU has ended: no more money is committed under it.",
}


def in_mou(referrals: Iterable[int]) -> dict[int, InMou]:
    """By referral id, of each whose MoU was signed: what the last signed document names. One query."""
    signed = Agreement.objects.filter(referral__in=list(referrals), state__in=SIGNED_BY_ALL)
    found: dict[int, InMou] = {}
    for referral, number, state, stated in signed.order_by("number", "pk").values_list(
        "referral", "number", "state", "money"
    ):
        # What varies an MoU is signed and no more: notice and end are the MoU's own, which comes first.
        why = found[referral].why_no_more if number else _NO_MORE.get(state, "")
        found[referral] = InMou(frozenset(int(pk) for pk in stated), True, why)
    return found


def signed_money(mou: Agreement) -> dict[str, int]:
    """Pence by commitment as the last document that all sides signed states them."""
    last = mou.variations.filter(signed_at__isnull=False).order_by("-number").first()
    return (last or mou).money


@dataclass(frozen=True)
class MoneyLine:
    """One commitment: the pence that were signed, and those committed now."""

    commitment: Commitment
    practice: str
    before: int
    now: int


def money_lines(mou: Agreement) -> list[MoneyLine]:
    """What is committed otherwise than was signed, in the order in which an MoU lists it."""
    before, now = signed_money(mou), money_of(mou.referral)
    changed = [int(pk) for pk in {*before, *now} if before.get(pk, 0) != now.get(pk, 0)]
    rows = Commitment.objects.filter(pk__in=changed).select_related("item", "practice")
    names = dict(mou.referral.practices.values_list("practice", "name"))
    return [
        MoneyLine(
            each,
            names.get(each.practice_id, each.practice.name),
            before.get(str(each.pk), 0),
            now.get(str(each.pk), 0),
        )
        for each in rows.order_by("item__position", "pk")
    ]


def added(lines: Iterable[MoneyLine]) -> int:
    """Pence committed that what was signed does not name."""
    return sum(each.now - each.before for each in lines if each.now > each.before)


def said(lines: Iterable[MoneyLine]) -> str:
    """The same as a sentence each, to begin a variation with; what is less is said too, so that the sums are plain.
    Nothing where nothing is added: what is only less needs no variation."""
    lines = list(lines)
    if not added(lines):
        return ""
    return "\n".join(
        f"{money(abs(each.now - each.before))} {'more' if each.now > each.before else 'less'} for {each.practice}: "
        f"{each.commitment.purpose.rstrip('. ')}, in “{each.commitment.item.name}”."
        for each in lines
    )
