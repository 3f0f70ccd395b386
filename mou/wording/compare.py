"""Two wordings beside one another, clause by clause. Plain data: the page says it in words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from mou.models import Appendix
from mou.models.wording import FORMS
from mou.wording.words import SectionText, Wording

SAME, ADDED, REMOVED = "same", "added", "removed"
ALIKE = 0.6
"""From here on two clauses are one that was changed, not one taken out and another put in."""

_TOKEN = re.compile(r"\s+|\{[^{}]*\}|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """Words that are the same in both, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """A clause: its words in pieces; ``kind`` is "changed" where it has more than one kind of them."""

    kind: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Block:
    """A section or another part in which something differs, and what it was and is called."""

    heading: str
    note: str
    rows: list[Row]


def compare(before: Wording, after: Wording) -> list[Block]:
    """What differs, in the order of ``after``; what is gone stands last. Nothing for two that say the same.

    Numbers alone are no difference: a section that only moved says so.
    """
    found = [*_settings(before, after), *_sections(before.sections, after.sections)]
    old, new = _appendices(before), _appendices(after)
    rows = compare_lines(old, new)
    if old != new:
        found.append(Block("Appendices", "", rows))
    return found


def compare_lines(before: Sequence[str], after: Sequence[str]) -> list[Row]:
    """Line by line; within a line that was changed, word by word."""
    rows: list[Row] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            rows += [Row(SAME, [Piece(SAME, line)]) for line in after[c:d]]
            continue
        old, new = list(before[a:b]), list(after[c:d])
        while old and new:
            if _is_alike(old[0], new[0]):
                rows.append(Row("changed", _pieces(old.pop(0), new.pop(0))))
            elif any(_is_alike(old[0], line) for line in new[1:]):
                rows.append(_whole(ADDED, new.pop(0)))
            else:
                rows.append(_whole(REMOVED, old.pop(0)))
        rows += [_whole(REMOVED, line) for line in old]
        rows += [_whole(ADDED, line) for line in new]
    return rows


def _whole(kind: str, line: str) -> Row:
    return Row(kind, [Piece(kind, line)])


def _is_alike(before: str, after: str) -> bool:
    matcher = SequenceMatcher(None, _words(before), _words(after), autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE  # the quick one is never the lower


def _words(line: str) -> list[str]:
    return _TOKEN.findall(line)


def _pieces(before: str, after: str) -> list[Piece]:
    old, new = _words(before), _words(after)
    pieces = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece(SAME, "".join(new[c:d])))
            continue
        if a < b:
            pieces.append(Piece(REMOVED, "".join(old[a:b])))
        if c < d:
            pieces.append(Piece(ADDED, "".join(new[c:d])))
    return pieces


def _settings(before: Wording, after: Wording) -> Iterator[Block]:
    rows = compare_lines(_facts(before), _facts(after))
    if _facts(before) != _facts(after):
        yield Block("Title, parties and notice", "", rows)


def _facts(wording: Wording) -> list[str]:
    failure = wording.notice_months_failure
    return [
        f"Title: {wording.title}",
        FORMS[wording.has_supplier],
        f"Notice of either party, in months: {wording.notice_months}",
        f"Notice for failure to cooperate, in months: {failure}"
        if failure
        else "No notice for failure to cooperate",
        "The commissioner may extend the MoU" if wording.may_extend else "The MoU is not extended",
    ]


def _appendices(wording: Wording) -> list[str]:
    lines = []
    for each in wording.appendices:
        label = Appendix.Kind(each.kind).label
        lines.append(f"{each.title}: {label}" if each.title else f"In the same appendix: {label}")
        lines += each.words.splitlines()
    return lines


def _sections(before: Sequence[SectionText], after: Sequence[SectionText]) -> Iterator[Block]:
    pairs = _paired(before, after)
    for number, section in enumerate(after, start=1):
        heading = f"{number}. {section.heading}"
        if number - 1 not in pairs:
            yield Block(heading, "This section is new", compare_lines([], section.clauses.splitlines()))
            continue
        was_number = pairs[number - 1] + 1
        was = before[was_number - 1]
        notes = []
        if was_number != number:
            notes.append(f"it was section {was_number}")
        if was.heading != section.heading:
            notes.append(f"it was called “{was.heading}”")
        if was.name != section.name:
            notes.append(f"its name to refer to was {f'#{was.name}' if was.name else 'none'}")
        rows = compare_lines(was.clauses.splitlines(), section.clauses.splitlines())
        if notes or was.clauses != section.clauses:
            note = "; ".join(notes)
            yield Block(heading, note[:1].upper() + note[1:], rows)
    for place, section in enumerate(before):
        if place not in pairs.values():
            rows = compare_lines(section.clauses.splitlines(), [])
            yield Block(section.heading, f"Section {place + 1} was taken out", rows)


def _paired(before: Sequence[SectionText], after: Sequence[SectionText]) -> dict[int, int]:
    """Which section of ``after`` is which of ``before``: by name, else by heading. Each at most once."""
    pairs: dict[int, int] = {}
    for key in (lambda each: each.name, lambda each: each.heading.casefold()):
        free = {
            key(each): place for place, each in enumerate(before) if place not in pairs.values() and key(each)
        }
        for place, each in enumerate(after):
            if place not in pairs and key(each) in free:
                pairs[place] = free.pop(key(each))
    return pairs
