"""The decision as the practice reads it, from the letter of the programme's year."""

from collections.abc import Iterable
from typing import Any

from resilience.core.words import money
from resilience.decisions.models import Decision
from resilience.programmes.letters import DECISION_WORDS, fill, unknown_words
from resilience.programmes.models import MenuItem
from resilience.referrals.letters import Letter, one_line, programme_contact
from resilience.referrals.models import Referral

SENTENCES = {
    Decision.Outcome.SUPPORTED: "We will support your practice with up to {amount}, for: {categories}.",
    Decision.Outcome.NOT_SUPPORTED: "We will not support your practice this time.",
    Decision.Outcome.DEFERRED: "We have put off our decision, and will write to you again.",
}
"""What {decision} says."""


def subject(referral: Referral) -> str:
    """The subject of the decision's email."""
    return one_line(fill(referral.year.decision_subject, _who(referral)))


def _who(referral: Referral) -> dict[str, str]:
    return {
        "reference": referral.reference or "",
        "practice": referral.lead_practice.name,
        "contact_name": referral.contact_name,
        "programme_contact": programme_contact(referral),
    }


def decision_letter(
    referral: Referral,
    *,
    outcome: str,
    reason: str,
    amount: int,
    categories: Iterable[MenuItem],
    officer: Any,
) -> Letter:
    """The year's decision letter filled in; ``amount`` in pence, ``officer`` is who decides."""
    year = referral.year
    granted = {
        "amount": money(amount) if amount else "",
        "categories": "; ".join(item.name for item in categories),
    }
    values = (
        _who(referral)
        | granted
        | {
            "decision": fill(SENTENCES[Decision.Outcome(outcome)], granted),
            "reason": reason,
            "officer": officer.name,
        }
    )
    unknown = unknown_words(f"{year.decision_subject}\n{year.decision_body}", DECISION_WORDS)
    return Letter(subject(referral), fill(year.decision_body, values), tuple(unknown))
