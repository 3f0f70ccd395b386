"""Who may draft, send, sign, decline and withdraw. Each rule raises Denied with a sentence to act on."""

import datetime as dt
from typing import Any

from django.db.models import Q

from funding import ledger
from mou.agreement.names import same_name
from mou.agreement.states import AGREEMENT_ACTS, OUT, SIGNS, check_agreement_state, check_turn
from mou.changes.changes import rows_that_stay
from mou.models import Agreement, ProposedChange, Signature
from mou.people import (
    check_leads,
    holders,
    is_for_practice,
    is_for_supplier,
    is_partner,
    supplier_signatories,
)
from mou.plan import plans
from practices.models import Organisation
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.calendar import today
from resilience.core.words import day, within
from resilience.referrals.models import Referral
from resilience.referrals.states import State, check_state

A = Agreement.State
Side = Signature.Side

SIGN_WITHIN = dt.timedelta(days=28)
"""From the day it is sent, where no other last day is given."""


# --- drafted and sent --------------------------------------------------------------------------


def money_of(referral: Referral) -> dict[str, int]:
    """Pence promised by commitment id; what the MoU states and what must still hold when it is signed."""
    figures = ledger.of_commitments(referral.commitments.all())
    return {str(pk): each.promised for pk, each in sorted(figures.items()) if each.promised}


def gaps_before_sending(referral: Referral) -> list[plans.Gap]:
    """What must be there before the MoU can be drafted: wording, agreed plan, money."""
    found = []
    case = referral.pk
    if not any(plans.current_template(referral.year, has_supplier=three) for three in (False, True)):
        wanted = f"An administrator must publish the wording of the MoU for {referral.year}"
        found.append(plans.Gap(wanted, "wording", ""))
    plan = plans.plan_of(referral)
    if plan is None:
        found.append(plans.gap("Start the improvement plan", "plan", "mou:plan", referral=case))
    elif plan.agreed_at is None:
        wanted = "Both sides must agree the improvement plan"
        found.append(plans.gap(wanted, "plan", "mou:plan", referral=case))
    if not money_of(referral):
        found.append(plans.gap("Commit the money", "money", "funding:case", referral=case))
    return found


def check_can_be_drafted(referral: Referral) -> None:
    """Nothing is missing: wording, agreed plan, money."""
    if missing := gaps_before_sending(referral):
        raise Denied(f"The MoU cannot be drafted yet: {within(missing[0].text)}.")


def check_can_preview(user: Any, referral: Referral) -> None:
    """The office, once there is something to draft from."""
    access.check(user, P.VIEW_INTERNAL, referral)
    check_can_be_drafted(referral)


def check_can_send(
    user: Any, referral: Referral, latest: Agreement | None, supplier: Organisation | None = None
) -> None:
    """An officer, on a referral with its money committed, when no other MoU is out, and each side has a signatory."""
    access.check(user, AGREEMENT_ACTS["mou.send"].permission, referral)
    if not (latest and is_overdue(latest)):
        check_agreement_state("mou.send", latest.state if latest else "")
    check_can_preview(user, referral)
    if referral.state != State.COMMITTED:
        raise Denied(
            "The MoU is sent once money is committed and before it is signed: "
            f"this referral is “{State(referral.state).label}”."
        )
    if not holders(P.SIGN_FOR_PRACTICE, referral):
        raise Denied(
            f"Nobody at {referral.lead_practice.name} can sign in to sign yet. "
            "Invite someone of the practice first."
        )
    if supplier:
        check_can_be_partner(supplier, referral)


def check_can_be_partner(supplier: Organisation, referral: Referral) -> None:
    """A supplier with the practice in its care, of whom somebody can sign."""
    if supplier.kind != Organisation.Kind.SUPPLIER or not is_partner(supplier, referral):
        raise Denied(
            f"{referral.lead_practice.name} is not in the care of {supplier.name}. Assign the practice to it first."
        )
    if not supplier_signatories(supplier, referral):
        raise Denied(
            f"Nobody at {supplier.name} can sign in to sign yet. Invite someone of the supplier first."
        )


def check_last_day(sign_by: dt.date, after: dt.date | None = None) -> None:
    """A last day to sign lies ahead, and after the one it replaces."""
    if sign_by <= today():
        raise Denied("The last day to sign must be in the future.")
    if after and sign_by <= after:
        raise Denied(f"The last day to sign is {day(after)} now: give a later one.")


# --- signed ------------------------------------------------------------------------------------


def is_overdue(agreement: Agreement) -> bool:
    """With its signatories, and past the last day to sign: nobody signs it any more."""
    return agreement.state in OUT and agreement.sign_by is not None and agreement.sign_by < today()


def check_in_time(agreement: Agreement) -> None:
    """The last day to sign has not passed."""
    if is_overdue(agreement):
        raise Denied(
            f"The last day to sign {agreement.this} was {day(agreement.sign_by)}. It has no effect any more: "
            "the commissioner must send it anew."
        )


def check_is_current(agreement: Agreement) -> None:
    """The money is as the document says; else it must be withdrawn and sent anew."""
    if agreement.money != money_of(agreement.referral):
        raise Denied(
            f"The money committed has changed since {agreement.this} was sent, so the document no longer says what "
            "is promised. The commissioner must withdraw it and send it anew."
        )


def check_acts_for(user: Any, agreement: Agreement, side: str) -> None:
    """``user`` may sign for ``side`` of this agreement: someone of the lead practice, which signs for its group;
    someone of the supplier that is a party; an approver in scope without an interest."""
    referral, permission = agreement.referral, SIGNS[side].permission
    if side == Side.COMMISSIONER:
        access.check(user, permission, referral)
        check_has_no_interest(user, referral)
    elif side == Side.SUPPLIER:
        if agreement.supplier is None or not is_for_supplier(user, agreement.supplier, referral):
            name = agreement.supplier.name if agreement.supplier else "a supplier"
            raise Denied(
                f"Someone who works for {name}, and has {referral.lead_practice.name} in care, signs here."
            )
    elif not is_for_practice(user, referral, permission):
        check_leads(user, permission, referral)
        access.check(user, permission, referral)


def _check_not_signed_by(user: Any, agreement: Agreement, side: str) -> None:
    """One person, one signature: never for two sides."""
    signed = Signature.objects.filter(agreement=agreement, person=user).first()
    if signed and signed.side == side:
        raise Denied(f"You have signed {agreement.this} already.")
    if signed:
        raise Denied(f"You signed {agreement.this} for the other side. Someone else must sign for this one.")
    if Signature.objects.filter(agreement=agreement, recorded_by=user).exists():
        raise Denied("You recorded another side's signature on paper. Someone else must sign for this one.")
    for signature in agreement.signatures.all():
        if signature.is_on_paper and same_name(signature.typed_name, user.name):
            raise Denied(
                f"{signature.typed_name} signed {agreement.this} on paper for the other side. "
                "Someone else must sign for this one."
            )


def check_can_record_paper(user: Any, agreement: Agreement) -> None:
    """An officer who gave or recorded no other signature of it, for the side whose turn it is, in time."""
    act = AGREEMENT_ACTS["mou.record_paper_signature"]
    access.check(user, act.permission, agreement.referral)
    check_agreement_state(act.name, agreement.state)
    check_in_time(agreement)
    if agreement.signatures.filter(Q(recorded_by=user) | Q(person=user)).exists():
        raise Denied("You gave or recorded the other side's signature. A colleague must record this one.")
    _check_can_take_effect(agreement, agreement.turn)


def check_can_sign(user: Any, agreement: Agreement, side: str) -> None:
    """Someone with the authority for ``side``, who signed for no other, in their turn and in time."""
    check_acts_for(user, agreement, side)
    _check_not_signed_by(user, agreement, side)
    check_turn(agreement, side)
    check_in_time(agreement)
    _check_can_take_effect(agreement, side)


def _check_can_take_effect(agreement: Agreement, side: str) -> None:
    """The referral and its money are as the document says."""
    referral = agreement.referral
    if agreement.varies_id:
        check_still_varies(agreement)
    elif side == Side.COMMISSIONER:
        check_state("mou.sign_for_commissioner", referral.state)
    elif referral.state != State.COMMITTED:
        raise Denied(f"This MoU cannot be signed now: the referral is “{State(referral.state).label}”.")
    check_is_current(agreement)


def check_still_varies(agreement: Agreement) -> None:
    """The MoU that it varies is in force, no notice was given to end it, and what it takes out may go."""
    mou = Agreement.objects.get(variations=agreement.pk)
    if mou.state == A.NOTICE:
        raise Denied(
            "Notice was given to end this MoU. While it stands, nothing that varies the MoU is signed."
        )
    if mou.state != A.SIGNED:
        raise Denied(f"The MoU that this varies is “{mou.standing}”: there is nothing to sign any more.")
    if stays := next(rows_that_stay(ProposedChange.objects.filter(proposal__agreement=agreement)), None):
        raise Denied(
            f"Progress was recorded on “{stays}” after {agreement.this} was drafted, so it stays in the plan. "
            "The commissioner must withdraw it, leave that part in and send it anew."
        )


# --- stopped -----------------------------------------------------------------------------------


def check_can_decline(user: Any, agreement: Agreement) -> None:
    """Whoever could sign next, in time."""
    check_agreement_state("mou.decline", agreement.state)
    check_acts_for(user, agreement, agreement.turn)
    _check_not_signed_by(user, agreement, agreement.turn)
    check_in_time(agreement)


def check_can_withdraw_agreement(user: Any, agreement: Agreement) -> None:
    """An officer, until all sides have signed."""
    access.check(user, AGREEMENT_ACTS["mou.withdraw_agreement"].permission, agreement.referral)
    check_agreement_state("mou.withdraw_agreement", agreement.state)


def check_can_postpone(user: Any, agreement: Agreement) -> None:
    """An officer, before the last day to sign has passed."""
    access.check(user, AGREEMENT_ACTS["mou.postpone_signing"].permission, agreement.referral)
    check_agreement_state("mou.postpone_signing", agreement.state)
    check_in_time(agreement)
