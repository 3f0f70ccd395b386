"""How a line of a wording is understood, and which numbers its lines get.

Each line of a section is a numbered clause:

    The practice will act in good faith.                    a clause, "3.5"
    Either party may end it by notice. #notice              the same, which others name: {see notice}
    [optional shared premises, out] The landlord agrees.    stands where the drafter chooses so; left out unless chosen
    [note: name the other premises]                         the drafter's own words take its place, or nothing does
    [case study] The practice helps to write one.           stands where the plan promises a case study
    {signatories}                                           a block: belongs to the clause before it, without a number
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.utils.text import slugify

BLOCKS = {
    "parties": "the parties, with their addresses",
    "support": "the support and the money committed to it",
    "leads": "the three leads, by name and role",
    "contact_points": "the three leads, with role, telephone and email",
    "signatories": "where each side signs",
}
"""Words in braces that stand alone on a line."""

CASE_STUDY = "[case study]"
CASE_STUDY_KEY = "case-study"

_NAME = re.compile(r"\s+#([a-z][a-z0-9-]*)$")
_OPTIONAL = re.compile(r"\[optional ([^\[\],]+?)(?:, *(in|out))?\]")
_NOTE = re.compile(r"\[note: *([^\[\]]*[^\[\]\s])\s*\]")
_BLOCK = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\{(see )?([^{}\s]+)\}")


@dataclass(frozen=True)
class Line:
    """One line: its words without the marks, and what the marks say."""

    text: str
    block: str = ""
    is_note: bool = False
    option: str = ""
    """The name of the choice it depends on, as written; "" for a line that always stands."""
    follows_plan: bool = False
    """Is it the plan, not the drafter, that decides?"""
    is_in: bool = False
    """Does it stand unless the drafter chooses otherwise?"""
    name: str = ""
    is_literal: bool = False
    """Braces in it are the drafter's own, not fields."""

    @property
    def option_key(self) -> str:
        return slugify(self.option)

    @property
    def may_be_missing(self) -> bool:
        return bool(self.option or self.is_note)

    @property
    def has_number(self) -> bool:
        return not self.block


def block_of(line: str) -> str:
    """The block that a clause consists of, or ""."""
    found = _BLOCK.fullmatch(line.strip())
    return found[1] if found and found[1] in BLOCKS else ""


def line_of(written: str) -> Line:
    """The line as understood. Total: what is no mark of ours is words."""
    text, name = written.strip(), ""
    if note := _NOTE.fullmatch(text):
        return Line(note[1], is_note=True)
    if found := _NAME.search(text):
        text, name = text[: found.start()], found[1]
    option, is_in = "", False
    if text.startswith(CASE_STUDY):
        text, option, is_in = text.removeprefix(CASE_STUDY).strip(), CASE_STUDY.strip("[]"), True
    elif mark := _OPTIONAL.match(text):
        text, option, is_in = text[mark.end() :].strip(), mark[1].strip(), mark[2] == "in"
    return Line(
        text,
        block=block_of(text),
        option=option,
        follows_plan=written.strip().startswith(CASE_STUDY),
        is_in=is_in,
        name=name,
    )


def lines_of(clauses: str) -> list[Line]:
    """The lines of a section that are not empty."""
    return [line_of(each) for each in clauses.splitlines() if each.strip()]


class Written(Protocol):
    """A section, on record or not yet."""

    @property
    def heading(self) -> str: ...
    @property
    def clauses(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Numbered:
    """A section with its number and its lines, each with the number that it bears, "" for a block."""

    number: int
    heading: str
    name: str
    lines: list[tuple[str, Line]]


def numbered(
    sections: Iterable[Written], chosen: Callable[[Line], Line | None] = lambda line: line
) -> list[Numbered]:
    """Sections and their lines, numbered in the order in which they stand.

    ``chosen`` answers each line as it stands, or None where it does not; it is asked once each, in order.
    """
    found = []
    for number, section in enumerate(sections, start=1):
        lines, count = [], 0
        for line in filter(None, map(chosen, lines_of(section.clauses))):
            count += line.has_number
            lines.append((f"{number}.{count}" if line.has_number else "", line))
        found.append(Numbered(number, section.heading, section.name, lines))
    return found


def references(sections: Iterable[Numbered], appendices: Mapping[str, str] | None = None) -> dict[str, str]:
    """What ``{see name}`` prints, by name: "section 13", "clause 13.2", "Appendix 2"."""
    found = dict(appendices or {})
    for section in sections:
        if section.name:
            found[section.name] = f"section {section.number}"
        found |= {line.name: f"clause {number}" for number, line in section.lines if line.name}
    return found


def filled(text: str, values: Mapping[str, str], seen: Mapping[str, str]) -> str:
    """``text`` with its fields and references put in, once and literally; what is unknown stays as written."""

    def word(found: re.Match[str]) -> str:
        return str((seen if found[1] else values).get(found[2], found[0]))

    return _WORD.sub(word, text)


def words_in(text: str) -> Iterator[tuple[bool, str]]:
    """Each word in braces: is it a reference, and to what."""
    for found in _WORD.finditer(text):
        yield bool(found[1]), found[2]


def stray_braces(text: str) -> list[str]:
    """Whatever else stands in braces, or a brace without its other half: nothing would fill it in."""
    rest = _WORD.sub("", text)
    return re.findall(r"\{[^{}]*\}|[{}]", rest)
