"""Who drafts, comments, answers and agrees; and what must be settled before a draft is sent to be signed."""

from typing import Any

from django.db.models import QuerySet

from mou.agreement import documents
from mou.agreement.rules import check_can_be_partner, check_can_preview
from mou.drafts.states import DRAFT_ACTS, check_draft_state, latest_draft
from mou.models import Draft, DraftComment
from mou.people import is_for_practice
from mou.plan.plans import Gap, gap
from mou.wording.choices import Choices, unresolved
from practices.models import Organisation
from resilience.core import access
from resilience.core.access import Denied
from resilience.referrals.models import Referral
from resilience.referrals.states import State


def check_can_draft(user: Any, referral: Referral, supplier: Organisation | None = None) -> None:
    """An officer, once there is something to draft from and while no MoU is out."""
    access.check(user, DRAFT_ACTS["mou.make_draft"].permission, referral)
    check_draft_state("mou.make_draft", referral, latest_draft(referral))
    check_can_preview(user, referral)
    if referral.state != State.COMMITTED:
        raise Denied(
            "The MoU is drafted once money is committed and before it is signed: "
            f"this referral is “{State(referral.state).label}”."
        )
    if supplier:
        check_can_be_partner(supplier, referral)


def _check_for_practice(user: Any, draft: Draft, act: str) -> None:
    """Someone of the lead practice, on the draft that counts."""
    referral = draft.referral
    if not is_for_practice(user, referral, DRAFT_ACTS[act].permission):
        raise Denied(f"Someone who works at {referral.lead_practice.name} says this of the draft.")
    latest = latest_draft(referral)
    if latest and latest.pk != draft.pk:
        raise Denied(f"There is a newer draft, number {latest.number}. Read that one first.")
    check_draft_state(act, referral, latest)


def check_can_comment(user: Any, draft: Draft) -> None:
    """The practice, on the latest draft until it is sent to be signed."""
    _check_for_practice(user, draft, "mou.comment_on_draft")


def check_can_agree_draft(user: Any, draft: Draft) -> None:
    """The practice, when no change that it asked for is open and the draft still says what is true of the case."""
    _check_for_practice(user, draft, "mou.agree_draft")
    if changes_open(draft.referral):
        raise Denied(
            "You asked for changes that are not answered yet. Wait for the answers, then agree the draft."
        )
    check_is_true(draft)


def check_can_answer(user: Any, comment: DraftComment) -> None:
    """An officer, once."""
    referral = comment.draft.referral
    access.check(user, DRAFT_ACTS["mou.answer_comment"].permission, referral)
    if comment.answered_at:
        raise Denied("This comment is answered already.")
    check_draft_state("mou.answer_comment", referral, latest_draft(referral))


def changes_open(referral: Referral) -> QuerySet[DraftComment]:
    """Changes the practice asked for that nobody has answered."""
    return DraftComment.objects.filter(
        draft__referral=referral, kind=DraftComment.Kind.CHANGE, answered_at__isnull=True
    ).select_related("draft")


def choices_of(draft: Draft) -> Choices:
    return Choices.from_json(draft.choices)


def as_it_is_now(draft: Draft) -> str:
    """The same draft made of the case as it is now. Raises Denied where it can no longer be made."""
    return documents.render(draft.referral, choices_of(draft), draft.supplier)


def check_is_true(draft: Draft) -> None:
    """Nothing that the draft says has changed since it was made: money, plan, names, wording."""
    if as_it_is_now(draft) != draft.html:
        raise Denied(
            f"Something in the case has changed since draft {draft.number} was made (its money, its plan, a name or "
            "the wording). Make a new draft, so that what is signed is what is true."
        )


def to_settle(draft: Draft, *, is_fresh: bool = False) -> list[Gap]:
    """What must be settled before this draft is sent to be signed, each with the page where it is."""
    found = []
    key = {"referral": draft.referral_id}
    for sentence in unresolved(draft.template, choices_of(draft)):
        found.append(gap(sentence, "draft", "mou:make_draft", **key))
    for comment in changes_open(draft.referral):
        wanted = f"Answer the change asked for on draft {comment.draft.number}"
        found.append(gap(wanted, "draft", "mou:answer_comment", draft_comment=comment.pk))
    if not found and not is_fresh and (stale := access.why_not(check_is_true, draft)):
        found.append(gap(stale, "draft", "mou:make_draft", **key))
    return found


def check_is_settled(draft: Draft, *, is_fresh: bool = False) -> None:
    """Nothing is open: no drafting note, no change asked for, nothing untrue by now; ``is_fresh``: made this moment."""
    if left := to_settle(draft, is_fresh=is_fresh):
        raise Denied(left[0].text if left[0].text.endswith(".") else f"{left[0].text} first.")


def said_of(found: Draft) -> list[DraftComment]:
    """What was said of this draft, and of earlier ones while it is not answered."""
    rows = DraftComment.objects.filter(draft__referral=found.referral, draft__number__lte=found.number)
    rows = rows.select_related("draft__referral__commissioner", "written_by", "answered_by", "done_in")
    return [
        each
        for each in rows
        if each.draft_id == found.pk or each.answered_at is None or each.done_in == found
    ]
