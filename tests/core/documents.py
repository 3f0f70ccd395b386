"""Documents to test with: one that has everything a PDF of ours may hold, and one that is small."""

from datetime import UTC, datetime
from pathlib import Path

from resilience.core import pdf as pdfs

HERE = Path(__file__).parent
MOMENT = datetime(2018, 10, 5, 14, 5, 7, tzinfo=UTC)
TITLE = "Memorandum of Understanding & <plan>: Łódź"


def sample_html(rows: int = 70) -> str:
    """Headings, nested lists, numbered clauses, links, a table over pages, another language."""
    table = "".join(
        f'<tr><th scope="row">{n}. Coaching</th><td>Two days of a coach, and time to reflect on '
        f'what was learnt in session {n}.</td><td class="money">£{n},000</td></tr>'
        for n in range(1, rows + 1)
    )
    return (HERE / "sample.html").read_text("utf-8").replace("ROWS", table)


def sample_pdf(rows: int = 70) -> bytes:
    return pdfs.render(sample_html(rows), title=TITLE, moment=MOMENT)


def small_pdf() -> bytes:
    return pdfs.render("<h1>Agreement</h1><p>Between two parties.</p>", title="Agreement")
