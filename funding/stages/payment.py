"""What a stage pays a practice, and what is missing where it pays nothing yet."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from funding.models import Commitment
from funding.stages.standing import Standing, standings
from practices.models import Practice
from resilience.core.access import P
from resilience.core.words import money
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import ReferralPractice
from resilience.referrals.states import OPEN


@dataclass(frozen=True)
class Payment:
    """In a sentence, with a link where there is something to do or to see."""

    text: str
    href: str = ""
    link: str = ""


def payments(stage: PaymentStage, practices: Iterable[Practice], user: Any) -> dict[int, Payment]:
    """By practice id; the same number of queries however many practices."""
    practices = list(practices)
    rows = list(
        Commitment.objects.filter(practice__in=practices, referral__year=stage.year_id).select_related(
            "referral"
        )
    )
    found = standings(rows, user)
    of_practice: dict[int, list[Standing]] = defaultdict(list)
    for row in rows:
        of_practice[row.practice_id] += [each for each in found[row.pk] if each.stage == stage]
    places = ReferralPractice.objects.filter(
        practice__in=practices, referral__year=stage.year_id, referral__state__in=sorted(OPEN)
    )
    referrals = {
        each.practice_id: each.referral for each in places.select_related("referral").order_by("referral")
    }
    return {
        each.pk: _of_standings(user, of_practice[each.pk])
        if of_practice[each.pk]
        else _without_money(user, stage, referrals.get(each.pk))
        for each in practices
    }


def _of_standings(user: Any, rows: list[Standing]) -> Payment:
    href = ""
    if user.may(P.VIEW_MONEY):
        href = reverse("funding:case", kwargs={"referral": rows[0].commitment.referral_id})
    sums = (
        (sum(each.paid for each in rows), "paid"),
        (sum(each.unpaid for each in rows), "payable"),
        (sum(each.withheld for each in rows), "withheld"),
    )
    said = [f"{money(pence)} {word}" for pence, word in sums if pence]
    if said:
        return Payment(", ".join(said), href, "See the money" if href else "")
    waiting = [each for each in rows if each.worth and each.made is None]
    if not waiting:
        return Payment(
            "Nothing of this stage is left in what was committed.", href, "See the money" if href else ""
        )
    pence = money(sum(each.worth for each in waiting))
    missing = waiting[0].missing
    first = next((each for each in missing if each.href), None)
    text = f"{pence} waits. " + " ".join(each.text for each in missing)
    return Payment(text.strip(), first.href if first else "", first.link if first else "")


def _without_money(user: Any, stage: PaymentStage, referral: Any) -> Payment:
    is_office = user.may(P.VIEW_MONEY)
    if referral is None:
        text = f"No referral to {stage.year} yet."
        if user.may(P.REFER):
            return Payment(text, reverse("referrals:start"), "Refer the practice")
        if user.may(P.WORK_REFERRALS):
            return Payment(text, reverse("referrals:enter"), "Enter its referral")
        return Payment(text)
    text = f"Referral {referral.reference}: no money is committed yet."
    page = "funding:case" if is_office else "referrals:follow"
    link = "Go to its money" if is_office else "Follow it"
    return Payment(text, reverse(page, kwargs={"referral": referral.pk}), link)
