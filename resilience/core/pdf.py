"""A page of ours as a tagged PDF (PDF/UA-1) for people to keep. Nothing is fetched while it is made."""

import datetime as dt
from functools import cache
from importlib import resources
from threading import Lock

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

# Pango's font map is not made for several threads at a time.
_rendering = Lock()


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@cache
def _nothing() -> URLFetcher:
    """Refuses every address: http, file, data and any other."""
    return URLFetcher(allowed_protocols=())


@cache
def _stylesheet() -> weasyprint.CSS:
    css = resources.files(__package__).joinpath("assets/pdf.css").read_text("utf-8")
    return weasyprint.CSS(string=css, font_config=_fonts(), url_fetcher=_nothing())


def render(html: str, *, title: str, moment: dt.datetime) -> bytes:
    """``html``, a whole page, as a PDF named ``title`` and dated ``moment``; the same input gives the same bytes."""
    with _rendering:
        page = weasyprint.HTML(string=html, url_fetcher=_nothing())
        document = page.render(font_config=_fonts(), stylesheets=[_stylesheet()])
        document.metadata.title = title
        document.metadata.created = document.metadata.modified = moment.astimezone(dt.UTC).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
        return document.write_pdf(pdf_variant="pdf/ua-1")
