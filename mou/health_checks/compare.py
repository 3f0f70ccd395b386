"""A practice's answers beside last year's and beside the average of its CCG, in words."""

from dataclasses import dataclass
from decimal import Decimal

from mou.health_checks import answers
from mou.health_checks.answers import said
from mou.health_checks.reading import for_practice
from mou.health_checks.sums import Sum, sums_of, together
from mou.models import HealthCheck, HealthCheckStage, Question

Kind = Question.Kind


@dataclass(frozen=True)
class Line:
    """One question: this year, last year, what changed, and the average."""

    question: Question
    now: str
    before: str
    change: str
    average: str
    corrected_from: str = ""


def change(question: Question, before: str, now: str, was_asked: bool, has_earlier: bool) -> str:
    """What changed since last year, in words; "" where there is no earlier health check."""
    if not has_earlier:
        return ""
    if not was_asked:
        return "Not asked last year"
    if before == now:
        return "The same" if now else ""
    if not before:
        return "Not answered last year"
    if not now:
        return "Not answered this year"
    if question.kind == Kind.SCALE:
        steps = int(now) - int(before)
        return f"{'Better' if steps > 0 else 'Worse'} by {abs(steps)}"
    if question.kind == Kind.NUMBER:
        difference = Decimal(now) - Decimal(before)
        return f"{'Up' if difference > 0 else 'Down'} by {said(question, answers.kept(abs(difference)))}"
    if question.kind == Kind.YES_NO:
        return f"Was “{said(question, before)}”"
    return "Changed"


def number(value: Decimal) -> str:
    """A mean with one digit after the point, "2.5"; whole where it is whole."""
    return answers.kept(round(value, 1))


def average(question: Question, found: Sum) -> str:
    """The answers of several practices, in words; "" where nothing is counted."""
    if not found.practices:
        return ""
    if question.kind == Kind.YES_NO:
        return f"Yes: {found.answers['yes']} of {found.practices}"
    mean = found.mean
    if mean is None:
        return ""
    return f"{number(mean)} of 4" if question.kind == Kind.SCALE else number(mean)


def lines(check: HealthCheck, setting: HealthCheckStage | None) -> list[tuple[str, list[Line]]]:
    """By section: every question of a health check with its answer as it stands."""
    handed, stands = answers.answers_of(check), answers.corrected(check)
    last = answers.earlier(check.stage, check.practice)
    before = answers.corrected(last)
    asked: dict[tuple[str, str], Question] = {}
    if last:
        then = Question.objects.filter(section__questionnaire=last.questionnaire_id)
        asked = {(each.key, each.kind): each for each in then}
    reading = for_practice(setting, check.commissioner_id) if setting and check.handed_in_at else None
    found = []
    for section in check.questionnaire.sections.prefetch_related("questions"):
        rows = []
        for each in section.questions.all():
            then_asked = asked.get((each.key, each.kind))
            old = before.get(each.key, "") if then_asked else ""
            now = stands.get(each.key, "")
            sums = sums_of(each, reading.entries, reading.least) if reading else {}
            rows.append(
                Line(
                    each,
                    said(each, now),
                    said(then_asked, old) if then_asked else "",
                    change(each, old, now, then_asked is not None, last is not None),
                    average(each, together(sums)),
                    said(each, handed.get(each.key, "")) if now != handed.get(each.key, "") else "",
                )
            )
        found.append((section.title, rows))
    return found
