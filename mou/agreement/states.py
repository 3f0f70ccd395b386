"""The small tables of the plan and of the agreement: which state may follow which, by which act, for whom.

Read beside ``resilience.referrals.states``, whose ``Act`` they share: the referral's own state is asked too.
"""

from collections.abc import Iterable

from funding.mou_status import MouStatus
from mou.models import Agreement
from mou.models.agreement import SIGNED_BY_ALL
from resilience.core.access import Denied, P
from resilience.referrals.states import Act

A = Agreement.State
NOT_SENT = ""
AGREEMENT_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "mou.send", "Send for signature", P.PLAN_FOR_COMMISSIONER, {NOT_SENT: A.SENT, A.WITHDRAWN: A.SENT}
        ),
        Act(
            "mou.sign_for_practice",
            "Sign for the practice",
            P.SIGN_FOR_PRACTICE,
            {A.SENT: A.PRACTICE_SIGNED},
        ),
        Act(
            "mou.sign_for_commissioner",
            "Sign for the commissioner",
            P.SIGN_FOR_COMMISSIONER,
            {A.PRACTICE_SIGNED: A.SIGNED},
        ),
        Act(
            "mou.withdraw_agreement",
            "Withdraw the MoU",
            P.PLAN_FOR_COMMISSIONER,
            {A.SENT: A.WITHDRAWN, A.PRACTICE_SIGNED: A.WITHDRAWN},
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
"""``mou.send`` makes a new agreement: where none was sent, or after one that was withdrawn.

Notice is given and withdrawn by either side: the practice by this permission, the commissioner by
P.SIGN_FOR_COMMISSIONER. The last two are also the service's own, on the day. What varies an MoU is signed as
it is, by the same acts, and ends with it.
"""


def check_agreement_state(act: str, state: str) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on an agreement in ``state`` ("" for none)."""
    if state in AGREEMENT_ACTS[act].moves:
        return
    if act == "mou.sign_for_commissioner" and state == A.SENT:
        raise Denied("The practice signs first. It has not signed yet.")
    if act == "mou.send":
        raise Denied("The MoU is with its signatories already. Withdraw it before you send another.")
    label = AGREEMENT_ACTS[act].label
    raise Denied(f"“{label}” is not possible now: this MoU is “{A(state).label}”.")


def status_of(referrals: Iterable[int]) -> dict[int, MouStatus]:
    """How far the MoU of each referral is, by id: the one that stands, else the last that was withdrawn. One query."""
    rows = Agreement.objects.filter(referral__in=list(referrals), kind=Agreement.Kind.MOU).order_by("id")
    found: dict[int, MouStatus] = {}
    for referral, state in rows.values_list("referral", "state"):
        if state != A.WITHDRAWN or referral not in found:
            found[referral] = MouStatus(A(state).label, state in SIGNED_BY_ALL)
    return found
