"""Tables as people really have them: headings anywhere, notes, totals, several sheets, formulas, hidden rows."""

import datetime as dt
import gzip
import io
import lzma
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from resilience.core.spreadsheets import Heading, csv_file, xlsx
from resilience.core.uploaded import Unreadable, Wanted, read_table
from tests.core.uploads import (
    HEADINGS,
    WANTED,
    bare,
    bare_parts,
    book_of,
    csv_table,
    inline,
    saved,
    sent,
    xlsx_table,
    zipped,
)

HEAD = ("Practice code", "Amount")


def told(table):
    return [(problem.row, problem.cell, problem.typed, problem.words) for problem in table.problems]


def read(table, key="amount"):
    assert not table.problems, told(table)
    return {row["practice code"]: row[key] for row in table.rows}


# Headings.


def test_titles_and_notes_above_the_headings_are_passed_over():
    book = book_of(
        ["Resilience programme 2018-19"],
        ["As agreed on 5 October"],
        [],
        ["", " ODS\n Code ", "Region", "ALLOCATION   (£)", "Date Paid"],
        ["", "Y00001", "North", 2000.5, dt.date(2018, 10, 5)],
        [],
        ["", "Y00002", "", "(£1,234.50)", None],
    )
    book.active.merge_cells("A1:E1")
    table = xlsx_table(saved(book))
    assert table.problems == []
    assert table.heading_row == 4
    assert table.columns == {
        "practice code": ("B", "ODS Code"), "amount": ("D", "ALLOCATION (£)"), "paid on": ("E", "Date Paid"),
    }  # fmt: skip
    assert [(row.number, dict(row.values)) for row in table.rows] == [
        (
            5,
            {"practice code": "Y00001", "amount": 200050, "paid on": dt.date(2018, 10, 5), "list size": None},
        ),
        (7, {"practice code": "Y00002", "amount": -123450, "paid on": None, "list size": None}),
    ]
    assert table.sum("amount") == 76600


def test_a_missing_column_is_named_with_what_was_found():
    table = csv_table("Practice,Sum paid,When\nY00001,5,today\n")
    assert table.missing == ["amount"]
    assert table.rows == []
    (problem,) = table.problems
    assert problem.words == (
        "There is no column for the amount: give it one of these headings: “amount”, “GP Forward View”, "
        "“Allocation (£)”. The headings found on row 1 are: Practice, Sum paid, When."
    )


@pytest.mark.parametrize("second", ["Amount", "GP  FORWARD view"])
def test_a_heading_that_stands_twice_is_said_and_never_chosen(second):
    table = csv_table(f"Practice,Amount,{second}\nY00001,5,6\n")
    assert [problem.words for problem in table.problems] == [
        "Columns B and C could each be the amount: keep one, or give the others another heading."
    ]
    assert table.rows == []


def test_headings_in_thousands_are_not_taken_for_pounds():
    assert csv_table("Practice,Amount £000\nY00001,5\n").missing == ["amount"]


def test_one_heading_cannot_be_wanted_as_two_columns():
    with pytest.raises(ValueError, match="two columns have one name: amount"):
        csv_table("", [Wanted("amount", "money"), Wanted("sum", "money", names=("Amount",))])


def test_headings_printed_on_each_page_are_left_out():
    table = csv_table("Practice,Amount\nY00001,5\nPractice,Amount\nY00002,6\n")
    assert read(table) == {"Y00001": 500, "Y00002": 600}
    assert table.notes == ["Row 3 repeats the headings, and was left out."]


# Cells.


def test_what_is_wrong_with_a_cell_says_where_what_and_what_to_do():
    table = csv_table("Practice,Amount,Paid on\nY00001,£1.2k,1/4/2018\n,5,soon\nY00003,7,\n")
    assert told(table) == [
        (2, "B2", "£1.2k", "Write the amount out in full, such as 1,200: “k” and “m” are not read."),
        (3, "A3", "", "The practice code is not given: enter it, or clear the row. "
                      "If the row is a total, write “Total” in it."),
        (3, "C3", "soon", "Enter a date, day first, such as 1 April 2018 or 01/04/2018."),
    ]  # fmt: skip
    assert table.problem_count == 3
    assert {problem.column for problem in table.problems} == {"Practice", "Amount", "Paid on"}
    assert [row["amount"] for row in table.rows] == [None, 500, 700]


def test_problems_are_counted_and_not_all_listed():
    table = csv_table("Practice,Amount\n" + "Y00001,x\n" * 700)
    assert (len(table.problems), table.problem_count) == (500, 700)


def test_rows_that_say_nothing_are_left_out():
    table = csv_table("Practice,Note,Amount\nY00001,,5\n,,\n ,\xa0,-\n,see below,\n,,£0.00\nY00002,,\n\n\n")
    assert read(table) == {"Y00001": 500, "Y00002": None}
    assert table.notes == ["Rows 4, 5, 6 are left out: nothing stands there in the columns that are read."]


# Totals.


@pytest.mark.parametrize(
    "total",
    [
        "Total,,11.00",
        "TOTALS:,,11",
        ",Grand total,£11.00",
        ",Total for all practices,11",
        "Total (2 practices),,11",
    ],
)
def test_a_total_is_compared_and_left_out(total):
    table = csv_table(f"Practice,Name,Amount\nY00001,A,5\nY00002,B,6\n{total}\n")
    assert read(table) == {"Y00001": 500, "Y00002": 600}
    assert table.totals == [4]
    assert table.notes == ["Row 4 is a total: it was compared with the rows, and left out."]


def test_a_total_that_does_not_agree_is_a_problem_in_words():
    table = csv_table("Practice,Name,Amount\nY00001,A,5\nY00002,B,6\n,Total,12.01\n")
    assert told(table) == [
        (4, "C4", "£12.01", "The total says £12.01, but the rows add up to £11 (£1.01 less): "
                            "correct the total or the rows, or take the total out.")
    ]  # fmt: skip
    assert table.problem_count == 1


def test_subtotals_are_of_their_own_rows_and_the_last_is_of_all():
    body = "Y1A,5\nY2A,6\nSubtotal,11\nY3A,7\nSub-total,7\nGrand total,18\n"
    assert csv_table("Practice,Amount\n" + body).problems == []
    assert csv_table("Practice,Amount\n" + body.replace(",7\nG", ",8\nG")).problem_count == 1
    assert csv_table("Practice,Amount\n" + body.replace("18", "19")).problem_count == 1


def test_a_total_above_the_rows_is_of_all_of_them():
    assert csv_table("Practice,Amount\nTotal,11\nY1A,5\nY2A,6\n").problems == []
    assert csv_table("Practice,Amount\nTotal,5\nY1A,5\nY2A,6\n").problem_count == 1


def test_a_total_over_a_cell_that_cannot_be_read_is_not_disputed():
    table = csv_table("Practice,Amount\nY1A,5\nY2A,six\nTotal,11\n")
    assert [problem.cell for problem in table.problems] == ["B3"]


def test_a_total_that_cannot_be_read_is_a_problem():
    assert [problem.cell for problem in csv_table("Practice,Amount\nY1A,5\nTotal,#REF!\n").problems] == ["B3"]


def test_a_practice_called_total_is_no_total():
    table = csv_table("Practice,Amount\nTotal Health Ltd,5\nTotally Well,6\n")
    assert read(table) == {"Total Health Ltd": 500, "Totally Well": 600}


# Files of text.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_text_of_any_common_shape(encoding, between, ends):
    rows = [
        ["Title, of; it"],
        ["Practice", "Amount", "Paid on"],
        ["Café", '"£1,234.50"', "1/4/2018"],
        ["Y2A", "(5)"],
    ]
    table = csv_table(
        ends.join(between.join(row) if len(row) > 1 else '"Title, of; it"' for row in rows), encoding=encoding
    )
    assert read(table) == {"Café": 123450, "Y2A": -500}
    assert table.rows[0]["paid on"] == dt.date(2018, 4, 1)


def test_the_line_by_which_excel_says_what_stands_between():
    table = csv_table("sep=;\r\nPractice;Amount\r\nY00001;5\r\n")
    assert read(table) == {"Y00001": 500}
    assert table.rows[0].number == 2


def test_rows_are_counted_as_excel_counts_them():
    table = csv_table('Practice,Name,Amount\n\nY1A,"two\nlines",5\n\n,,\nY2A,,x\n')
    assert [row.number for row in table.rows] == [3, 6]
    assert table.problems[0].cell == "C6"


@pytest.mark.parametrize(
    "pack", [gzip.compress, lzma.compress, lambda content: zipped({"money.csv": content})]
)
def test_packed_files_are_unpacked(pack):
    assert read(read_table(sent(pack(b"Practice,Amount\nY1A,5\n"), "money.packed"), WANTED)) == {"Y1A": 500}


# Workbooks.


def test_several_sheets_the_first_that_has_the_columns():
    book = book_of(["Read me"])
    for title in ("April", "May"):
        book.create_sheet(title)
        for row in (HEAD, ("Y1A", 5 if title == "April" else 6)):
            book[title].append(row)
    table = xlsx_table(saved(book))
    assert read(table) == {"Y1A": 500}
    assert table.sheet == "April"
    assert table.notes == ["The sheet “April” was read. “May” has the same columns, and was not read."]
    del book["May"]
    assert xlsx_table(saved(book)).notes == ["The sheet “April” was read, of 2 sheets."]


def test_a_hidden_sheet_is_not_read_and_said():
    book = book_of(HEAD, ("Y1A", 5), title="Draft")
    book.create_sheet("Final").append(HEAD)
    book["Final"].append(("Y1A", 6))
    book["Draft"].sheet_state = "hidden"
    table = xlsx_table(saved(book))
    assert read(table) == {"Y1A": 600}
    assert "The hidden sheet “Draft” has the same columns, and was not read." in table.notes
    book["Final"].delete_rows(1, 2)
    book.active = 1
    with pytest.raises(Unreadable, match="on a hidden sheet, “Draft”: show the sheet"):
        xlsx_table(saved(book))
    book["Final"].append(["Something else"])
    assert "on a hidden sheet, “Draft”" in xlsx_table(saved(book)).problems[0].words


def test_hidden_rows_are_read_and_said():
    book = book_of(HEAD, ("Y1A", 5), ("Y2A", 6))
    book.active.row_dimensions[3].hidden = True
    table = xlsx_table(saved(book))
    assert read(table) == {"Y1A": 500, "Y2A": 600}
    assert table.notes == ["Row 3 is hidden in the sheet, and read like the others."]


@pytest.mark.parametrize("since_1904", [False, True])
def test_dates_of_both_systems(since_1904):
    book = book_of(
        (*HEAD, "Paid on"),
        ("Y1A", 5, dt.date(2018, 4, 1)),
        (
            "Y2A",
            6,
            dt.datetime(2018, 4, 2, 13, 5),  # noqa: DTZ001
        ),
    )
    if since_1904:
        book.epoch = CALENDAR_MAC_1904
    assert read(xlsx_table(saved(book)), "paid on") == {
        "Y1A": dt.date(2018, 4, 1),
        "Y2A": dt.date(2018, 4, 2),
    }


def test_a_number_shown_as_a_date_or_a_per_cent_is_no_money():
    book = book_of(HEAD, ("Y1A", 43191), ("Y2A", 0.5), ("Y3A", 0.5), ("Y4A", 5))
    for cell, shown in {
        "B2": "dd/mm/yyyy",
        "B3": "0%",
        "B4": '0.0" per cent" \\%',
        "B5": '[Red]"£"#,##0.00_);[h]',
    }.items():
        book.active[cell].number_format = shown
    book.active["B5"].number_format = "[$£-809]#,##0.00;[Red]-[$£-809]#,##0.00"
    table = xlsx_table(saved(book))
    assert [(problem.cell, problem.typed) for problem in table.problems] == [
        ("B2", "01/04/2018"),
        ("B3", "50%"),
    ]
    assert [row["amount"] for row in table.rows] == [None, None, 50, 500]


def test_a_formula_is_read_by_its_result_and_one_without_is_a_problem():
    rows = (
        HEADINGS
        + f"<row r='2'>{inline('Y1A')}<c r='B2'><f>2+3</f><v>5</v></c></row>"
        + f"<row r='3'>{inline('Y2A')}<c r='B3'><f>2+3</f><v></v></c></row>"
        + f"<row r='4'>{inline('Y3A')}<c r='B4'><f>2+3</f></c></row>"
        + f"<row r='5'>{inline('Y4A')}<c r='B5' t='str'><f>\"\"</f><v></v></c></row>"
        + f"<row r='6'>{inline('Y5A')}<c r='B6' t='e'><f>A1/0</f><v>#DIV/0!</v></c></row>"
    )
    table = xlsx_table(bare(rows))
    no_result = "This formula has no result: open the file in Excel, save it, and choose it again."
    assert told(table) == [
        (3, "B3", "", no_result),
        (4, "B4", "", no_result),
        (6, "B6", "#DIV/0!", "The sheet shows an error here (#DIV/0!): correct its formula."),
    ]
    assert [row["amount"] for row in table.rows] == [500, None, None, None, None]


def test_workbooks_of_other_makers():
    """Shared texts in runs, no references, a prefix on each name, a wrong size, styles that are not to the letter."""
    parts = bare_parts(
        "<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c></row><row/>"
        "<row><c t='s'><v>2</v></c><c s='7'><v>0.1</v></c></row>",
        strings="<si><r><t>Practice</t></r><r><t xml:space='preserve'> code_x000D_</t></r><rPh><t>pfff</t></rPh></si>"
        "<si><t>Amount</t></si><si><t>Y1A &amp; Co</t></si>",
        styles="<fills><fill/></fills><cellXfs><xf numFmtId='x'/></cellXfs>",
    )
    prefixed = str(parts["xl/worksheets/sheet1.xml"])
    prefixed = (
        prefixed.replace("</", "</x:")
        .replace("<", "<x:")
        .replace("<x:/x:", "</x:")
        .replace("xmlns=", "xmlns:x=")
    )
    prefixed = prefixed.replace("<x:sheetData>", "<x:dimension ref='A1'/><x:sheetData>")
    parts["xl/worksheets/sheet1.xml"] = prefixed
    table = xlsx_table(zipped(parts))
    assert read(table) == {"Y1A & Co": 10}
    assert table.rows[0].number == 3


def test_a_size_that_is_only_declared_harms_nobody():
    parts = bare_parts(HEADINGS + f"<row r='2'>{inline('Y1A')}<c><v>5</v></c></row>")
    sheet = str(parts["xl/worksheets/sheet1.xml"])
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(
        "<sheetData>", "<dimension ref='A1:XFD1048576'/><sheetData>"
    )
    assert read(xlsx_table(zipped(parts))) == {"Y1A": 500}


def test_empty_cells_with_borders_to_the_end_of_the_sheet_do_not_count():
    rows = HEADINGS + f"<row r='2'>{inline('Y1A')}<c><v>5</v></c><c r='XFD2' s='0'/></row>"
    rows += "".join(f"<row r='{number}' s='1' customFormat='1'/>" for number in range(3, 60_000))
    assert read(xlsx_table(bare(rows + "<row r='1048576'><c r='A1048576' s='0'/></row>"))) == {"Y1A": 500}


# Round trips.

AMOUNTS = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60)


@settings(max_examples=8)
@given(amounts=AMOUNTS)
def test_our_own_sheets_read_back_exactly(amounts):
    headings = [Heading("Practice code"), Heading("Amount", "money"), Heading("Paid on", "date")]
    rows = [(f"-Y{number}", pence, dt.date(2018, 4, 1)) for number, pence in enumerate(amounts)]
    for table in (csv_table(csv_file(headings, rows).decode()), xlsx_table(xlsx("Money", headings, rows))):
        assert table.problems == []
        assert [(row["practice code"], row["amount"], row["paid on"]) for row in table.rows] == rows


@settings(max_examples=8)
@given(amounts=AMOUNTS)
def test_another_reader_of_workbooks_reads_the_same(amounts):
    content = saved(book_of(HEAD, *((f"Y{number}", pence / 100) for number, pence in enumerate(amounts))))
    sheet = load_workbook(io.BytesIO(content)).active
    theirs = [int(Decimal(repr(pounds)) * 100) for _, pounds in sheet.iter_rows(min_row=2, values_only=True)]
    assert [row["amount"] for row in xlsx_table(content).rows] == theirs == amounts
