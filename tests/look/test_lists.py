"""A list shows, filters, sorts, pages and exports the same rows; its address says it all."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import django_filters
import pytest
from django import forms
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from practices.models import Person
from resilience.core.models import SavedView
from resilience.core.tables import Column, Filters, ListPage
from tests.factories import make_person

pytestmark = pytest.mark.django_db

JOBS = [("Officer", "Programme officer"), ("Lead", "Finance lead")]


class PersonFilters(Filters):
    q = django_filters.CharFilter(label="Name", field_name="name", lookup_expr="icontains")
    job = django_filters.MultipleChoiceFilter(
        label="Job", field_name="job_title", choices=JOBS, widget=forms.CheckboxSelectMultiple
    )
    joined = django_filters.DateFilter(label="Joined from", field_name="joined_at", lookup_expr="date__gte")
    active = django_filters.BooleanFilter(label="Active", field_name="is_active")


COLUMNS = [
    Column("Email", "email", link=lambda row: f"/people/{row.pk}/", sort="email", heading=True),
    Column("Name", "name", sort="name"),
    Column("Job", "job_title", sort="job_title"),
    Column("Cost", lambda row: len(row.name) * 100, kind="money"),
    Column("Joined", "joined_at", kind="date", sort="joined_at"),
    Column("Note", "phone", on_screen=False),
    Column("Act", lambda row: "Open", export=False),
]


@pytest.fixture
def person():
    return make_person(name="Zed <script>", job_title="")


@pytest.fixture
def people(person):
    return Person.objects.bulk_create(
        Person(
            email=f"p{number:03}@example.nhs.uk",
            name=f"=Person {number:03}",
            job_title=["Officer", "Lead", ""][number % 3],
            is_active=number % 2 == 0,
            phone=str(number),
        )
        for number in range(60)
    )


@pytest.fixture
def ask(rf, person):
    def ask(query="", rows=None, **options):
        request = rf.get(f"/people/?{query}")
        request.user = person
        request.session = {}
        return ListPage(
            request,
            Person.objects.all() if rows is None else rows,
            **{
                "name": "people",
                "title": "People we know",
                "noun": "person,people",
                "columns": COLUMNS,
                "filters": PersonFilters,
                "default_sort": "email",
            }
            | options,
        )

    return ask


def page_of(page):
    return page.response().content.decode()


def names(page):
    return [row.thing.name for row in page.rows]


def test_it_says_what_and_how_many_and_escapes(people, ask):
    made = page_of(ask())

    assert "<title>People we know – Resilience programmes</title>" in " ".join(made.split())
    assert "61 people" in made
    assert "1 to 25 shown" in made
    assert "<script>" not in made.split("<main")[1].split("</main>")[0]
    assert 'href="/people/' in made
    assert ">Open<" in made
    assert 'data-label="Note"' not in made


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=name", "=Person 000"),
        ("sort=-name", "Zed <script>"),
        ("sort=job", "Zed <script>"),
        ("", "=Person 000"),
    ],
)
def test_it_sorts_by_what_its_columns_offer(people, ask, query, first):
    page = ask(query)

    assert names(page)[0] == first


@pytest.mark.parametrize("key", ["password", "pk", "name__x", "act", "-", "cost"])
def test_it_sorts_by_nothing_else(people, ask, key):
    assert ask(f"sort={key}").sort == "email"


def test_a_heading_turns_the_order_round_and_says_it(people, ask):
    made = page_of(ask("sort=name&q=person&page=2"))

    assert 'aria-sort="ascending"' in made
    assert 'href="/people/?sort=-name&amp;q=person"' in made


def test_equal_rows_keep_one_order_over_pages(people, ask):
    Person.objects.update(job_title="Same")
    seen = [row.thing.pk for number in (1, 2, 3) for row in ask(f"sort=job&page={number}").rows]

    assert len(seen) == len(set(seen)) == 61
    assert ask("sort=job").rows_asked.query.order_by[-1] == "pk"
    assert ask("", default_sort="").rows_asked.query.order_by[-1] == "pk"


@pytest.mark.parametrize(("asked", "rows"), [("50", 50), ("100", 61), ("1000000", 25), ("x", 25), ("-1", 25)])
def test_the_sizes_of_a_page(people, ask, asked, rows):
    page = ask(f"size={asked}", filters=None)

    assert len(page.rows) == rows


@pytest.mark.parametrize("asked", ["0", "-1", "x", "999"])
def test_a_page_that_is_not_there_is_answered_with_one_that_is(people, ask, asked):
    assert ask(f"page={asked}").rows


def test_pages_carry_the_filters(people, ask):
    pages = ask("q=person&sort=-name").pagination

    assert parse_qs(urlsplit(pages["next"]["href"]).query) == {
        "q": ["person"],
        "sort": ["-name"],
        "page": ["2"],
    }
    assert "previous" not in pages


def test_each_filter_in_use_is_a_chip_that_takes_it_off(people, ask):
    page = ask("q=person&job=Officer&job=Lead&active=true&joined=2018-10-05&sort=name&page=2")

    assert [chip["text"] for chip in page.chips] == [
        "Name: person",
        "Job: Programme officer",
        "Job: Finance lead",
        "Joined from: 5 October 2018",
        "Active: yes",
    ]
    without = [parse_qs(urlsplit(chip["href"]).query) for chip in page.chips]
    assert all("page" not in query and query["sort"] == ["name"] for query in without)
    assert "q" not in without[0]
    assert without[1]["job"] == ["Lead"]
    assert without[2]["job"] == ["Officer"]
    assert "joined" not in without[3]
    assert "active" not in without[4]
    assert "q" not in parse_qs(urlsplit(page.cleared).query)


def test_filters_filter(people, ask):
    assert ask("job=Officer").total == 20
    assert ask("job=Officer&job=Lead&active=false").total == 20
    assert ask("q=person 00").total == 10


def test_a_filter_that_cannot_be_understood_is_said_and_ignored(people, ask):
    page = ask("job=Nonsense&joined=yesterday&q=person 00")
    made = page_of(page)

    assert page.total == 10
    assert [sentence.split(":")[0] for sentence in page.ignored] == ["Job", "Joined from"]
    assert "We could not use a filter" in made
    assert [chip["text"] for chip in page.chips] == ["Name: person 00"]


def test_a_list_that_the_filters_emptied_says_so(people, ask):
    made = page_of(ask("q=nobody", empty="Nobody has joined."))

    assert "Nothing matches these filters" in made
    assert "Nobody has joined." not in made
    assert "Export" not in made


def test_a_list_of_nothing_explains_itself(ask):
    assert "Nobody has joined." in page_of(ask(empty="Nobody has joined.", rows=Person.objects.none()))


def test_the_export_is_every_row_of_every_page_and_no_formula(people, ask):
    response = ask("job=Officer&sort=-name&export=xlsx&page=2").response()

    assert response["Content-Disposition"].startswith('attachment; filename="people-we-know-')
    sheet = load_workbook(io.BytesIO(response.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Email", "Name", "Job", "Cost", "Joined", "Note")
    assert len(rows) == 21
    assert rows[1][1] == "=Person 057"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert rows[1][3] == len("=Person 057")


def test_the_csv_holds_the_same(people, ask):
    response = ask("export=csv").response()

    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 62
    assert rows[1][1] == "'=Person 000"


def test_a_list_without_exports_has_none(people, ask):
    assert "text/html" in ask("export=csv", exports=False).response()["Content-Type"]


def test_the_number_of_queries_is_the_same_for_one_row_and_for_sixty(people, ask):
    counts = []
    page_of(ask())  # what is kept on the person is fetched once
    for query in ("q=person 000&size=100", "size=100"):
        with CaptureQueriesContext(connection) as queries:
            page_of(ask(query))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] < 8


def test_rows_can_be_prepared_together(people, ask):
    seen = []
    page = ask(prepare=lambda rows: seen.append(len(rows)))
    page_of(page)
    page.export("csv")

    assert seen == [25, 61]


def test_bulk_acts_stand_in_one_form_with_the_rows(people, ask):
    made = page_of(
        ask(bulk={"action": "/acknowledge/", "acts": [{"name": "acknowledge", "text": "Acknowledge"}]})
    )

    form = made[made.index('action="/acknowledge/"') : made.index("Acknowledge\n")]
    assert form.count('name="chosen"') == 25
    assert "csrfmiddlewaretoken" in form
    assert "data-submit-once" in made


# Views under a name


@pytest.fixture
def signed_in(client, person):
    client.force_login(person)
    return client


def test_a_view_is_saved_shown_and_deleted(signed_in, person, ask):
    signed_in.post(
        "/views/save/", {"name": "My officers", "page": "people", "query": "job=Officer", "next": "/x/"}
    )
    view = SavedView.objects.get()

    assert (view.person, view.page, view.name, view.query) == (person, "people", "My officers", "job=Officer")
    assert ask("job=Officer").saved_views[0] == {
        "id": view.pk,
        "text": "My officers",
        "href": "/people/?job=Officer",
        "current": True,
    }
    signed_in.post(f"/views/{view.pk}/delete/", {"next": "/x/"})
    assert not SavedView.objects.exists()


def test_the_same_name_replaces_the_view(signed_in):
    for query in ("job=Officer", "job=Lead"):
        signed_in.post("/views/save/", {"name": "Mine", "page": "people", "query": query})

    assert [view.query for view in SavedView.objects.all()] == ["job=Lead"]


def test_a_view_without_a_name_is_not_saved_and_says_so(signed_in):
    response = signed_in.post(
        "/views/save/", {"name": "", "page": "people", "next": "/account/2fa/"}, follow=True
    )

    assert not SavedView.objects.exists()
    assert "The view was not saved: Enter name of the view" in response.content.decode()


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_saving_never_leads_to_another_host(signed_in, target):
    response = signed_in.post("/views/save/", {"name": "Mine", "page": "people", "next": target})

    assert response["Location"] == "/"


def test_nobody_deletes_another_persons_view(signed_in):
    other = SavedView.objects.create(person=make_person(), page="people", name="Theirs", query="")

    assert signed_in.post(f"/views/{other.pk}/delete/").status_code == 404
    assert SavedView.objects.filter(pk=other.pk).exists()


def test_views_are_for_people_who_signed_in(client, rf, ask):
    assert "/account/login" in client.post("/views/save/", {"name": "x", "page": "people"})["Location"]
    assert client.get("/views/save/").status_code == 405


def test_staying_signed_in(client, person):
    assert client.get("/stay-signed-in/").status_code == 401
    client.force_login(person)
    assert client.get("/stay-signed-in/").status_code == 200
