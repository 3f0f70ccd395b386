"""Documents: conforming, the same every time, and made of nothing but what they were given."""

import hashlib
import io
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pikepdf
import pytest
import weasyprint
from pyhanko.pdf_utils.reader import PdfFileReader

from resilience.core import pdf as pdfs
from tests.core.conformance import problems
from tests.core.documents import MOMENT, TITLE, sample_html, sample_pdf, small_pdf


@pytest.fixture(scope="module")
def pdf():
    return sample_pdf()


def text_of(pdf: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def test_a_full_document_keeps_both_profiles(pdf):
    assert problems(pdf) == []


def test_streams_end_where_they_say():
    """Of a hundred documents, one or two would hold a compressed stream that ends in a carriage return."""
    pages = [f"<h1>Document {number}</h1><p>About {number * number}.</p>" for number in range(300)]
    made = [pdfs.render(page, title="Any") for page in pages]
    rewritten = [pdf for pdf in made if b"/ObjStm" not in pdf]
    assert rewritten, "None of them met the trap: the test shows nothing."
    assert [problems(pdf) for pdf in rewritten] == [[]] * len(rewritten)
    assert not any(b"\r\nendstream" in pdf for pdf in made)


def test_the_checker_sees_what_is_missing(pdf):
    without_ua = pdf.replace(b"<pdfuaid:part>1<", b"<pdfuaid:part>2<")
    without_a = pdf.replace(b'pdfaid:part="3"', b'pdfaid:part="1"')
    assert without_ua != pdf != without_a
    assert any(line.startswith("ua1") for line in problems(without_ua))
    assert any(line.startswith("3a") for line in problems(without_a))


def test_title_language_and_date_are_those_asked_for(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert str(document.docinfo["/Title"]) == TITLE
        assert str(document.Root.Lang) == "en-GB"
        assert str(document.docinfo["/CreationDate"]) == "D:20181005140507Z"
        xmp = document.open_metadata()
        assert xmp["dc:title"] == TITLE
        assert xmp["xmp:CreateDate"] == "2018-10-05T14:05:07Z"
        assert xmp["pdfuaid:part"] == "1"
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "A")


def test_what_the_page_says_of_itself_gives_way():
    page = '<html lang="fr"><head><title>Autre</title></head><body><h1>A</h1></body></html>'
    pdf = pdfs.render(page, title="Agreement", language="cy")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert (str(document.docinfo["/Title"]), str(document.Root.Lang)) == ("Agreement", "cy")
    assert problems(pdf) == []


def test_metadata_is_plain_text_in_the_file(pdf):
    metadata = PdfFileReader(io.BytesIO(pdf)).root["/Metadata"]
    assert "/Filter" not in metadata
    assert metadata.data in pdf


@pytest.mark.parametrize("title", ["</rdf:RDF>", "a & b < c", "“é”", "Łódź (1) \\ Ωmega", "x" * 900])
def test_any_title_conforms(title):
    pdf = pdfs.render("<h1>A</h1>", title=title)
    assert problems(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert str(document.docinfo["/Title"]) == title


def test_tables_repeat_their_headings_and_pages_are_numbered(pdf):
    pages = text_of(pdf).split("\f")[:-1]
    assert len(pages) > 4
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
        if "Coaching" in text:
            assert "Theme" in text
            assert "Commissioner" in text


PLAN = ["Deliverable", "Action", "Owner", "Resources", "Outcomes", "Monitoring", "Completion"]


@pytest.mark.parametrize(
    "cells",
    [
        ["short"] * 6 + ["y" * 200],
        ["y" * 200] + ["text of several words"] * 6,
        ["responsibilities"] * 7,
        ["https://www.example.nhs.uk/" + "a/" * 60, *["a"] * 6],
        ["W" * 30] * 7,
        ["a"],
    ],
)
def test_no_table_leaves_the_page(cells):
    """Whatever people typed: a document that loses words at its edge is no record."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in PLAN)
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    pdf = pdfs.render(
        f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{row}</tr></tbody></table>", title="Plan"
    )
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    right = [float(edge) for edge in re.findall(r'xMax="([0-9.]+)"', boxes)]
    assert len(right) >= len(PLAN)
    assert max(right) < 595 - 50
    shown = re.sub(r"\s", "", text_of(pdf))
    assert Counter(shown) >= Counter(re.sub(r"\s", "", "".join(cells)))


def test_every_cell_names_its_headings(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as document:
        cells = [item for item in document.objects if is_cell(item)]
        heads = {str(cell["/ID"]) for cell in cells if cell["/S"] == "/TH"}
        plain = [cell for cell in cells if cell["/S"] == "/TD"]
        assert len(plain) == 140
        for cell in plain:  # its row's and its column's
            names = [str(name) for name in cell["/A"]["/Headers"]]
            assert len(names) == len(set(names) & heads) == 2


def is_cell(item) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/S") in ("/TH", "/TD")


def test_every_glyph_is_there():
    pdf = pdfs.render("<p>£ ½ “quoted” – Łódź Ελλάδα Привет ≥ ✓ é</p>", title="Glyphs")
    assert "£ ½ “quoted” – Łódź Ελλάδα Привет ≥ ✓ é" in text_of(pdf)
    assert problems(pdf) == []


def test_same_input_same_bytes_here_and_in_a_fresh_process(pdf):
    small_pdf()  # what was rendered before leaves no mark
    assert sample_pdf() == pdf
    for seed in ("1", "2"):
        script = (
            "import hashlib; from tests.core.documents import sample_pdf; "
            "print(hashlib.sha256(sample_pdf()).hexdigest())"
        )
        told = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        )
        assert told.stdout.strip() == hashlib.sha256(pdf).hexdigest()


def test_another_word_gives_other_bytes(pdf):
    other = pdfs.render(sample_html().replace("good faith", "bad faith"), title=TITLE, moment=MOMENT)
    assert other != pdf


def test_without_a_moment_the_file_bears_no_date():
    pdf = small_pdf()
    assert b"CreateDate" not in pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert "/CreationDate" not in document.docinfo


def test_threads_can_render_at_once():
    expected = small_pdf()
    with ThreadPoolExecutor(4) as pool:
        assert all(pdf == expected for pdf in pool.map(lambda _: small_pdf(), range(12)))


@pytest.fixture
def web():
    """A server that notes who asks."""
    asked = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Noting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


HOSTILE = [
    '<img alt="x" src="{}">',
    '<link rel="stylesheet" href="{}">',
    '<link rel="attachment" href="{}">',
    '<a rel="attachment" href="{}">a</a>',
    "<style>@import url({});</style>",
    "<style>@font-face {{ font-family: x; src: url({}) }} p {{ font-family: x }}</style><p>a</p>",
    '<p style="background: url({})">a</p>',
    '<p style="content: url({})">a</p>',
    '<ul style="list-style-image: url({})"><li>a</li></ul>',
    '<object data="{}">a</object><embed src="{}">',
    '<svg width="9" height="9"><image href="{}" width="9" height="9"/><use href="{}#a"/></svg>',
    '<html><head><base href="{}"></head><body><img alt="" src="b"></body></html>',
]


@pytest.mark.parametrize("markup", HOSTILE)
def test_nothing_is_fetched_from_the_web(web, markup):
    address, asked = web
    assert pdfs.render(markup.replace("{}", address + "/a"), title="Hostile").startswith(b"%PDF-1.7")
    assert asked == []


opened = None


def note_opened(event, arguments):
    if opened is not None and event in ("open", "urllib.Request", "socket.connect"):
        opened.append(str(arguments[0]))


sys.addaudithook(note_opened)  # cannot be taken back: it only listens while a test asks it to


@pytest.fixture
def files_opened():
    global opened
    opened = []
    yield opened
    opened = None


@pytest.mark.parametrize("markup", HOSTILE)
@pytest.mark.parametrize("address", ["file:///etc/passwd", "FILE:/etc/passwd", "data:,passwd"])
def test_nothing_is_read_from_the_disk(files_opened, address, markup):
    pdf = pdfs.render(markup.replace("{}", address), title="Hostile")
    assert not [name for name in files_opened if "passwd" in name]
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert not document.attachments


def test_the_guards_can_fail(web, files_opened):
    """The control: with the library's own fetcher the same pages do ask and read."""
    address, asked = web
    for source in (address + "/a", "file:///etc/passwd"):
        weasyprint.HTML(string=f'<img src="{source}">').write_pdf()
    assert asked == ["/a"]
    assert [name for name in files_opened if "passwd" in name]
