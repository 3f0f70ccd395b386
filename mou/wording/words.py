"""A wording as a value: what is typed, changed, kept in a file and published. Every change makes a new one."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol, TypeVar

from mou.models import Appendix, Template
from mou.wording.lines import lines_of

Item = TypeVar("Item")

FIELDS = {
    "practice_names": "every practice of the MoU, with its code",
    "practice_name": "the practice, or the one that leads the group",
    "commissioner_name": "the commissioner",
    "supplier_name": "the supplier that signs, in a wording of three parties",
    "office_name": "the body that owns the programme",
    "programme_name": "the programme",
    "programme_year": "the year of the programme",
    "reference": "the reference of the referral",
    "categories": "the categories of support that money is committed to",
    "money_total": "all the money committed",
    "exit_strategy": "the plan's exit strategy",
    "ends_on": "the date the plan ends",
    "notice_period": "the notice of either party, such as “three months’”, before the word notice",
    "notice_period_failure": "the notice for failure to cooperate, such as “one month’s”",
    "practice_lead": "the practice lead's name",
    "operational_lead": "the operational lead's name",
    "strategic_lead": "the strategic lead's name",
}
"""Words in braces that any clause may use, and what each stands for."""


@dataclass(frozen=True)
class SectionText:
    """A heading, its clauses a line each, and the name that ``{see name}`` calls it, or ""."""

    heading: str
    clauses: str = ""
    name: str = ""

    def tidy(self) -> "SectionText":
        """Without the spaces and empty lines that mean nothing."""
        lines = filter(None, map(str.strip, self.clauses.splitlines()))
        return SectionText(self.heading.strip(), "\n".join(lines), self.name.strip())


@dataclass(frozen=True)
class AppendixText:
    """An appendix by its kind; without a title it goes on in the one above it."""

    kind: str
    title: str = ""
    words: str = ""

    def tidy(self) -> "AppendixText":
        lines = filter(None, map(str.strip, self.words.splitlines()))
        return AppendixText(self.kind, self.title.strip(), "\n".join(lines))


@dataclass(frozen=True)
class Wording:
    """A whole wording."""

    title: str
    sections: tuple[SectionText, ...]
    appendices: tuple[AppendixText, ...]
    has_supplier: bool = False
    notice_months: int = 3
    notice_months_failure: int | None = 1
    may_extend: bool = True

    def tidy(self) -> "Wording":
        return Wording(
            self.title.strip(),
            tuple(each.tidy() for each in self.sections),
            tuple(each.tidy() for each in self.appendices),
            self.has_supplier,
            self.notice_months,
            self.notice_months_failure,
            self.may_extend,
        )


SETTINGS = ("title", "has_supplier", "notice_months", "notice_months_failure", "may_extend")
"""What a wording says beside its sections and appendices; a template's fields of the same names."""


def wording_of(template: Template) -> Wording:
    """What is on record."""
    return Wording(
        sections=tuple(
            SectionText(*each) for each in template.sections.values_list("heading", "clauses", "name")
        ),
        appendices=tuple(
            AppendixText(*each) for each in template.appendices.values_list("kind", "title", "words")
        ),
        **{name: getattr(template, name) for name in SETTINGS},
    )


def fingerprint(wording: Wording) -> str:
    """Known by what it says: whoever changes or publishes a draft shows which words they saw."""
    return hashlib.sha256(json.dumps(asdict(wording)).encode()).hexdigest()


def moved(items: Sequence[Item], index: int, by: int) -> tuple[Item, ...]:
    """The items with one moved up (-1) or down (1); as they were where there is nowhere to go."""
    found, target = list(items), index + by
    if 0 <= index < len(found) and 0 <= target < len(found):
        found[index], found[target] = found[target], found[index]
    return tuple(found)


def without(items: Sequence[Item], index: int) -> tuple[Item, ...]:
    return tuple(each for place, each in enumerate(items) if place != index)


def names_of(wording: Wording) -> Iterator[tuple[str, str]]:
    """Every name that ``{see name}`` may use and what stands there, in order. A kind of appendix is a name."""
    for section in wording.sections:
        if section.name:
            yield section.name, section.heading
        for line in lines_of(section.clauses):
            if line.name:
                yield line.name, line.text
    for appendix in wording.appendices:
        yield (
            appendix.kind,
            appendix.title or f"{Appendix.Kind(appendix.kind).label}, in the appendix above it",
        )


class _Titled(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...


def appendix_numbers(appendices: Iterable[_Titled]) -> dict[str, str]:
    """ "Appendix 2" by kind. One that has no title has the number of the one above it."""
    found: dict[str, str] = {}
    number = 0
    for each in appendices:
        number += bool(each.title) or not number
        found[each.kind] = f"Appendix {number}"
    return found
