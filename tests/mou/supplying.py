"""A supported case, two suppliers with their people, and ways to bring an assignment and a deliverable to a state."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from funding import actions as funding
from mou.models import Deliverable, NeedTheme, SupplierCase
from mou.suppliers import actions, deliveries
from mou.suppliers.sheets import SECTIONS
from practices.models import Organisation, Person
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.referrals.states import State
from resilience.referrals.uploads import CheckedFile
from tests.factories import make_organisation, make_person
from tests.mou.world import World, make_world

D = Deliverable.State
PDF = CheckedFile("plan.pdf", "application/pdf", b"%PDF-1.4\n%%EOF")
SOON = today() + dt.timedelta(days=30)


@dataclass
class Supplied:
    """The world of the MoU, and who delivers in it."""

    world: World
    supplier: Organisation
    other: Organisation
    dev: Person
    rival: Person

    def assign(self, **changes: Any) -> SupplierCase:
        """The lead practice given to the supplier, with Dev as its change manager."""
        [case] = actions.assign_case(
            **{
                "by": self.world.officer,
                "referral": self.world.referral,
                "practices": [self.world.practice],
                "supplier": self.supplier,
                "change_manager": self.dev,
            }
            | changes
        )
        return case

    def commit(self, pence: int = 3_050_00, **changes: Any) -> Any:
        """The supplier's price for the practice."""
        self.world.referral.refresh_from_db()
        return funding.commit(
            **{
                "by": self.world.officer,
                "referral": self.world.referral,
                "item": self.world.year.menu.first(),
                "amount": pence,
                "purpose": "Change management by the supplier",
                "route": "supplier",
                "supplier": self.supplier,
                "key": f"supplier-{self.world.referral.pk}",
            }
            | changes
        )


def make_supplied(**options: Any) -> Supplied:
    world = make_world(**{"state": State.SUPPORTED} | options)
    supplier = make_organisation("supplier", world.office, name="Westmere Support Unit")
    other = make_organisation("supplier", world.office, name="Rival Consulting")
    return Supplied(
        world,
        supplier,
        other,
        make_person(Role.SUPPLIER_USER, supplier, name="Dev Kapoor"),
        make_person(Role.SUPPLIER_USER, other, name="Rita Rival"),
    )


def again(person: Person) -> Person:
    """The same person, knowing what they hold by now."""
    return Person.objects.get(pk=person.pk)


def deliverable_of(case: SupplierCase, form: str) -> Deliverable:
    return case.deliverables.select_related("kind").get(kind__form=form)


def write(deliverable: Deliverable, by: Person, **more: Any) -> None:
    """Everything that its form asks for."""
    form = deliverable.kind.form
    if form == "plan":
        values = {
            "section": "workforce",
            "words": "Recruit a pharmacist",
            "outcome": "One starts by June",
            "owner": "Dr O’Brien",
            "horizon": "medium",
            "due_on": SOON,
        }
        deliveries.save_deliverable_row(by=by, deliverable=deliverable, **values | more)
    elif form == "options":
        values = {"words": "Merge two reception teams", "outcome": "Time", "is_recommended": True}
        deliveries.save_deliverable_row(by=by, deliverable=deliverable, **values | more)
    else:
        words = {section: f"What we found: {name}" for section, name in SECTIONS[form]}
        deliveries.write_sections(by=by, deliverable=deliverable, **{"words": words} | more)


def bring_to(deliverable: Deliverable, state: str, supplied: Supplied) -> Deliverable:
    """Written, handed in and answered as far as ``state`` says, by the acts that lead there."""
    if state != D.DUE:
        deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable, file=PDF)
    officer = supplied.world.officer
    if state == D.ASKED_AGAIN:
        deliveries.ask_deliverable_again(by=officer, deliverable=deliverable, read=1, words="Add costs")
    if state == D.ACCEPTED:
        deliveries.accept_deliverable(by=officer, deliverable=deliverable, read=1)
    return Deliverable.objects.select_related("kind", "supplier_case__referral").get(pk=deliverable.pk)


def theme_of(case: SupplierCase, position: int = 2) -> NeedTheme:
    return NeedTheme.objects.get(year=case.referral.year, position=position)
