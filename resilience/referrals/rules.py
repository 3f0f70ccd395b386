"""What a practice may do with its referral, and who may enter one for it. Each rule raises Denied."""

import datetime as dt
from typing import Any

from django.utils.timezone import localdate

from practices.models import Practice
from resilience.core.access import Denied, P, allows, ask_together, check
from resilience.core.calendar import today
from resilience.core.words import day
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Message, Referral
from resilience.referrals.moves import check_act
from resilience.referrals.openings import (
    closed_sentence,
    closed_sentences,
    is_open,
    late_sentence,
    open_years,
    whom_to_ask,
    years_covering,
)
from resilience.referrals.parts import PARTS, lacking
from resilience.referrals.states import OPEN, State
from resilience.referrals.uploads import MOST_FILES

MOST_PRACTICES = 50
"""Practices in one group."""


class AlreadySent(Denied):
    """The referral was sent before: its confirmation is the answer."""


class ChangedMeanwhile(Denied):
    """Someone else saved this part after it was opened."""


def check_can_start(user: Any, practice: Practice, year: ProgrammeYear) -> None:
    """A practice user of an open practice, in a programme year that covers it and is open now."""
    check(user, P.REFER, practice)
    if not practice.is_open or year not in open_years(practice):
        raise Denied(" ".join(closed_sentences(practice)))


def check_can_save(user: Any, referral: Referral) -> None:
    """Only a draft is written, by its own practice; a closed year does not stop anyone writing."""
    if referral.received_at is not None:
        raise AlreadySent("This referral was sent: what was sent does not change.")
    check_act(user, referral, "referrals.save_part")


def check_can_add_practice(user: Any, referral: Referral, practice: Practice) -> None:
    """Another open practice that the programme covers, once."""
    check_can_save(user, referral)
    if not referral.year.allows_groups:
        raise Denied(f"{referral.year} takes referrals of one practice at a time.")
    if not practice.is_open:
        raise Denied(f"{practice} is “{practice.get_status_display()}” in the register. Choose another.")
    if practice.pk in {place.practice_id for place in referral.practices.all()}:
        raise Denied(f"{practice} is in this referral already.")
    if referral.year not in years_covering(practice):
        raise Denied(f"{practice} is outside {referral.year}. Choose a practice of the same area.")
    if referral.practices.count() >= MOST_PRACTICES:
        raise Denied(f"A group has {MOST_PRACTICES} practices at most.")


def check_can_attach(user: Any, referral: Referral, adding: int) -> None:
    """At most ten files on a form."""
    check_can_save(user, referral)
    check_number_of_files(referral.attachments.count(), adding)


def check_number_of_files(there: int, adding: int) -> None:
    """Raise Denied when ``adding`` more would be too many."""
    if there + adding > MOST_FILES:
        raise Denied(
            f"You can add {MOST_FILES} files at most, and would have {there + adding}. Leave some out."
        )


def check_can_submit(user: Any, referral: Referral) -> None:
    """All parts complete, the year open at this moment, its practices open and covered."""
    if referral.received_at is not None:
        raise AlreadySent(f"This referral was sent on {day(referral.received_at)}.")
    check_act(user, referral, "referrals.submit")
    year = referral.year
    if not is_open(year):
        raise Denied(f"{closed_sentence(year)} What you wrote is kept. {whom_to_ask(year)}")
    missing = [PARTS[key].title for key in lacking(referral)]
    if missing:
        raise Denied(f"Finish first: {', '.join(missing)}.")
    for place in referral.practices.select_related("practice__commissioner"):
        if not place.practice.is_open:
            state = place.practice.get_status_display()
            raise Denied(
                f"{place.practice} is “{state}” in the register. Take it off, or have the register put right."
            )
        if year not in years_covering(place.practice):
            raise Denied(f"{place.practice} is outside {year} now. {whom_to_ask(year)}")


def open_referrals_of(
    year: ProgrammeYear, practices: list[int], besides: int | None = None
) -> list[Referral]:
    """Open referrals of this year in which any of these practices takes part."""
    found = Referral.objects.filter(year=year, state__in=sorted(OPEN), practices__practice__in=practices)
    if besides is not None:
        found = found.exclude(pk=besides)
    return list(found.distinct().prefetch_related("practices"))


def open_elsewhere(user: Any, referral: Referral) -> list[str]:
    """A sentence for each open referral its practices already have; the reference only for who may see it."""
    ids = [place.practice_id for place in referral.practices.all()]
    return sentences_about(user, open_referrals_of(referral.year, ids, referral.pk), ids)


def sentences_about(user: Any, referrals: list[Referral], practices: list[int]) -> list[str]:
    """Which of these practices stand in which open referrals."""
    ask_together(user, P.VIEW_REFERRALS, referrals)
    sentences = []
    for other in referrals:
        names = ", ".join(str(place) for place in other.practices.all() if place.practice_id in practices)
        which = f": {other.reference}" if allows(user, P.VIEW_REFERRALS, other) else ""
        sentences.append(f"{names} already has an open referral in this programme year{which}.")
    return sentences


def check_knows_of_open(sentences: list[str], is_known: bool) -> None:
    """Sending beside an open referral needs a tick that says so."""
    if sentences and not is_known:
        raise Denied(f"{' '.join(sentences)} Tick the box if you want to send this one as well.")


def check_can_answer(user: Any, question: Message) -> None:
    """A question, not answered yet, on an open referral."""
    if question.kind != Message.Kind.QUESTION:
        raise Denied("Only a question from the office can be answered.")
    check_act(user, question.referral, "referrals.answer")
    given = Message.objects.filter(answers=question).first()
    if given:
        raise Denied(f"This question was answered on {day(given.written_at)} by {given.written_by}.")


def check_can_withdraw(user: Any, referral: Referral) -> None:
    """Its lead practice, until money is committed."""
    if referral.state == State.WITHDRAWN:
        raise Denied(f"This referral was withdrawn on {day(referral.withdrawn_at)}.")
    check_act(user, referral, "referrals.withdraw")
    if not allows(user, P.REFER, referral.lead_practice):
        raise Denied(f"Only {referral.lead_practice.name}, which sent this referral, can withdraw it.")


def check_can_enter(user: Any, practice: Practice, year: ProgrammeYear, received_on: dt.date) -> None:
    """An officer over the practice; a true date of receipt: not to come, nor before the year opened."""
    check(user, P.WORK_REFERRALS, practice)
    if practice.commissioner is None:
        raise Denied(f"The register does not say who commissions {practice}. Have it put right first.")
    if year not in years_covering(practice):
        raise Denied(f"{practice} is outside {year}.")
    if received_on > today():
        raise Denied("The date of receipt cannot be in the future.")
    if received_on < localdate(year.opens_at):
        raise Denied(f"The date of receipt cannot be before {year} opened, on {day(year.opens_at)}.")
    if practice.closed_on and practice.closed_on < received_on:
        raise Denied(f"{practice} closed on {day(practice.closed_on)}, before this arrived.")


def check_knows_it_is_late(year: ProgrammeYear, received_on: dt.date, is_known: bool) -> None:
    """A form that arrived after the year closed is entered only by someone who says so."""
    late = late_sentence(year, received_on)
    if late and not is_known:
        raise Denied(f"{late} Tick the box to enter it all the same.")


def check_can_be_entered_with(practice: Practice, year: ProgrammeYear) -> None:
    """Another practice of a group that came on paper: one that the programme covers."""
    if year not in years_covering(practice):
        raise Denied(f"{practice} is outside {year}.")
