"""What cannot be read is refused in one sentence, and the server goes on (how soon: tests/bench)."""

import datetime as dt
import gzip
import io
import lzma
import random
import signal
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.conf import settings

from resilience.core import uploaded
from resilience.core.uploaded import Limits, Unreadable, Wanted, read_table
from tests.core.uploads import HEADINGS, MAIN, WANTED, bare, bare_parts, book_of, inline, saved, sent, zipped
from tests.practices.registers import needs_data, published

MB = 1024 * 1024
BOOK, SHEET, TEXTS = "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
GOOD = bare(HEADINGS + f"<row r='2'>{inline('Y1A')}<c><v>5</v></c></row>")
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def one_member(name: bytes, packed: bytes, *, says: int) -> bytes:
    """An archive of one member, whose directory says what we like of its size."""
    sizes = struct.pack("<HHIIIHH", 0, 0, 0, len(packed), says, len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<HHH", 20, 0, 8) + sizes + name + packed
    directory = (
        b"PK\x01\x02"
        + struct.pack("<HHHH", 20, 20, 0, 8)
        + sizes
        + struct.pack("<HHHII", 0, 0, 0, 0, 0)
        + name
    )
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(local), 0)
    return local + directory + end


def zeros(size: int) -> bytes:
    """The deflated form of so many noughts, made of one piece repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(b"0" * MB) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (size // MB) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def with_part(path: str, text: str) -> bytes:
    return zipped(bare_parts(HEADINGS) | {path: text})


def sheet(inside: str) -> bytes:
    return with_part(SHEET, f'<worksheet xmlns="{MAIN}">{inside}</worksheet>')


def document(main: str, content: bytes | str) -> bytes:
    """An Office file that is no workbook: what its main part is, and that part."""
    links = str(bare_parts()["_rels/.rels"]).replace("xl/workbook.xml", main)
    return zipped({"_rels/.rels": links, main: content})


def filled(rows: int, columns: int, cell: str = "<c s='{}'><v>{}</v></c>") -> bytes:
    """So many rows under the headings."""
    return bare(
        HEADINGS
        + "".join(
            f"<row r='{row}'>{''.join(cell.format(column % 9, row * column) for column in range(columns))}</row>"
            for row in range(2, rows + 2)
        )
    )


def bit_set(content: bytes, mark: bytes, offset: int) -> bytes:
    """Each header of an archive says that its member has a password."""
    changed = bytearray(content)
    at = changed.find(mark)
    while at >= 0:
        changed[at + offset] |= 1
        at = changed.find(mark, at + 4)
    return bytes(changed)


REFUSED = {
    "nothing": (lambda: b"", "is empty"),
    "blanks": (lambda: b" \r\n\t", "is empty"),
    "random bytes": (lambda: random.Random(1).randbytes(100_000), "is neither a workbook"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "is neither a workbook"),
    "a PDF": (lambda: b"%PDF-1.7 and more", "is neither a workbook"),
    "a web page": (lambda: b"\xef\xbb\xbf <html><table><tr><td>Practice", "is a web page or XML"),
    "XML of 2003": (lambda: b'<?xml version="1.0"?><Workbook/>', "is a web page or XML"),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"old format of Excel \(.xls\)"),
    "a workbook with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "has a password",
    ),
    "an archive with a password": (
        lambda: bit_set(bit_set(GOOD, b"PK\x01\x02", 8), b"PK\x03\x04", 6), "has a password",
    ),
    "a Word document": (lambda: document("word/document.xml", "<w:document/>"), "is a Word document"),
    "a binary workbook": (lambda: document("xl/workbook.bin", b"\x83\x01"), r"binary workbook \(.xlsb\)"),
    "an OpenDocument sheet": (lambda: zipped({"mimetype": "x", "META-INF/manifest.xml": "<x/>"}), "OpenDocument"),
    "some other archive": (lambda: zipped({"readme.txt": "x"}), "is not a spreadsheet"),
    "two csv files": (lambda: zipped({"a.csv": "x", "b.csv": "x"}), "2 csv files in it"),
    "a packed archive in an archive": (lambda: gzip.compress(gzip.compress(b"x")), "is neither a workbook"),
    "a bomb": (lambda: one_member(b"xl/worksheets/sheet1.xml", zeros(1200 * MB), says=1200 * MB), "more than 50 MB"),
    "a bomb that says it is small": (
        lambda: one_member(b"money.csv", zeros(1200 * MB), says=1000), "is damaged",
    ),
    "a bomb within the size": (
        lambda: one_member(b"xl/worksheets/sheet1.xml", zeros(45 * MB), says=45 * MB), "over 500 times its size",
    ),
    "a gz bomb": (lambda: gzip.compress(b"0" * 60 * MB, 1), "more than 50 MB"),
    "an xz bomb": (lambda: lzma.compress(b"0" * 60 * MB, preset=0), "more than 50 MB"),
    "201 members": (lambda: zipped({f"{number}.xml": "" for number in range(201)}), "more than 200 files"),
    "a giant directory": (lambda: GOOD[:50] + b"PK\x01\x02" * 2 * MB + GOOD[-22:], "more than 200 files"),
    "cells A1 and XFD1048576": (
        lambda: bare(f"<row r='1'>{inline('x', 'A1')}</row><row r='1048576'>{inline('x', 'XFD1048576')}</row>"),
        "something in column XFD: the most is 256 columns",
    ),
    "a column past the last": (lambda: bare("<row r='1'><c r='XXXXX1'><v>1</v></c></row>"), "is damaged"),
    "rows out of order": (lambda: bare("<row r='2'/><row r='1'/>"), "is damaged"),
    "a row number of 5,000 digits": (lambda: bare(f"<row r='{'9' * 5000}'/>"), "is damaged"),
    "a shared text that is not there": (lambda: bare("<row><c t='s'><v>-1</v></c></row>"), "is damaged"),
    "entities in a sheet": (lambda: with_part(SHEET, f"{ENTITIES}<x>&i;</x>"), "declares XML entities"),
    "entities in the texts": (lambda: with_part(TEXTS, f"{ENTITIES}<x>&i;</x>"), "declares XML entities"),
    "an entity from outside": (
        lambda: with_part(BOOK, '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'), "declares XML entities",
    ),
    "XML that ends early": (lambda: sheet("<sheetData><row>"[:-1]), "is damaged"),
    "a part in a strange encoding": (
        lambda: with_part(BOOK, '<?xml version="1.0" encoding="utf-7"?><x/>'), "is damaged",
    ),
    "sheets without end": (lambda: bare(sheets='<sheet name="a" r:id="rId1"/>' * 5000), "nothing in its sheets"),
    "more rows than are taken": (lambda: filled(20_001, 2), "more than 20,000 rows"),
    "rows of text without end": (lambda: b"Practice,Amount\n" + b"Y,1\n" * (2 * MB), "more than 20,000 rows"),
    "empty rows of text without end": (lambda: b"Practice,Amount\n" + b",\n" * (4 * MB), "more cells than are taken"),
    "empty lines without end": (lambda: b"Practice,Amount\n" + b"\n" * (9 * MB), "more than 1,048,576 rows"),
    "columns without end": (lambda: b"Practice,Amount" + b",x" * 300 + b"\n", "in column KP: the most is 256"),
    "empty cells without end": (lambda: filled(15_000, 250, "<c s='{}'/>"), "more cells than are taken"),
    "cells without end": (lambda: filled(4000, 250), "more cells than are taken"),
    "elements within elements": (lambda: sheet("<a>" * 100_000), "is damaged"),
    "a very long cell of text": (lambda: b"Practice,Amount\n" + b"Y" * 9 * MB, "more than 32,767 characters"),
    "a quotation mark never closed": (
        lambda: b'Practice,Amount\nY1A,"5\nY2A,6\n', "cannot be read after row 1: a quotation mark",
    ),
    "a very long cell": (lambda: bare(f"<row>{inline('x' * 40_000)}</row>"), "more than 32,767 characters"),
    "a very long shared text": (
        lambda: bare(strings=f"<si><t>{'x y' * 20_000}</t></si>"), "more than 32,767 characters",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_is_refused_in_a_sentence(what):
    make, sentence = REFUSED[what]
    content = make()
    with pytest.raises(Unreadable, match=sentence) as refused:
        read_table(sent(content, "../we/Money\n2018.xlsx"), WANTED)
    assert str(refused.value).startswith("Money2018.xlsx ")
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_a_workbook_cut_short_anywhere_is_refused():
    whole = saved(book_of(("Practice code", "Amount"), *(("Y1A", number / 7) for number in range(200))))
    for cut in (30, 200, len(whole) // 3, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        with pytest.raises(Unreadable, match="is damaged"):
            read_table(sent(whole[:cut], "money.xlsx"), WANTED)


def test_a_workbook_with_any_byte_changed_is_read_or_refused():
    """Never an error of ours: whatever comes is either a table or a sentence."""
    chance = random.Random(2018)
    for _ in range(25):
        broken = bytearray(GOOD)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        said = ""
        try:
            read_table(sent(bytes(broken), "money.xlsx"), WANTED)
        except Unreadable as refused:
            said = str(refused)
        assert "cannot be read" not in said


def test_a_file_over_the_size_is_not_even_opened(monkeypatch):
    monkeypatch.setattr(uploaded, "_command", None)
    with pytest.raises(Unreadable, match="is larger than 10 MB"):
        read_table(sent(bytes(settings.MAX_UPLOAD + 1)), WANTED)


# The limits of the process that reads.


def end_of(code: str) -> int:
    """How a process ends that sets its limits and goes on as ``code`` says."""
    start = "from resilience.core.reading.__main__ import limit; limit(200 << 20, 1, 1);"
    done = subprocess.run(
        [sys.executable, "-c", start + code], cwd=settings.BASE_DIR, capture_output=True, timeout=60
    )
    return done.returncode


def test_time_at_work_is_limited():
    assert end_of("signal = __import__('signal'); signal.alarm(50)\nwhile True: pass") == -signal.SIGXCPU


def test_time_at_all_is_limited():
    """Of the real process: it waits for a request that never ends."""
    command = uploaded._command(Limits(wall=1))
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE) as process:
        assert process.wait(60) == -signal.SIGALRM


def test_files_cannot_be_written(tmp_path):
    end_of(f"open({str(tmp_path / 'x')!r}, 'w').write('x')")
    assert (tmp_path / "x").read_bytes() == b""


def test_memory_is_limited_and_said():
    content = bare(
        HEADINGS, strings="".join(f"<si><t>{number}{'x' * 90}</t></si>" for number in range(300_000))
    )
    assert read_table(sent(content, "money.xlsx"), WANTED).problem_count == 1
    with pytest.raises(
        Unreadable, match=r"^money.xlsx takes more time or memory to read than a table should"
    ):
        read_table(sent(content, "money.xlsx"), WANTED, limits=Limits(memory=48 * MB))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "takes more time or memory"),
        ("import os; os.abort()", "takes more time or memory"),
        ("raise SystemExit('our mistake')", "cannot be read: open it in Excel"),
        ("while True: pass", "takes more time or memory"),
    ],
    ids=["too long", "aborted", "failed", "deaf to its limits"],
)
def test_however_the_process_ends_a_sentence_is_said(code, sentence, monkeypatch):
    monkeypatch.setattr(uploaded, "_command", lambda limits: [sys.executable, "-S", "-c", code])
    with pytest.raises(Unreadable, match=f"^money.csv {sentence}"):
        read_table(sent(b"Practice,Amount\n" * 50_000), WANTED, limits=Limits(wall=-1))


def test_what_people_typed_is_not_in_the_log(monkeypatch, caplog):
    wrong = Wanted("amount", "money")
    object.__setattr__(wrong, "names", ({"secret": 1},))
    monkeypatch.setattr(uploaded, "_check", lambda columns: None)
    with pytest.raises(Unreadable, match="cannot be read"):
        read_table(sent(b"Practice,Amount\nY1A,5\n"), [wrong])
    assert "AttributeError at" in caplog.text
    assert "secret" not in caplog.text


def test_good_and_bad_files_at_once_each_get_their_own_answer():
    bomb = REFUSED["a bomb"][0]()
    giant = REFUSED["cells A1 and XFD1048576"][0]()

    def one(number: int) -> str:
        content = (GOOD, bomb, giant)[number % 3]
        try:
            return str(read_table(sent(content, f"{number}.xlsx"), WANTED).sum("amount"))
        except Unreadable as refused:
            return str(refused)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(one, range(18)))
    assert answers[::3] == ["500"] * 6
    assert all(
        answer.startswith(f"{3 * number + 1}.xlsx unpacks") for number, answer in enumerate(answers[1::3])
    )
    assert all("column XFD" in answer for answer in answers[2::3])


# The published payments.


@needs_data
def test_the_published_payments_are_read_to_the_penny():
    source = published("nhspayments_2018-19.csv.xz")
    wanted = [
        Wanted("practice code", required=True, filled=True),
        Wanted("amount", "money", names=("GP Forward View", "General Practice Forward View"), required=True),
        Wanted("opened", "date", names=("Practice Open Date",)),
        Wanted("closed", "date", names=("Practice Close Date",)),
        Wanted(
            "deductions", "money", names=("Deductions for Pensions, Levies and Prescription Charge Income",)
        ),
    ]
    table = read_table(sent(source.content, source.name), wanted)
    assert table.problems == []
    assert table.columns["amount"] == ("AR", "General Practice Forward View")

    lines = _apart(lzma.decompress(source.content).decode("utf-8-sig"))
    at = lines[0].index("General Practice Forward View")
    theirs = [Decimal(line[at]) * 100 for line in lines[1:]]
    assert [row["amount"] for row in table.rows] == theirs
    assert table.sum("amount") == sum(theirs) == 7_165_932_194
    assert sum(row["amount"] < 0 for row in table.rows) == 35
    assert [row.number for row in table.rows] == list(range(2, len(lines) + 1))
    assert [row["opened"] for row in table.rows[:2]] == [dt.date(1999, 4, 1), dt.date(1992, 1, 6)]


def _apart(text: str) -> list[list[str]]:
    """The cells of a csv file, split by hand: an independent reading."""
    lines, cells, cell, quoted = [], [], io.StringIO(), False
    for mark in text.replace("\r\n", "\n"):
        if mark == '"':
            quoted = not quoted
        elif mark in ",\n" and not quoted:
            cells.append(cell.getvalue())
            cell = io.StringIO()
            if mark == "\n":
                lines.append(cells)
                cells = []
        else:
            cell.write(mark)
    return lines
