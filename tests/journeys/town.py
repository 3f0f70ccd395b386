"""Where the journeys happen: one CCG with practices, the people of its office, and a programme with money."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from funding import actions as funding
from funding.invoices.actions import set_approval_limit
from mou import wording
from practices.models import Organisation, Person, Practice
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.programmes.models import ProgrammeYear
from resilience.programmes.setup import set_up_local, set_up_national
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.factories import make_ccg, make_local_office, make_person, make_practice, make_referral
from tests.funding.groups import grant


@dataclass
class Town:
    office: Organisation
    ccg: Organisation
    harbour: Practice
    mill: Practice
    abbey: Practice
    year: ProgrammeYear
    people: dict[str, Person]


def make_town(pounds: int = 20_000) -> Town:
    """Northvale: everything up to the moment before a practice is invited."""
    office = make_local_office(name="Westmere local office")
    ccg = make_ccg(office, name="NHS Northvale CCG", address="2 Market Square\nNorthvale")

    def practice(name: str, patients: int) -> Practice:
        return make_practice(ccg, name=name, list_size=patients)

    def person(name: str, title: str, role: str, over: Any) -> Person:
        email = f"{name.split()[0].lower()}@example.nhs.uk"
        return make_person(role, over, name=name, email=email, job_title=title, phone="01632 960900")

    people = {
        "admin": person("Ada Mercer", "System owner", Role.ADMINISTRATOR, office),
        "officer": person("Olu Martins", "Operational lead", Role.PROGRAMME_OFFICER, ccg),
        "approver": person("Grace Holt", "Associate director", Role.APPROVER, ccg),
        "finance": person("Fiona Reeve", "Finance lead", Role.FINANCE_LEAD, office),
    }
    day = today()
    year = set_up_national(
        office,
        name="Practice resilience programme",
        year_name="This year",
        starts_on=day - dt.timedelta(days=100),
        ends_on=day + dt.timedelta(days=264),
        opens_at=timezone.now() - dt.timedelta(days=90),
        closes_at=timezone.now() + dt.timedelta(days=90),
        contact_name="Resilience team",
        contact_email="team@example.nhs.uk",
        by=people["admin"],
    )
    wording.publish(year, "national", people["admin"])
    funding.set_allocation(
        by=people["finance"],
        year=year,
        commissioner=ccg,
        category=year.spend_categories.first(),
        amount=pounds * 100,
        why="Allocation letter",
        key="allocation",
    )
    return Town(
        office,
        ccg,
        practice("Harbour Street Surgery", 8_001),
        practice("Mill Lane Surgery", 5_500),
        practice("Abbey Health Centre", 6_250),
        year,
        people,
    )


@dataclass
class Scheme:
    """A local scheme that pays £1,000 for a health check, with a practice that it supports and no money yet."""

    year: ProgrammeYear
    referral: Referral
    manager: Person


def make_scheme(town: Town) -> Scheme:
    """Harbour Street is granted £1,000. Fiona approves invoices of up to £500 alone, Grace of up to £5,000."""
    day = today()
    year = set_up_local(
        town.office,
        name="Practice support scheme",
        year_name="This year",
        starts_on=day - dt.timedelta(days=100),
        ends_on=day + dt.timedelta(days=264),
        contact_name="Resilience team",
        contact_email="team@example.nhs.uk",
        by=town.people["admin"],
    )
    manager = make_person(Role.PRACTICE_USER, town.harbour, name="Maya Ellis", email="maya@example.nhs.uk")
    referral = make_referral(town.harbour, year, State.SUPPORTED, by=manager, contact_email=manager.email)
    grant(referral, 1_000_00)
    for who, pounds in (("finance", 500), ("approver", 5_000)):
        set_approval_limit(
            by=town.people["admin"],
            person=town.people[who],
            pence=pounds * 100,
            starts_on=day,
            why="Scheme of delegation",
        )
    return Scheme(year, referral, manager)
