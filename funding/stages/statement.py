"""A practice's own statement: what it was promised, what became payable, paid and clawed back, what is to come."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.timezone import localdate

from funding import ledger
from funding.models import Commitment, Kind, Transfer
from funding.stages.standing import Standing, standings
from practices.models import Practice
from resilience.core.access import P
from resilience.programmes.models import ProgrammeYear

SAID = {
    Kind.COMMIT: "Promised",
    Kind.RELEASE: "Promise reduced",
    Kind.MAKE_PAYABLE: "Became payable",
    Kind.WITHHOLD: "No longer payable",
    Kind.PAY: "Paid",
    Kind.REVERSE: "Payment reversed",
    Kind.CLAW_BACK: "Clawed back",
    Kind.PAID_BEFORE: "Paid before this service",
    Kind.RECOVERED_BEFORE: "Recovered before this service",
}
"""What happened in the practice's words; nothing else is its business."""

_TAKES_OFF = {Kind.RELEASE, Kind.WITHHOLD, Kind.REVERSE, Kind.CLAW_BACK, Kind.RECOVERED_BEFORE}
_OF_PAYMENT = {Kind.PAY, Kind.REVERSE, Kind.CLAW_BACK, Kind.PAID_BEFORE, Kind.RECOVERED_BEFORE}


@dataclass(frozen=True)
class Line:
    """One thing that happened to the practice's money; ``pence`` is below 0 where it takes off."""

    on: dt.date
    what: str
    pence: int
    kind: str
    reference: str
    stage: str
    commitment: Commitment | None


@dataclass
class OfYear:
    """One programme year of the statement, in pence."""

    year: ProgrammeYear
    promises: list[tuple[Commitment, int]] = field(default_factory=list)
    promised: int = 0
    became_payable: int = 0
    paid: int = 0
    clawed_back: int = 0
    payable: int = 0
    to_come: int = 0
    lines: list[Line] = field(default_factory=list)
    waiting: list[Standing] = field(default_factory=list)

    @property
    def payments(self) -> list[Line]:
        """What was paid or taken back."""
        return [each for each in self.lines if each.kind in _OF_PAYMENT]

    @property
    def opened(self) -> list[Line]:
        """What became payable, or no longer is."""
        return [each for each in self.lines if each.kind in (Kind.MAKE_PAYABLE, Kind.WITHHOLD)]


def statement(practice: Practice, user: Any) -> list[OfYear]:
    """The years in which money was promised or paid to ``practice``, the latest first.

    Links in what it waits for are for ``user``; commitments are those the person may see.
    """
    rows = list(
        Commitment.objects.visible_to(user, P.VIEW_STATEMENT)
        .filter(practice=practice)
        .select_related("referral__year__programme", "item", "supplier")
    )
    of_it = Transfer.objects.of_practice(practice)
    before = of_it.filter(kind__in=(Kind.PAID_BEFORE, Kind.RECOVERED_BEFORE))
    years: dict[int, OfYear] = {}
    for row in rows:
        year = row.referral.year
        years.setdefault(year.pk, OfYear(year))
    for transfer in before.select_related("allocation__year__programme").order_by("happened_on", "id"):
        year = transfer.allocation.year
        _add(years.setdefault(year.pk, OfYear(year)), transfer, None)
    known = {row.pk: row for row in rows}
    happened = of_it.filter(commitment__in=rows, kind__in=SAID).select_related("stage")
    for transfer in happened.order_by("happened_on", "id"):
        row = known[transfer.commitment_id or 0]
        _add(years[row.referral.year_id], transfer, row)
    _add_figures(years, rows, of_it)
    for of_one in standings(rows, user).values():
        for each in of_one:
            if each.made is None and each.worth:
                years[each.commitment.referral.year_id].waiting.append(each)
    return sorted(years.values(), key=lambda each: each.year.starts_on, reverse=True)


def _add(of_year: OfYear, transfer: Transfer, commitment: Commitment | None) -> None:
    kind = Kind(transfer.kind)
    on = localdate(transfer.made_at) if kind not in _OF_PAYMENT else transfer.happened_on
    of_year.lines.append(
        Line(
            on,
            SAID[kind],
            -transfer.amount if kind in _TAKES_OFF else transfer.amount,
            kind,
            transfer.why if kind == Kind.PAY else "",
            transfer.stage.name if commitment and transfer.stage else "",
            commitment,
        )
    )


def _add_figures(years: dict[int, OfYear], rows: list[Commitment], of_it: Any) -> None:
    """The totals, each from the ledger."""
    kinds = ledger.by_kind(of_it.filter(commitment__in=rows), "commitment")
    figures = ledger.of_commitments(rows)
    sums: dict[int, list[dict[str, int]]] = defaultdict(list)
    for row in rows:
        of_year = years[row.referral.year_id]
        of_year.payable += figures[row.pk].payable
        of_year.to_come += figures[row.pk].committed
        if row.pk in kinds:
            sums[of_year.year.pk].append(kinds[row.pk])
            promised = ledger.ever_promised(kinds[row.pk])
            of_year.promised += promised
            of_year.promises.append((row, promised))
    before = of_it.filter(kind__in=(Kind.PAID_BEFORE, Kind.RECOVERED_BEFORE))
    for year, of_one in ledger.by_kind(before, "allocation__year").items():
        sums[year].append(of_one)
    for pk, each in ((pk, each) for pk, several in sums.items() for each in several):
        years[pk].became_payable += each[Kind.MAKE_PAYABLE] - each[Kind.WITHHOLD]
        years[pk].paid += each[Kind.PAY] - each[Kind.REVERSE] + each[Kind.PAID_BEFORE]
        years[pk].clawed_back += each[Kind.CLAW_BACK] + each[Kind.RECOVERED_BEFORE]
