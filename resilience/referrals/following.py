"""Where a referral stands, in the practice's words: five stages, and the one next step.

What later rooms did is read from the trail and by name; nothing of theirs is imported.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import localdate

from resilience.core.access import P, allows, ask_together, why_not
from resilience.core.models import TrailEntry
from resilience.core.words import day
from resilience.referrals.models import Message, Referral
from resilience.referrals.moves import check_act
from resilience.referrals.states import SIGNED, State

S = State

Section = Callable[[HttpRequest, Referral], tuple[str, dict[str, Any]] | None]

SECTIONS: list[Section] = []
"""What rooms to the left put on this page, as ``practices.pages`` does: a template and its ``section``, or None."""

STEPS: list[Callable[[Iterable[Referral]], dict[int, Any]]] = []
"""What rooms to the left ask of the practice, a ``Step`` by referral id: it comes before what is told here, after our
questions; the first that asks something of a referral is heard."""

_DECIDED = frozenset({S.SUPPORTED, S.NOT_SUPPORTED, S.COMMITTED, S.AGREED, S.ENDED, S.DIVIDED})
_ASSESSED = _DECIDED | {S.PLACED, S.DEFERRED}
_ACTS = {
    "assessments.place": "assessed",
    "decisions.support": "decided",
    "decisions.refuse": "decided",
    "mou.sign_for_commissioner": "agreed",
}


@dataclass(frozen=True)
class Stage:
    """One of the five: ``state`` is "done", "now" or "later"; the sentence has the date done or promised."""

    text: str
    state: str
    sentence: str


@dataclass(frozen=True)
class Step:
    """The one next step in a sentence; with a button when it is the practice's to take."""

    sentence: str
    button: str = ""
    href: str = ""
    is_leads: bool = False
    """Of a group, only the practice that leads it takes this step."""


def stage_dates(referral: Referral) -> dict[str, dt.date]:
    """When it was first assessed, decided and agreed, by the trail: its own, and that of the group's referral it
    was divided from."""
    return stage_dates_of([referral])[referral.pk]


def stage_dates_of(referrals: Iterable[Referral]) -> dict[int, dict[str, dt.date]]:
    """The same for several referrals, by id, in one query."""
    rows = list(referrals)
    asked = {row.pk for row in rows} | {row.divided_from_id for row in rows if row.divided_from_id}
    found: dict[int, dict[str, dt.date]] = {pk: {} for pk in asked}
    entries = TrailEntry.objects.filter(case_id__in=asked, act__in=_ACTS).order_by("sequence")
    for case, act, at in entries.values_list("case_id", "act", "at"):
        found[case or 0].setdefault(_ACTS[act], localdate(at))
    return {row.pk: found.get(row.divided_from_id or 0, {}) | found[row.pk] for row in rows}


def stages(referral: Referral, dates: dict[str, dt.date] | None = None) -> list[Stage]:
    """Sent, Acknowledged, Assessed, Decided, Agreement. Pure: from the row and the dates of what was done.

    A year without an assessment has no stage for it; what a refusal or a withdrawal stopped is "Not needed".
    """
    dates = dates or {}
    state = referral.state
    is_acknowledged = referral.acknowledged_at is not None
    is_supported = state in (S.SUPPORTED, S.COMMITTED)
    agreement = "Being agreed with you now" if is_supported else "After a decision to support you"
    if state == S.DIVIDED:
        agreement = "In each practice’s own case"
    reached = [
        ("Sent", referral.received_at is not None, referral.received_on, ""),
        (
            "Acknowledged",
            is_acknowledged,
            localdate(referral.acknowledged_at) if referral.acknowledged_at else None,
            f"By {day(referral.acknowledge_by)}" if referral.acknowledge_by else "",
        ),
        ("Assessed", state in _ASSESSED or "assessed" in dates, dates.get("assessed"), "Before the decision"),
        (
            "Decided",
            state in _DECIDED,
            dates.get("decided"),
            f"By {day(referral.decide_by)}" if referral.decide_by else "",
        ),
        ("Agreement", state in SIGNED, dates.get("agreed"), agreement),
    ]
    if not referral.year.is_assessed:
        reached = [each for each in reached if each[0] != "Assessed"]
    made: list[Stage] = []
    is_ended = state in (S.WITHDRAWN, S.NOT_SUPPORTED)
    for text, is_done, on, promise in reached:
        if is_done:
            made.append(Stage(text, "done", day(on) or "Done"))
        elif is_ended:
            made.append(Stage(text, "later", "Not needed"))
        elif state == S.DIVIDED or any(stage.state == "now" for stage in made):
            made.append(Stage(text, "later", promise))
        else:
            made.append(Stage(text, "now", promise))
    return made


def open_questions(referral: Referral) -> list[Message]:
    """Questions of the office that the practice has not answered, oldest first."""
    return open_questions_of([referral])[referral.pk]


def open_questions_of(referrals: Iterable[Referral]) -> dict[int, list[Message]]:
    """The same for several referrals, by id, in one query."""
    found: dict[int, list[Message]] = {referral.pk: [] for referral in referrals}
    asked = Message.objects.filter(referral__in=found, kind=Message.Kind.QUESTION, answer__isnull=True)
    for message in asked.select_related("written_by"):
        found[message.referral_id].append(message)
    return found


def next_steps(
    user: Any, referrals: Iterable[Referral], questions: dict[int, list[Message]]
) -> dict[int, Step]:
    """The one next step of each referral, by id; in as many queries for many as for one.

    What is asked of a group is asked of the practice that leads it: the others are told so.
    """
    rows = list(referrals)
    asked: dict[int, Step] = {}
    for steps in STEPS:
        asked = steps(rows) | asked
    ask_together(user, P.REFER, rows)
    ask_together(user, P.REFER, [row.lead_practice for row in rows])
    found = {}
    for row in rows:
        step = next_step(row, questions[row.pk], asked.get(row.pk))
        if row.state == S.DIVIDED:
            step = divided_step([each for each in rows if each.divided_from_id == row.pk])
        elif step.is_leads and _follows_only(user, row):
            step = Step(
                f"You need do nothing now. {row.lead_practice.name} leads this group and acts for it."
            )
        found[row.pk] = step
    return found


def _follows_only(user: Any, referral: Referral) -> bool:
    """Is ``user`` of a practice of the group that does not lead it?"""
    return allows(user, P.REFER, referral) and not allows(user, P.REFER, referral.lead_practice)


def divided_step(cases: Iterable[Referral]) -> Step:
    """Of a group's referral that was divided: which of its cases are this person's."""
    references = sorted(each.reference or "" for each in cases)
    said = "This referral was divided: each practice of the group has a case of its own, and goes on there."
    if len(references) == 1:
        return Step(f"{said} Your case is {references[0]}.")
    return Step(f"{said} Your cases are {', '.join(references)}." if references else said)


def next_step(referral: Referral, questions: list[Message], asked: Step | None = None) -> Step:
    """The one next step: the practice's own first (``asked``: by another room), else what it waits for, until when."""
    state = referral.state
    if questions and state not in (S.WITHDRAWN, S.NOT_SUPPORTED, S.DIVIDED):
        some = "a question" if len(questions) == 1 else f"{len(questions)} questions"
        return Step(
            f"We asked you {some}. We need your answer to go on.",
            "Answer the question",
            reverse("referrals:answer", args=[questions[0].pk]),
        )
    if asked:
        return replace(asked, is_leads=True)
    if state == S.COMMITTED:
        return _agreement_step(referral)
    if state == S.AGREED:
        return _signed_step(referral)
    if state == S.ENDED:
        return Step("Your agreement has ended.", "See your agreement", _page("mou:case", referral))
    sentences = {
        S.RECEIVED: "You need do nothing now. "
        f"We will acknowledge your referral by {day(referral.acknowledge_by)}.",
        S.SUPPORTED: "We have decided to support you. We are setting the money aside, "
        "and then agree a plan with you.",
        S.NOT_SUPPORTED: "We have decided not to support this referral. Our reason is below.",
        S.DEFERRED: "We have put our decision off. Our reason is below.",
        S.WITHDRAWN: f"This referral was withdrawn on {day(referral.withdrawn_at)}. Nothing more happens with it.",
    }
    waiting = f"You need do nothing now. We will tell you our decision by {day(referral.decide_by)}."
    return Step(sentences.get(S(state), waiting))


def _page(name: str, referral: Referral) -> str:
    return reverse(name, kwargs={"referral": referral.pk})


def _signed_step(referral: Referral) -> Step:
    """Notice may have been given to end it."""
    agreements = referral.agreements.all()
    said = "Your agreement is signed by both sides."
    if any(each.state == "notice" for each in agreements):
        said = "Notice was given to end your agreement."
    return Step(said, "See your agreement", _page("mou:case", referral))


def _agreement_step(referral: Referral) -> Step:
    agreement = next((each for each in referral.agreements.all() if not each.is_stopped), None)
    if agreement is None:
        return Step("We prepare your agreement with you.")
    if agreement.state == "sent":
        href = reverse("mou:sign", kwargs={"agreement": agreement.pk})
        return Step("Your agreement is ready for your signature.", "Sign your agreement", href, is_leads=True)
    next_side = "supplier" if agreement.turn == "supplier" else "commissioner"
    return Step(
        f"You have signed. The {next_side} signs next.", "See your agreement", _page("mou:case", referral)
    )


def decision_letter(referral: Referral) -> Any:
    """The latest decision with the letter as the practice read it, or None."""
    return referral.decisions.first()


def bids(referral: Referral) -> list[Any]:
    """The bids sent on it, the latest first. Read by name: they live in a room to the left."""
    return list(referral.bids.order_by("-pk"))


def may_bid(user: Any, referral: Referral, sent: list[Any]) -> bool:
    """Whether to offer writing one: the year takes bids, the state allows it, and none waits."""
    is_waiting = any(bid.waits for bid in sent)
    return (
        referral.year.takes_bids
        and not is_waiting
        and not why_not(check_act, user, referral, "funding.send_bid")
    )


def contact(referral: Referral) -> list[str]:
    """Who deals with it: the officer once there is one, else the programme's contact."""
    year = referral.year
    officer = referral.assigned_to
    if officer:
        return [line for line in (officer.name, officer.email, officer.phone or year.contact_phone) if line]
    return [line for line in (year.contact_name, year.contact_email, year.contact_phone) if line]


def sections(request: HttpRequest, referral: Referral) -> list[tuple[str, dict[str, Any]]]:
    """Every section that has something for this person, in the order the rooms were made ready."""
    found = (section(request, referral) for section in SECTIONS)
    return [made for made in found if made is not None]
