"""The small table of the agreement: which state may follow which, by which act, for whom.

Read beside ``resilience.referrals.states``, whose ``Act`` they share: the referral's own state is asked too.
"""

from collections.abc import Iterable

from funding.mou_status import MouStatus
from mou.models import Agreement, Signature
from mou.models.agreement import OPEN, SIGNED_BY_ALL, STOPPED, standing_of
from resilience.core.access import Denied, P
from resilience.referrals.states import Act

A = Agreement.State
Side = Signature.Side
NOT_SENT = ""
OUT: frozenset[str] = frozenset(OPEN)
"""With its signatories."""

SIDE_WORDS: dict[str, str] = {
    Side.PRACTICE: "practice",
    Side.SUPPLIER: "supplier",
    Side.COMMISSIONER: "commissioner",
}

AGREEMENT_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "mou.send",
            "Send for signature",
            P.PLAN_FOR_COMMISSIONER,
            dict.fromkeys((NOT_SENT, *STOPPED), A.SENT),
        ),
        Act(
            "mou.sign_for_practice",
            "Sign for the practice",
            P.SIGN_FOR_PRACTICE,
            {A.SENT: A.PRACTICE_SIGNED},
        ),
        Act(
            "mou.sign_for_supplier",
            "Sign for the supplier",
            P.SIGN_FOR_SUPPLIER,
            {A.PRACTICE_SIGNED: A.SUPPLIER_SIGNED},
        ),
        Act(
            "mou.sign_for_commissioner",
            "Sign for the commissioner",
            P.SIGN_FOR_COMMISSIONER,
            {A.PRACTICE_SIGNED: A.SIGNED, A.SUPPLIER_SIGNED: A.SIGNED},
        ),
        Act("mou.decline", "Decline to sign", P.SIGN_FOR_PRACTICE, dict.fromkeys(OUT, A.DECLINED)),
        Act("mou.delegate", "Pass it to a colleague", P.SIGN_FOR_PRACTICE, {state: state for state in OUT}),
        Act(
            "mou.record_paper_signature",
            "Record a signature on paper",
            P.PLAN_FOR_COMMISSIONER,
            {A.SENT: A.PRACTICE_SIGNED, A.PRACTICE_SIGNED: A.SIGNED, A.SUPPLIER_SIGNED: A.SIGNED},
        ),
        Act(
            "mou.postpone_signing",
            "Set a later date to sign by",
            P.PLAN_FOR_COMMISSIONER,
            {state: state for state in OUT},
        ),
        Act(
            "mou.withdraw_agreement",
            "Withdraw the MoU",
            P.PLAN_FOR_COMMISSIONER,
            dict.fromkeys(OUT, A.WITHDRAWN),
        ),
        Act("mou.give_notice", "Give notice to end it", P.SIGN_FOR_PRACTICE, {A.SIGNED: A.NOTICE}),
        Act(
            "mou.give_notice_of_failure",
            "Give notice for failure to cooperate",
            P.SIGN_FOR_COMMISSIONER,
            {A.SIGNED: A.NOTICE},
        ),
        Act("mou.withdraw_notice", "Withdraw the notice", P.SIGN_FOR_PRACTICE, {A.NOTICE: A.SIGNED}),
        Act("mou.terminate", "End the MoU after notice", P.PLAN_FOR_COMMISSIONER, {A.NOTICE: A.TERMINATED}),
        Act("mou.end", "End the MoU", P.PLAN_FOR_COMMISSIONER, {A.SIGNED: A.ENDED, A.NOTICE: A.ENDED}),
    )
}
"""``mou.send`` makes a new agreement: where none was sent, or after one that was stopped. With a supplier, who signs
after the practice, the commissioner signs third; without, second. ``mou.decline`` and ``mou.delegate`` are
of whoever's turn it is, by the permission to sign for that side; a signature on paper moves as that side's own.

Notice is given and withdrawn by either side: the practice by this permission, the commissioner by
P.SIGN_FOR_COMMISSIONER. The last two are also the service's own, on the day. What varies an MoU is signed as
it is, by the same acts, and ends with it.
"""

SIGNS: dict[str, Act] = {
    Side.PRACTICE: AGREEMENT_ACTS["mou.sign_for_practice"],
    Side.SUPPLIER: AGREEMENT_ACTS["mou.sign_for_supplier"],
    Side.COMMISSIONER: AGREEMENT_ACTS["mou.sign_for_commissioner"],
}
"""The act by which each side signs."""


def check_agreement_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on an agreement in ``state`` ("" for none)."""
    if state in AGREEMENT_ACTS[act].moves:
        return
    if act == "mou.send":
        raise Denied("The MoU is with its signatories already. Withdraw it before you send another.")
    label = AGREEMENT_ACTS[act].label
    raise Denied(f"“{label}” is not possible now: this MoU is “{A(state).label}”.")


def check_turn(agreement: Agreement, side: str) -> None:
    """Raise Denied, naming whom it waits for, unless the next signature is of ``side``."""
    turn = agreement.turn
    if turn == side:
        return
    if side not in agreement.sides:
        raise Denied("No supplier signs this MoU: it is between the commissioner and the practice.")
    if turn and agreement.sides.index(Side(side)) < agreement.sides.index(Side(turn)):
        raise Denied(f"The {SIDE_WORDS[side]} has signed {agreement.this} already.")
    if turn:
        raise Denied(f"The {SIDE_WORDS[turn]} signs first. It has not signed yet.")
    check_agreement_state(SIGNS[side].name, agreement.state)


def status_of(referrals: Iterable[int]) -> dict[int, MouStatus]:
    """How far the MoU of each referral is, by id: the one that stands, else the last that was stopped. One query."""
    rows = Agreement.objects.filter(referral__in=list(referrals), kind=Agreement.Kind.MOU).order_by("id")
    found: dict[int, MouStatus] = {}
    for referral, state, supplier in rows.values_list("referral", "state", "supplier"):
        if state not in STOPPED or referral not in found:
            words = standing_of(state, has_supplier=supplier is not None)
            found[referral] = MouStatus(words, state in SIGNED_BY_ALL)
    return found
