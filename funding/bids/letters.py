"""What a practice reads about its bid: each line, what came of it and why."""

from collections.abc import Iterable

from django.urls import reverse

from funding.models import Bid, BidOutcome
from resilience.core import outbox
from resilience.core.words import day, money
from resilience.referrals.letters import Letter, one_line, programme_contact

Result = BidOutcome.Result


def outcome_in_words(outcome: BidOutcome) -> str:
    """ "Supported in part, £500 of £800", without the reason."""
    if outcome.result == Result.IN_PART:
        return f"{outcome.get_result_display()}, {money(outcome.amount)} of {money(outcome.line.amount)}"
    if outcome.result == Result.IN_FULL:
        return f"{outcome.get_result_display()}, {money(outcome.amount)}"
    return str(outcome.get_result_display())


def feedback(bid: Bid, outcomes: Iterable[BidOutcome]) -> Letter:
    """The letter that answers a bid, line by line."""
    referral = bid.referral
    paragraphs = [
        f"Dear {referral.contact_name}",
        f"We have gone through your bid of {day(bid.sent_at)} line by line.",
    ]
    total = 0
    for outcome in outcomes:
        line = outcome.line
        total += outcome.amount
        whose = f" ({line.practice.name})" if line.practice and referral.is_group else ""
        said = f"{line.position}. {line.what}{whose}, {money(line.amount)}: {outcome_in_words(outcome)}."
        paragraphs.append(f"{said}\nOur reason: {outcome.reason}" if outcome.reason else said)
    paragraphs += [
        f"We support {money(total)} in all."
        if total
        else "We cannot support any line of this bid. You may write another.",
        f"See your bid: {outbox.link(reverse('funding:bid', args=[bid.pk]))}",
        programme_contact(referral),
    ]
    subject = one_line(f"Your bid for {referral.lead_practice.name} ({referral.reference}): our answer")
    return Letter(subject, "\n\n".join(paragraphs) + "\n")
