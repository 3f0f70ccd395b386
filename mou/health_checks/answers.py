"""What was answered: read, put in words, merged with what a colleague saved meanwhile. Pure, but for the reading."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mou.models import HealthCheck, HealthCheckAnswer, HealthCheckCorrection, Question, QuestionnaireSection
from practices.models import Practice
from resilience.core.words import day
from resilience.programmes.models import PaymentStage

Kind, Need = Question.Kind, Question.Need
Answers = dict[str, str]
"""Key of the question → the answer as kept; a question without an answer is left out."""

YES_NO = {"yes": "Yes", "no": "No", "not_sure": "Not sure"}


def kept(value: Any) -> str:
    """A cleaned value of a form as it is kept."""
    if value in (None, ""):
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value).strip().replace("\r\n", "\n")


def said(question: Question, value: str) -> str:
    """An answer in words; "" for none."""
    if not value:
        return ""
    if question.kind == Kind.SCALE:
        return question.scale[int(value) - 1]
    if question.kind == Kind.YES_NO:
        return YES_NO[value]
    if question.kind == Kind.DATE:
        return day(dt.date.fromisoformat(value))
    if question.kind == Kind.NUMBER:
        whole, point, rest = value.partition(".")
        return f"{int(whole):,}{point}{rest}"
    return value


def shows_need(question: Question, value: str) -> bool:
    """Does this answer show a need?"""
    return {Need.LOW: ("1", "2"), Need.NO: ("no", "not_sure"), Need.YES: ("yes",)}.get(
        Need(question.need), ()
    ).count(value) > 0


# --- reading -----------------------------------------------------------------------------------


def check_of(stage: PaymentStage, practice: Practice) -> HealthCheck | None:
    """The health check of a practice for a stage; None while nobody has saved anything."""
    return (
        HealthCheck.objects.filter(stage=stage, practice=practice)
        .select_related("questionnaire", "practice", "stage__year__programme", "started_by", "handed_in_by")
        .first()
    )


def answers_of(check: HealthCheck | None) -> Answers:
    """What was answered, without corrections."""
    if check is None:
        return {}
    return dict(HealthCheckAnswer.objects.filter(health_check=check).values_list("question__key", "value"))


def corrections_of(check: HealthCheck | None) -> list[HealthCheckCorrection]:
    """What was put right since, oldest first."""
    if check is None:
        return []
    return list(
        HealthCheckCorrection.objects.filter(health_check=check).select_related("question", "made_by")
    )


def corrected(check: HealthCheck | None) -> Answers:
    """What stands: the answers, with each one's last correction."""
    found = answers_of(check)
    found.update({each.question.key: each.value for each in corrections_of(check)})
    return {key: value for key, value in found.items() if value}


def earlier(stage: PaymentStage, practice: Practice) -> HealthCheck | None:
    """The practice's last health check that was handed in for a year that began before this stage's."""
    return (
        HealthCheck.objects.filter(
            practice=practice,
            handed_in_at__isnull=False,
            stage__year__starts_on__lt=stage.year.starts_on,
        )
        .select_related("questionnaire", "stage__year__programme")
        .order_by("-stage__year__starts_on", "-handed_in_at", "-pk")
        .first()
    )


@dataclass(frozen=True)
class Saved:
    """What somebody saved for one question."""

    question: Question
    said: str
    who: str
    at: dt.datetime | None


def as_saved(stage: PaymentStage, practice: Practice, part: "Part", keys: Iterable[str]) -> list[Saved]:
    """What is saved now of these questions of a section, who did and when."""
    rows = {
        each.question.key: each
        for each in HealthCheckAnswer.objects.filter(
            health_check__stage=stage, health_check__practice=practice
        ).select_related("question", "saved_by")
    }
    wanted = set(keys)
    return [
        Saved(each, said(each, row.value), row.saved_by.name, row.saved_at)
        if (row := rows.get(each.key))
        else Saved(each, "No answer", "", None)
        for each in part.questions
        if each.key in wanted
    ]


# --- how far it is -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A section, what it asks, what was answered, and what it still lacks."""

    section: QuestionnaireSection
    questions: list[Question]
    answers: Answers

    @property
    def missing(self) -> list[Question]:
        """Questions that must be answered and are not."""
        return [each for each in self.questions if each.is_required and each.key not in self.answers]

    @property
    def is_begun(self) -> bool:
        return any(each.key in self.answers for each in self.questions)

    @property
    def is_done(self) -> bool:
        """Begun, and everything that must be answered is."""
        return self.is_begun and not self.missing

    @property
    def status(self) -> str:
        return "Completed" if self.is_done else "Started" if self.is_begun else "Not started"


def parts_of(sections: Iterable[QuestionnaireSection], answers: Answers) -> list[Part]:
    """The sections in order, their questions prefetched."""
    found = []
    for section in sections:
        questions = list(section.questions.all())
        own = {each.key: answers[each.key] for each in questions if each.key in answers}
        found.append(Part(section, questions, own))
    return found


def lacking(parts: Iterable[Part]) -> list[Part]:
    """The mandatory sections that are not complete: it cannot be handed in before they are."""
    return [each for each in parts if each.section.is_mandatory and not each.is_done]


def how_far(parts: list[Part]) -> str:
    """ "Started, 2 of 4 sections done", of the mandatory ones."""
    needed = [each for each in parts if each.section.is_mandatory]
    return f"Started, {sum(each.is_done for each in needed)} of {len(needed)} sections done"


# --- several people ----------------------------------------------------------------------------


def mark(value: str) -> str:
    """Stands for an answer on the page where it was read, to tell later whether it changed since."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def marks(keys: Iterable[str], answers: Mapping[str, str]) -> str:
    """What a page saw of these questions: "key:mark key:mark"."""
    return " ".join(f"{key}:{mark(answers.get(key, ''))}" for key in keys)


def read_marks(text: str) -> dict[str, str]:
    """The same read back; what is not well formed is left out."""
    return dict(pair for each in text.split() if len(pair := each.split(":", 1)) == 2)


@dataclass(frozen=True)
class Merged:
    """What to save, and the questions on which both changed the same answer differently."""

    answers: Answers
    conflicts: list[str]


def merge(seen: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> Merged:
    """Mine put together with what is saved now, question by question of mine.

    ``seen`` has the marks of what I started from. What I did not touch stays theirs; what they did not touch
    becomes mine; where both changed the same answer, and not to the same, it is a conflict.
    """
    result: Answers = {}
    conflicts = []
    for key, own in mine.items():
        saved = theirs.get(key, "")
        began = seen.get(key, mark(""))
        if own == saved or mark(own) == began:
            result[key] = saved
        elif mark(saved) == began:
            result[key] = own
        else:
            conflicts.append(key)
    return Merged(result, conflicts)
