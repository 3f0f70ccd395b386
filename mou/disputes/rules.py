"""Who may raise a dispute, take its next step, and see its notes."""

from typing import Any

from mou.disputes.states import DISPUTE_ACTS, check_dispute_state
from mou.models import Agreement, Dispute
from mou.people import is_for_practice
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P, allows

BOTH_SIDES = frozenset({"mou.raise_dispute", "mou.say_in_dispute", "mou.escalate_dispute"})
_OFFICE = frozenset({*BOTH_SIDES, "mou.settle_dispute"})


def open_dispute(agreement: Agreement) -> Dispute | None:
    """The one that is not settled, if any."""
    return Dispute.objects.filter(agreement=agreement).exclude(state=Dispute.State.SETTLED).first()


def check_is_theirs(user: Any, agreement: Agreement, act: str) -> None:
    """Either side, or the office alone, as the table says; nobody with an interest for the commissioner."""
    referral = agreement.referral
    if act not in BOTH_SIDES or not is_for_practice(user, referral):
        permission = DISPUTE_ACTS[act].permission
        if act in _OFFICE:
            is_lead = allows(user, P.APPROVE_PLAN, referral)
            permission = P.APPROVE_PLAN if is_lead else P.PLAN_FOR_COMMISSIONER
        access.check(user, permission, referral)
        check_has_no_interest(user, referral)


def check_can(user: Any, agreement: Agreement, act: str, dispute: Dispute | None) -> None:
    """Whose act it is, in the state that the table says, of an MoU that is signed."""
    check_is_theirs(user, agreement, act)
    check_dispute_state(act, dispute)
    if act == "mou.raise_dispute" and not agreement.is_signed:
        raise Denied("A dispute is about an MoU that all sides have signed.")


def sees_notes(user: Any, agreement: Agreement) -> bool:
    return allows(user, P.VIEW_INTERNAL, agreement.referral)
