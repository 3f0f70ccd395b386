"""What the office may do with a referral. Each rule raises Denied with a sentence a person can act on."""

from typing import Any

from practices.models import Person
from resilience.core import access
from resilience.core.access import Denied, P, allows
from resilience.core.words import day
from resilience.referrals.letters import acknowledgement
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act


def check_can_acknowledge(user: Any, referral: Referral) -> None:
    """Within the table; a referral is acknowledged once."""
    access.check(user, P.WORK_REFERRALS, referral)
    if referral.acknowledged_at is not None and referral.acknowledged_by is not None:
        raise Denied(
            f"This referral was acknowledged on {day(referral.acknowledged_at)} by {referral.acknowledged_by}."
        )
    check_act(user, referral, "referrals.acknowledge")


def check_can_acknowledge_unread(user: Any, referral: Referral) -> None:
    """As ``check_can_acknowledge``, with the year's letter sent as it stands: every {word} must be known."""
    check_can_acknowledge(user, referral)
    unknown = acknowledgement(referral, user).unknown
    if unknown:
        raise Denied(
            f"The programme's letter has words that cannot be filled in: {', '.join(unknown)}. "
            "Open this referral, take them out and acknowledge it there."
        )


def check_can_assign(user: Any, referral: Referral, officer: Person | None = None) -> None:
    """Within the table; ``officer`` must be someone who may work on this referral."""
    check_act(user, referral, "referrals.assign")
    if officer is None:
        return
    if not allows(officer, P.WORK_REFERRALS, referral):
        raise Denied(f"{officer} does not work on the referrals of {referral.commissioner}. Choose another.")


def check_can_ask(user: Any, referral: Referral) -> None:
    """Within the table; the practice needs an address to be asked at."""
    check_act(user, referral, "referrals.ask")
    if not referral.contact_email:
        raise Denied(
            "This referral has no email address for its contact: ask by telephone and keep a note of the answer."
        )


def check_can_note(user: Any, referral: Referral) -> None:
    """Within the table; closed referrals may have notes too."""
    check_act(user, referral, "referrals.note")


def check_can_correct(user: Any, referral: Referral) -> None:
    """Within the table: what was sent never changes, so a correction stands beside it."""
    check_act(user, referral, "referrals.correct")


def check_can_state_support(user: Any, referral: Referral) -> None:
    """Within the table: until the decision."""
    check_act(user, referral, "referrals.state_support")


def check_not_repeated(user: Any, referral: Referral, kind: str, text: str) -> None:
    """A second click must not say the same thing twice: refuse what the last message already says."""
    last = referral.messages.order_by("-id").first()
    if last and last.kind == kind and last.text == text and last.written_by_id == user.pk:
        raise Denied(f"This is already on record, written {day(last.written_at)}.")
