"""Workbooks of several sheets: totals that are live and right, notes, names, and the same bytes each time."""

import datetime as dt
import gc
import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from openpyxl import load_workbook

from resilience.core.spreadsheets import (
    Heading,
    Sheet,
    Subtotal,
    csv_file,
    sheet_name,
    write_workbook,
    xlsx,
)

MOMENT = dt.datetime(2018, 10, 5, 16, 5, tzinfo=dt.UTC)
MONEY = [Heading("Practice"), Heading("Paid", "money", total=True), Heading("Bids", "number", total=True)]


def written(*sheets, made_at=MOMENT):
    output = io.BytesIO()
    write_workbook(output, sheets, made_at=made_at)
    return output.getvalue()


def opened(content, values=False):
    return load_workbook(io.BytesIO(content), data_only=values)


def test_a_total_is_a_live_sum_that_holds_its_value():
    content = written(Sheet("Paid", MONEY, [["A", 10, 1], ["B", 20, 2], ["C", None, 4]]))
    live, held = opened(content).active, opened(content, values=True).active

    assert [cell.value for cell in live[5]] == ["Total", "=SUBTOTAL(9,B2:B4)", "=SUBTOTAL(9,C2:C4)"]
    assert [cell.value for cell in held[5]] == ["Total", 0.3, 7]
    assert live["B5"].number_format == live["B2"].number_format
    assert live.auto_filter.ref == "A1:C4", "the total stays when rows are filtered"


def test_subtotals_sum_their_group_and_are_not_summed_again():
    rows = [
        ["A", 100, 1],
        ["B", 250, 1],
        Subtotal(["North", None, None]),
        ["C", -50, 1],
        Subtotal(["South", None, None]),
    ]
    content = written(Sheet("Paid", MONEY, rows))
    live, held = opened(content).active, opened(content, values=True).active

    assert [row[1].value for row in live.iter_rows(min_row=2)] == [
        1, 2.5, "=SUBTOTAL(9,B2:B3)", -0.5, "=SUBTOTAL(9,B5:B5)", "=SUBTOTAL(9,B2:B6)",
    ]  # fmt: skip
    assert [row[1].value for row in held.iter_rows(min_row=2)] == [1, 2.5, 3.5, -0.5, -0.5, 3]
    assert held["A4"].font.bold
    assert b"North" not in csv_file(MONEY, rows)


@given(some.lists(some.integers(-(10**11), 10**11), max_size=30))
def test_the_value_held_is_the_sum_to_the_penny(pence):
    held = opened(written(Sheet("Paid", [Heading("Paid", "money", total=True)], [[p] for p in pence])), True)
    cells = [row[0].value for row in held.active.iter_rows(min_row=2)]
    assert [round((value or 0) * 100) for value in cells] == [*pence, sum(pence)]


def test_an_empty_sheet_has_a_total_of_nothing_and_no_circle():
    sheet = opened(written(Sheet("Paid", MONEY, []))).active
    assert [cell.value for cell in sheet[2]] == ["Total", 0, 0]


def test_only_money_and_numbers_are_added_up():
    with pytest.raises(ValueError, match="Practice"):
        written(Sheet("Paid", [Heading("Practice", total=True)], []))


def test_title_and_notes_stand_above_frozen_headings():
    notes = ["To 5 October 2018", "=1+1"]
    sheet = opened(
        written(Sheet("Drawdown", MONEY, [["A", 1, 1]], title="Drawdown, 2017/18", notes=notes))
    ).active

    assert [sheet[f"A{row}"].value for row in range(1, 6)] == ["Drawdown, 2017/18", *notes, None, "Practice"]
    assert sheet["A3"].quotePrefix
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A6", "A5:C6")
    assert sheet["B7"].value == "=SUBTOTAL(9,B6:B6)"


def test_the_only_formulas_are_our_sums():
    """Every kind of column, and the name and notes of the sheet, are given text that would be a formula."""
    marks = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "#REF!"]
    kinds = ["text", "number", "money", "date", "moment", "percent"]
    for mark in marks:
        headings = [Heading(f"{mark} {kind}", kind) for kind in kinds]
        rows = [[mark] * len(kinds), Subtotal([mark] * len(kinds))]
        book = opened(written(Sheet(mark, headings, rows, title=mark, notes=[mark])))
        cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
        assert len(cells) == 2 + 3 * len(kinds)
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.quotePrefix for cell in cells)


def test_the_same_sheets_make_the_same_bytes():
    def book(made_at=MOMENT):
        return written(
            Sheet("One", MONEY, [["=A", 1, 2]], title="T"), Sheet("Two", MONEY, []), made_at=made_at
        )

    assert book() == book()
    assert book() != book(MOMENT + dt.timedelta(days=1))
    with zipfile.ZipFile(io.BytesIO(book())) as parts:
        assert b"2018-10-05T16:05:00Z" in parts.read("docProps/core.xml")


def test_names_of_sheets_are_clean_and_unlike():
    assert sheet_name("a/b:c*[d]?\\") == "a b c  d"
    assert sheet_name("'") == "Sheet"
    assert sheet_name("History") == "History 2"
    assert sheet_name("Paid", ["PAID", "paid 2"]) == "Paid 3"
    assert sheet_name("x" * 40, ["x" * 31]) == "x" * 29 + " 2"
    assert opened(written(*[Sheet("Paid?", MONEY, [])] * 3)).sheetnames == ["Paid", "Paid 2", "Paid 3"]


def test_days_that_excel_does_not_know_are_text():
    headings = [Heading("Day", "date"), Heading("Moment", "moment")]
    days = [dt.date(18, 10, 5), dt.date(1900, 2, 28), dt.date(1900, 3, 1)]
    moments = [dt.datetime.combine(day, dt.time(9), dt.UTC) for day in days]
    rows = list(opened(xlsx("S", headings, zip(days, moments, strict=True))).active.iter_rows(min_row=2))

    assert [cell.value for cell in rows[0]] == ["0018-10-05", "0018-10-05 08:58"]
    assert [cell.data_type for cell in rows[1]] == ["s", "s"]
    assert rows[2][0].value == dt.datetime(1900, 3, 1)  # noqa: DTZ001 - a sheet knows no zones
    assert rows[2][1].value == dt.datetime(1900, 3, 1, 9)  # noqa: DTZ001


def test_what_would_break_the_file_is_taken_out():
    sheet = opened(xlsx("S", [Heading("Text")], [["a\x00\ud800b\uffff\ufffec"], ["one\r\ntwo"]])).active
    assert [sheet["A2"].value, sheet["A3"].value] == ["abc", "one\ntwo"]


def test_rows_that_fail_midway_leave_no_files_behind(monkeypatch, tmp_path):
    def rows():
        yield ["A", 1, 1]
        raise ZeroDivisionError

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        written(Sheet("Paid", MONEY, rows()))
    gc.collect()
    assert list(Path(tmp_path).iterdir()) == []


def test_a_sheet_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr("resilience.core.spreadsheets.MOST_ROWS", 4)
    written(Sheet("Paid", MONEY, [["A", 1, 1]] * 2))
    with pytest.raises(ValueError, match="no more than 4 rows"):
        written(Sheet("Paid", MONEY, [["A", 1, 1]] * 3))
