"""Asking a colleague, who has the authority too, to sign. It gives nobody a right: that is asked again at signing."""

from typing import Any

from mou.agreement import letters, rules
from mou.agreement.locking import locked
from mou.agreement.states import SIDE_WORDS, Side
from mou.models import Agreement, Delegation
from mou.people import signatories
from practices.models import Person
from resilience.assessments.rules import interests_in_force
from resilience.core.access import Denied
from resilience.core.acts import action
from resilience.core.trail import record


def colleagues(user: Any, agreement: Agreement) -> list[Person]:
    """Who else may sign for the side whose turn it is: with the authority, without an interest, signed for no side."""
    side = agreement.turn
    if not side:
        return []
    signed = {each.person_id for each in agreement.signatures.all()}
    barred = set()
    if side == Side.COMMISSIONER:
        barred = set(interests_in_force(agreement.referral).values_list("person", flat=True))
    return [
        each
        for each in signatories(agreement, side)
        if each.pk != user.pk and each.pk not in signed and each.pk not in barred
    ]


def nobody_else(agreement: Agreement) -> str:
    """What to do where nobody else has the authority."""
    contact = agreement.referral.year.contact_email
    return (
        f"Nobody else can sign for the {SIDE_WORDS[agreement.turn]} yet. Ask {contact} to invite a colleague who has "
        "the authority to sign. Once they can sign in, you can pass this to them."
    )


@action("Passed the MoU to a colleague to sign")
def delegate(*, by: Any, agreement: Agreement, person: Person, why: str = "") -> Delegation:
    """A signatory whose turn it is asks another. Tells both and the officer."""
    referral, agreement = locked(agreement)
    rules.check_can_sign(by, agreement, agreement.turn or Side.PRACTICE)
    if person not in colleagues(by, agreement):
        raise Denied(
            f"{person} cannot sign this for the {SIDE_WORDS[agreement.turn]}. Choose somebody from the list."
        )
    latest = agreement.delegations.first()
    asked = (by.pk, person.pk, agreement.turn, why)
    if latest and (latest.delegated_by_id, latest.person_id, latest.side, latest.why) == asked:
        record(by=by, on=agreement, case=referral, repeat=True)
        return latest
    made = Delegation.objects.create(
        agreement=agreement, side=agreement.turn, person=person, why=why, delegated_by=by
    )
    state = agreement.state
    record(
        by=by, on=agreement, case=referral, why=why, to=person.pk, side=made.side, before=state, after=state
    )
    letters.delegated(made)
    return made
