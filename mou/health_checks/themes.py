"""What many health checks share: the need in each theme and question, by CCG or by locality."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mou.health_checks import compare
from mou.health_checks.reading import Reading, names_of
from mou.health_checks.sums import SUMMED, Cell, Sum, Sums, needs_of, sums_of, together
from mou.models import HealthCheckStage, Question
from resilience.core.spreadsheets import Heading
from resilience.core.words import percent

HEADINGS = (
    Heading("Section"),
    Heading("Question or theme"),
    Heading("Theme"),
    Heading("Area"),
    Heading("Practices counted", "number"),
    Heading("In need", "number"),
    Heading("Share in need", "percent"),
    Heading("Average", "number"),
    Heading("Sum", "number"),
)


@dataclass(frozen=True)
class Area:
    """A CCG or a locality, and the cells in it."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Row:
    """One question or theme, over all and in each area."""

    label: str
    all: Sum
    areas: list[tuple[Area, Sum]]
    has_need: bool
    average: str = ""
    question: Question | None = None

    @property
    def share(self) -> str:
        return _share(self.all) if self.has_need else ""

    @property
    def cells(self) -> list[dict[str, str]]:
        """In each area, as the page says it."""
        return [
            {"area": area.name, "share": _share(each) if self.has_need else ""} for area, each in self.areas
        ]


def _share(found: Sum) -> str:
    if not found.practices:
        return "–"
    return f"{found.in_need} of {found.practices} ({percent(found.in_need, found.practices)})"


@dataclass(frozen=True)
class Themes:
    """The whole page: the themes, the most needed first, and every question by section."""

    areas: list[Area]
    themes: list[Row]
    sections: list[tuple[str, list[Row]]]


def areas_of(cells: list[Cell], commissioner: int | None) -> list[Area]:
    """The CCGs; of one CCG its localities."""
    names = names_of(cells)
    found: dict[int | None, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell[0] if commissioner is None else cell[1]].append(cell)
    nameless = "No CCG" if commissioner is None else "No locality"
    rows = [Area(names.get(pk or 0, nameless), tuple(each)) for pk, each in found.items()]
    return sorted(rows, key=lambda each: each.name)


def themes_of(setting: HealthCheckStage, reading: Reading, commissioner: int | None) -> Themes:
    """Of a stage's health checks; of one CCG alone where ``commissioner`` is given."""
    cells = [cell for cell in reading.cells if commissioner in (None, cell[0])]
    areas = areas_of(cells, commissioner)
    sections, by_theme = [], defaultdict(list)
    for section in setting.questionnaire.sections.prefetch_related("questions"):
        rows = []
        for each in section.questions.all():
            if each.theme and each.need:
                by_theme[each.theme].append(each)
            if each.kind in SUMMED:
                sums = sums_of(each, reading.entries, reading.least)
                rows.append(_row(each.words, sums, cells, areas, each))
        sections.append((section.title, rows))
    themes = [
        _row(theme, needs_of(questions, reading.entries, reading.least), cells, areas)
        for theme, questions in by_theme.items()
    ]
    themes.sort(
        key=lambda row: (-(row.all.in_need / row.all.practices if row.all.practices else 0), row.label)
    )
    return Themes(areas, themes, sections)


def _row(
    label: str, sums: Sums, cells: list[Cell], areas: list[Area], question: Question | None = None
) -> Row:
    every = together(sums, cells)
    return Row(
        label,
        every,
        [(area, together(sums, area.cells)) for area in areas],
        question is None or bool(question.need),
        compare.average(question, every) if question else "",
        question,
    )


def rows_of(found: Themes) -> Iterator[list[Any]]:
    """The rows of the sheet: every theme and question, over all and in each area."""
    for section, rows in (("Themes", found.themes), *found.sections):
        for row in rows:
            yield _line(section, row, "All", row.all)
            for area, each in row.areas:
                yield _line(section, row, area.name, each)


def _line(section: str, row: Row, area: str, found: Sum) -> list[Any]:
    question = row.question
    is_number = question is not None and question.kind == Question.Kind.NUMBER
    need = row.has_need and found.practices
    mean: Decimal | None = found.mean if question else None
    return [
        section,
        row.label,
        question.theme if question else "",
        area,
        found.practices or None,
        found.in_need if need else None,
        found.in_need / found.practices if need else None,
        round(float(mean), 2) if mean is not None else None,
        float(found.total) if is_number and found.practices else None,
    ]
