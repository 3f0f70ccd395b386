"""A wording as a file that people keep, read and send to another office: JSON, with the version of its format."""

import json
from typing import Any

from mou.models import Appendix
from mou.wording.words import SETTINGS, AppendixText, SectionText, Wording
from resilience.core.access import Denied

FORMAT = "wording of a memorandum of understanding"
FORMAT_VERSION = 1
MOST_BYTES = 500_000
CONTENT_TYPE = "application/json"

_KINDS: dict[str, tuple[type, ...]] = {
    "title": (str,),
    "has_supplier": (bool,),
    "notice_months": (int,),
    "notice_months_failure": (int, type(None)),
    "may_extend": (bool,),
}
_SAID = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "an object in braces",
}


def to_file(wording: Wording) -> bytes:
    """The wording, a clause a line of the file. The same wording gives the same bytes."""
    said = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **{name: getattr(wording, name) for name in SETTINGS},
        "sections": [
            {"heading": each.heading, "name": each.name, "clauses": each.clauses.splitlines()}
            for each in wording.sections
        ],
        "appendices": [
            {"kind": str(each.kind), "title": each.title, "words": each.words.splitlines()}
            for each in wording.appendices
        ],
    }
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def from_file(content: bytes) -> Wording:
    """What ``to_file`` wrote. Raises Denied with a sentence that says what is wrong, and where.

    Whether the words can be filled in is not asked here: see ``checks``.
    """
    if len(content) > MOST_BYTES:
        raise Denied(f"The file is too large for a wording: the most is {MOST_BYTES // 1000} KB.")
    said = _expect(_parsed(content), dict, "The file")
    if said.get("format") != FORMAT:
        raise Denied(f"This file is not a wording: it does not begin with “format”: “{FORMAT}”.")
    if said.get("format_version") != FORMAT_VERSION:
        raise Denied(
            f"This file says format version {str(said.get('format_version'))[:20]}; "
            f"this service reads version {FORMAT_VERSION}."
        )
    _only(said, {"format", "format_version", "sections", "appendices", *SETTINGS}, "The file")
    settings = {name: _setting(said, name) for name in SETTINGS}
    sections = [
        _section(each, f"Section {number}") for number, each in _numbered(said, "sections", "The file")
    ]
    appendices = [
        _appendix(each, f"Appendix part {number}")
        for number, each in _numbered(said, "appendices", "The file")
    ]
    return Wording(sections=tuple(sections), appendices=tuple(appendices), **settings).tidy()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Denied("The file is not text. Choose the .json file that was exported.") from None
    except json.JSONDecodeError as error:
        raise Denied(f"The file cannot be read at line {error.lineno}, character {error.colno}.") from None
    except (RecursionError, ValueError):
        raise Denied("The file cannot be read. Choose the .json file that was exported.") from None


def _expect(value: Any, kind: type, where: str) -> Any:
    if type(value) is not kind:
        raise Denied(f"{where} must be {_SAID[kind]}.")
    return value


def _only(said: dict[str, Any], known: set[str], where: str) -> None:
    for name in said:
        if name not in known:
            raise Denied(f"{where} holds “{name[:40]}”, which is no part of a wording.")


def _get(said: dict[str, Any], name: str, kind: type, where: str) -> Any:
    if name not in said:
        raise Denied(f"{where} has no “{name}”.")
    return _expect(said[name], kind, f"{where}: “{name}”")


def _setting(said: dict[str, Any], name: str) -> Any:
    if name not in said:
        raise Denied(f"The file has no “{name}”.")
    if type(said[name]) not in _KINDS[name]:
        raise Denied(f"The file: “{name}” must be {_SAID[_KINDS[name][0]]}.")
    return said[name]


def _numbered(said: dict[str, Any], name: str, where: str) -> list[tuple[int, Any]]:
    return list(enumerate(_get(said, name, list, where), start=1))


def _lines(said: dict[str, Any], name: str, where: str) -> str:
    lines = _get(said, name, list, where)
    return "\n".join(
        _expect(line, str, f"{where}, line {count}") for count, line in enumerate(lines, start=1)
    )


def _section(said: Any, where: str) -> SectionText:
    said = _expect(said, dict, where)
    _only(said, {"heading", "name", "clauses"}, where)
    return SectionText(
        _get(said, "heading", str, where), _lines(said, "clauses", where), _get(said, "name", str, where)
    )


def _appendix(said: Any, where: str) -> AppendixText:
    said = _expect(said, dict, where)
    _only(said, {"kind", "title", "words"}, where)
    kind = _get(said, "kind", str, where)
    if kind not in Appendix.Kind.values:
        raise Denied(
            f"{where}: “{kind[:40]}” is no kind of appendix. There are {', '.join(Appendix.Kind.values)}."
        )
    return AppendixText(kind, _get(said, "title", str, where), _lines(said, "words", where))
