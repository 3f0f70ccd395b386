"""HTML to PDF, for documents that must still be readable, by anyone, in thirty years.

Every file made here is PDF/A-3a (archiving) and PDF/UA-1 (accessibility) at once. Rendering
touches neither the network nor the disk: a document shows what it was given, nothing else.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from itertools import chain, zip_longest
from threading import Lock

import pydyf
import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

# PDF/A lets XMP hold only the properties it knows, and any others that an extension schema
# declares: without this, the mark of PDF/UA would itself break PDF/A.
_PDFUA_XMP = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
  <pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about=""
    xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>part</pdfaProperty:name>
      <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
      <pdfaProperty:category>internal</pdfaProperty:category>
      <pdfaProperty:description>Part of ISO 14289 followed</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
  </rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""

# In points, by document.css: a wide letter in a table, the padding of a cell, the text's width.
_LETTER, _PADDING, _LINE = 6, 13, 480

# Pango's font map is not made for several threads at a time: one lock for all that is rendered.
_rendering = Lock()
_ahead: ContextVar[tuple[tuple, bytes] | None] = ContextVar("pdf_made_ahead", default=None)


@cache
def _fonts() -> FontConfiguration:
    """Found once a process."""
    return FontConfiguration()


@cache
def _stylesheet() -> weasyprint.CSS:
    css = resources.files(__package__).joinpath("assets/document.css").read_text("utf-8")
    return weasyprint.CSS(string=css, font_config=_fonts(), url_fetcher=_nothing())


@cache
def _nothing() -> URLFetcher:
    """A fetcher that refuses every address: http, file, data and any other."""
    return URLFetcher(allowed_protocols=())


def _add_pdfua(document: weasyprint.Document, pdf: pydyf.PDF) -> None:
    """Declare PDF/UA-1 in the XMP that the PDF/A variant has just written."""
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    before, end, after = metadata.stream[0].rpartition(b"</rdf:RDF>")
    metadata.stream = [before + _PDFUA_XMP + end + after]
    metadata.compress = False  # for readers that know XMP but not PDF


def _fit_tables(page: weasyprint.HTML) -> None:
    """Let words break in those cells that would else push their table off the page.

    Allowing it everywhere would quadruple the time that a long table takes.
    """
    for table in page.etree_element.iter("table"):
        rows = [
            [(cell, _longest_word(cell)) for cell in row if cell.tag in ("td", "th")]
            for row in table.iter("tr")
        ]
        columns = zip_longest(*([size for _, size in row] for row in rows), fillvalue=0)
        widest = [max(column) for column in columns]
        if sum(widest) * _LETTER + len(widest) * _PADDING <= _LINE:
            continue
        share = (_LINE / len(widest) - _PADDING) / _LETTER
        for cell, size in chain.from_iterable(rows):
            if size > share:
                cell.set("class", f"{cell.get('class', '')} long-words")


def _longest_word(cell) -> int:
    return max(map(len, "".join(cell.itertext()).split()), default=0)


@contextmanager
def made_ahead(
    pdf: bytes, html: str, *, title: str, language: str = "en-GB", moment: dt.datetime | None = None
) -> Iterator[None]:
    """Within the block, `render` of exactly this input takes the bytes that another process made of it."""
    token = _ahead.set(((html, title, language, moment), pdf))
    try:
        yield
    finally:
        _ahead.reset(token)


def render(html: str, *, title: str, language: str = "en-GB", moment: dt.datetime | None = None) -> bytes:
    """The document as a tagged PDF, both PDF/A-3a and PDF/UA-1.

    `html` is a whole page or what goes inside its body; `assets/document.css` dresses it.
    `title` and `language` (BCP 47) are those of the file, whatever the page says of itself.
    Images, stylesheets and attachments that the page names by an address are left out.
    `moment` (aware) is written as the date of creation; without it the file bears no date.
    The same input gives the same bytes, in any process with the same fonts and libraries.
    """
    held = _ahead.get()
    if held and held[0] == (html, title, language, moment):
        return held[1]
    with _rendering:
        page = weasyprint.HTML(string=html, url_fetcher=_nothing())
        _fit_tables(page)
        document = page.render(font_config=_fonts(), stylesheets=[_stylesheet()])
        metadata = document.metadata
        metadata.title, metadata.lang = title, language
        metadata.created = metadata.modified = moment and moment.astimezone(dt.UTC).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
        pdf = document.write_pdf(finisher=_add_pdfua, pdf_variant="pdf/a-3a")
        # A compressed stream that happens to end with a carriage return and the line feed after
        # it look like one end of line, and PDF/A then finds the stream a byte short.
        if b"\r\nendstream" in pdf:
            pdf = document.write_pdf(finisher=_add_pdfua, pdf_variant="pdf/a-3a", uncompressed_pdf=True)
        return pdf
