"""Pages of programmes: who reaches them, what they refuse beside the field, what they write."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from resilience.core.access import Role
from resilience.programmes import catalogue
from resilience.programmes.catalogue import CriterionContent, MatrixContent
from resilience.programmes.models import CriteriaSet, MatrixVersion, Programme, ProgrammeYear
from resilience.programmes.urls import urlpatterns
from tests.factories import make_person, make_practice, make_referral
from tests.programmes.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def site(client, world):
    client.force_login(world.administrator)
    return client


def addresses(world: World) -> dict[str, str]:
    """Every page of the room, of ``world``'s own programme."""
    year = world.year
    own = {
        "programme": year.programme_id,
        "year": year.pk,
        "item": year.menu.first().pk,
        "milestone": year.milestones.first().pk,
        "excluded": year.excluded_spend.first().pk,
        "matrix": year.matrix_id,
        "criteria_set": year.criteria_set_id,
    }
    return {
        each.name: reverse(
            f"programmes:{each.name}", kwargs={name: own[name] for name in each.pattern.converters}
        )
        for each in urlpatterns
    }


PUBLISHED = {
    "list", "add_programme", "criteria_sets", "new_criteria", "criteria_set", "publish_criteria",
    "matrices", "new_matrix", "matrix", "publish_matrix",
}  # fmt: skip


def test_an_administrator_reaches_own_programmes_and_no_other(client, world):
    for person, expected in ((world.administrator, 200), (world.stranger, 404)):
        client.force_login(person)
        for name, address in addresses(world).items():
            if name == "move_item":
                assert client.post(address).status_code == (302 if expected == 200 else 404)
            else:
                status = 200 if name in PUBLISHED else expected
                assert client.get(address).status_code == status, name


@pytest.mark.parametrize("role", [each for each in Role if each != Role.ADMINISTRATOR])
def test_other_roles_are_refused(client, world, role):
    over = make_practice(world.ccg) if role == Role.PRACTICE_USER else world.office
    client.force_login(make_person(role, over))
    for name, address in addresses(world).items():
        assert client.post(address).status_code == 403, name


def test_strangers_sign_in(client, world):
    for name, address in addresses(world).items():
        response = client.post(address)
        assert response.status_code == 302, name
        assert "sign-in" in response["Location"] or "login" in response["Location"], name


# --- what is typed, and what comes of it -------------------------------------------------------


def filled(form: Any) -> dict[str, Any]:
    """What a browser would send back of a form or formset as it was shown."""
    if hasattr(form, "management_form"):
        forms = [form.management_form, *form.forms]
    else:
        forms = [form]
    sent: dict[str, Any] = {}
    for each in forms:
        for bound in each:
            value, widget = bound.value(), bound.field.widget
            name = bound.html_name
            if isinstance(value, dt.date):
                sent |= {f"{name}_day": value.day, f"{name}_month": value.month, f"{name}_year": value.year}
            elif isinstance(value, bool):
                sent |= {name: "on"} if value else {}
            elif getattr(widget, "allow_multiple_selected", False):
                sent |= {name: list(value)} if value else {}
            else:
                sent[name] = widget.format_value(value) or ""
    return sent


def page(site, name: str, **kwargs: int) -> tuple[str, Any]:
    address = reverse(f"programmes:{name}", kwargs=kwargs)
    response = site.get(address)
    assert response.status_code == 200
    return address, response.context


def errors_of(response: Any) -> dict[str, str]:
    return {field: " ".join(said) for field, said in response.context["form"].errors.items()}


EDITS = ["dates", "clocks", "contact", "questions", "judging", "letters"]


@pytest.mark.parametrize("name", EDITS)
def test_sending_a_page_back_as_it_stands_changes_nothing(site, world, name):
    before = ProgrammeYear.objects.values().get(pk=world.year.pk)
    address, context = page(site, name, year=world.year.pk)
    response = site.post(address, filled(context["form"]))
    assert response.status_code == 302, errors_of(response)
    assert ProgrammeYear.objects.values().get(pk=world.year.pk) == before


REFUSED = [
    ("dates", {"ends_on_year": "2017"}, "ends_on", "must end after it starts"),
    ("dates", {"closes_on_year": "2017"}, "closes_on", "must close after they open"),
    ("dates", {"closes_time": "teatime"}, "closes_time", "such as 5pm"),
    ("clocks", {"decide_within": "5"}, "decide_within", "at least the 10 working days"),
    ("clocks", {"due_soon_within": "10"}, "due_soon_within", "less than the 10 working days"),
    ("clocks", {"acknowledge_within": "0"}, "acknowledge_within", "1"),
    ("judging", {"matrix": ""}, "matrix", "Choose the matrix"),
    ("letters", {"decision_body": "Dear {Name}"}, "decision_body", "cannot fill in {Name}"),
    ("contact", {"contact_email": "team"}, "contact_email", "email"),
]


@pytest.mark.parametrize(("name", "typed", "field", "sentence"), REFUSED)
def test_what_is_wrong_is_said_beside_the_field(site, world, name, typed, field, sentence):
    before = ProgrammeYear.objects.values().get(pk=world.year.pk)
    address, context = page(site, name, year=world.year.pk)
    response = site.post(address, filled(context["form"]) | typed)
    assert response.status_code == 200
    assert sentence in errors_of(response)[field]
    assert ProgrammeYear.objects.values().get(pk=world.year.pk) == before


def test_a_deadline_is_typed_in_words_and_kept_in_england(site, world):
    address, context = page(site, "dates", year=world.year.pk)
    typed = {
        "closes_on_day": "5",
        "closes_on_month": "oct",
        "closes_on_year": "2018",
        "closes_time": "5:30 pm",
    }
    assert site.post(address, filled(context["form"]) | typed).status_code == 302
    world.year.refresh_from_db()
    assert world.year.closes_at == dt.datetime(2018, 10, 5, 16, 30, tzinfo=dt.UTC)


def test_an_example_of_a_letter_writes_nothing(site, world):
    address, context = page(site, "letters", year=world.year.pk)
    typed = {"acknowledgement_body": "Hello <b>{contact_name}</b>", "example": "yes"}
    response = site.post(address, filled(context["form"]) | typed)
    assert "Hello &lt;b&gt;Pat Manager&lt;/b&gt;" in response.content.decode()
    world.year.refresh_from_db()
    assert "Hello" not in world.year.acknowledgement_body


def test_from_an_empty_office_to_a_running_year(client):
    administrator = make_person(Role.ADMINISTRATOR)
    office = make_practice().commissioner.parent
    client.force_login(administrator)
    typed = {"name": "Programme", "owner": office.pk, "purpose": "To help", "is_open": "on"}
    response = client.post(reverse("programmes:add_programme"), typed, follow=True)
    programme = Programme.objects.get(owner=office)
    assert response.context["programme"] == programme
    address, context = page(client, "add_year", programme=programme.pk)
    dates = {"starts_on": "2018-04-01", "ends_on": "2019-03-31", "opens_on": "2018-04-01",
             "closes_on": "2018-09-03"}  # fmt: skip
    typed = filled(context["form"]) | dates | {
        "kind": "national", "name": "2018/19", "contact_name": "T", "contact_email": "t@example.nhs.uk",
    }  # fmt: skip
    response = client.post(address, typed, follow=True)
    year = ProgrammeYear.objects.get(programme=programme)
    assert response.context["year"] == year
    assert (year.menu.count(), year.milestones.count()) == (9, 10)
    assert year.closes_at == dt.datetime(2018, 9, 3, 16, tzinfo=dt.UTC)
    address, context = page(client, "copy_year", year=year.pk)
    assert filled(context["form"]) == {"name": "2019/20"}
    client.post(address, {"name": "2018/19"})
    assert programme.years.count() == 1
    client.post(address, {"name": "2019/20"})
    assert programme.years.get(name="2019/20").closes_at == dt.datetime(2019, 9, 3, 16, tzinfo=dt.UTC)


def test_a_programme_is_given_only_to_organisations_in_reach(site, world):
    typed = {"name": "Theirs", "owner": make_practice().commissioner.pk, "purpose": "", "is_open": "on"}
    response = site.post(reverse("programmes:add_programme"), typed)
    assert "owner" in errors_of(response)
    assert not Programme.objects.filter(name="Theirs").exists()


def test_rows_are_added_changed_and_taken_out(site, world):
    year = world.year
    typed = {"name": "Peer support", "is_offered": "on"}
    site.post(reverse("programmes:add_item", kwargs={"year": year.pk}), typed)
    item = year.menu.last()
    assert (item.name, item.is_contribution_theme) == ("Peer support", False)
    site.post(reverse("programmes:move_item", kwargs={"item": item.pk}), {"to": "up"})
    assert list(year.menu.all())[-2] == item
    site.post(reverse("programmes:remove_item", kwargs={"item": item.pk}))
    assert not year.menu.filter(pk=item.pk).exists()
    milestone = year.milestones.last()
    address, context = page(site, "change_milestone", milestone=milestone.pk)
    response = site.post(address, filled(context["form"]) | {"target": ""})
    assert "figure to be reached" in errors_of(response)["target"]
    site.post(address, filled(context["form"]) | {"measure": "none", "target": ""})
    milestone.refresh_from_db()
    assert (milestone.measure, milestone.target) == ("", None)


def test_a_row_in_use_says_why_it_stays(site, world):
    item = make_referral(year=world.year).wanted.get().item
    address = reverse("programmes:remove_item", kwargs={"item": item.pk})
    for response in (site.get(address), site.post(address)):
        assert "Stop offering it." in response.content.decode()
    assert world.year.menu.filter(pk=item.pk).exists()


def test_stages_are_set_together(site, world):
    address, context = page(site, "stages", year=world.year.pk)
    typed = filled(context["formset"])
    half = {"stages-0-per_cent": "50", "stages-1-name": "Then", "stages-1-per_cent": "40",
            "stages-1-opens": "progress"}  # fmt: skip
    response = site.post(address, typed | half)
    assert "now they make 90%" in response.content.decode()
    assert world.year.stages.count() == 1
    dated = {"stages-1-per_cent": "50", "stages-1-opens": "date"}
    response = site.post(address, typed | half | dated)
    assert "Enter the date on which it opens" in response.content.decode()
    unnamed = {"stages-1-name": "", "stages-1-per_cent": "50"}
    response = site.post(address, typed | half | unnamed)
    assert "Enter the name of the stage" in response.content.decode()
    assert site.post(address, typed | half | {"stages-1-per_cent": "50"}).status_code == 302
    assert [str(each.per_cent) for each in world.year.stages.all()] == ["50.00", "50.00"]


def test_a_matrix_is_published_from_the_page(site, world):
    old = world.year.matrix
    address, context = page(site, "publish_matrix", matrix=old.pk)
    typed = filled(context["form"])
    assert len([name for name in typed if name.startswith("cell_")]) == 25
    response = site.post(address, typed)
    assert "Nothing differs" in response.content.decode()
    response = site.post(address, typed | {"cell_5_5": "B"})
    assert "never lowers the priority" in errors_of(response)["cell_5_5"]
    site.post(address, typed | {"cell_1_1": "R", "scope_1_name": "Seldom"})
    new = MatrixVersion.objects.get(version=2)
    assert new.cells.get(scope=1, impact=1).rating == "R"
    assert new.scores.get(axis="scope", score=1).name == "Seldom"
    assert MatrixContent.of(old) == catalogue.NATIONAL_MATRIX


def test_criteria_are_published_from_the_page(site, world):
    old = world.year.criteria_set
    address, context = page(site, "publish_criteria", criteria_set=old.pk)
    typed = filled(context["formset"])
    assert "Nothing differs" in site.post(address, typed).content.decode()
    response = site.post(address, typed | {"criteria-1-number": "1"})
    assert "Another criterion has this number" in response.content.decode()
    changed = {"criteria-0-number": "17", "criteria-2-name": "", "criteria-3-name": "Patients per GP"}
    site.post(address, typed | changed)
    new = [CriterionContent.of(each) for each in CriteriaSet.objects.get(version=2).criteria.all()]
    expected = list(catalogue.NATIONAL_CRITERIA)
    first, _, _, fourth = expected[:4]
    fourth = CriterionContent(**vars(fourth) | {"name": "Patients per GP"})
    assert new == [expected[1], fourth, *expected[4:], first]
    assert [CriterionContent.of(each) for each in old.criteria.all()] == expected
    named = {"name": old.name}
    response = site.post(reverse("programmes:new_criteria"), typed | named)
    assert "publish a new version of it" in errors_of(response)["name"]


def test_a_deadline_moves_although_its_stage_is_in_use(site, world):
    stage = world.year.stages.first()
    stage.opens, stage.due_on = "evidence", dt.date(2018, 9, 30)
    stage.save()
    practice = make_practice(world.ccg)
    stage.evidence.create(practice=practice, kind="declined", made_by=world.administrator)
    address, context = page(site, "stages", year=world.year.pk)
    assert context["denied"]
    name = f"deadline_{stage.pk}"
    typed = {f"{name}_day": "5", f"{name}_month": "10", f"{name}_year": "2018", "deadlines": "yes"}
    assert site.post(address, typed).status_code == 302
    stage.refresh_from_db()
    assert stage.due_on == dt.date(2018, 10, 5)
