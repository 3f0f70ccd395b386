"""The acknowledgement as the practice reads it, from the letter of the programme's year."""

from dataclasses import dataclass

from practices.models import Person
from resilience.core.words import day
from resilience.programmes.letters import ACKNOWLEDGEMENT_WORDS, fill, unknown_words
from resilience.referrals.models import Message, Referral

_SUBJECT_LENGTH = Message._meta.get_field("subject").max_length


@dataclass(frozen=True)
class Letter:
    """An email before it goes: one line of subject, plain text, and the {words} nobody could fill in."""

    subject: str
    body: str
    unknown: tuple[str, ...] = ()


def one_line(text: str) -> str:
    """A subject: no line breaks, and no longer than the record holds."""
    return " ".join(text.split())[:_SUBJECT_LENGTH]


def programme_contact(referral: Referral) -> str:
    """Name, email and telephone of the year's contact, a line each."""
    year = referral.year
    return "\n".join(filter(None, (year.contact_name, year.contact_email, year.contact_phone)))


def acknowledgement(referral: Referral, officer: Person) -> Letter:
    """The year's acknowledgement filled in for ``referral``; ``officer`` is who sends it."""
    year = referral.year
    values = {
        "reference": referral.reference or "",
        "practice": referral.lead_practice.name,
        "contact_name": referral.contact_name,
        "decide_by": day(referral.decide_by),
        "officer": officer.name,
        "programme_contact": programme_contact(referral),
    }
    unknown = unknown_words(
        f"{year.acknowledgement_subject}\n{year.acknowledgement_body}", ACKNOWLEDGEMENT_WORDS
    )
    return Letter(
        one_line(fill(year.acknowledgement_subject, values)),
        fill(year.acknowledgement_body, values),
        tuple(unknown),
    )
