"""Drafting the MoU until both sides agree it: each draft is kept, and what was said of it."""

from typing import Any

from django.utils import timezone

from mou.agreement import documents
from mou.drafts import letters, rules
from mou.drafts.reading import anchors_of
from mou.drafts.states import draft_state, latest_draft
from mou.models import Draft, DraftComment
from mou.wording.choices import Choices
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.referrals.models import Referral

Answer = DraftComment.Answer


@action("Drafted the MoU")
def make_draft(
    *,
    by: Any,
    referral: Referral,
    choices: Choices | None = None,
    supplier: Organisation | None = None,
    tell: bool = True,
) -> Draft:
    """Keep the next draft, made of the case and of the drafter's choices; the last again if nothing differs.

    Tells the practice, unless it is sent to be signed at once (``tell`` False).
    """
    referral = lock(referral)
    rules.check_can_draft(by, referral, supplier)
    # Nobody publishes another wording while this one is used.
    lock(referral.year)
    choices = choices or Choices()
    template = documents.template_for(referral, supplier)
    html = documents.render(referral, choices, supplier)
    latest = latest_draft(referral)
    before = draft_state(referral, latest)
    if latest and (latest.html, latest.choices, latest.supplier) == (html, choices.as_json(), supplier):
        record(by=by, on=latest, case=referral, repeat=True)
        return latest
    draft = Draft.objects.create(
        referral=referral,
        number=latest.number + 1 if latest else 1,
        template=template,
        supplier=supplier,
        html=html,
        choices=choices.as_json(),
        made_by=by,
    )
    record(
        by=by,
        on=draft,
        case=referral,
        number=draft.number,
        template=template.pk,
        supplier=supplier and supplier.pk,
        before=before,
        after=draft_state(referral, draft),
    )
    if tell:
        letters.drafted(draft)
    return draft


def _locked(draft: Draft) -> Draft:
    """The referral, then its draft: everyone locks in this order."""
    referral = lock(draft.referral)
    draft = lock(draft)
    draft.referral = referral
    return draft


@action("Commented on the draft MoU")
def comment_on_draft(*, by: Any, draft: Draft, clause: str, kind: str, text: str) -> DraftComment:
    """The practice comments on a clause, or asks for a change; that takes back its agreement. Tells the office."""
    draft = _locked(draft)
    rules.check_can_comment(by, draft)
    if clause and clause not in anchors_of(draft.html):
        raise Denied("This draft has no such clause. Choose one from the draft.")
    if kind not in DraftComment.Kind.values:
        raise Denied("Choose whether this is a comment or a change you ask for.")
    if not text.strip():
        raise Denied("Write what you want to say.")
    said = DraftComment.objects.filter(draft=draft, clause=clause, kind=kind, text=text, written_by=by)
    if repeat := said.filter(answered_at__isnull=True).first():
        record(by=by, on=repeat, case=draft.referral, repeat=True)
        return repeat
    before = draft_state(draft.referral, draft)
    draft.agreed_at = draft.agreed_by = None
    draft.save()
    comment = DraftComment.objects.create(draft=draft, clause=clause, kind=kind, text=text, written_by=by)
    record(
        by=by,
        on=comment,
        case=draft.referral,
        draft=draft.number,
        clause=clause,
        kind=kind,
        before=before,
        after=draft_state(draft.referral, draft),
    )
    letters.commented(comment)
    return comment


@action("Answered a comment on the draft MoU")
def answer_comment(*, by: Any, comment: DraftComment, answer: str, text: str = "") -> DraftComment:
    """Done in the latest draft, or not taken, with the reason; or the answer to a comment. Tells the practice."""
    draft = _locked(comment.draft)
    comment = lock(comment)
    comment.draft = draft
    rules.check_can_answer(by, comment)
    latest = latest_draft(draft.referral)
    if answer == Answer.DONE:
        if latest is None or latest.number <= draft.number:
            raise Denied("No draft was made since this was written. Make the change in a new draft first.")
        comment.done_in = latest
    elif answer not in (Answer.NOT_TAKEN, Answer.ANSWERED):
        raise Denied("Choose how you answer.")
    elif not text.strip():
        raise Denied("Give the reason: the practice will read it.")
    if answer == Answer.ANSWERED and comment.kind == DraftComment.Kind.CHANGE:
        raise Denied("A change that was asked for is either done or not taken.")
    comment.answer, comment.answer_text = answer, text
    comment.answered_at, comment.answered_by = timezone.now(), by
    comment.save()
    state = draft_state(draft.referral, latest)
    record(by=by, on=comment, case=draft.referral, answer=answer, before=state, after=state)
    letters.answered(comment)
    return comment


@action("Agreed the draft MoU")
def agree_draft(*, by: Any, draft: Draft) -> Draft:
    """The practice agrees this draft as it reads. Tells the office. A repeat by the same side is harmless."""
    draft = _locked(draft)
    if draft.agreed_by_id == by.pk:
        record(by=by, on=draft, case=draft.referral, repeat=True)
        return draft
    rules.check_can_agree_draft(by, draft)
    before = draft_state(draft.referral, draft)
    draft.agreed_at, draft.agreed_by = timezone.now(), by
    draft.save()
    record(
        by=by,
        on=draft,
        case=draft.referral,
        number=draft.number,
        before=before,
        after=draft_state(draft.referral, draft),
    )
    letters.agreed(draft)
    return draft
