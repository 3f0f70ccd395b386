"""What a questionnaire holds, apart from its rows: to write one, to compare two, and to publish."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.text import slugify

from mou.models import Question, Questionnaire, QuestionnaireSection

SCALE = ("Not in place", "Some of it is in place", "In place, and could be better", "In place and works well")
"""The four answers of a scale, from worst to best, where a question has no words of its own."""

Kind, Need = Question.Kind, Question.Need
KEY = 40


@dataclass(frozen=True)
class QuestionContent:
    """One question; ``key`` is made from its words where it has none yet."""

    words: str
    kind: str = Kind.SCALE
    key: str = ""
    hint: str = ""
    scale: tuple[str, ...] = ()
    is_required: bool = True
    carries_over: bool = False
    need: str = Need.NONE
    theme: str = ""

    @classmethod
    def of(cls, row: Question) -> "QuestionContent":
        """The content of a published question."""
        return cls(
            row.words,
            row.kind,
            row.key,
            row.hint,
            tuple(row.scale),
            row.is_required,
            row.carries_over,
            row.need,
            row.theme,
        )


@dataclass(frozen=True)
class SectionContent:
    """A section and its questions, in order."""

    title: str
    questions: tuple[QuestionContent, ...]
    key: str = ""
    guidance: str = ""
    is_mandatory: bool = True

    @classmethod
    def of(cls, row: QuestionnaireSection) -> "SectionContent":
        """The content of a published section."""
        questions = tuple(QuestionContent.of(each) for each in row.questions.all())
        return cls(row.title, questions, row.key, row.guidance, row.is_mandatory)


Content = Sequence[SectionContent]


def content_of(questionnaire: Questionnaire) -> list[SectionContent]:
    """What a published version holds."""
    return [SectionContent.of(each) for each in questionnaire.sections.prefetch_related("questions")]


def _key(text: str, taken: set[str]) -> str:
    stem = slugify(text)[: KEY - 3].strip("-") or "question"
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}-{number}", number + 1
    taken.add(found)
    return found


def with_keys(content: Content) -> list[SectionContent]:
    """The same with a key for each section and question that has none, and the usual words for a bare scale."""
    sections = {each.key for each in content if each.key}
    questions = {each.key for section in content for each in section.questions if each.key}
    return [
        replace(
            section,
            key=section.key or _key(section.title, sections),
            questions=tuple(
                replace(
                    each,
                    key=each.key or _key(each.words, questions),
                    scale=(each.scale or SCALE) if each.kind == Kind.SCALE else (),
                )
                for each in section.questions
            ),
        )
        for section in content
    ]


def problems(content: Content) -> list[str]:
    """What is wrong with it, in sentences."""
    found = []
    if not any(each.is_mandatory for each in content):
        found.append("At least one section must be mandatory.")
    for section in content:
        if not section.questions:
            found.append(f"“{section.title}” has no question.")
        if section.is_mandatory and not any(each.is_required for each in section.questions):
            found.append(f"“{section.title}” is mandatory and asks nothing that must be answered.")
        for each in section.questions:
            if each.kind == Kind.SCALE and len(each.scale) != 4:
                found.append(f"“{each.words}” needs four answers in words, from worst to best.")
            if each.need and each.kind != {Need.LOW: Kind.SCALE}.get(Need(each.need), Kind.YES_NO):
                found.append(f"“{each.words}” is of a kind whose answers cannot show that need.")
    return found


def write(content: Content, *, name: str, version: int, by: object) -> Questionnaire:
    """The rows of a new version; the caller is inside an action and has asked ``problems``."""
    made = Questionnaire.objects.create(name=name, version=version, published_by=by)  # type: ignore[misc]
    for position, section in enumerate(content, start=1):
        row = made.sections.create(
            position=position,
            key=section.key,
            title=section.title,
            guidance=section.guidance,
            is_mandatory=section.is_mandatory,
        )
        Question.objects.bulk_create(
            Question(
                section=row,
                position=number,
                key=each.key,
                words=each.words,
                hint=each.hint,
                kind=each.kind,
                scale=list(each.scale),
                is_required=each.is_required,
                carries_over=each.carries_over,
                need=each.need,
                theme=each.theme,
            )
            for number, each in enumerate(section.questions, start=1)
        )
    return made
