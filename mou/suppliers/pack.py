"""The data pack: what is known of a practice, compared with its peers, who stay nameless."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from statistics import median, quantiles
from typing import Any

from mou.models import SupplierCase, SupplierConsent, SupplierFigure
from practices.models import Indicator, Practice
from resilience.core import pdf
from resilience.core.spreadsheets import Heading, xlsx
from resilience.core.words import day, plural

FEWEST = 5
"""With fewer peers than this nothing is compared: a figure could give one of them away."""


@dataclass(frozen=True)
class Line:
    """A figure of the practice with its source and period, and the peers it stands beside."""

    label: str
    value: str
    period: str
    source: str
    count: int = 0
    lower: str = ""
    middle: str = ""
    upper: str = ""
    standing: str = ""
    is_confidential: bool = False
    figure: int = 0
    """Of a figure that the supplier gathered: its id."""


def as_number(value: str) -> Decimal | None:
    """ "1,950", "94.5" or "94.5%" as a number; None for words."""
    try:
        found = Decimal(value.replace(",", "").strip().removesuffix("%").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**12 else None


def _said(value: Decimal, like: str) -> str:
    """With as many decimals as the practice's own figure, one more for a median between two."""
    places = len(like.replace("%", "").strip().partition(".")[2])
    rounded = f"{value:,.{places}f}"
    if Decimal(rounded.replace(",", "")) != value:
        rounded = f"{value:,.{places + 1}f}"
    return rounded + ("%" if like.strip().endswith("%") else "")


def compared(label: str, value: str, period: str, source: str, peers: Iterable[str], **more: Any) -> Line:
    """The line of a figure beside those of its peers, each one practice's; compared only with enough of them."""
    values = [each for each in peers if each.strip()]
    own = as_number(value)
    known = [number for each in values if (number := as_number(each)) is not None]
    if own is not None and len(known) >= FEWEST:
        lower, _, upper = quantiles(known, n=4, method="inclusive")
        middle = median(known)
        if own < lower:
            standing = "In the lowest quarter"
        elif own > upper:
            standing = "In the highest quarter"
        else:
            standing = "In the middle half"
        return Line(
            label,
            value,
            period,
            source,
            len(known),
            _said(lower, value),
            _said(middle, value),
            _said(upper, value),
            standing,
            **more,
        )
    if own is None and len(values) >= FEWEST:
        [(usual, times)] = Counter(values).most_common(1)
        most = f"{usual} ({times} of {len(values)})"
        same = sum(each == value for each in values)
        standing = f"The same as {same}"
        return Line(label, value, period, source, len(values), middle=most, standing=standing, **more)
    few = f"Too few to compare: fewer than {FEWEST} practices"
    return Line(label, value, period, source, standing=few, **more)


def pack_of(user: Any, case: SupplierCase) -> list[Line]:
    """Every figure on record of the practice, then those that the supplier gathered and this person may read."""
    practice = case.practice
    peers = Practice.objects.filter(commissioner=practice.commissioner_id, closed_on=None).exclude(
        pk=practice.pk
    )
    if practice.commissioner_id is None:
        peers = peers.none()
    return [
        *_list_size(practice, peers),
        *_indicators(practice, peers),
        *_gathered(user, case),
    ]


def _list_size(practice: Practice, peers: Any) -> list[Line]:
    latest = practice.list_sizes.order_by("-on").first()
    if latest is None:
        return []
    sizes = peers.filter(list_size__isnull=False).values_list("list_size", flat=True)
    said = (f"{each}" for each in sizes)
    return [compared("Registered patients", f"{latest.patients:,}", day(latest.on), latest.source, said)]


def _indicators(practice: Practice, peers: Any) -> list[Line]:
    latest: dict[str, Indicator] = {}
    for row in Indicator.objects.filter(practice=practice).order_by("label", "key", "-period", "-pk"):
        latest.setdefault(row.key, row)
    values: dict[tuple[str, str], list[str]] = {}
    same = Indicator.objects.filter(
        practice__in=peers,
        key__in=list(latest),
        period__in={each.period for each in latest.values()},
    )
    for key, period, value in same.values_list("key", "period", "value"):
        values.setdefault((key, period), []).append(value)
    return [
        compared(row.label, row.value, row.period, row.source, values.get((key, row.period), ()))
        for key, row in latest.items()
    ]


def _gathered(user: Any, case: SupplierCase) -> list[Line]:
    """Compared with what was gathered elsewhere under the same name, of practices that consent to it."""
    own = list(SupplierFigure.objects.visible_to(user).filter(supplier_case=case, withdrawn_at=None))
    consents = SupplierConsent.objects.filter(what=SupplierConsent.What.BENCHMARK, revoked_at=None)
    others = (
        SupplierFigure.objects.filter(
            withdrawn_at=None,
            label__in={each.label for each in own},
            supplier_case__in=consents.values("supplier_case"),
        )
        .exclude(supplier_case__practice=case.practice_id)
        .order_by("pk")
    )
    values: dict[tuple[str, str], dict[int, str]] = {}
    for label, period, practice, value in others.values_list(
        "label", "period", "supplier_case__practice", "value"
    ):
        values.setdefault((label, period), {})[practice] = value
    return [
        compared(
            each.label,
            each.value,
            each.period,
            each.source,
            values.get((each.label, each.period), {}).values(),
            is_confidential=each.is_confidential,
            figure=each.pk,
        )
        for each in own
    ]


def peers_of(case: SupplierCase) -> str:
    """Who the peers are, in words."""
    commissioner = case.practice.commissioner
    return f"the other practices of {commissioner.name}" if commissioner else "no other practices"


HEADINGS = (
    Heading("Figure"),
    Heading("This practice"),
    Heading("Period"),
    Heading("Source"),
    Heading("Practices compared", "number"),
    Heading("Lower quartile"),
    Heading("Median or usual"),
    Heading("Upper quartile"),
    Heading("Where it stands"),
    Heading("Confidential"),
)


def as_xlsx(lines: list[Line]) -> bytes:
    return xlsx(
        "Data pack",
        HEADINGS,
        (
            [
                each.label,
                each.value,
                each.period,
                each.source,
                each.count,
                each.lower,
                each.middle,
                each.upper,
                each.standing,
                "Yes" if each.is_confidential else "No",
            ]
            for each in lines
        ),
    )


def as_pdf(html: str, case: SupplierCase) -> bytes:
    return pdf.render(html, title=f"Data pack of {case.practice.name}")


def file_name(case: SupplierCase, ending: str) -> str:
    return f"data-pack-{case.practice.ods_code}.{ending}"


def how_many(lines: list[Line]) -> str:
    return plural(len(lines), "figure")
