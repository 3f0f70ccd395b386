"""Who may draft, agree, send, sign and withdraw. Each rule raises Denied with a sentence to act on."""

from typing import Any

from funding import ledger
from mou.agreement.states import AGREEMENT_ACTS, check_agreement_state
from mou.models import Agreement, Signature
from mou.people import holders, is_for_practice
from mou.plan import plans
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import Denied, P, allows
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act
from resilience.referrals.states import State

A = Agreement.State


# --- the agreement -----------------------------------------------------------------------------


def money_of(referral: Referral) -> dict[str, int]:
    """Pence promised by commitment id; what the MoU states and what must still hold when it is signed."""
    figures = ledger.of_commitments(referral.commitments.all())
    return {str(pk): each.promised for pk, each in sorted(figures.items()) if each.promised}


def gaps_before_sending(referral: Referral) -> list[plans.Gap]:
    """What must be there before the MoU can be drafted: wording, agreed plan, money."""
    found = []
    case = referral.pk
    if plans.current_template(referral.year) is None:
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


def check_can_preview(user: Any, referral: Referral) -> None:
    """The office, once there is something to draft from."""
    access.check(user, P.VIEW_INTERNAL, referral)
    missing = gaps_before_sending(referral)
    if missing:
        raise Denied(f"The MoU cannot be drafted yet: {missing[0].text[0].lower()}{missing[0].text[1:]}.")


def check_can_send(user: Any, referral: Referral, latest: Agreement | None) -> None:
    """An officer, on a referral with its money committed, when no other MoU is out, and somebody can sign."""
    access.check(user, AGREEMENT_ACTS["mou.send"].permission, referral)
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


def check_is_current(agreement: Agreement) -> None:
    """The money is as the document says; else it must be withdrawn and sent anew."""
    if agreement.money != money_of(agreement.referral):
        raise Denied(
            "The money committed has changed since this MoU was sent, so the document no longer says what "
            "is promised. The commissioner must withdraw it and send it anew."
        )


def _check_not_signed_by(user: Any, agreement: Agreement, side: str) -> None:
    """One person, one signature: never for both sides."""
    signed = Signature.objects.filter(agreement=agreement, person=user).first()
    if signed and signed.side == side:
        raise Denied("You have signed this MoU already.")
    if signed:
        raise Denied("You signed this MoU for the other side. Someone else must sign for this one.")


def check_can_sign_for_practice(user: Any, agreement: Agreement) -> None:
    """Someone of the lead practice, which signs for its group; first."""
    referral = agreement.referral
    act = AGREEMENT_ACTS["mou.sign_for_practice"]
    if not is_for_practice(user, referral, act.permission):
        if allows(user, act.permission, referral):
            raise Denied(
                f"{referral.lead_practice.name} leads this group and signs on behalf of all its practices: "
                "someone who works there must sign."
            )
        access.check(user, act.permission, referral)
    _check_not_signed_by(user, agreement, Signature.Side.PRACTICE)
    check_agreement_state(act.name, agreement.state)
    if referral.state != State.COMMITTED:
        raise Denied(f"This MoU cannot be signed now: the referral is “{State(referral.state).label}”.")
    check_is_current(agreement)


def check_can_sign_for_commissioner(user: Any, agreement: Agreement) -> None:
    """An approver in scope, without an interest, who has not signed for the practice; second."""
    access.check(user, P.SIGN_FOR_COMMISSIONER, agreement.referral)
    _check_not_signed_by(user, agreement, Signature.Side.COMMISSIONER)
    check_agreement_state("mou.sign_for_commissioner", agreement.state)
    check_act(user, agreement.referral, "mou.sign_for_commissioner")
    check_has_no_interest(user, agreement.referral)
    check_is_current(agreement)


def check_can_withdraw_agreement(user: Any, agreement: Agreement) -> None:
    """An officer, until both sides have signed."""
    access.check(user, AGREEMENT_ACTS["mou.withdraw_agreement"].permission, agreement.referral)
    check_agreement_state("mou.withdraw_agreement", agreement.state)
