"""What people typed never runs in the reader's spreadsheet; dates, money and labels are right."""

import csv
import datetime as dt
import io
import zipfile

import pytest
from openpyxl import load_workbook

from resilience.core.spreadsheets import Heading, csv_file, xlsx

DANGEROUS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "\n=1",
    "#N/A",
    "#REF!",
    '=HYPERLINK("x")',
]
HARMLESS = ["Harbour Street", "O'Neil", "1 January", "", None, "a=b", "2018-0042"]


def reopen(content):
    return load_workbook(io.BytesIO(content)).active


def test_no_cell_is_a_formula_or_an_error():
    content = xlsx(
        "Referrals", [Heading("Text"), Heading("=also a label")], [[text, text] for text in DANGEROUS]
    )
    sheet = reopen(content)

    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    assert sheet["B1"].value == "=also a label"
    for row, text in zip(sheet.iter_rows(min_row=2), DANGEROUS, strict=True):
        for cell in row:
            assert cell.value.strip() == text.strip()
            assert cell.quotePrefix
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


def test_ordinary_text_is_left_alone():
    sheet = reopen(xlsx("Sheet", [Heading("Text")], [[text] for text in HARMLESS]))

    assert [cell.value for (cell,) in sheet.iter_rows(min_row=2)] == [text or None for text in HARMLESS]


def test_what_a_sheet_cannot_hold_is_taken_out():
    sheet = reopen(xlsx("a/b:c*[d]?" + "x" * 40, [Heading("Text")], [["one\x00\x0btwo"], ["y" * 40_000]]))

    assert sheet["A2"].value == "onetwo"
    assert len(sheet["A3"].value) == 32_767
    assert len(sheet.title) == 31


def test_dates_money_and_fractions_are_real():
    headings = [
        Heading("Day", "date"),
        Heading("Moment", "moment"),
        Heading("Amount", "money"),
        Heading("Share", "percent"),
        Heading("Count", "number"),
    ]
    summer = dt.datetime(2018, 6, 30, 23, 30, tzinfo=dt.UTC)
    sheet = reopen(
        xlsx(
            "Sheet", headings, [[dt.date(2018, 10, 5), summer, 200050, 0.25, 7], [summer, None, -1, None, 0]]
        )
    )

    assert sheet["A2"].value.isoformat() == "2018-10-05T00:00:00"
    assert sheet["A3"].value.isoformat() == "2018-07-01T00:00:00"
    assert sheet["B2"].value.isoformat() == "2018-07-01T00:30:00"
    assert sheet["C2"].value == 2000.5
    assert "£" in sheet["C2"].number_format
    assert sheet["C3"].value == -0.01
    assert sheet["D2"].number_format == "0.0%"
    assert sheet["E3"].value == 0
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E3"
    assert sheet["A1"].font.bold


@pytest.mark.parametrize("make", [lambda headings, rows: xlsx("S", headings, rows), csv_file])
def test_two_columns_never_share_a_label(make):
    with pytest.raises(ValueError, match="amount"):
        make([Heading("Amount"), Heading("amount")], [])


@pytest.mark.parametrize("make", [lambda headings, rows: xlsx("S", headings, rows), csv_file])
def test_a_short_row_is_an_error(make):
    with pytest.raises(ValueError, match="zip"):
        make([Heading("A"), Heading("B")], [["only one"]])


def test_csv_text_is_defused_and_numbers_are_plain():
    headings = [Heading("Text"), Heading("Amount", "money"), Heading("Day", "date")]
    rows = [[text, -2050, dt.date(2018, 10, 5)] for text in DANGEROUS]
    content = csv_file(headings, rows)

    assert content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert read[0] == ["Text", "Amount", "Day"]
    for (text, amount, day), typed in zip(read[1:], DANGEROUS, strict=True):
        assert not text.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert text.lstrip("'") == typed
        assert (amount, day) == ("-20.50", "2018-10-05")
