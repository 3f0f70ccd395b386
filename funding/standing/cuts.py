"""Where the money of a programme year stands, cut one way: a table whose rows add up to the whole."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from funding import ledger
from funding.filters import NONE
from funding.ledger import PRACTICE, Figures, Part
from funding.models import Allocation, Commitment
from funding.standing.addresses import linked
from funding.standing.months import month_of, months_between
from funding.standing.tables import Cell, Line, Table, share
from practices.models import Organisation, Practice
from resilience.core.calendar import today
from resilience.core.spreadsheets import Heading
from resilience.programmes.models import MenuItem, ProgrammeYear

Rate = tuple[Heading, Callable[[Figures, Figures], float | None]]
"""A share of money: what it is called, and how it is worked out of a row's figures and the whole's."""

OF_ALLOCATIONS = (Part.ALLOCATED, Part.PROMISED, Part.COMMITTED, Part.PAYABLE, Part.PAID, Part.UNCOMMITTED)
OF_COMMITMENTS = (Part.PROMISED, Part.COMMITTED, Part.PAYABLE, Part.PAID)


def words_of(part: Part) -> str:
    """A figure's name at the head of a column."""
    return part.label.partition(" (")[0]


@dataclass(frozen=True)
class Slice:
    """One value of a cut: its name, what the ledger's filter takes, and its money (None: no entry yet)."""

    label: str
    value: Any
    figures: Figures | None
    extra: Sequence[Cell] = ()


@dataclass(frozen=True)
class Money:
    """The allocations of one programme year that a person may see, and what stands in each by id."""

    year: ProgrammeYear
    allocations: list[Allocation]
    by_allocation: dict[int, Figures]

    @classmethod
    def of(cls, year: ProgrammeYear, allocations: list[Allocation]) -> "Money":
        return cls(year, allocations, ledger.spread(allocations, "allocation"))

    @property
    def total(self) -> Figures:
        return ledger.total(self.by_allocation.values())

    def summed(self, of: Callable[[Allocation], Any]) -> dict[Any, Figures]:
        """Figures by what ``of`` says of an allocation."""
        sums: dict[Any, Figures] = {}
        for each in self.allocations:
            found = self.by_allocation.get(each.pk, Figures())
            sums[of(each)] = sums.get(of(each), Figures()) + found
        return sums


def _by_commissioner(money: Money) -> list[Slice]:
    names = {each.commissioner_id: each.commissioner.name for each in money.allocations}
    sums = money.summed(lambda each: each.commissioner_id)
    return [Slice(names[key], key, sums[key]) for key in sorted(sums, key=lambda pk: (names[pk], pk))]


def _by_category(money: Money) -> list[Slice]:
    """With the share that is meant for each, beside those of the allocation and of what is promised."""
    sums = money.summed(lambda each: each.category_id)
    whole = money.total
    found = []
    for each in money.year.spend_categories.all():
        figures = sums.pop(each.pk, None)
        kept = figures or Figures()
        shares = (
            Cell(float(each.indicative_share) / 100),
            Cell(share(kept.allocated, whole.allocated)),
            Cell(share(kept.promised, whole.promised)),
        )
        found.append(Slice(each.name, each.pk, figures, shares))
    if None in sums:
        kept = sums[None]
        shares = (
            Cell(None),
            Cell(share(kept.allocated, whole.allocated)),
            Cell(share(kept.promised, whole.promised)),
        )
        found.append(Slice("No category of spend", NONE, kept, shares))
    return found


def _rest(sums: dict[Any, Figures], label: str) -> list[Slice]:
    """What has no value, where something was promised or paid without one."""
    figures = sums.get(None, Figures())
    return [Slice(label, NONE, figures)] if figures.committed or figures.payable or figures.paid else []


def _by_item(money: Money) -> list[Slice]:
    """The year's menu, and what was carried forward from the menu of another year."""
    sums = ledger.spread(money.allocations, "commitment__item")
    rows = MenuItem.objects.filter(Q(year=money.year) | Q(pk__in=[key for key in sums if key]))
    found = [
        Slice(
            str(each) if each.year_id == money.year.pk else f"{each} ({each.year})",
            each.pk,
            sums.get(each.pk),
        )
        for each in rows.select_related("year__programme").order_by("-year__starts_on", "year", "position")
    ]
    return found + _rest(sums, "Paid before this service")


def _by_route(money: Money) -> list[Slice]:
    sums = ledger.spread(money.allocations, "commitment__route")
    found = [Slice(str(label), value, sums.get(value)) for value, label in Commitment.Route.choices]
    return found + _rest(sums, "Paid before this service")


def _by_supplier(money: Money) -> list[Slice]:
    sums = ledger.spread(money.allocations, "commitment__supplier")
    suppliers = Organisation.objects.filter(pk__in=[key for key in sums if key]).order_by("name", "pk")
    found = [Slice(each.name, each.pk, sums[each.pk]) for each in suppliers]
    return found + _rest(sums, "No supplier")


def _by_practice(money: Money) -> list[Slice]:
    sums = ledger.spread(money.allocations, PRACTICE)
    rows = Practice.objects.filter(pk__in=[key for key in sums if key]).order_by("name", "ods_code")
    return [
        Slice(f"{name} ({code})", code, sums[pk])
        for pk, code, name in rows.values_list("pk", "ods_code", "name")
    ]


def _by_month(money: Money) -> list[Slice]:
    """What happened in each month of the year so far, and in any other month."""
    sums: dict[Any, Figures] = defaultdict(Figures)
    for day, figures in ledger.spread(money.allocations, "happened_on").items():
        sums[month_of(day)] += figures
    until = min(today(), money.year.ends_on)
    known = {*months_between(money.year.starts_on, until), *sums}
    return [Slice(f"{each:%B %Y}", f"{each:%Y-%m}", sums.get(each)) for each in sorted(known)]


_OF_ALLOCATION: Sequence[Rate] = (
    (
        Heading("Promised, share of allocation", "percent"),
        lambda row, _: share(row.promised, row.allocated),
    ),
    (Heading("Paid, share of allocation", "percent"), lambda row, _: share(row.paid, row.allocated)),
)
_OF_PROMISED: Sequence[Rate] = (
    (
        Heading("Share of what is promised", "percent"),
        lambda row, whole: share(row.promised, whole.promised),
    ),
)


@dataclass(frozen=True)
class Cut:
    """A way to cut: its words, the ledger's filter of the same name, and what is said of its rows."""

    key: str
    text: str
    slices: Callable[[Money], list[Slice]]
    parts: Sequence[Part] = OF_COMMITMENTS
    rates: Sequence[Rate] = _OF_PROMISED
    extra: Sequence[Heading] = field(default_factory=tuple)
    note: str = ""

    @property
    def words(self) -> str:
        """Within a sentence."""
        return self.text if self.text.isupper() else self.text.lower()


_SHARES = (
    Heading("Indicative share", "percent"),
    Heading("Share of the allocation", "percent"),
    Heading("Share of what is promised", "percent"),
)
CUTS = (
    Cut("commissioner", "CCG", _by_commissioner, OF_ALLOCATIONS, _OF_ALLOCATION),
    Cut("category", "Category of spend", _by_category, OF_ALLOCATIONS, _OF_ALLOCATION, _SHARES),
    Cut("item", "Category of support", _by_item),
    Cut("route", "Route", _by_route),
    Cut("practice", "Practice", _by_practice),
    Cut("supplier", "Supplier", _by_supplier),
    Cut(
        "month",
        "Month",
        _by_month,
        OF_ALLOCATIONS,
        rates=(),
        note="What changed in each month, by the day that counts: of a payment, the bank's. "
        "What came in less what went out, so that a month may be below zero.",
    ),
)


def cut_asked(key: str, year: ProgrammeYear) -> Cut:
    """The cut of that name; the first where there is none such."""
    return next((each for each in cuts_of(year) if each.key == key), CUTS[0])


def cuts_of(year: ProgrammeYear) -> list[Cut]:
    """The ways in which a year can be cut: by category of spend only where it has some."""
    has_categories = bool(year.spend_categories.all())
    return [each for each in CUTS if each.key != "category" or has_categories]


def table_of(cut: Cut, money: Money, slices: Iterable[Slice], whole: str) -> Table:
    """``slices`` of ``cut`` (all, or those of one page), and under them the totals of the whole year."""
    query, total = {"year": money.year.pk}, money.total

    def rates(figures: Figures) -> list[Cell]:
        return [Cell(rate(figures, total)) for _, rate in cut.rates]

    lines = []
    for each in slices:
        cells = [linked(part, each.figures, **query, **{cut.key: each.value}) for part in cut.parts]
        lines.append(Line(each.label, [*cells, *rates(each.figures or Figures()), *each.extra]))
    blank = [Cell(None) for _ in cut.extra]
    feet = [Line(whole, [*(linked(part, total, **query) for part in cut.parts), *rates(total), *blank])]
    if Part.ALLOCATED not in cut.parts:
        blank = [Cell(None)] * (len(feet[0].cells) - 1)
        feet += [
            Line(words_of(part), [linked(part, total, **query), *blank])
            for part in (Part.UNCOMMITTED, Part.ALLOCATED)
        ]
    headings = [
        Heading(cut.text),
        *(Heading(words_of(part), "money") for part in cut.parts),
        *(heading for heading, _ in cut.rates),
        *cut.extra,
    ]
    return Table(f"{money.year} by {cut.words}", headings, lines, feet, [cut.note] if cut.note else ())
