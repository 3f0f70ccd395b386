"""The money between the office and its CCGs: shared out, received, moved, and an earlier year closed."""

import datetime as dt
from collections.abc import Callable

from funding import actions as funding
from funding.allocations import actions as allocations
from funding.allocations import fair
from funding.allocations.filters import funds_rows
from funding.closing import actions as closing
from funding.models import Allocation, Move
from funding.moves import actions as moves
from funding.moves.actions import Place
from practices.models import Organisation, Person
from resilience.core.calendar import today
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.programmes.models import ProgrammeYear
from resilience.programmes.setup import add_standard_year


def tell_moves(chronicle: Chronicle, places: Places, people: People, years: dict[str, ProgrammeYear]) -> None:
    """Fair shares and moves of the local scheme; funds received; the national year before, closed."""
    _tell_fair_shares(chronicle, places, people, years["local"])
    _tell_moves(chronicle, places, people, years["local"])
    _tell_an_earlier_year(chronicle, places, people, years["national"])


def _fresh(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def _tell_fair_shares(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    def allocate() -> None:
        funding.set_allocation(
            by=_fresh(people.finance),
            year=year,
            commissioner=places.office,
            amount=10_000_00,
            why="Growth money of the region",
            key="demo-growth",
        )

    def share_out() -> None:
        by = _fresh(people.finance)
        allocation = Allocation.objects.get(year=year, commissioner=places.office)
        amounts = fair.proposal(fair.patients_below(by, allocation), 6_000_00)
        first, last = next(iter(amounts)), list(amounts)[-1]
        amounts[first] += 200_00
        amounts[last] -= 200_00
        reasons = {
            first: "Two practices there lost a partner each",
            last: "To where two practices lost a partner each",
        }
        allocations.share_out(
            by=by,
            allocation=allocation,
            total=6_000_00,
            amounts=amounts,
            reasons=reasons,
            key="demo-share",
        )

    def receive() -> None:
        by = _fresh(people.finance)
        for number, entry in enumerate(funds_rows(by).filter(allocation__year=year).order_by("pk")[:3]):
            allocations.confirm_funds(
                by=by, transfer=entry, received_on=today(), reference=f"BACS 41{number:03d}"
            )

    chronicle.tell(working_days_ago(118), allocate, hour=11)
    chronicle.tell(working_days_ago(117), share_out, hour=11)
    chronicle.tell(working_days_ago(110), receive, hour=15)


def _tell_moves(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    north, south, east = ((ccg, None) for ccg in places.ccgs)

    def ask(key: str, source: Place, target: Place, pence: int, why: str) -> Callable[[], object]:
        return lambda: moves.ask_move(
            by=_fresh(people.finance),
            year=year,
            kind=Move.Kind.VIREMENT,
            source=source,
            target=target,
            amount=pence,
            why=why,
            key=key,
        )

    def asked(key: str) -> Move:
        return Move.objects.get(key=key)

    chronicle.tell(working_days_ago(60), ask("demo-1", south, east, 2_500_00, "Four more practices bid"), 9)
    chronicle.tell(
        working_days_ago(59),
        lambda: moves.approve_move(by=_fresh(people.approver), move=asked("demo-1")),
        hour=15,
    )
    chronicle.tell(working_days_ago(40), ask("demo-2", north, south, 12_000_00, "For a joint project"), 9)
    chronicle.tell(
        working_days_ago(38),
        lambda: moves.refuse_move(
            by=_fresh(people.second_approver),
            move=asked("demo-2"),
            why="North’s own practices have not bid yet. Ask again after the deadline.",
        ),
        hour=15,
    )
    chronicle.tell(
        working_days_ago(2), ask("demo-3", east, north, 3_000_00, "A practice at risk of closure"), 9
    )


def _tell_an_earlier_year(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    ended = year.starts_on - dt.timedelta(days=1)
    ccg: Organisation = places.ccgs[0]
    made: list[ProgrammeYear] = []

    def set_up() -> None:
        earlier = add_standard_year(
            year.programme,
            "national",
            by=_fresh(people.admin),
            year_name=f"{ended.year - 1}/{ended.year % 100:02d}",
            starts_on=dt.date(ended.year - 1, 4, 1),
            ends_on=ended,
            contact_name=year.contact_name,
            contact_email=year.contact_email,
            contact_phone=year.contact_phone,
        )
        made.append(earlier)
        funding.set_allocation(
            by=_fresh(people.finance),
            year=earlier,
            commissioner=ccg,
            category=earlier.spend_categories.first(),
            amount=4_000_00,
            why="Opening balance of the year before",
            key="demo-earlier",
        )

    def close() -> None:
        closing.close_year(
            by=_fresh(people.finance),
            year=made[0],
            why="Books agreed with the finance system",
            into=year,
        )

    chronicle.tell(working_days_ago(126), set_up, hour=10)
    chronicle.tell(max(working_days_ago(116), year.starts_on), close, hour=17)
