"""The small table of the drafts of a case: which act is possible when, for whom."""

from django.db import models

from mou.models import Agreement, Draft
from resilience.core.access import Denied, P
from resilience.referrals.models import Referral
from resilience.referrals.states import Act


class DraftState(models.TextChoices):
    """Where the drafting stands; told from the rows, never stored."""

    NONE = "none", "Not drafted yet"
    OPEN = "open", "Being agreed"
    AGREED = "agreed", "Agreed by the practice"
    ISSUED = "issued", "Sent for signature"


S = DraftState
DRAFT_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "mou.make_draft",
            "Draft the MoU",
            P.PLAN_FOR_COMMISSIONER,
            dict.fromkeys((S.NONE, S.OPEN, S.AGREED), S.OPEN),
        ),
        Act(
            "mou.comment_on_draft",
            "Comment on the draft",
            P.PLAN_FOR_PRACTICE,
            dict.fromkeys((S.OPEN, S.AGREED), S.OPEN),
        ),
        Act("mou.agree_draft", "Agree the draft", P.PLAN_FOR_PRACTICE, {S.OPEN: S.AGREED}),
        Act(
            "mou.answer_comment",
            "Answer a comment",
            P.PLAN_FOR_COMMISSIONER,
            {S.OPEN: S.OPEN, S.AGREED: S.AGREED, S.ISSUED: S.ISSUED},
        ),
        Act(
            "mou.send", "Send for signature", P.PLAN_FOR_COMMISSIONER, {S.OPEN: S.ISSUED, S.AGREED: S.ISSUED}
        ),
    )
}
"""A comment takes back the practice's agreement. ``mou.send`` is also in the table of the agreement, and drafts first
where nothing is drafted. Once an MoU is stopped, its draft stands again as it was."""


def latest_draft(referral: Referral) -> Draft | None:
    return Draft.objects.filter(referral=referral).select_related("supplier", "template").first()


def is_issued(referral: Referral) -> bool:
    """Is an MoU out or signed?"""
    return Agreement.objects.filter(referral=referral).not_stopped().exists()


def draft_state(referral: Referral, draft: Draft | None) -> str:
    """Where the drafting of a case stands; ``draft`` is its latest."""
    if is_issued(referral):
        return S.ISSUED
    if draft is None:
        return S.NONE
    return S.AGREED if draft.agreed_at else S.OPEN


def check_draft_state(act: str, referral: Referral, draft: Draft | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` as the drafting stands."""
    state = draft_state(referral, draft)
    if state in DRAFT_ACTS[act].moves:
        return
    if state == S.ISSUED:
        raise Denied(
            "The MoU was sent for signature: its draft does not change any more. Withdraw the MoU first."
        )
    if state == S.NONE:
        raise Denied("The MoU is not drafted yet.")
    raise Denied(f"“{DRAFT_ACTS[act].label}” is done already: the draft is “{S(state).label}”.")
