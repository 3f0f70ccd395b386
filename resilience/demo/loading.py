"""Loads the whole demonstration, in one transaction: there is all of it or nothing."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction

from funding import actions as funding
from funding.allocations.shares import indicative
from mou import wording
from practices import actions as people_actions
from practices.models import Organisation, Person, Practice
from practices.scopes import Scope
from resilience.assessments import actions as assessments
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.demo.agreements import tell_agreements
from resilience.demo.bids import tell_bids
from resilience.demo.case_studies import tell_case_studies
from resilience.demo.delivery import tell_delivery
from resilience.demo.evidence import set_up_clusters, tell_clusters, tell_evidence
from resilience.demo.groups import tell_groups
from resilience.demo.health_checks import tell_health_checks
from resilience.demo.invoices import tell_invoices
from resilience.demo.moves import tell_moves
from resilience.demo.past import Chronicle, at, received_to_be_due, working_days_ago
from resilience.demo.people import People, make_people, make_person
from resilience.demo.places import Places, make_places
from resilience.demo.reports import tell_reports
from resilience.demo.runs import tell_runs
from resilience.demo.stories import Story
from resilience.demo.suppliers import tell_suppliers
from resilience.demo.wording import tell_wording
from resilience.programmes.models import ProgrammeYear, SpendCategory
from resilience.programmes.setup import set_up_local, set_up_national

ALLOCATIONS = {"national": (96_000_00, 74_500_00, 58_250_50), "local": (48_000_00, 45_000_00, 51_000_00)}
"""Pence for each of the three CCGs."""


def financial_year(day: dt.date) -> tuple[str, dt.date, dt.date]:
    """Name, first and last day of the NHS year that ``day`` falls in."""
    start = day.year if day >= dt.date(day.year, 4, 1) else day.year - 1
    return f"{start}/{(start + 1) % 100:02d}", dt.date(start, 4, 1), dt.date(start + 1, 3, 31)


@transaction.atomic
def load() -> None:
    """Make places, people, programmes and every case. The database has nobody in it yet."""
    now, long_ago = today(), working_days_ago(130)
    with at(dt.datetime.combine(long_ago, dt.time(9), tzinfo=dt.UTC)):
        places = make_places()
        people = make_people(places)
        years = _programmes(places, people, now)
        tell_wording(people, years)
    _hold_open(years)
    _loose_ends(places, people)
    chronicle = Chronicle()
    _tell_national(chronicle, places, people, years["national"])
    _tell_local(chronicle, places, people, years["local"])
    tell_groups(chronicle, places, people, years["national"])
    tell_bids(chronicle, places, people, years["local"])
    tell_invoices(chronicle, places, people, years["national"])
    tell_runs(chronicle, places, people)
    tell_suppliers(chronicle, places, people, years["national"])
    tell_evidence(chronicle, places, people, years["local"])
    tell_clusters(chronicle, places, people, years["clusters"])
    tell_health_checks(chronicle, places, people, years["local"], years["clusters"])
    tell_reports(chronicle, places, people, years["national"], ALLOCATIONS["national"])
    tell_moves(chronicle, places, people, years)
    tell_delivery(chronicle, places, people, years["national"])
    tell_case_studies(chronicle, people, years["national"])
    tell_agreements(chronicle, places, people, years)
    chronicle.happen()


def _programmes(places: Places, people: People, day: dt.date) -> dict[str, ProgrammeYear]:
    name, starts_on, ends_on = financial_year(day)
    common = {
        "year_name": name,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "contact_name": "Resilience team",
        "contact_email": "resilience@example.nhs.uk",
        "contact_phone": "01632 960999",
        "by": people.admin,
    }
    years = {
        "national": set_up_national(places.office, name="General practice resilience programme", **common),
        "local": set_up_local(places.office, name="Three CCGs practice support scheme", **common),
    }
    for kind, year in years.items():
        wording.publish(year, kind, people.admin)
        for ccg, pence in zip(places.ccgs, ALLOCATIONS[kind], strict=True):
            shared: list[tuple[SpendCategory | None, int]] = [*indicative(year, pence).items()]
            for category, part in shared or [(None, pence)]:
                funding.set_allocation(
                    by=people.finance,
                    year=year,
                    commissioner=ccg,
                    category=category,
                    amount=part,
                    why="Allocation letter",
                    key=uuid.uuid4().hex,
                )
    return years | {"clusters": set_up_clusters(places, people, common)}


def _hold_open(years: dict[str, ProgrammeYear]) -> None:
    """Open since before the first case and for two months to come, whatever the day of the year."""
    first = dt.datetime.combine(working_days_ago(125), dt.time(9), tzinfo=dt.UTC)
    last = dt.datetime.combine(today() + dt.timedelta(days=60), dt.time(17), tzinfo=dt.UTC)
    for year in years.values():
        year.opens_at, year.closes_at = min(year.opens_at, first), max(year.closes_at, last)
        year.save()


def _loose_ends(places: Places, people: People) -> None:
    """A supplier with practices, a newcomer who waits, an invitation, an interest."""
    for practice in places.practices[places.ccgs[0].name][2:8]:
        practice.supplier_assignments.create(
            supplier=places.supplier, started_on=today() - dt.timedelta(days=90)
        )
    newcomer = make_person(
        "newcomer@example.nhs.uk", "Jess Tully", "Deputy manager", people.practice.password
    )
    asked: Practice = places.practices[places.ccgs[1].name][5]
    people_actions.ask_for_link(by=newcomer, practice=asked, role_at_practice="Deputy practice manager")
    people_actions.invite(
        by=Person.objects.get(pk=people.admin.pk),
        email="auditor@example.nhs.uk",
        name="Idris Vaughan",
        role=Role.OBSERVER,
        scope=Scope(organisation=places.office),
    )
    assessments.declare_interest(
        by=Person.objects.get(pk=people.second_approver.pk),
        practice=places.practices[places.ccgs[0].name][4],
        nature="My sister is a partner there",
        started_on=today() - dt.timedelta(days=400),
    )


def _tell_national(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    within = year.acknowledge_within
    north, south, east = (places.practices[ccg.name] for ccg in places.ccgs)
    number = iter(range(1, 200))

    def story(practice: Practice, received: dt.date, until: str = "send", **more: Any) -> Story:
        return Story(chronicle, people, year, practice, received, next(number), until, **more).tell()

    # The clock: overdue, due today (or the next working day), due soon, fresh.
    story(north[1], working_days_ago(within + 2))
    story(south[1], working_days_ago(within + 1), by_email=True)
    story(north[2], received_to_be_due(within, 0))
    story(east[1], received_to_be_due(within, 0))
    story(south[2], received_to_be_due(within, 1))
    story(east[2], received_to_be_due(within, 2), others=(east[20], east[21]))
    story(north[3], working_days_ago(4))
    story(south[3], working_days_ago(2))
    story(east[3], working_days_ago(1), by_email=True)
    # Acknowledged; asked and waiting; asked and answered.
    story(north[6], working_days_ago(6), "acknowledge")
    story(south[6], working_days_ago(9), "acknowledge", ending="ask")
    story(east[6], working_days_ago(11), "acknowledge", ending="ask")
    story(north[7], working_days_ago(10), "acknowledge", ending="ask_and_answer")
    # Being assessed, one with a safety escalation.
    story(south[7], working_days_ago(12), "assess")
    story(east[7], working_days_ago(13), "assess", ending="escalate")
    # Placed all over the matrix.
    cells = ((5, 5), (4, 5), (5, 4), (4, 3), (3, 4), (2, 5), (3, 2), (2, 2), (1, 3), (1, 1), (5, 1), (4, 4))
    for index, cell in enumerate(cells):
        practice = (north, south, east)[index % 3][9 + index // 3]
        ending = "review" if cell == (3, 4) else ""
        story(practice, working_days_ago(20 + index), "place", cell=cell, ending=ending)
    story(north[14], working_days_ago(28), "place", cell=(3, 3), ending="refuse")
    story(south[14], working_days_ago(30), "place", cell=(1, 2), ending="refuse")
    story(east[14], working_days_ago(26), "place", cell=(3, 3), ending="defer")
    # Supported, committed, and every stage of the agreement.
    story(north[15], working_days_ago(22), "support", cell=(4, 4), pence=6_000_00)
    story(south[15], working_days_ago(24), "support", cell=(5, 4), pence=3_500_00)
    backfill = {"route": "backfill", "cost_centre": "E99C02"}
    story(east[15], working_days_ago(25), "commit", cell=(4, 5), pence=5_250_50, paid_by=backfill)
    story(north[16], working_days_ago(34), "plan", cell=(5, 5), pence=8_000_00)
    story(south[16], working_days_ago(35), "plan", cell=(4, 4), pence=4_400_00, ending="practice_agrees")
    story(east[19], working_days_ago(33), "plan", cell=(4, 4), pence=2_500_00, ending="agree")
    story(east[16], working_days_ago(52), "send_mou", cell=(5, 4), pence=7_750_00)
    story(
        north[0], working_days_ago(31), "send_mou", cell=(5, 5), pence=9_000_00, others=(north[20], north[21])
    )
    bought = {"route": "supplier", "supplier": places.supplier, "cost_centre": "E99B01"}
    story(south[17], working_days_ago(40), "practice_signs", cell=(4, 4), pence=3_050_00, paid_by=bought)
    story(east[17], working_days_ago(62), "sign", cell=(5, 5), pence=10_000_00)
    story(north[18], working_days_ago(75), "sign", cell=(5, 4), pence=6_500_00, others=(north[22],))
    story(south[18], working_days_ago(88), "sign", cell=(4, 5), pence=5_000_00)
    # Withdrawn, and a draft.
    story(east[18], working_days_ago(18), "acknowledge", ending="withdraw")
    drafted = Story(chronicle, people, year, south[20], today(), next(number))
    chronicle.tell(today(), drafted.draft, hour=9)


def _tell_local(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    north, south, east = (places.practices[ccg.name] for ccg in places.ccgs)

    def story(practice: Practice, number: int, days: int, until: str, **more: Any) -> None:
        Story(
            chronicle,
            people,
            year,
            practice,
            working_days_ago(days),
            100 + number,
            until,
            pence=3_000_00,
            **more,
        ).tell()

    story(north[24], 1, 1, "send")
    story(south[24], 2, 3, "send")
    story(east[24], 3, 7, "acknowledge")
    story(north[25], 4, 15, "acknowledge", ending="refuse")
    story(south[25], 5, 18, "support")
    story(east[25], 6, 20, "commit")
    story(north[26], 7, 36, "send_mou")
    story(south[26], 8, 60, "sign")
    drafted = Story(chronicle, people, year, north[0], today(), 109)
    chronicle.tell(today(), drafted.draft, hour=9)


def is_loaded() -> bool:
    """Somebody is there already: the demonstration is loaded, or this is no place for it."""
    return Person.objects.exists() or Organisation.objects.exists()
