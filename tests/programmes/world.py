"""One office with a CCG below it and another office far away; an administrator of each."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from practices.models import Organisation, Person
from resilience.core.access import Role
from resilience.programmes.models import ProgrammeYear
from resilience.programmes.setup import set_up_national
from tests.factories import make_ccg, make_local_office, make_person

YEAR: dict[str, Any] = {
    "year_name": "2018/19",
    "starts_on": dt.date(2018, 4, 1),
    "ends_on": dt.date(2019, 3, 31),
    "contact_name": "Resilience team",
    "contact_email": "team@example.nhs.uk",
}


@dataclass
class World:
    office: Organisation
    ccg: Organisation
    administrator: Person
    stranger: Person
    year: ProgrammeYear


def make_world() -> World:
    office = make_local_office()
    ccg = make_ccg(office)
    administrator = make_person(Role.ADMINISTRATOR, office)
    year = set_up_national(office, name="Resilience programme", by=administrator, **YEAR)
    stranger = make_person(Role.ADMINISTRATOR, make_local_office())
    return World(office, ccg, administrator, stranger, year)
