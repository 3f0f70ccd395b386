"""The pages of a health check: who reaches what, what is typed wrong, hostile words, and files."""

import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from mou.health_checks import actions, ours
from mou.health_checks.answers import marks
from mou.models import HealthCheck, HealthCheckAnswer, HealthCheckStage, Questionnaire
from resilience.core.access import Role
from tests import factories as make
from tests.factories import client_of
from tests.mou.checkups import Checkups, filled, handed_in, make_checkups, published, save

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_pdf(monkeypatch):
    monkeypatch.setattr("mou.health_checks.copy.pdf.render", lambda html, **_: html.encode())


@pytest.fixture
def world() -> Checkups:
    return make_checkups()


def url(world: Checkups, name: str = "health_check", practice: Any = None, **more: str) -> str:
    kwargs = {"stage": world.stage.pk, "ods_code": (practice or world.practice).ods_code, **more}
    return reverse(f"mou:{name}", kwargs=kwargs)


def sent(world: Checkups, saved: dict[str, str] | None = None, **given: str) -> dict[str, str]:
    return {"seen": marks(given, saved or {}), **given}


EVERY_PAGE = ("health_check", "health_check_copy", "hand_in_health_check")


def statuses(world: Checkups, person: Any) -> dict[str, int]:
    client = client_of(person)
    found = {name: client.get(url(world, name)).status_code for name in EVERY_PAGE}
    found["section"] = client.get(url(world, "health_check_section", section="workforce")).status_code
    found["correct"] = client.get(url(world, "correct_health_check", question="gps")).status_code
    return found


@pytest.mark.parametrize("is_summed_only", [False, True])
def test_who_reaches_a_health_check_before_and_after_it_is_in(is_summed_only):
    world = make_checkups(is_summed_only=is_summed_only)
    filled(world)
    readers = {Role.PROGRAMME_OFFICER, Role.APPROVER, Role.FINANCE_LEAD, Role.OBSERVER}
    for role, person in world.people.items():
        before = statuses(world, person)
        if role == Role.PRACTICE_USER:
            assert before == {
                "health_check": 200, "health_check_copy": 404, "hand_in_health_check": 200,
                "section": 200, "correct": 302,
            }  # fmt: skip
        else:
            assert before["health_check"] == (404 if role in readers else 403)
            assert before["health_check_copy"] == (404 if role in readers else 403)
            assert {before[each] for each in ("hand_in_health_check", "section", "correct")} == {403}
    handed_in(world)
    for role, person in world.people.items():
        after = statuses(world, person)
        if role == Role.PRACTICE_USER:
            assert after == {
                "health_check": 200, "health_check_copy": 200, "hand_in_health_check": 302,
                "section": 302, "correct": 200,
            }  # fmt: skip
            continue
        reads = 403 if role not in readers else 404 if is_summed_only else 200
        assert after["health_check"] == after["health_check_copy"] == reads
    stranger = make.make_person(Role.PRACTICE_USER, make.make_practice(world.ccg))
    assert set(statuses(world, stranger).values()) == {404}


def test_in_a_summed_scheme_nothing_that_the_office_opens_holds_an_answer():
    world = make_checkups(is_summed_only=True)
    handed_in(world, worry="The partners are at war")
    client = client_of(world.officer)
    themes = reverse("mou:health_check_themes", kwargs={"stage": world.stage.pk})
    evidence = {"stage": world.stage.pk, "ods_code": world.practice.ods_code}
    for address in (
        reverse("funding:practice_evidence", kwargs=evidence),
        reverse("funding:evidence", kwargs={"stage": world.stage.pk}),
        themes,
        reverse("practices:practice", kwargs={"ods_code": world.practice.ods_code}),
    ):
        shown = client.get(address)
        assert shown.status_code == 200
        assert "at war" not in shown.content.decode()
        assert "/evidence/" not in shown.content.decode() or "health-check-" not in shown.content.decode()
    assert not world.practice.evidence.exclude(file=None).exists()
    (sheet,) = load_workbook(io.BytesIO(client.get(themes, {"export": "xlsx"}).content))
    assert {cell.value for row in sheet.iter_rows(min_row=2) for cell in row[4:]} == {None}
    HealthCheckStage.objects.update(is_summed_only=False)
    assert client.get(url(world)).status_code == 404


def test_wrong_input_is_told_and_what_is_right_is_saved(world):
    client = client_of(world.manager)
    page = url(world, "health_check_section", section="workforce")
    shown = client.post(page, sent(world, gps="about four", worry="Rent"))
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "Enter a number, such as 4 or 4.5" in text
    assert 'value="about four"' in text
    assert "What is right on this page is saved" in text
    assert HealthCheckAnswer.objects.get().value == "Rent"
    again = {"seen": shown.context["form"].data["seen"], "gps": "1,204.5", "worry": "Rent, rates"}
    assert client.post(page, again).status_code == 302
    assert set(HealthCheckAnswer.objects.values_list("value", flat=True)) == {"1204.5", "Rent, rates"}
    for wrong in ("-1", "1e9", "100001", "4.555", "NaN", "9" * 40):
        assert client.post(page, {**sent(world, {"gps": "1204.5"}, gps=wrong)}).status_code == 200
    assert HealthCheckAnswer.objects.filter(value="1204.5").exists()


def test_it_may_be_left_and_come_back_to(world):
    client = client_of(world.manager)
    page = url(world, "health_check_section", section="operational")
    assert client.post(page, {**sent(world, signpost="3"), "later": ""}).url == url(world)
    shown = client.get(url(world)).content.decode()
    assert "Cannot hand in yet" in shown
    assert "1 question to answer" in shown
    assert "Started" in shown
    assert "Not started" in shown
    assert "Optional, not started" in shown
    done = client.post(page, sent(world, {"signpost": "3"}, signpost="3", plan="yes"))
    assert done.url == url(world, "health_check_section", section="workforce")


def test_a_colleagues_other_answer_is_shown_beside_mine(world):
    client = client_of(world.manager)
    page = url(world, "health_check_section", section="workforce")
    colleague = make.make_person(Role.PRACTICE_USER, world.practice, name="Ros Key")
    save(world, "workforce", {"gps": "4"}, by=colleague)
    shown = client.post(page, sent(world, gps="5", worry=""))
    text = shown.content.decode()
    assert "Somebody else saved other answers" in text
    assert "Ros Key" in text
    assert 'value="5"' in text
    assert HealthCheckAnswer.objects.get().value == "4"
    client.post(page, {"seen": shown.context["form"].data["seen"], "gps": "5", "worry": ""})
    assert HealthCheckAnswer.objects.get().value == "5"


def test_hostile_words_stay_words(world):
    hostile = "<script>alert(1)</script> =1+1 {{ 7 }}"
    client = client_of(world.manager)
    client.post(url(world, "health_check_section", section="workforce"), sent(world, gps="4", worry=hostile))
    refused = client.post(
        url(world, "health_check_section", section="workforce"),
        sent(world, {"gps": "4", "worry": hostile}, gps="4", worry="943 476 5919"),
    )
    assert "NHS number" in refused.content.decode()
    assert hostile in HealthCheckAnswer.objects.values_list("value", flat=True)
    handed_in(world, worry=hostile)
    for person in (world.manager, world.officer):
        text = client_of(person).get(url(world)).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
    assert b"<script>alert" not in bytes(HealthCheck.objects.get().copy.content)


def test_a_fact_that_rarely_changes_is_offered_from_last_year(world):
    handed_in(world)
    year = make.make_year(
        world.office, programme=world.year.programme, name="Next", starts_on=world.year.ends_on,
        ends_on=world.year.ends_on.replace(year=world.year.ends_on.year + 1),
    )  # fmt: skip
    stage = year.stages.create(position=9, name="Health check", amount=1, opens="evidence")
    HealthCheckStage.objects.create(
        stage=stage, questionnaire=world.setting.questionnaire, chosen_by=world.officer
    )
    page = reverse(
        "mou:health_check_section",
        kwargs={"stage": stage.pk, "ods_code": world.practice.ods_code, "section": "operational"},
    )
    shown = client_of(world.manager).get(page).content.decode()
    assert f"From your health check of {world.year.name}. Check that it is still right" in shown
    assert 'value="2017"' in shown
    assert not HealthCheck.objects.filter(stage=stage).exists()
    client_of(world.manager).post(
        page, {"seen": "", "signpost": "4", "plan": "no", "inspected": "2017-10-05"}
    )
    check = HealthCheck.objects.get(stage=stage)
    assert check.answers.count() == 3
    world.stage = stage
    save(world, "workforce", {"gps": "6"})
    actions.hand_in_health_check(by=world.manager, stage=stage, practice=world.practice)
    text = client_of(world.officer).get(url(world)).content.decode()
    assert "Better by 2" in text
    assert "Up by 1.5" in text


# --- administrators ----------------------------------------------------------------------------


def formset_of(client: Client, page: str) -> dict[str, Any]:
    """What the page would send as it stands."""
    writing = client.get(page).context["writing"]
    data: dict[str, Any] = {}
    for formset in (writing.sections, writing.questions):
        for form in (formset.management_form, *formset.forms):
            for name in form.fields:
                value = form[name].value()
                if value not in (None, False, ""):
                    data[form.add_prefix(name)] = value
    return data


def test_an_administrator_publishes_ours_and_then_a_new_version(world):
    client = client_of(world.people[Role.ADMINISTRATOR])
    data = formset_of(client, reverse("mou:new_questionnaire"))
    client.post(reverse("mou:new_questionnaire"), {**data, "name": "Ours"})
    first = Questionnaire.objects.get(name="Ours")
    assert sum(each.questions.count() for each in first.sections.all()) == 35
    page = reverse("mou:publish_questionnaire", kwargs={"questionnaire": first.pk})
    data = formset_of(client, page)
    assert "Nothing differs" in client.post(page, data).content.decode()
    changed = {**data, "questions-0-words": "Do receptionists signpost?", "questions-0-section": "77"}
    assert "There is no section of this number" in client.post(page, changed).content.decode()
    client.post(page, {**changed, "questions-0-section": "1"})
    second = Questionnaire.objects.get(name="Ours", version=2)
    assert {each.key for each in second.sections.all()} == {each.key for each in ours.OURS}
    assert second.sections.first().questions.first().key == first.sections.first().questions.first().key
    empty = client.post(page, {**data, "sections-0-title": ""}).content.decode()
    assert "There is no section of this number" in empty


def test_a_stage_keeps_its_way_once_a_practice_started(world):
    client = client_of(world.people[Role.ADMINISTRATOR])
    page = reverse("mou:health_check_stage", kwargs={"stage": world.stage.pk})
    other = published()
    assert (
        "Choose what the commissioner sees"
        in client.post(page, {"questionnaire": other.pk, "least": "5"}).content.decode()
    )
    assert client.post(page, {"questionnaire": other.pk, "shown": "summed", "least": "2"}).status_code == 200
    client.post(page, {"questionnaire": other.pk, "shown": "summed", "least": "6"})
    world.setting = HealthCheckStage.objects.get()
    assert (world.setting.questionnaire, world.setting.is_summed_only, world.setting.least) == (
        other,
        True,
        6,
    )
    save(world, "workforce", {"gps": "4"})
    assert "started on it, so it stays" in client.get(page).content.decode()
    client.post(page, {"shown": "full", "least": "5"})
    assert HealthCheckStage.objects.get().is_summed_only
