"""The finance report as the workbook and the PDF that a committee is given."""

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify

from funding.models import FinanceReport
from funding.reports.figures import Line, Report
from funding.reports.table import HEADINGS, ROUNDED, Table, tables_of
from resilience.core import pdf
from resilience.core.spreadsheets import Heading, Sheet, Subtotal, write_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
_SIGN = "Variance is actual or forecast less budget: more than 0 is over the budget, less is under it."


def name_of(report: Report) -> str:
    """The file's name without its ending."""
    return slugify(f"finance report {report.organisation} {report.month:%Y-%m}")


def title_of(report: Report) -> str:
    return f"Finance report of {report.organisation}, {report.month:%B %Y}"


def _rows(table: Table, unit: str) -> Iterator[Sequence[Any]]:
    """Each group's lines, then its subtotal. Money cells take pence."""
    scale = 100 if unit == FinanceReport.Unit.POUNDS else 1
    for group in table.groups:
        for row in group.rows:
            yield [group.name, row.name, *(figure * scale for figure in row.printed.figures)]
        yield Subtotal([group.name, "Subtotal", *[None] * len(HEADINGS)])


def _sheet(table: Table, report: Report, unit: str) -> Sheet:
    kind = "money" if unit == FinanceReport.Unit.POUNDS else "number"
    label = FinanceReport.Unit(unit).label
    return Sheet(
        table.title,
        [
            Heading("Group"),
            Heading("Budget line", width=40),
            *(Heading(f"{heading} ({label})", kind, total=True, width=16) for heading in HEADINGS),
        ],
        _rows(table, unit),
        title=f"{table.title}: {report.year} to the end of {report.month:%B %Y}, in {label}",
        notes=[ROUNDED, _SIGN],
    )


def _exact(lines: Sequence[Line]) -> Iterator[Sequence[Any]]:
    for line in lines:
        yield [
            line.commissioner,
            line.group,
            line.name,
            line.budget_to_date,
            line.actual_to_date,
            line.variance_to_date,
            line.budget,
            line.forecast,
            line.variance,
            "Typed" if line.forecast_is_typed else "Actual to date plus budget to come",
        ]


def _narratives(report: Report) -> Iterator[Sequence[Any]]:
    for line in report.lines:
        if line.narrative or line.needs_narrative(report.threshold):
            said = line.narrative or "Not written yet"
            at = dt.datetime.fromisoformat(line.narrative_at) if line.narrative_at else None
            yield [
                line.commissioner,
                line.group,
                line.name,
                line.variance_to_date,
                line.variance,
                said,
                line.narrative_by,
                at,
            ]


def workbook(report: Report, unit: str, committee: str = "", made_at: dt.datetime | None = None) -> bytes:
    """A sheet for each table, one of narratives, one of the exact figures. The same input gives the same bytes."""
    names = [Heading("CCG"), Heading("Group"), Heading("Budget line", width=40)]
    sheets = [_sheet(table, report, unit) for table in tables_of(report, unit)]
    sheets.append(
        Sheet(
            "Narratives",
            [
                *names,
                Heading("Variance to date", "money"),
                Heading("Variance for the year", "money"),
                Heading("Narrative", width=80),
                Heading("Written by"),
                Heading("Written", "moment"),
            ],
            _narratives(report),
            title=f"Over- and underspends. {committee}".strip(),
        )
    )
    sheets.append(
        Sheet(
            "Exact figures",
            [
                *names,
                *(Heading(heading, "money", total=True, width=16) for heading in HEADINGS),
                Heading("Forecast is"),
            ],
            _exact(report.lines),
            title="Every line to the penny",
        )
    )
    out = io.BytesIO()
    write_workbook(out, sheets, made_at=made_at)
    return out.getvalue()


def document(report: Report, unit: str, committee: str = "", made_at: dt.datetime | None = None) -> bytes:
    """The report as PDF: every table, then the narratives and which are missing."""
    html = render_to_string(
        "funding/reports/document.html",
        {
            "report": report,
            "unit": FinanceReport.Unit(unit).label,
            "committee": committee,
            "tables": tables_of(report, unit),
            "rounded": ROUNDED,
            "said": [line for line in report.lines if line.narrative],
        },
    )
    return pdf.render(html, title=title_of(report), moment=made_at or timezone.now())


def files_of(report: Report, unit: str, committee: str, made_at: dt.datetime) -> list[tuple[str, str, bytes]]:
    """Name, type and bytes of the workbook, then of the PDF."""
    name = name_of(report)
    return [
        (f"{name}.xlsx", XLSX, workbook(report, unit, committee, made_at)),
        (f"{name}.pdf", PDF, document(report, unit, committee, made_at)),
    ]
