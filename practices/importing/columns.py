"""What kind of file it is and which column is which, told by what they mean; nothing is guessed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from practices.importing.unpack import Unreadable, rows
from resilience.core.reading.unpack import normal

ODS_CODE = re.compile(r"[A-Z0-9]{3,10}")
_PEEK = 50

Numbered = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True, eq=False)
class Kind:
    """A published file: its name in words, the headings that tell it, and its columns by meaning.

    ``columns`` and ``optional`` map our word for a column to the headings publishers have given it
    (normalised: small letters, single spaces); a heading may be a pattern.
    """

    key: str
    words: str
    marks: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    optional: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fits: Callable[[list[str]], bool] | None = None


@dataclass
class Recognised:
    """A file whose kind is known: its rows with their numbers, and where each column is."""

    kind: Kind
    name: str
    at: dict[str, int]
    rows: Numbered
    headings: list[str] = field(default_factory=list)


def _is_register(row: list[str]) -> bool:
    return bool(len(row) == 27 and ODS_CODE.fullmatch(row[0]) and row[12] in _STATUSES and row[25].isdigit())


def _is_commissioners(row: list[str]) -> bool:
    return bool(len(row) == 27 and ODS_CODE.fullmatch(row[0]) and not row[12] and not row[25] and row[1])


_STATUSES = ("A", "C", "D", "P")
_PRACTICE_CODE = ("practice code", "gp practice code", "org code", "code")

REGISTER = Kind("register", "the ODS register of practices (epraccur)", fits=_is_register)
COMMISSIONERS = Kind("commissioners", "the ODS list of commissioners (eccg)", fits=_is_commissioners)
LIST_SIZES = Kind(
    "list_sizes",
    "the registered patients of practices (gp-reg-pat-prac-all)",
    marks=("number of patients", "total all"),
    columns={
        "practice code": _PRACTICE_CODE,
        "extract date": ("extract date",),
        "number of patients": ("number of patients", "total all"),
    },
    optional={"sex": ("sex",), "age": ("age",), "type": ("type", "org type")},
)
LOCALITIES = Kind(
    "localities",
    "the map of practices to networks and commissioners (gp-reg-pat-prac-map)",
    marks=("pcn code", "pcn name"),
    columns={
        "practice code": _PRACTICE_CODE,
        "extract date": ("extract date",),
        "PCN code": ("pcn code",),
        "PCN name": ("pcn name",),
    },
    optional={
        "commissioner code": ("ccg code", "sub icb location code"),
        "commissioner name": ("ccg name", "sub icb location name"),
        "office code": ("stp code", "icb code"),
        "office name": ("stp name", "icb name"),
        "region code": ("comm region code",),
        "region name": ("comm region name",),
    },
)
PAYMENTS = Kind(
    "payments",
    "the NHS payments to practices, for the names of commissioners and local offices",
    marks=("average number of registered patients", "global sum"),
    columns={
        "commissioner code": ("ccg code", "sub icb location code"),
        "commissioner name": ("ccg name", "sub icb location name"),
    },
    optional={
        "office code": (r"nhs england .*local office.* code",),
        "office name": (r"nhs england .*local office.* name",),
    },
)
CQC = Kind(
    "cqc",
    "CQC ratings",
    marks=("latest rating", "overall rating"),
    columns={
        "practice code": (*_PRACTICE_CODE, "location ods code"),
        "year": ("year",),
        "rating": ("latest rating", "overall rating"),
    },
    optional={"population group": ("service population group",), "domain": ("domain",)},
)
QOF = Kind(
    "qof",
    "QOF achievement",
    marks=(r".*achievement score.*", r"qof points .*", r".*points achieved.*"),
    columns={
        "practice code": _PRACTICE_CODE,
        "achievement score": (r"(qof )?achievement score( .*)?", r"(total )?(qof )?points achieved"),
    },
    optional={
        "per cent of points": (r"qof points total .*%", r"(qof )?achievement %.*", r"points achieved .*%")
    },
)
WORKFORCE = Kind(
    "workforce",
    "the practice workforce",
    marks=(r"total gp .*fte", "total nurses fte"),
    columns={
        "practice code": (*_PRACTICE_CODE, "prac code"),
        "year": ("year",),
        "patients": ("total patients",),
        "GPs, full-time equivalent": ("total gp extgl fte",),
        "nurses, full-time equivalent": ("total nurses fte",),
    },
)
DEPRIVATION = Kind(
    "imd",
    "deprivation by practice (IMD score)",
    marks=("areacode", "area code"),
    columns={
        "practice code": ("areacode", "area code"),
        "year": ("year", "time period"),
        "indicator": ("indicatorid", "indicator id"),
        "value": ("value",),
    },
)

REGISTER_KINDS = (REGISTER, COMMISSIONERS, LOCALITIES, LIST_SIZES, PAYMENTS)
INDICATOR_KINDS = (CQC, QOF, WORKFORCE, DEPRIVATION)


def recognise(name: str, content: bytes, kinds: tuple[Kind, ...]) -> Recognised:
    """Raises Unreadable, naming the missing column, or the files that are taken when it is none of them."""
    reader = rows(name, content)
    first = list(islice(reader, _PEEK))
    numbered = enumerate(chain(first, reader), 1)
    headings = [normal(heading) for heading in first[0]]
    for kind in (*REGISTER_KINDS, *INDICATOR_KINDS):
        if kind.fits and sum(map(kind.fits, first)) * 2 > len(first):
            return _if_wanted(Recognised(kind, name, {}, numbered), kinds)
        if _index(headings, kind.marks) is not None:
            at = _locate(name, kind, headings)
            next(numbered)
            return _if_wanted(Recognised(kind, name, at, numbered, first[0]), kinds)
    raise Unreadable(_why_unknown(name, first, kinds))


def _index(headings: list[str], patterns: tuple[str, ...]) -> int | None:
    for pattern in patterns:
        for index, heading in enumerate(headings):
            if re.fullmatch(pattern, heading):
                return index
    return None


def _locate(name: str, kind: Kind, headings: list[str]) -> dict[str, int]:
    at = {word: _index(headings, patterns) for word, patterns in (kind.columns | kind.optional).items()}
    missing = [word for word in kind.columns if at[word] is None]
    if missing:
        raise Unreadable(
            f"{name} looks like {kind.words}, but it has no column for: {', '.join(missing)}. "
            f"Its columns are: {_shown(headings)}."
        )
    return {word: index for word, index in at.items() if index is not None}


def _if_wanted(found: Recognised, kinds: tuple[Kind, ...]) -> Recognised:
    if found.kind not in kinds:
        command = "import_practices" if found.kind in REGISTER_KINDS else "import_indicators"
        raise Unreadable(f"{found.name} is {found.kind.words}: it is taken by manage.py {command}, not here.")
    return found


def _shown(cells: list[str]) -> str:
    text = ", ".join(cell.strip()[:40] for cell in cells[:30] if cell.strip())
    return text[:300] or "empty"


def _why_unknown(name: str, first: list[list[str]], kinds: tuple[Kind, ...]) -> str:
    coded = [row for row in first if row and ODS_CODE.fullmatch(row[0])]
    if REGISTER in kinds and len(coded) * 2 > len(first):
        widths = {len(row) for row in coded}
        if widths != {27}:
            width = next(iter(widths - {27}))
            return (
                f"{name} looks like an ODS file, but has {width} columns where those files have 27: "
                "choose the file as it was published."
            )
        return (
            f"{name} looks like an ODS file, but its column 13 (status) does not hold A, C, D or P, "
            "or its column 26 (prescribing setting) does not hold a number."
        )
    taken = "; ".join(kind.words for kind in kinds)
    return f"{name} is none of the files taken here ({taken}). It begins: {_shown(first[0])}."
