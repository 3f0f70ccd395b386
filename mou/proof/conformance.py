"""Whether a PDF keeps the two profiles that our documents are made by: PDF/A-3a (archiving), PDF/UA-1 (accessibility).

What a document declares is told from its bytes. Whether it keeps every rule, an independent checker tells; it is as
large as all of this service together, so it is installed only where it is wanted: ``pip install page-validation``.
"""

import re
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

VALIDATOR = "page"

# Our metadata is plain text in the file, for readers that know XMP but not PDF.
_DECLARED = (
    ("PDF/A-3", re.compile(rb"<pdfaid:part>3</pdfaid:part>|pdfaid:part=\"3\"")),
    (
        "level A of PDF/A-3",
        re.compile(rb"<pdfaid:conformance>A</pdfaid:conformance>|pdfaid:conformance=\"A\""),
    ),
    ("PDF/UA-1", re.compile(rb"<pdfuaid:part>1</pdfuaid:part>|pdfuaid:part=\"1\"")),
)


def undeclared(pdf: bytes) -> list[str]:
    """A sentence for each profile that the document does not say it keeps."""
    if not pdf.startswith(b"%PDF-"):
        return ["It is not a PDF."]
    return [f"It does not declare {name}." for name, pattern in _DECLARED if not pattern.search(pdf)]


def is_installed() -> bool:
    """Is the independent checker there?"""
    return find_spec(VALIDATOR) is not None


def validator() -> Callable[[bytes], list[str]]:
    """The independent checker: a sentence for each rule of either profile that a PDF breaks. ImportError without it."""
    page = import_module(VALIDATOR)
    profiles = {
        "PDF/A-3a": page.ValidationProfile.PDF_A_3A,
        "PDF/UA-1": page.ValidationProfile.PDF_UA_1,
    }

    def problems(pdf: bytes) -> list[str]:
        return [
            f"It breaks {name}: {each.rule_id}, {each.message}"
            for name, profile in profiles.items()
            for each in page.validate_pdf_bytes(pdf, profile=profile).failures
        ]

    return problems
