"""The emails about drafts: what there is to read, what was said, what was answered."""

from django.urls import reverse

from mou.drafts.reading import name_of
from mou.models import Draft, DraftComment
from mou.people import holders
from mou.post import emails, office, practice, readers, send
from resilience.core.access import P
from resilience.core.outbox import link

MOU = "Memorandum of Understanding"


def _link(draft: Draft) -> str:
    return link(reverse("mou:read_draft", kwargs={"mou_draft": draft.pk}))


def _practice(draft: Draft) -> list[str]:
    return emails(holders(P.PLAN_FOR_PRACTICE, draft.referral)) or practice(draft.referral)


def drafted(draft: Draft) -> None:
    """Ask the practice to read it."""
    referral = draft.referral
    send(
        _practice(draft),
        referral,
        f"Draft {draft.number} of the {MOU} of {referral.lead_practice.name}",
        f"Draft {draft.number} of the {MOU} is ready for you to read. You can comment on a clause, ask for a change, "
        "or say that you agree it. Nothing is signed yet.",
        _link(draft),
    )


def commented(comment: DraftComment) -> None:
    """Tell the office what the practice said."""
    draft = comment.draft
    name = draft.referral.lead_practice.name
    what = "asked for a change in" if comment.kind == DraftComment.Kind.CHANGE else "commented on"
    send(
        office(draft.referral),
        draft.referral,
        f"{name} {what} draft {draft.number} of its {MOU}",
        f"{comment.written_by} wrote on draft {draft.number}, {name_of(comment.clause)}:",
        comment.text,
        _link(draft),
    )


def answered(comment: DraftComment) -> None:
    """Tell the practice the answer."""
    draft = comment.draft
    said = comment.get_answer_display()
    if comment.done_in:
        said = f"Done in draft {comment.done_in.number}"
    send(
        [*readers([comment.written_by], draft.referral), *_practice(draft)],
        draft.referral,
        f"What you said of draft {draft.number} of your {MOU} is answered",
        f"On {name_of(comment.clause)} you wrote:",
        comment.text,
        f"The answer of {comment.answered_by}: {said}.",
        *([comment.answer_text] if comment.answer_text else []),
        _link(comment.done_in or draft),
    )


def agreed(draft: Draft) -> None:
    """Tell the office that it can be sent to be signed."""
    name = draft.referral.lead_practice.name
    send(
        office(draft.referral),
        draft.referral,
        f"{name} agrees draft {draft.number} of its {MOU}",
        f"{draft.agreed_by} agreed draft {draft.number} for {name}. You can send it to be signed.",
        _link(draft),
    )
