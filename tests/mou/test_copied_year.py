"""A copied year asks for the same delivery as the one it is copied from."""

import pytest

from mou.models import (
    CommitmentItem,
    DeliverableKind,
    HealthCheckStage,
    NeedTheme,
    ProjectRequirement,
    ReportSchedule,
)
from mou.suppliers.settings_actions import set_up_suppliers
from resilience.core.access import Role
from resilience.programmes.actions import copy_year
from tests.factories import make_person
from tests.mou.checkups import make_checkups

pytestmark = pytest.mark.django_db

OWN = {"id", "year", "stage", "set_at", "set_by", "chosen_at", "chosen_by"}
"""What a copied row has of its own."""
ROWS = {
    ReportSchedule: "year",
    ProjectRequirement: "year",
    DeliverableKind: "year",
    CommitmentItem: "year",
    NeedTheme: "year",
    HealthCheckStage: "stage__year",
}


def said(model, year):
    fields = [field.attname for field in model._meta.concrete_fields if field.name not in OWN]
    return list(model.objects.filter(**{ROWS[model]: year}).values(*fields))


def test_what_a_year_asks_of_delivery_is_copied_with_it_and_stays_its_own():
    world = make_checkups(is_summed_only=True, least=7)
    administrator, other = world.people[Role.ADMINISTRATOR], make_person(Role.ADMINISTRATOR, world.office)
    set_up_suppliers(by=administrator, year=world.year)
    ReportSchedule.objects.create(year=world.year, every_months=4, set_by=administrator)
    ProjectRequirement.objects.create(year=world.year, short=True, long=True)
    copied = copy_year(by=other, year=world.year)
    for model in ROWS:
        assert said(model, world.year), model
        assert said(model, copied) == said(model, world.year), model
    setting = HealthCheckStage.objects.get(stage__year=copied)
    assert (setting.stage.name, setting.chosen_by) == (world.stage.name, other)
    assert ReportSchedule.objects.get(year=copied).set_by == other

    DeliverableKind.objects.filter(year=copied).update(working_days=99)
    assert not DeliverableKind.objects.filter(year=world.year, working_days=99).exists()


def test_a_year_that_asks_for_nothing_is_copied_as_it_is():
    world = make_checkups()
    world.setting.delete()
    copied = copy_year(by=world.people[Role.ADMINISTRATOR], year=world.year)
    assert [said(model, copied) for model in ROWS] == [[]] * len(ROWS)
