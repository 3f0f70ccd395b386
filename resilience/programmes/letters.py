"""The letters of a programme year: text with {words} that the service fills in, and nothing it would run."""

import re
from collections.abc import Mapping

_WORD = re.compile(r"\{([^{}\s]+)\}")

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


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with each {word} of ``values`` put in, once and literally; any other stays as it is written."""
    return _WORD.sub(lambda found: str(values.get(found[1], found[0])), text)


def unknown_words(text: str, known: tuple[str, ...] = ()) -> list[str]:
    """The {words} of ``text`` that ``fill`` would not know, as written, each once, in order."""
    return list(dict.fromkeys(found[0] for found in _WORD.finditer(text) if found[1] not in known))
