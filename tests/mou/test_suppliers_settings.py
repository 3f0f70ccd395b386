"""What a programme year asks of its suppliers: rows that its owner changes while nothing rests on them."""

import pytest
from django.urls import reverse

from mou.models import CommitmentItem, DeliverableKind, NeedTheme
from mou.suppliers import actions, sheets
from mou.suppliers import settings_actions as settings
from resilience.core.access import Denied, Role
from tests.factories import client_of, make_person
from tests.mou.supplying import make_supplied

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplied():
    return make_supplied()


def test_a_year_is_set_up_once_in_the_order_of_the_work(supplied):
    year, admin = supplied.world.year, supplied.world.administrator
    page = client_of(admin).get(reverse("mou:supplier_settings", args=[year.pk])).content.decode()
    assert "Set up the usual rows" in page
    for _ in range(2):
        settings.set_up_suppliers(by=admin, year=year)
    assert [kind.form for kind in year.deliverable_kinds.all()] == [
        "readiness",
        "diagnostic",
        "options",
        "plan",
    ]
    assert [kind.form for kind in year.deliverable_kinds.filter(opens_invoice=True)] == ["plan"]
    assert year.commitment_items.count() == len(sheets.COMMITMENTS)
    assert year.need_themes.count() == len(sheets.THEMES)


def test_rows_are_added_changed_and_taken_out_in_the_browsers_words(supplied):
    year, client = supplied.world.year, client_of(supplied.world.administrator)
    typed = {"name": "Audit report", "form": "other", "working_days": "12"}
    assert client.post(reverse("mou:add_deliverable_kind", args=[year.pk]), typed).status_code == 302
    kind = DeliverableKind.objects.get()
    page = client.post(reverse("mou:add_deliverable_kind", args=[year.pk]), typed | {"name": "audit REPORT"})
    assert "The year has “audit REPORT” already" in page.content.decode()
    page = client.post(reverse("mou:change_deliverable_kind", args=[kind.pk]), typed | {"working_days": "-1"})
    assert page.context["form"].errors["working_days"]
    client.post(reverse("mou:change_deliverable_kind", args=[kind.pk]), typed | {"working_days": "20"})
    kind.refresh_from_db()
    assert kind.working_days == 20
    assert client.post(reverse("mou:remove_deliverable_kind", args=[kind.pk])).status_code == 302
    assert not DeliverableKind.objects.exists()


def test_what_is_in_use_stays_and_keeps_its_form(supplied):
    case, admin = supplied.assign(), supplied.world.administrator
    year = supplied.world.year
    plan = year.deliverable_kinds.get(form="plan")
    item = year.commitment_items.first()
    actions.tick_commitment(by=supplied.world.manager, case=case, item=item)
    for row in (plan, item):
        with pytest.raises(Denied, match="is in use, so it stays"):
            settings.remove_year_row(by=admin, row=row)
    for change in ({"form": "other"}, {"opens_invoice": False}):
        with pytest.raises(Denied, match="asked for this already"):
            settings.save_year_row(
                by=admin, year=year, kind=DeliverableKind, row=plan, name=plan.name, **change
            )
    settings.save_year_row(
        by=admin, year=year, kind=DeliverableKind, row=plan, name="Plan", working_days=99, form="plan"
    )
    settings.remove_year_row(by=admin, row=NeedTheme.objects.filter(year=year).first())


@pytest.mark.parametrize("role", sorted(set(Role.values) - {Role.ADMINISTRATOR}))
def test_nobody_else_changes_them(supplied, role):
    over = {
        Role.PRACTICE_USER: supplied.world.practice,
        Role.SUPPLIER_USER: supplied.supplier,
    }.get(Role(role), supplied.world.office)
    with pytest.raises(Denied):
        settings.save_year_row(
            by=make_person(role, over), year=supplied.world.year, kind=CommitmentItem, name="Be on time"
        )


def test_a_changed_year_counts_for_practices_assigned_after_it(supplied):
    year, admin = supplied.world.year, supplied.world.administrator
    settings.set_up_suppliers(by=admin, year=year)
    settings.save_year_row(
        by=admin, year=year, kind=DeliverableKind, name="360 review", form="other", working_days=5
    )
    case = supplied.assign()
    assert [str(each) for each in case.deliverables.all()][-1] == "360 review"
    assert case.deliverables.count() == 5
