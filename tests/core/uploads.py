"""Files as people send them, made for tests: csv from text, workbooks by openpyxl or from their bare XML."""

import io
import zipfile
from collections.abc import Iterable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from resilience.core.uploaded import Table, Wanted, read_table

WANTED = (
    Wanted("practice code", names=("ODS code", "Practice"), required=True, filled=True),
    Wanted("amount", "money", names=("GP Forward View", "Allocation (£)"), required=True),
    Wanted("paid on", "date", names=("Date paid",)),
    Wanted("list size", "integer"),
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKED = "http://schemas.openxmlformats.org/package/2006/relationships"


def sent(content: bytes, name: str = "money.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def csv_table(text: str, wanted: Iterable[Wanted] = WANTED, encoding: str = "utf-8") -> Table:
    return read_table(sent(text.encode(encoding)), list(wanted))


def xlsx_table(content: bytes, wanted: Iterable[Wanted] = WANTED) -> Table:
    return read_table(sent(content, "money.xlsx"), list(wanted))


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def book_of(*rows: Iterable[Any], title: str = "Money") -> Workbook:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(list(row))
    return book


def zipped(members: dict[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def bare_parts(
    rows: str = "",
    *,
    strings: str = "",
    styles: str = "",
    settings: str = "",
    sheets: str = '<sheet name="Money" sheetId="1" r:id="rId1"/>',
) -> dict[str, bytes | str]:
    """The least that is a workbook: ``rows`` is what stands in sheetData."""
    return {
        "_rels/.rels": f'<Relationships xmlns="{PACKED}"><Relationship Id="rId1" Type="{LINKS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{settings}<sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKED}">'
        f'<Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{LINKS}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="rId3" Type="{LINKS}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
    }


def bare(rows: str = "", **parts: str) -> bytes:
    return zipped(bare_parts(rows, **parts))


def inline(text: str, at: str = "") -> str:
    return f'<c t="inlineStr"{at and f" r={at!r}"}><is><t>{text}</t></is></c>'


HEADINGS = (
    f"<row r='1'>{inline('Practice code')}{inline('Amount')}{inline('Paid on')}{inline('List size')}</row>"
)
