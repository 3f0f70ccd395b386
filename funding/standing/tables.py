"""A table of figures: on the page every number may lead somewhere, and the file holds the same table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.utils.text import slugify

from resilience.core import words
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.spreadsheets import Heading, csv_file, xlsx

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Cell:
    """A value of its column's kind, or None for nothing to say; ``href`` is what lies behind it."""

    value: Any
    href: str = ""


@dataclass(frozen=True)
class Line:
    """One row: what it is about, and a cell for each further column."""

    label: str
    cells: Sequence[Cell]
    href: str = ""


@dataclass
class Table:
    """``headings`` names the columns: the first is what lines are about, the rest are of their cells."""

    title: str
    headings: Sequence[Heading]
    lines: list[Line]
    feet: list[Line] = field(default_factory=list)
    notes: Sequence[str] = ()

    def _shown(self, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
        for line in lines:
            yield {
                "label": line.label,
                "href": line.href,
                "cells": [
                    {"label": heading.label, "text": said(cell.value, heading.kind), "href": cell.href}
                    for heading, cell in zip(self.headings[1:], line.cells, strict=True)
                ],
            }

    @property
    def body(self) -> list[dict[str, Any]]:
        """The lines as the page shows them."""
        return list(self._shown(self.lines))

    @property
    def foot(self) -> list[dict[str, Any]]:
        """The totals as the page shows them."""
        return list(self._shown(self.feet))

    def file(self, kind: str) -> HttpResponse:
        """This table as .xlsx or .csv, totals last."""
        rows = [[line.label, *(cell.value for cell in line.cells)] for line in [*self.lines, *self.feet]]
        name = f"{slugify(self.title)}-{today():%Y-%m-%d}.{kind}"
        if kind == "csv":
            return download(name, "text/csv; charset=utf-8", csv_file(self.headings, rows))
        return download(name, _XLSX, xlsx(self.title, self.headings, rows))


def said(value: Any, kind: str) -> str:
    """A cell in words: money, a percentage, a count or a text."""
    if value is None:
        return ""
    if kind == "money":
        return words.money(value)
    if kind == "percent":
        return words.percent(value)
    return f"{value:,}" if kind == "number" else str(value)


def share(part: int, whole: int) -> float | None:
    """A fraction; None of nothing."""
    return part / whole if whole else None
