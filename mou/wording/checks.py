"""What is wrong with a wording, in sentences that say where."""

import re
import unicodedata
from collections.abc import Iterator

from django.core.exceptions import ValidationError

from mou.models import Appendix
from mou.models.wording import MONTHS
from mou.wording.lines import (
    BLOCKS,
    CASE_STUDY,
    CASE_STUDY_KEY,
    Line,
    lines_of,
    stray_braces,
    words_in,
)
from mou.wording.words import FIELDS, Wording
from resilience.core.access import Denied
from resilience.core.forms import refuse_nhs_numbers

MOST_SECTIONS = 60
MOST_CLAUSES = 20_000
"""Characters of one section."""

MOST_LINES = 100

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def wrong_words(wording: Wording) -> Iterator[str]:
    """What may not even be saved: marks and words that the service cannot follow, and where."""
    yield from _wrong_texts(wording)
    yield from _wrong_settings(wording)
    names = _Names(wording)
    for number, section in enumerate(wording.sections, start=1):
        where = f"Section {number}"
        if "{" in section.heading or "}" in section.heading:
            yield f"{where}: the heading holds braces, and nothing is filled in there. Take them out."
        if section.name and not _NAME.fullmatch(section.name):
            yield f"{where}: “{section.name}” cannot be a name. Use small letters, numbers and dashes."
        for count, line in enumerate(lines_of(section.clauses), start=1):
            yield from _wrong_line(f"{where}, line {count}", line, names)
    yield from names.clashes
    for appendix in wording.appendices:
        if "{" in appendix.title + appendix.words:
            yield f"Appendix “{appendix.title or appendix.kind}” holds braces: nothing is filled in there."


def incomplete(wording: Wording) -> Iterator[str]:
    """What a draft may lack and a published version may not."""
    if not wording.title:
        yield "Give the wording a title."
    if not wording.sections:
        yield "Write at least one section."
    for number, section in enumerate(wording.sections, start=1):
        lines = lines_of(section.clauses)
        if not section.heading:
            yield f"Section {number} has no heading."
        if not lines:
            yield f"Section {number} has no clauses. Write one, or take the section out."
        elif all(line.may_be_missing for line in lines):
            yield f"Section {number} could be left with nothing: it needs a line that always stands."
    always = [line for each in wording.sections for line in lines_of(each.clauses) if not line.may_be_missing]
    if "signatories" not in {line.block for line in always}:
        yield "Say where each side signs: a line with {signatories} alone."
    yield from _incomplete_appendices(wording)
    used = {word for each in wording.sections for _, word in words_in(each.clauses)}
    named = {word for line in always for _, word in words_in(line.text)}
    if wording.has_supplier and "supplier_name" not in named:
        yield "A wording of three parties must name the supplier: use {supplier_name} in a clause that always stands."
    if not wording.has_supplier and "supplier_name" in used:
        yield "{supplier_name} stands for nothing in a wording of two parties. Take it out, or make it one of three."
    if wording.notice_months_failure is None and "notice_period_failure" in used:
        yield (
            "{notice_period_failure} has nothing to stand for: this wording has no notice for failure to cooperate. "
            "Set one under “Title, parties and notice”, or take the word out."
        )


def check_words(wording: Wording) -> None:
    """Raise Denied with the first thing that is wrong."""
    for sentence in wrong_words(wording):
        raise Denied(sentence)


def check_wording(wording: Wording) -> None:
    """Raise Denied for a wording that could not be filled in, read or signed."""
    check_words(wording)
    for sentence in incomplete(wording):
        raise Denied(sentence)


# --- parts -------------------------------------------------------------------------------------


def _texts(wording: Wording) -> Iterator[tuple[str, str, int]]:
    """Every text with its place and the most characters it may have."""
    yield "The title", wording.title, 200
    for number, section in enumerate(wording.sections, start=1):
        yield f"Section {number}: the heading", section.heading, 160
        yield f"Section {number}", section.clauses, MOST_CLAUSES
    for number, appendix in enumerate(wording.appendices, start=1):
        yield f"The title of appendix part {number}", appendix.title, 160
        yield f"Appendix part {number}", appendix.words, MOST_CLAUSES


def _wrong_texts(wording: Wording) -> Iterator[str]:
    if len(wording.sections) > MOST_SECTIONS:
        yield f"A wording has {MOST_SECTIONS} sections at most."
    for number, section in enumerate(wording.sections, start=1):
        if len(section.clauses.splitlines()) > MOST_LINES:
            yield f"Section {number} is too long: the most is {MOST_LINES} lines."
    for where, text, most in _texts(wording):
        if len(text) > most:
            yield f"{where} is too long: the most is {most:,} characters."
        if any(unicodedata.category(each) in ("Cc", "Cs") for each in text if each not in "\n\r\t"):
            yield f"{where} holds a character that cannot be shown. Take it out."
        try:
            refuse_nhs_numbers(text)
        except ValidationError as error:
            yield f"{where}: {error.messages[0]}."


def _wrong_settings(wording: Wording) -> Iterator[str]:
    low, high = MONTHS
    if not low <= wording.notice_months <= high:
        yield f"The notice of either party is from {low} to {high} months."
    if wording.notice_months_failure is not None and not low <= wording.notice_months_failure <= high:
        yield f"The notice for failure to cooperate is from {low} to {high} months."


def _incomplete_appendices(wording: Wording) -> Iterator[str]:
    kinds = [each.kind for each in wording.appendices]
    if not {Appendix.Kind.OBJECTIVES, Appendix.Kind.ACTIONS} & set(kinds):
        yield "Add an appendix that shows the plan: by objectives, or as an action-plan table."
    if wording.appendices and not wording.appendices[0].title:
        yield "Give the first appendix a title."
    for each in wording.appendices:
        if each.kind == Appendix.Kind.SOURCES and not each.words:
            yield "List the sources of support, a line each, or leave that appendix out."


class _Names:
    """Every name of a wording, what it stands on, and which names clash."""

    def __init__(self, wording: Wording) -> None:
        self.options: dict[str, Line] = {}
        self.lines: dict[str, Line] = {}
        self.clashes: list[str] = []
        self.known = {str(each.kind) for each in wording.appendices}
        if len(self.known) < len(wording.appendices):
            self.clashes.append("Each kind of appendix may stand once.")
        reserved = set(Appendix.Kind.values)
        for number, section in enumerate(wording.sections, start=1):
            for count, (name, line) in enumerate(
                [(section.name, None), *((line.name, line) for line in lines_of(section.clauses))]
            ):
                if not name:
                    continue
                where = f"Section {number}, line {count}" if count else f"Section {number}"
                if name in reserved:
                    self.clashes.append(f"{where}: #{name} is the name of an appendix. Choose another.")
                elif name in self.known:
                    self.clashes.append(f"{where}: another place is named #{name} already.")
                self.known.add(name)
                if line:
                    self.lines[name] = line


def _wrong_line(where: str, line: Line, names: _Names) -> Iterator[str]:
    if line.is_note:
        return
    if line.text.startswith("[note"):
        yield f"{where}: a drafting note is a line alone, without brackets in it: [note: name the other premises]."
    elif line.text.startswith("["):
        yield (
            f"{where} begins with a mark that the service does not know: “{line.text[:40]}”. "
            "See the list of marks, or begin the line otherwise."
        )
    if not line.text:
        yield f"{where} has a mark and no words."
    if line.option:
        yield from _wrong_option(where, line, names)
    if line.block:
        if line.name:
            yield f"{where}: {line.text} has no number, so nothing can refer to #{line.name}. Take the name out."
        return
    for found in stray_braces(line.text):
        yield f"{where}: the service cannot fill in “{found}”. Take the brace out, or see the list of words it knows."
    for is_reference, word in words_in(line.text):
        if is_reference:
            yield from _wrong_reference(where, line, word, names)
        elif word in BLOCKS:
            yield f"{where}: {{{word}}} must stand on a line of its own."
        elif word not in FIELDS:
            yield f"{where}: the service cannot fill in {{{word}}}. See the list of words it knows."


def _wrong_option(where: str, line: Line, names: _Names) -> Iterator[str]:
    if not line.option_key:
        yield f"{where}: name the optional clause in words, such as [optional shared premises]."
    elif line.option_key == CASE_STUDY_KEY and not line.follows_plan:
        yield f"{where}: whether the plan has a case study decides that. Write {CASE_STUDY} alone."
    first = names.options.setdefault(line.option_key, line)
    if first.is_in != line.is_in:
        yield f"{where}: “{line.option}” is in by default at one place and out at another. Choose one."


def _wrong_reference(where: str, line: Line, word: str, names: _Names) -> Iterator[str]:
    if word not in names.known:
        yield f"{where} refers to {{see {word}}}, and nothing is named #{word}."
        return
    target = names.lines.get(word)
    if target and target.may_be_missing and target.option_key != line.option_key:
        yield (
            f"{where} refers to {{see {word}}}, which may be left out of an MoU. "
            f"Refer to its section, or make this line depend on “{target.option}” too."
        )
