"""What a drafter chooses in a wording: its optional clauses, and the answers to its drafting notes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mou.models import Template
from mou.wording.lines import CASE_STUDY_KEY, Line, numbered


@dataclass(frozen=True)
class Choices:
    """``optional``: is the clause in, by key. ``notes``: the words in place of a note by key, None for none.

    A key that is missing is not chosen yet: an optional clause then follows its default, a note is open.
    """

    optional: dict[str, bool] = field(default_factory=dict)
    notes: dict[str, str | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"optional": self.optional, "notes": self.notes}

    @classmethod
    def from_json(cls, said: Mapping[str, Any] | None) -> Self:
        """From what ``as_json`` made; nothing chosen for None or {}."""
        said = said or {}
        return cls(dict(said.get("optional", {})), dict(said.get("notes", {})))


@dataclass(frozen=True)
class Question:
    """Something a drafter answers: an optional clause (``is_note`` False: in or out) or a note (words, or nothing)."""

    key: str
    is_note: bool
    name: str
    """Of the optional clause, for people; "" of a note."""
    words: str
    """The clauses that come or go, a line each, or the note itself."""
    where: str
    """ "section 8, Reporting"."""
    is_in: bool = False
    """The default of an optional clause."""


def note_key(line: Line, times: int) -> str:
    """A note is known by its words, so that an answer never fits another; ``times`` it stood before."""
    key = hashlib.sha256(line.text.encode()).hexdigest()[:12]
    return f"{key}-{times + 1}" if times else key


def questions_of(template: Template) -> list[Question]:
    """What a drafter must answer, in the order of the wording. ``[case study]`` follows the plan and is not asked."""
    found: dict[str, Question] = {}
    times: dict[str, int] = {}
    for section in numbered(template.sections.all()):
        where = f"section {section.number}, {section.heading}"
        for _, line in section.lines:
            if line.is_note:
                key = note_key(line, times.get(line.text, 0))
                times[line.text] = times.get(line.text, 0) + 1
                found[key] = Question(key, True, "", line.text, where)
            elif line.option and line.option_key != CASE_STUDY_KEY:
                key, before = line.option_key, found.get(line.option_key)
                words = f"{before.words}\n{line.text}" if before else line.text
                named, place = (before.name, before.where) if before else (line.option, where)
                is_in = before.is_in if before else line.is_in
                found[key] = Question(key, False, named, words, place, is_in)
    return list(found.values())


def unresolved(template: Template, choices: Choices) -> list[str]:
    """A sentence for each drafting note that has no answer yet: none may be open when the MoU is issued."""
    return [
        f"Answer the drafting note in {each.where}: “{each.words}”"
        for each in questions_of(template)
        if each.is_note and not _is_answered(choices, each.key)
    ]


def _is_answered(choices: Choices, key: str) -> bool:
    if key not in choices.notes:
        return False
    said = choices.notes[key]
    return said is None or bool(said.strip())
