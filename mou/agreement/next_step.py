"""The one next step of the MoU, in words, for whoever looks at it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from mou import people
from mou.agreement import rules
from mou.agreement.states import SIDE_WORDS
from mou.drafts.rules import changes_open
from mou.models import Agreement, Draft
from resilience.core.access import why_not
from resilience.core.words import day
from resilience.referrals.models import Referral


@dataclass(frozen=True)
class Step:
    """A sentence; with a button when it is this person's to take."""

    sentence: str
    button: str = ""
    href: str = ""


def next_step(
    user: Any,
    referral: Referral,
    current: Agreement | None,
    draft: Draft | None,
    stopped: Agreement | None = None,
) -> Step:
    """What comes next for ``user``; ``current`` is the MoU that is out or signed, ``draft`` the latest draft.

    ``stopped`` is the one sent last, where it was not signed.
    """
    if current and current.turn:
        return _to_sign(user, current)
    if current:
        return Step("")
    if stopped and draft and stopped.draft_id == draft.pk and not changes_open(referral).exists():
        return _sent_before(people.is_for_office(user, referral), stopped, draft)
    if people.is_for_office(user, referral):
        return _for_office(referral, draft)
    if draft is None:
        return Step(
            "There is nothing to read or sign yet. The commissioner drafts the Memorandum of Understanding once both "
            "sides have agreed the improvement plan and the money is committed. You will get an email."
        )
    return _of_draft(people.is_for_practice(user, referral), draft)


def _to_sign(user: Any, current: Agreement) -> Step:
    if not why_not(rules.check_can_sign, user, current, current.turn):
        href = reverse("mou:sign", kwargs={"agreement": current.pk})
        until = f" The last day to sign is {day(current.sign_by)}." if current.sign_by else ""
        return Step(f"It is your turn to sign.{until}", "Read and sign it", href)
    if rules.is_overdue(current):
        return Step("It was not signed in time. The commissioner sends it anew.")
    signed = current.signatures.filter(person=user).exists()
    waits = f"It waits for the {SIDE_WORDS[current.turn]}'s signature."
    return Step(f"You have signed. {waits}" if signed else waits)


def _draft_url(draft: Draft) -> str:
    return reverse("mou:read_draft", kwargs={"mou_draft": draft.pk})


def _for_office(referral: Referral, draft: Draft | None) -> Step:
    if draft is None:
        href = reverse("mou:make_draft", kwargs={"referral": referral.pk})
        said = "Everything is there to draft it from: the agreed plan, the money committed and the published wording."
        return Step(said, "Draft it", href)
    if count := changes_open(referral).count():
        what = "a change" if count == 1 else f"{count} changes"
        return Step(f"The practice asked for {what}.", "Answer what was asked", _draft_url(draft))
    if draft.agreed_at:
        said = f"The practice agreed draft {draft.number} on {day(draft.agreed_at)}."
        return Step(said, "Send it for signature", f"{_draft_url(draft)}#send")
    said = f"Draft {draft.number} is with the practice since {day(draft.made_at)}. It has not said yet that it agrees."
    return Step(said, f"Open draft {draft.number}", _draft_url(draft))


def _sent_before(is_office: bool, stopped: Agreement, draft: Draft) -> Step:
    """The draft was sent already, and came back unsigned."""
    said = (
        f"Draft {draft.number} was sent for signature: {stopped.standing.lower()}, {day(stopped.stopped_at)}."
    )
    if not is_office:
        return Step(f"{said} The commissioner changes it, or sends it anew. You will get an email.")
    change = "Change it, or send it anew as it is."
    return Step(f"{said} {change}", f"Open draft {draft.number}", _draft_url(draft))


def _of_draft(is_practice: bool, draft: Draft) -> Step:
    if draft.agreed_at:
        who = "You" if is_practice else "The practice"
        return Step(f"{who} agreed draft {draft.number}. The commissioner sends it to be signed.")
    if is_practice:
        said = f"Draft {draft.number} of your Memorandum of Understanding is ready to read."
        return Step(said, "Read the draft", _draft_url(draft))
    return Step(f"Draft {draft.number} is with the practice.")
