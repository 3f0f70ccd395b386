"""The list of practices, a practice's page, search as you type and the import in the browser."""

import datetime as dt
import io
import lzma

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from practices import pages
from practices.finding import find
from practices.models import DataImport, Indicator, ListSize, Membership, Practice
from practices.register_actions import Source, import_register
from resilience.core.access import Role
from resilience.core.models import StoredFile, TrailEntry
from tests.factories import make_ccg, make_organisation, make_person, make_practice
from tests.practices.registers import register, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def sign_in(role, over=None):
        person = make_person(role, over)
        client.force_login(person)
        return client

    return sign_in


def codes(response) -> list[str]:
    return [each.thing.ods_code for each in response.context["list"].rows]


# The list.


def test_the_list_shows_what_the_person_may_see_and_no_more(as_):
    ccg = make_ccg()
    mine, _other = make_practice(ccg), make_practice()
    assert codes(as_(Role.PROGRAMME_OFFICER, ccg).get(reverse("practices:list"))) == [mine.ods_code]


def test_the_list_is_filtered_sorted_and_exported(as_):
    ccg = make_ccg(name="NHS Northvale")
    hill = make_organisation("locality", ccg, name="Hill PCN")
    one = make_practice(ccg, ods_code="A10001", name="ALPHA", list_size=500, locality=hill)
    two = make_practice(ccg, ods_code="A10002", name="BETA", list_size=9000, postcode="ZZ9 9ZZ")
    make_practice(
        ccg, ods_code="A10003", name="GAMMA", list_size=70, status="closed", closed_on=dt.date(2018, 3, 31)
    )
    client = as_(Role.PROGRAMME_OFFICER)
    page = reverse("practices:list")
    for query, found in (
        ("q=alph", ["A10001"]),
        ("q=a10002", ["A10002"]),
        ("q=ZZ9", ["A10002"]),
        (f"locality={hill.pk}", ["A10001"]),
        (f"commissioner={ccg.pk}&status=closed", ["A10003"]),
        ("sort=-list-size", ["A10002", "A10001", "A10003"]),
        ("", ["A10001", "A10002", "A10003"]),
    ):
        assert codes(client.get(f"{page}?{query}")) == found, query
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{page}?q=a&export=xlsx").content)).active
    assert sheet["A2"].value == one.name
    assert [sheet["B2"].value, sheet["D2"].value, sheet["F2"].value] == ["A10001", "NHS Northvale", 500]
    assert two.name in [cell.value for cell in sheet["A"]]


def test_the_list_asks_the_same_number_of_queries_for_more_rows(as_, django_assert_max_num_queries):
    client, ccg = as_(Role.PROGRAMME_OFFICER), make_ccg()
    make_practice(ccg)
    with django_assert_max_num_queries(40) as few:
        client.get(reverse("practices:list"))
    for _ in range(20):
        make_practice(ccg, locality=make_organisation("locality", ccg))
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("practices:list"))


# One practice.


@pytest.fixture
def practice() -> Practice:
    made = make_practice(name="HARBOUR <b>STREET</b>", phone="01632 960111")
    old = make_ccg(name="NHS Formerly CCG")
    Membership.objects.create(
        practice=made, organisation=old, joined_on=dt.date(2013, 4, 1), left_on=dt.date(2017, 3, 31)
    )
    ListSize.objects.create(practice=made, on=dt.date(2017, 1, 1), patients=7654, source="test register")
    Indicator.objects.create(
        practice=made,
        key="cqc_overall",
        label="CQC overall rating",
        value="Inadequate",
        period="2017",
        source="CQC",
    )
    make_person(Role.PRACTICE_USER, made, name="Pat Manager")
    return made


def text(client, practice) -> str:
    response = client.get(reverse("practices:practice", args=[practice.ods_code]))
    assert response.status_code == 200
    return response.content.decode()


def test_a_practice_over_time(as_, practice):
    page = text(as_(Role.PROGRAMME_OFFICER, practice.commissioner), practice)
    for words in (
        "NHS Formerly CCG",
        "1 April 2013",
        "31 March 2017",
        "7,654",
        "1 January 2017",
        "Pat Manager",
    ):
        assert words in page
    assert "Inadequate" in page
    assert "HARBOUR &lt;b&gt;STREET" in page
    assert "<polyline" in page


@pytest.mark.parametrize(
    ("role", "over", "sees_people", "sees_figures"),
    [
        (Role.PRACTICE_USER, "practice", True, False),
        (Role.APPROVER, "commissioner", True, True),
        (Role.ADMINISTRATOR, None, True, False),
        (Role.OBSERVER, "commissioner", True, True),
    ],
)
def test_who_sees_people_and_figures(as_, practice, role, over, sees_people, sees_figures):
    scope = {"practice": practice, "commissioner": practice.commissioner, None: None}[over]
    page = text(as_(role, scope), practice)
    assert ("Pat Manager" in page) is sees_people
    assert ("Inadequate" in page) is sees_figures


def test_a_supplier_sees_neither_people_nor_figures(as_, practice):
    supplier = make_organisation("supplier")
    supplier.assignments.create(practice=practice, started_on=dt.date(2018, 1, 1))
    page = text(as_(Role.SUPPLIER_USER, supplier), practice)
    assert "Pat Manager" not in page
    assert "Inadequate" not in page


def test_another_practices_page_is_not_found(as_, practice):
    client = as_(Role.PRACTICE_USER, make_practice())
    assert client.get(reverse("practices:practice", args=[practice.ods_code])).status_code == 404


def test_other_rooms_add_sections(as_, practice, monkeypatch):
    monkeypatch.setattr(pages, "SECTIONS", [lambda request, shown: ("includes/empty.html", {"text": "x"})])
    monkeypatch.setattr(pages, "SECTIONS", [*pages.SECTIONS, lambda request, shown: None])
    client = as_(Role.PROGRAMME_OFFICER, practice.commissioner)
    response = client.get(reverse("practices:practice", args=[practice.ods_code]))
    assert response.context["sections"] == [("includes/empty.html", {"text": "x"})]


# Search as you type.


def test_search_tells_public_facts_of_active_practices_everywhere(as_):
    make_practice(ods_code="B10001", name="HILL ROAD", postcode="HR1 1AA", list_size=1200)
    make_practice(ods_code="B10002", name="OLD HILL", status="closed", closed_on=dt.date(2018, 1, 1))
    make_practice(ods_code="B10003", name="EMPTY HILL", status="without_patients")
    client = as_(Role.PRACTICE_USER, make_practice())
    found = client.get(reverse("practices:find"), {"q": "hill"}).json()
    assert found == [
        {"value": "B10001", "text": "HILL ROAD", "hint": "B10001, HR1 1AA, 1,200 patients", "list_size": 1200}
    ]
    assert client.get(reverse("practices:find"), {"q": "h"}).json() == []


def test_search_wants_a_sign_in(client):
    assert client.get(reverse("practices:find"), {"q": "hill"}).status_code == 302


def test_names_that_begin_with_what_was_typed_come_first_and_ten_at_most():
    ccg = make_ccg()
    for n in range(12):
        make_practice(ccg, name=f"A SURGERY ON HILL {n:02d}")
    hill = make_practice(ccg, name="HILL ROAD")
    found = list(find("  hill "))
    assert found[0] == hill
    assert len(found) == 10
    assert list(find(hill.ods_code.lower())) == [hill]
    assert not find("%%")
    assert not find("")


# Importing in the browser.


def upload(client, *sources: Source):
    files = [SimpleUploadedFile(source.name, source.content) for source in sources]
    return client.post(reverse("practices:import"), {"register_files": files}, follow=True)


FILE = register(row("Y00001", name="FIRST"), row("Y00002"), row("Y00003", status="C"))


def test_what_is_confirmed_is_what_was_shown(as_):
    client = as_(Role.ADMINISTRATOR)
    shown = upload(client, FILE)
    assert shown.context["summary"] is not None
    page = shown.content.decode()
    assert "FIRST" in page
    assert "Y00003 is closed, but without the day it closed" in page
    assert not Practice.objects.exists()
    waiting = DataImport.objects.get()
    address = reverse("practices:import_preview", args=[waiting.pk])
    assert client.get(address).status_code == 200
    done = client.post(address, {"digest": shown.context["plan"].digest}, follow=True)
    assert "The register is imported" in done.content.decode()
    assert Practice.objects.count() == 2
    assert StoredFile.objects.get().sha256 == FILE.sha256
    assert client.get(address).status_code == 302
    client.post(address, {"digest": shown.context["plan"].digest})
    assert TrailEntry.objects.filter(act="practices.import_register").count() == 1


def test_a_changed_register_shows_a_new_preview(as_):
    client = as_(Role.ADMINISTRATOR)
    shown = upload(client, FILE)
    import_register(by=None, sources=[register(row("Y00001", name="SOMEBODY ELSE"))])
    address = reverse("practices:import_preview", args=[shown.context["data_import"].pk])
    again = client.post(address, {"digest": shown.context["plan"].digest})
    assert "The register has changed since you saw this preview" in again.content.decode()
    assert Practice.objects.get().name == "SOMEBODY ELSE"
    client.post(address, {"digest": again.context["plan"].digest})
    assert Practice.objects.get(ods_code="Y00001").name == "FIRST"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (Source("a.csv", b""), "The file is empty"),
        (Source("a.csv", b"\0\1\2" * 99), "is not a text file"),
        (Source("a.csv", b"a,b\n1,2\n"), "is none of the files taken here"),
        (Source("a.xz", lzma.compress(b"0" * 60_000_000)), "unpacks to more than 50 MB"),
    ],
    ids=["empty", "binary", "another", "bomb"],
)
def test_a_bad_upload_is_refused_beside_the_form_and_leaves_nothing(as_, source, sentence):
    page = upload(as_(Role.ADMINISTRATOR), source)
    assert sentence in page.content.decode()
    assert "There is a problem" in page.content.decode()
    assert not DataImport.objects.exists()
    assert not StoredFile.objects.exists()
    assert not TrailEntry.objects.exists()


def test_uploads_have_a_limit(as_, settings):
    settings.MAX_REGISTER_UPLOAD = 100
    page = upload(as_(Role.ADMINISTRATOR), FILE)
    assert "smaller than" in page.content.decode()
    assert not DataImport.objects.exists()


def test_nothing_chosen(as_):
    assert "Choose a file" in as_(Role.ADMINISTRATOR).post(reverse("practices:import"), {}).content.decode()


def test_discarding_leaves_neither_files_nor_rows(as_):
    client = as_(Role.ADMINISTRATOR)
    shown = upload(client, FILE)
    client.post(reverse("practices:import_discard", args=[shown.context["data_import"].pk]))
    assert not DataImport.objects.exists()
    assert not StoredFile.objects.exists()
    assert not Practice.objects.exists()


def test_only_an_administrator_over_everything_comes_in(as_):
    shown = upload(as_(Role.ADMINISTRATOR), FILE)
    waiting = shown.context["data_import"].pk
    for role, over, preview in (
        (Role.PROGRAMME_OFFICER, None, 403),
        (Role.PRACTICE_USER, make_practice(), 403),
        (Role.ADMINISTRATOR, make_ccg(), 404),
    ):
        client = as_(role, over)
        assert client.get(reverse("practices:import")).status_code == 403
        assert client.get(reverse("practices:import_preview", args=[waiting])).status_code == preview
        assert client.post(reverse("practices:import_discard", args=[waiting])).status_code == preview
