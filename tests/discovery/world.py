"""One small world for the discovery tests: an own and a foreign object for every name an address may hold."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from practices.models import Organisation, Person, Practice
from resilience.core.access import Role
from resilience.referrals.states import State
from tests import factories as make


@dataclass
class Corner:
    """A local office with a CCG, a practice, a supplier, a programme year and a case in every state."""

    office: Organisation
    ccg: Organisation
    locality: Organisation
    supplier: Organisation
    practice: Practice
    people: dict[str, Person] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)


def make_corner() -> Corner:
    office = make.make_local_office()
    ccg = make.make_ccg(office)
    locality = make.make_organisation("locality", ccg)
    supplier = make.make_organisation("supplier")
    practice = make.make_practice(ccg, locality=locality)
    practice.supplier_assignments.create(supplier=supplier, started_on=dt.date(2018, 1, 1))
    corner = Corner(office, ccg, locality, supplier, practice)
    scopes = {Role.PRACTICE_USER: practice, Role.SUPPLIER_USER: supplier}
    for role in Role.values:
        corner.people[role] = make.make_person(
            role, scopes.get(Role(role), ccg if role != Role.ADMINISTRATOR else office)
        )
    corner.things["year"] = make.make_year(owner=office)
    return corner


def referral_in(corner: Corner, state: str = State.COMMITTED, **fields: Any) -> Any:
    return make.make_referral(
        corner.practice, corner.things["year"], state, by=corner.people[Role.PRACTICE_USER], **fields
    )
