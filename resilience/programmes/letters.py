"""The letters of a programme year: text with {words} that the service fills in, and nothing it would run."""

import re
from collections.abc import Mapping

_WORD = re.compile(r"\{([^{}\s]+)\}")

SUBJECT_WORDS = ("reference", "practice", "contact_name")
ACKNOWLEDGEMENT_WORDS = ("reference", "practice", "contact_name", "decide_by", "officer", "programme_contact")
DECISION_WORDS = (
    "reference",
    "practice",
    "contact_name",
    "decision",
    "reason",
    "categories",
    "amount",
    "officer",
    "programme_contact",
)

STANDS_FOR = {
    "reference": "the referral's reference",
    "practice": "the practice, or the one that leads the group",
    "contact_name": "the person at the practice whom we write to",
    "decide_by": "the date by which you will decide",
    "decision": "the decision, in a sentence",
    "reason": "the reason for the decision",
    "categories": "the categories of support granted; nothing when none is",
    "amount": "the most that may be spent; nothing when no support is granted",
    "officer": "the person who sends the letter",
    "programme_contact": "the name, email and telephone of the year's contact",
}

EXAMPLE = {
    "reference": "2018-0042",
    "practice": "Harbour Street Surgery",
    "contact_name": "Pat Manager",
    "decide_by": "2 November 2018",
    "decision": "We will support your practice with up to £4,000, for: Practice management capacity support.",
    "reason": "Two of four GPs have left, and the practice has a sound plan to recruit.",
    "categories": "Practice management capacity support",
    "amount": "£4,000",
    "officer": "Sam Officer",
}
"""What stands in for a case when a letter is shown as an example; the contact is the year's own."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with each {word} of ``values`` put in, once and literally; any other stays as it is written."""
    return _WORD.sub(lambda found: str(values.get(found[1], found[0])), text)


def unknown_words(text: str, known: tuple[str, ...] = ()) -> list[str]:
    """The {words} of ``text`` that ``fill`` would not know, as written, each once, in order."""
    return list(dict.fromkeys(found[0] for found in _WORD.finditer(text) if found[1] not in known))
