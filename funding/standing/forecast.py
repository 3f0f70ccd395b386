"""What will have been spent by the end of a programme year: one definition, and month by month."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, partial

from funding import ledger
from funding.ledger import Figures
from funding.models import Allocation, Kind, Transfer
from funding.stages.worth import stage_amounts
from funding.standing.months import month_of, months_between
from resilience.core.calendar import today
from resilience.core.words import day
from resilience.programmes.models import PaymentStage, ProgrammeYear


@dataclass(frozen=True)
class Month:
    """What happened in a month (None: nothing), and sums since the start in pence at its end: of what happened,
    up to now; of what is expected, from now on.
    """

    month: dt.date
    happened: Figures | None
    promised: int | None
    paid: int | None
    expected: int | None


@dataclass(frozen=True)
class Forecast:
    """Pence: paid, payable and committed money that is expected by the year's end, and what is expected later."""

    year: ProgrammeYear
    figures: Figures
    expected: int
    months: list[Month]

    @property
    def total(self) -> int:
        return self.figures.paid + self.figures.payable + self.expected

    @property
    def later(self) -> int:
        """Committed, and not expected before the year has ended."""
        return self.figures.committed - self.expected

    @property
    def unspent(self) -> int:
        """What of the allocation the forecast leaves."""
        return self.figures.allocated - self.total

    @property
    def rule(self) -> list[str]:
        """The definition, as the page states it."""
        end = day(self.year.ends_on)
        return [
            f"The forecast is what is paid so far, what is payable now, and what is committed and expected to "
            f"become payable by the year’s end, {end}. Money that is not committed counts for nothing.",
            "Committed money is expected when its payment stages are: a stage with a date, in the month of that "
            "date, or in this month where the date has passed; a stage without one, in the last month of the year. "
            "Nothing more is expected of a stage that opens after the year’s end, or once the year has ended.",
        ]


def _expected_on(stage: PaymentStage) -> dt.date | None:
    return stage.opens_on or stage.due_on


def _unopened(
    year: ProgrammeYear, allocations: list[Allocation], stages: list[PaymentStage]
) -> dict[dt.date, int]:
    """Pence still committed under stages that have a date, by that date."""
    of_year = Transfer.objects.filter(commitment__referral__year=year)
    dated = sorted((on, stage.pk) for stage in stages if (on := _expected_on(stage)))
    made = of_year.filter(kind=Kind.MAKE_PAYABLE, stage__in=[stage for _, stage in dated])
    opened = set(made.order_by().values_list("commitment", "stage").distinct())
    amounts_of = cache(partial(stage_amounts, stages))
    sums: dict[dt.date, int] = defaultdict(int)
    for commitment, promised, left in ledger.still_committed(of_year, allocations):
        amounts = amounts_of(promised)
        for on, stage in dated:
            if (commitment, stage) not in opened:
                part = min(amounts[stage], left)
                sums[on] += part
                left -= part
    return sums


def _schedule(year: ProgrammeYear, allocations: list[Allocation], committed: int) -> dict[dt.date, int]:
    """Committed pence by the month in which it is expected, this one or a later one of the year."""
    now, last = today(), month_of(year.ends_on)
    if now > year.ends_on:
        return {}
    stages = list(year.stages.all())
    dated = _unopened(year, allocations, stages) if any(map(_expected_on, stages)) else {}
    found: dict[dt.date, int] = defaultdict(int)
    for on, pence in dated.items():
        if on <= year.ends_on:
            found[max(month_of(on), month_of(now))] += pence
    found[last] += committed - sum(dated.values())
    return found


def forecast(year: ProgrammeYear, allocations: list[Allocation]) -> Forecast:
    """The forecast of these allocations of ``year``. As many queries for any number of entries."""
    by_day = ledger.spread(allocations, "happened_on")
    happened: dict[dt.date, Figures] = defaultdict(Figures)
    for on, found in by_day.items():
        happened[month_of(on)] += found
    figures = ledger.total(happened.values())
    schedule = _schedule(year, allocations, figures.committed)
    now = month_of(today())
    first = min([month_of(year.starts_on), *happened])
    last = max([month_of(year.ends_on), *happened])
    known_until = max([min(now, last), *happened])
    so_far, coming, months = Figures(), figures.paid + figures.payable, []
    for month in months_between(first, last):
        so_far += happened.get(month, Figures())
        is_known = month <= known_until
        coming += schedule.get(month, 0)
        months.append(
            Month(
                month,
                happened.get(month),
                so_far.promised if is_known else None,
                so_far.paid if is_known else None,
                coming if month >= now else None,
            )
        )
    return Forecast(year, figures, sum(schedule.values()), months)
