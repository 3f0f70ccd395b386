"""The finance report as the workbook and the PDF that a committee is given."""

from django.template.loader import render_to_string
from django.utils.text import slugify

from funding.models import FinanceReport
from funding.reports.figures import Report
from funding.reports.table import ROUNDED, tables_of
from resilience.core import pdf
from resilience.core.spreadsheets import Heading, xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


def name_of(report: Report) -> str:
    """The file's name without its ending."""
    return slugify(f"finance report {report.organisation} {report.month:%Y-%m}")


def workbook(report: Report, unit: str) -> bytes:
    headings = [
        Heading("Commissioner"),
        Heading("Group"),
        Heading("Line"),
        Heading("Budget to date", "money"),
    ]
    rows = [[line.commissioner, line.group, line.name, line.budget_to_date] for line in report.lines]
    return xlsx("Finance report", headings, rows)


def document(report: Report, unit: str, committee: str = "") -> bytes:
    """The report as PDF: every table, then the narratives and which are missing."""
    said = [line for line in report.lines if line.narrative]
    html = render_to_string(
        "funding/reports/document.html",
        {
            "report": report,
            "unit": FinanceReport.Unit(unit).label,
            "committee": committee,
            "tables": tables_of(report, unit),
            "rounded": ROUNDED,
            "said": said,
        },
    )
    title = f"Finance report of {report.organisation}, {report.month:%B %Y}"
    return pdf.render(html, title=title)


def files_of(report: Report, unit: str, committee: str) -> list[tuple[str, str, bytes]]:
    """Name, type and bytes of the workbook, then of the PDF."""
    name = name_of(report)
    return [
        (f"{name}.xlsx", XLSX, workbook(report, unit)),
        (f"{name}.pdf", PDF, document(report, unit, committee)),
    ]
