"""First pages: a supplier reads what is due first; an officer's counts open the lists that they count."""

import datetime as dt

import pytest
from django.urls import reverse

from mou.models import Agreement
from mou.suppliers import deliveries
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.home.in_care import deliveries as tasks
from tests.factories import client_of, make_person, make_practice, make_referral
from tests.mou.after import put
from tests.mou.supplying import PDF, again, deliverable_of, make_supplied

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplied():
    return make_supplied()


def test_the_supplier_reads_what_is_due_first_and_what_changed_since(supplied):
    world = supplied.world
    first = supplied.assign()
    referral = make_referral(make_practice(world.ccg, name="Abbey Surgery"), world.year, "supported")
    second = supplied.assign(referral=referral, practices=[referral.lead_practice])
    second.deliverables.filter(kind__form="readiness").update(due_on=today() - dt.timedelta(days=1))
    client = client_of(supplied.dev)
    rows = client.get("/").context["rows"]
    assert [(row.case, row.is_late) for row in rows] == [(second, True), (first, False)]
    readiness = deliverable_of(first, "readiness")
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=readiness, file=PDF)
    deliveries.ask_deliverable_again(by=world.officer, deliverable=readiness, read=1, words="Who came?")
    rows = client.get("/").context["rows"]
    assert [[str(each) for each, _ in row.changed] for row in rows] == [
        [],
        ["Readiness for change conversation"],
    ]
    assert all(not row.changed for row in client.get("/").context["rows"])  # looked at, and seen


def test_practices_without_a_case_stand_apart(supplied):
    other = make_practice(supplied.world.ccg, name="Lonely Surgery")
    other.supplier_assignments.create(supplier=supplied.supplier, started_on=today())
    page = client_of(supplied.dev).get("/")
    assert page.context["others"] == [other]
    assert page.context["rows"] == []


def test_an_officers_counts_open_what_they_count(supplied):
    case = supplied.assign()
    case.deliverables.filter(kind__form="options").update(due_on=today() - dt.timedelta(days=3))
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable_of(case, "readiness"), file=PDF)
    foreign = make_person(Role.PROGRAMME_OFFICER, make_practice().commissioner)
    assert [each.count for each in tasks(foreign)] == [0, 0]
    client = client_of(supplied.world.officer)
    for task in tasks(again(supplied.world.officer)):
        assert task.count == client.get(task.href).context["list"].total == 1
        assert task.href in client.get("/").content.decode()


def test_the_suppliers_row_of_words_is_their_own(supplied):
    words = [each["text"] for each in client_of(supplied.dev).get("/").context["navigation"]]
    assert words == ["Home", "Invoices", "Assignments", "Visits", "Shared needs", "Practices", "Case studies"]


@pytest.mark.parametrize("role", Role)
def test_no_role_has_more_than_seven_words(role):
    assert len(client_of(make_person(role)).get("/").context["navigation"]) <= 7


def test_the_panel_of_the_case_shows_its_assignments_to_each_side(supplied):
    case, world = supplied.assign(), supplied.world
    address = reverse("mou:delivery", args=[world.referral.pk])
    for person in (world.officer, world.manager):
        page = client_of(person).get(address).content.decode()
        assert reverse("mou:supplier_case", args=[case.pk]) in page
        assert "Dev Kapoor" in page
    assert reverse("mou:assign_case", args=[world.referral.pk]) not in page
    assert client_of(supplied.dev).get(address).status_code == 403


def test_the_supplier_reads_what_waits_for_its_signature_and_no_other_supplier_does(supplied):
    supplied.assign()
    agreement = put(supplied.world, "sent", supplier=supplied.supplier)
    waits = "The Memorandum of Understanding of Harbour Street Surgery waits for your signature"
    assert waits not in client_of(supplied.dev).get("/").content.decode()
    Agreement.objects.filter(pk=agreement.pk).update(state="practice_signed")
    page = client_of(supplied.dev).get("/").content.decode()
    assert waits in page
    assert reverse("mou:sign", kwargs={"agreement": agreement.pk}) in page
    assert waits not in client_of(supplied.rival).get("/").content.decode()
    Agreement.objects.filter(pk=agreement.pk).update(state="supplier_signed")
    assert waits not in client_of(supplied.dev).get("/").content.decode()


def test_a_variation_that_waits_for_the_supplier_is_called_so(supplied):
    supplied.assign()
    mou = put(supplied.world, "signed", supplier=supplied.supplier)
    put(supplied.world, "practice_signed", supplier=supplied.supplier, kind="variation", varies=mou, number=1)
    page = client_of(supplied.dev).get("/").content.decode()
    assert (
        "Variation 1 of the Memorandum of Understanding of Harbour Street Surgery waits for your signature"
        in page
    )
