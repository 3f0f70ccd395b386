"""A long list is made as a file in the background: all of it, for who may see it when it is made."""

import csv
import io

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from openpyxl import load_workbook

from practices.models import Practice
from resilience.core import list_exports
from resilience.core.access import Role
from resilience.core.models import Export
from tests.core.test_exports import QUEUE, work
from tests.factories import client_of, make_ccg, make_person, make_practice

pytestmark = pytest.mark.django_db

MARKS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"]
PATH = "/practices/"


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch):
    monkeypatch.setattr(list_exports, "LONG", 3)


@pytest.fixture
def ccg():
    """Practices whose names would be formulas; and elsewhere, one of another CCG."""
    ccg = make_ccg()
    for mark in MARKS:
        make_practice(ccg, name=f"{mark} Street")
    make_practice(make_ccg(), name="Elsewhere")
    return ccg


@pytest.fixture
def officer(ccg):
    return make_person(Role.PROGRAMME_OFFICER, ccg)


@pytest.fixture
def client(officer):
    return client_of(officer)


def order_of(client, query=""):
    page = client.get(f"{PATH}?{query}")
    found = page.content.decode().split('name="order" value="')
    return found[1].split('"')[0] if len(found) > 1 else None


def send(client, order, kind="xlsx"):
    return client.post(reverse("begin_export"), {"order": order, "kind": kind})


def read(client, export):
    content = client.get(reverse("export_file", args=[export.pk])).content
    if export.arguments["kind"] == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return list(load_workbook(io.BytesIO(content)).active.iter_rows())


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_long_list_is_made_and_fetched_from_its_page(client, kind):
    response = send(client, order_of(client), kind)
    export = Export.objects.get()

    assert response["Location"] == reverse("export", args=[export.pk])
    page = client.get(response["Location"]).content.decode()
    assert "Practices, 5 rows" in page
    assert reverse("export_file", args=[export.pk]) in page
    assert export.what in client.get(reverse("exports")).content.decode()
    assert len(read(client, export)) == 6


def test_no_cell_of_it_is_a_formula(client):
    send(client, order_of(client))
    cells = [cell for row in read(client, Export.objects.get()) for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    quoted = {cell.value.strip() for cell in cells if cell.quotePrefix}
    assert quoted == {f"{mark.strip()} Street" for mark in MARKS}


def test_no_csv_text_is_a_formula(client):
    send(client, order_of(client), "csv")
    names = [row[0] for row in read(client, Export.objects.get())[1:]]
    assert sorted(names) == sorted(f"'{mark} Street" for mark in MARKS)


def test_it_holds_what_the_filters_and_the_sort_said(client, ccg):
    for number in range(4):
        make_practice(ccg, name=f"Wharf {number}")
    send(client, order_of(client, "q=wharf&sort=-practice&page=2&size=25"))
    names = [row[0].value for row in read(client, Export.objects.get())[1:]]
    assert names == ["Wharf 3", "Wharf 2", "Wharf 1", "Wharf 0"]


def test_a_short_list_answers_at_once_and_a_long_one_asks_for_a_click(client):
    assert order_of(client, "q=SUM") is None
    assert "spreadsheet" in client.get(PATH, {"q": "SUM", "export": "xlsx"})["Content-Type"]
    page = client.get(PATH, {"export": "csv"})
    assert "text/html" in page["Content-Type"]
    assert not Export.objects.exists(), "opening an address makes nothing"
    form = page.context["form"]
    assert form.initial["kind"] == "csv"
    send(client, form.initial["order"], "csv")
    assert len(read(client, Export.objects.get())) == 6


def test_clicked_twice_it_is_made_once(client, settings):
    settings.TASKS = QUEUE
    order = order_of(client)
    assert send(client, order)["Location"] == send(client, order_of(client))["Location"]
    assert DBTaskResult.objects.count() == 1


def test_it_holds_what_the_person_may_see_when_it_is_made(client, officer, settings):
    settings.TASKS = QUEUE
    send(client, order_of(client))
    elsewhere = Practice.objects.get(name="Elsewhere")
    officer.holdings.update(organisation=elsewhere.commissioner)
    work()
    assert [row[0].value for row in read(client, Export.objects.get())[1:]] == ["Elsewhere"]


def test_who_lost_the_role_reads_that_it_could_not_be_made(client, officer, settings):
    settings.TASKS = QUEUE
    send(client, order_of(client))
    officer.holdings.update(ended_at=timezone.now(), ended_by=officer)
    work()
    export = Export.objects.get()
    assert (export.state, export.why_failed) == ("failed", "Your role does not let you see practices.")
    page = client.get(reverse("export", args=[export.pk])).content.decode()
    assert export.why_failed in page
    assert "Try again" in page


def test_who_lost_it_later_no_longer_gets_the_file(client, officer):
    send(client, order_of(client))
    export = Export.objects.get()
    officer.holdings.update(ended_at=timezone.now(), ended_by=officer)
    assert client.get(reverse("export_file", args=[export.pk])).status_code == 403
    page = client.get(reverse("export", args=[export.pk])).content.decode()
    assert "What you may see has changed" in page
    assert reverse("export_file", args=[export.pk]) not in page


@pytest.mark.parametrize("name", ["export", "export_file", "export_again"])
def test_nobody_else_finds_it(client, name, ccg):
    send(client, order_of(client))
    other = client_of(make_person(Role.PROGRAMME_OFFICER, ccg))
    ask = other.post if name == "export_again" else other.get
    assert ask(reverse(name, args=[Export.objects.get().pk])).status_code == 404
    assert Export.objects.get().what not in other.get(reverse("exports")).content.decode()


@pytest.mark.parametrize(
    "order", ["", "x", signing.dumps({"path": "/account/logout/", "query": "", "what": "x"}, salt="other")]
)
def test_only_a_list_that_was_offered_is_made(client, order):
    assert send(client, order)["Location"] == reverse("exports")
    assert not Export.objects.exists()


def test_a_page_that_is_no_list_makes_no_file(officer):
    order = list_exports.order(path="/people/me/", query="", what="x")
    export = list_exports.begin(by=officer, order=order, kind="csv")
    assert (export.state, export.why_failed) == ("failed", "This list is not there for you any more.")


def test_how_far_it_is_is_said_with_and_without_a_script(client, settings):
    settings.TASKS = QUEUE
    send(client, order_of(client))
    here = reverse("export", args=[Export.objects.get().pk])
    waiting = client.get(here).content.decode()
    assert "It begins in a few seconds" in waiting
    assert f'<a href="{here}">Check again</a>' in waiting
    Export.objects.update(state="running", done=1234, total=5000)
    running = client.get(here).content.decode()
    assert "25% done: 1,234 of 5,000." in running
    assert '<progress max="5000" value="1234"' in running


def test_it_can_be_made_again(client):
    send(client, order_of(client))
    first = Export.objects.get()
    response = client.post(reverse("export_again", args=[first.pk]))
    assert Export.objects.count() == 2
    assert response["Location"] == reverse("export", args=[Export.objects.latest("pk").pk])
