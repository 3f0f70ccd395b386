"""A stored document taken apart: at its clauses, to set comments beside them; and into passages, to compare two."""

import re
from html.parser import HTMLParser

_CLAUSE = re.compile(r'<div class="clause" id="(clause-[0-9-]+)">.*?</div>', re.S)


def anchors_of(html: str) -> list[str]:
    """The clauses that a comment can point at: "clause-3-2"."""
    return _CLAUSE.findall(html)


def pieces_of(html: str) -> list[tuple[str, str]]:
    """The document cut after each clause: (HTML, the clause it ends with, "" for what stands after the last)."""
    found, end = [], 0
    for match in _CLAUSE.finditer(html):
        found.append((html[end : match.end()], match[1]))
        end = match.end()
    return [*found, (html[end:], "")]


def clause_words(html: str, anchor: str) -> str:
    """The words of a clause, "" where the document has none such."""
    for match in _CLAUSE.finditer(html):
        if match[1] == anchor:
            return " ".join(text for _, text in passages_of(match[0]))
    return ""


def name_of(anchor: str) -> str:
    """ "Clause 3.2", for people; "The whole draft" for ""."""
    return f"Clause {anchor.removeprefix('clause-').replace('-', '.')}" if anchor else "The whole draft"


class _Passages(HTMLParser):
    """Headings, clauses, rows, items and paragraphs as plain words, each with the heading it stands under."""

    ENDS = frozenset({"h1", "h2", "h3", "p", "li", "tr", "dd", "caption", "div"})
    SPACES = frozenset({"th", "td", "dt", "br", "span"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.under = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in self.SPACES:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SPACES:
            self.words.append(" ")
        if tag in self.ENDS:
            self.finish(is_heading=tag in ("h1", "h2", "h3"))

    def finish(self, is_heading: bool = False) -> None:
        text = " ".join("".join(self.words).split())
        self.words = []
        if not text:
            return
        if is_heading:
            self.under = text
        self.found.append((self.under, text))


def passages_of(html: str) -> list[tuple[str, str]]:
    """Each passage in reading order: (the heading it stands under, its words)."""
    parser = _Passages()
    parser.feed(html)
    parser.close()
    parser.finish()
    return parser.found
