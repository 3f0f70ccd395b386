"""Published figures about practices: CQC ratings, QOF, workforce, deprivation. A suppressed figure is no figure."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from statistics import median
from typing import NamedTuple

from practices.importing.bulk import put
from practices.importing.columns import (
    CQC,
    DEPRIVATION,
    INDICATOR_KINDS,
    QOF,
    WORKFORCE,
    Recognised,
    recognise,
)
from practices.importing.records import Rejected, RejectedRows
from practices.importing.unpack import Unreadable
from practices.models import Indicator, Practice

LABELS = {
    "cqc_overall": "CQC overall rating",
    "qof_achievement": "QOF points achieved, %",
    "patients_per_gp_fte": "Patients per full-time equivalent GP",
    "patients_per_nurse_fte": "Patients per full-time equivalent nurse",
    "gp_fte": "GPs, full-time equivalent",
    "imd_score": "Deprivation (IMD score)",
}
SOURCES = {
    CQC: "Care Quality Commission",
    QOF: "Quality and Outcomes Framework, NHS England",
    WORKFORCE: "General practice workforce, NHS England",
    DEPRIVATION: "Index of Multiple Deprivation, OHID Fingertips",
}
RATINGS = ("Outstanding", "Good", "Requires improvement", "Inadequate")
IMD_INDICATOR = "93553"
_NOT_GIVEN = ("", ":", "NA", "N/A", "-", "*", "..")
_YEAR = re.compile(r"(?<!\d)(20\d\d)[-_/](?:20)?(\d\d)(?!\d)")


class Figure(NamedTuple):
    """One figure: ``key`` as criteria name it, ``value`` as it is shown."""

    code: str
    key: str
    value: str
    period: str


@dataclass
class IndicatorPlan:
    """The figures that are new or differ from those on record, and the rows left out."""

    rows: list[tuple[Figure, str]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, int]:
        """Per key the figures that would be written; then what would not."""
        written = Counter(figure.key for figure, _ in self.rows)
        return {
            **{LABELS[key]: written[key] for key in LABELS},
            **self.counts,
            "Rows rejected": len(self.rejected),
        }


def number(text: str) -> Decimal | None:
    """A figure, or None where none is given (":" is suppressed, "NA" not known). Raises ValueError."""
    text = text.strip().replace(",", "").removesuffix("%")
    if text.upper() in _NOT_GIVEN:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"“{text[:20]}” is not a number") from None
    if not value.is_finite():
        raise ValueError(f"“{text[:20]}” is not a number")
    return value


def _shown(value: Decimal, step: str) -> str:
    return f"{value.quantize(Decimal(step), ROUND_HALF_UP)}"


def _year(row: list[str], at: dict[str, int]) -> str:
    year = row[at["year"]].strip()
    if not re.fullmatch(r"(19|20)\d\d(/\d\d)?", year):
        raise ValueError(f"“{year[:20]}” is not a year")
    return year


def _cqc(row: list[str], at: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    for word in ("population group", "domain"):
        if word in at and row[at[word]].strip() != "Overall":
            return
    rating = row[at["rating"]].strip().capitalize()
    if rating in RATINGS:
        yield "cqc_overall", rating, _year(row, at)
    elif rating.upper() not in _NOT_GIVEN and rating not in ("Not rated", "Insufficient evidence to rate"):
        raise ValueError(f"“{rating[:40]}” is not a CQC rating")


def _workforce(row: list[str], at: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    year, patients = _year(row, at), number(row[at["patients"]])
    gps = number(row[at["GPs, full-time equivalent"]])
    nurses = number(row[at["nurses, full-time equivalent"]])
    if gps is not None:
        yield "gp_fte", _shown(gps, "0.1"), year
    for key, staff in (("patients_per_gp_fte", gps), ("patients_per_nurse_fte", nurses)):
        if patients and staff:
            yield key, _shown(patients / staff, "1"), year


def _deprivation(row: list[str], at: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    score = number(row[at["value"]])
    if row[at["indicator"]].strip() == IMD_INDICATOR and score is not None:
        yield "imd_score", _shown(score, "0.1"), _year(row, at)


_READERS: dict[str, Callable[[list[str], dict[str, int]], Iterator[tuple[str, str, str]]]] = {
    CQC.key: _cqc,
    WORKFORCE.key: _workforce,
    DEPRIVATION.key: _deprivation,
}


def _qof_reader(
    file: Recognised, period: str
) -> Callable[[list[str], dict[str, int]], Iterator[tuple[str, str, str]]]:
    """QOF's own: points achieved as a share of the year's total, which the file itself must tell."""
    year = _qof_year(file.name, period)
    rows = list(file.rows)
    file.rows = iter(rows)
    total = _qof_total(file, rows)

    def read(row: list[str], at: dict[str, int]) -> Iterator[tuple[str, str, str]]:
        score = number(row[at["achievement score"]])
        if score is None:
            return
        if not 0 <= score <= total:
            raise ValueError(f"{score} points are not between 0 and {total}")
        yield "qof_achievement", _shown(score * 100 / total, "0.1"), year

    return read


def _qof_year(name: str, period: str) -> str:
    if period:
        return period
    if match := _YEAR.search(name):
        return f"{match[1]}/{match[2]}"
    raise Unreadable(
        f"{name} does not say which year it is for: give it with --period, such as --period 2018/19."
    )


def _qof_total(file: Recognised, rows: list[tuple[int, list[str]]]) -> Decimal:
    """The points to be had: from the score's heading ("559 max"), else from scores beside their percentages."""
    heading = file.headings[file.at["achievement score"]]
    if match := re.search(r"(?<!\d)(?!(?:19|20)\d\d)(\d{3,4})(?!\d)", heading):
        return Decimal(match[1])
    column, ratios = file.at.get("per cent of points", -1), []
    for _, row in rows if column >= 0 else ():
        try:
            score, share = number(row[file.at["achievement score"]]), number(row[column])
        except (ValueError, IndexError):
            continue
        if score and share:
            ratios.append(score * 100 / share)
    if not ratios:
        raise Unreadable(
            f"{file.name} does not say out of how many points its scores are: its heading names no total, "
            "and there is no column with the percentage achieved."
        )
    return Decimal(round(median(ratios)))


def plan_indicators(files: Iterable[tuple[str, bytes]], period: str = "") -> IndicatorPlan:
    """What the files (name, content) would write. Raises Unreadable; practices not on record are rejected rows."""
    plan, rejected = IndicatorPlan(), RejectedRows()
    practices = set(Practice.objects.order_by().values_list("ods_code", flat=True))
    held = {
        (code, key, when): value
        for code, key, when, value in Indicator.objects.filter(key__in=LABELS)
        .order_by()
        .values_list("practice__ods_code", "key", "period", "value")
        .iterator(chunk_size=10_000)
    }
    for name, content in files:
        file = recognise(name, content, INDICATOR_KINDS)
        reader = _qof_reader(file, period) if file.kind is QOF else _READERS[file.kind.key]
        _read(file, reader, plan, rejected, practices, held)
    plan.rejected = list(rejected)
    return plan


def _read(
    file: Recognised,
    reader: Callable[[list[str], dict[str, int]], Iterator[tuple[str, str, str]]],
    plan: IndicatorPlan,
    rejected: RejectedRows,
    practices: set[str],
    held: dict[tuple[str, str, str], str],
) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    width = max(file.at.values()) + 1
    for row_number, row in file.rows:
        if len(row) < width:
            if any(row):
                rejected.add(file.name, row_number, f"it has {len(row)} columns, too few")
            continue
        plan.counts["Rows read"] += 1
        code = row[file.at["practice code"]].strip()
        if code not in practices:
            plan.counts["Rows of practices not on record"] += 1
            continue
        try:
            figures = list(reader(row, file.at))
        except ValueError as error:
            rejected.add(file.name, row_number, f"{code}: {error}")
            continue
        if not figures:
            plan.counts["Rows with no figure given"] += 1
        for key, value, when in figures:
            same = (code, key, when)
            if same in seen:
                rejected.add(file.name, row_number, f"{code} is already in row {seen[same]} for {when}")
                break
            seen[same] = row_number
            if held.get(same) == value:
                plan.counts["Figures unchanged"] += 1
                continue
            held[same] = value
            plan.rows.append((Figure(code, key, value, when), SOURCES[file.kind]))


def write_indicators(plan: IndicatorPlan) -> None:
    """Write the plan's figures; one on record for the same practice, key and period takes the new value."""
    ids = dict(Practice.objects.order_by().values_list("ods_code", "pk"))
    put(
        Indicator,
        ("practice", "key", "period", "label", "value", "source"),
        [
            (ids[figure.code], figure.key, figure.period, LABELS[figure.key], figure.value, source)
            for figure, source in plan.rows
        ],
        over=["practice", "key", "period"],
    )
