"""Who may draft, agree, send, sign and withdraw. Each rule raises Denied with a sentence to act on."""

import re
import unicodedata
from typing import Any

from funding import ledger
from mou import plans
from mou.models import Agreement, Plan, Signature
from mou.states import (
    AGREEMENT_ACTS,
    PLAN_ACTS,
    WHILE_SUPPORTED,
    check_agreement_state,
    check_plan_state,
)
from practices.models import Organisation, Person, RoleHolding
from practices.scopes import Scope, reaches
from resilience.assessments.rules import check_has_no_interest
from resilience.core import access
from resilience.core.access import ROLE_PERMISSIONS, Denied, P, allows
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act
from resilience.referrals.states import State

A = Agreement.State


def is_for_practice(user: Any, referral: Referral, permission: str = P.PLAN_FOR_PRACTICE) -> bool:
    """Does ``user`` act for the lead practice, which stands for its group?"""
    return allows(user, permission, referral.lead_practice)


def is_for_office(user: Any, referral: Referral, permission: str = P.PLAN_FOR_COMMISSIONER) -> bool:
    return allows(user, permission, referral)


def holders(permission: str, referral: Referral) -> list[Person]:
    """People who hold ``permission`` over this referral's lead practice, or over its commissioner."""
    roles = [role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions]
    rows = RoleHolding.objects.in_force().filter(role__in=roles, person__is_active=True)
    if permission in (P.PLAN_FOR_PRACTICE, P.SIGN_FOR_PRACTICE):
        rows = rows.filter(practice=referral.lead_practice_id)
    else:
        rows = rows.filter(organisation__in=_above(referral.commissioner)) | rows.filter(over_everything=True)
    people = Person.objects.filter(pk__in=rows.values("person"))
    return list(people.order_by("name", "email"))


def _above(organisation: Organisation | None) -> list[int]:
    found: list[int] = []
    while organisation is not None:
        found.append(organisation.pk)
        organisation = organisation.parent
    return found


# --- the plan ----------------------------------------------------------------------------------


def _check_while_supported(referral: Referral) -> None:
    if referral.state not in WHILE_SUPPORTED:
        raise Denied(
            "A plan is drafted and agreed once support is granted and before the MoU is signed: "
            f"this referral is “{State(referral.state).label}”."
        )


def check_can_draft(user: Any, referral: Referral, plan: Plan | None, act: str = "mou.save_row") -> None:
    """Either side, while the referral is supported and the plan not agreed by both."""
    if not is_for_practice(user, referral):
        access.check(user, P.PLAN_FOR_COMMISSIONER, referral)
    _check_while_supported(referral)
    check_plan_state(act, plan)


def _check_can_agree(referral: Referral, plan: Plan | None, act: str) -> Plan:
    _check_while_supported(referral)
    check_plan_state(act, plan)
    plan = plans.started(plan)
    missing = list(plans.gaps(plan, plans.layout_of(referral.year)))
    if missing:
        raise Denied(f"The plan is not complete: {missing[0].text[0].lower()}{missing[0].text[1:]}.")
    return plan


def check_can_agree_for_practice(user: Any, referral: Referral, plan: Plan | None) -> None:
    """Someone of the lead practice, once the plan is complete."""
    access.check(user, PLAN_ACTS["mou.agree_for_practice"].permission, referral.lead_practice)
    plan = _check_can_agree(referral, plan, "mou.agree_for_practice")
    if plan.commissioner_agreed_by_id == user.pk:
        raise Denied("You agreed this plan for the commissioner. Someone else must agree for the practice.")


def check_can_agree_for_commissioner(user: Any, referral: Referral, plan: Plan | None) -> None:
    """An approver without an interest, once the plan is complete."""
    access.check(user, PLAN_ACTS["mou.agree_for_commissioner"].permission, referral)
    check_has_no_interest(user, referral)
    plan = _check_can_agree(referral, plan, "mou.agree_for_commissioner")
    if plan.practice_agreed_by_id == user.pk:
        raise Denied("You agreed this plan for the practice. Someone else must agree for the commissioner.")


def check_can_reopen(user: Any, referral: Referral, plan: Plan | None) -> None:
    """Either side, while no MoU made from the plan is out or signed."""
    check_can_draft(user, referral, plan, "mou.reopen_plan")
    if Agreement.objects.filter(referral=referral).exclude(state=A.WITHDRAWN).exists():
        raise Denied("The MoU made from this plan is out for signature. Withdraw the MoU first.")


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


# --- the name typed ----------------------------------------------------------------------------

_TITLES = frozenset(
    ["dr", "doctor", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame", "rev"]
)


def _names(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"['’`´]", "", plain)
    return [word for word in re.findall(r"\w+", plain) if word not in _TITLES]


def check_typed_name(person: Person, typed: str) -> None:
    """The name typed is the person's own, whatever its capitals, accents, titles or middle names.

    The last name must be there; the first may be an initial. Raises Denied, saying why not.
    """
    own, given = _names(person.name), _names(typed)
    if not given:
        raise Denied("Type your name.")
    if not own:
        return
    first = own[0] == given[0] or (len(given[0]) == 1 and own[0].startswith(given[0]))
    if len(own) > 1 and len(given) == 1:
        raise Denied(f"Type your first and last name. You are signed in as {person.name}.")
    if own[-1] != given[-1] or not first:
        raise Denied(
            f"The name you typed is not the name you are signed in with, which is {person.name}. "
            "Type that name, or sign in as yourself."
        )


# --- the wording -------------------------------------------------------------------------------


def check_can_publish(user: Any, year: ProgrammeYear) -> None:
    """An administrator whose scope holds the programme's owner."""
    if not reaches(user, P.MANAGE_PROGRAMMES, Scope(organisation=year.programme.owner)):
        raise Denied(
            f"Your role does not let you {P.MANAGE_PROGRAMMES.label} of {year.programme.owner.name}."
        )
