"""What came on paper or by email and an officer enters: a progress report, a health check; who, and from whom."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from post_office.models import Email

from funding.models import EvidenceEntry
from mou.delivery import actions as delivery
from mou.delivery.entering import enter_report
from mou.delivery.progress import key_of
from mou.health_checks.entering import enter_health_check
from mou.models import HealthCheck, ProgressFile, ReportStep
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.demo.stories import PAGE
from resilience.referrals.uploads import CheckedFile
from tests.factories import client_of, make_person
from tests.mou.checkups import GOOD, make_checkups, save
from tests.mou.delivering import all_said, due_report, hand_in, make_delivering, rows_of

pytestmark = pytest.mark.django_db
FROM = "Dr Lee, partner"
SCAN = CheckedFile("scan.pdf", "application/pdf", PAGE)
ANSWERS = GOOD["operational"] | GOOD["workforce"]


@pytest.fixture
def quick_pdf(monkeypatch):
    monkeypatch.setattr("mou.health_checks.copy.pdf.render", lambda html, **_: html.encode())


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("scan.pdf", PAGE, "application/pdf")


def day_of(on: dt.date) -> dict[str, str]:
    return {"came_on_day": str(on.day), "came_on_month": str(on.month), "came_on_year": str(on.year)}


# --- a report ------------------------------------------------------------------------------------


def enter(world, report, **changes):
    given = {
        "by": world.officer, "report": report, "said": all_said(world), "words": "Two GPs start in May.",
        "came_from": FROM, "came_on": today(), "original": SCAN,
    }  # fmt: skip
    return enter_report(**given | changes)


def test_an_entered_report_says_who_sent_it_and_the_practice_is_told():
    world = make_delivering()
    report = due_report(world)
    # What the practice has begun itself stays its own.
    delivery.save_report(
        by=world.manager,
        report=report,
        draft={"words": "Only ours"},
        files=[CheckedFile("own.pdf", "application/pdf", PAGE)],
    )
    Email.objects.all().delete()
    step = enter(world, report)
    report.refresh_from_db()
    assert (report.state, step.made_by, step.came_from, step.came_on) == (
        "handed_in",
        world.officer,
        FROM,
        today(),
    )
    assert step.entries.count() == len(rows_of(world))
    assert [each.file.name for each in step.files.all()] == ["scan.pdf"]
    assert report.draft == {"words": "Only ours"}
    assert ProgressFile.objects.get(file__name="own.pdf").kept_at is None
    letter = next(each for each in Email.objects.all() if world.manager.email in each.to)
    assert "Olu Officer entered your report" in letter.message
    assert FROM in letter.message
    assert TrailEntry.objects.get(act="mou.enter_report").by == world.officer
    assert enter(world, report) == step, "a second click is the same"
    with pytest.raises(Denied, match="is handed in"):
        enter(world, report, said=all_said(world, "late", "No room"))
    assert ReportStep.objects.filter(act="mou.enter_report").count() == 1
    for person in (world.manager, world.officer):
        page = client_of(person).get(reverse("mou:progress_report", args=[report.pk])).content.decode()
        assert "Entered for the practice" in page
        assert f"from {FROM}" in page
        assert "as it came on" in page
        assert "scan.pdf" in page
        assert ("If something is not as you said it, tell " in page) == (person == world.manager)
    delivery.accept_report(by=world.officer, report=report)


def test_a_report_is_entered_with_all_that_the_practice_would_say():
    world = make_delivering()
    report = due_report(world)
    for changes, why in (
        ({"came_from": " "}, "Say who sent it"),
        ({"came_on": today() + dt.timedelta(days=1)}, "cannot be in the future"),
        ({"words": " "}, "Say in a few words"),
        ({"said": all_said(world, "late")}, "Say why"),
        ({"said": {}}, "The plan was changed"),
        ({"by": world.manager}, "Your role does not let you"),
    ):
        with pytest.raises(Denied, match=why):
            enter(world, report, **changes)
    hand_in(world, report)
    with pytest.raises(Denied, match="is handed in"):
        enter(world, report)
    with pytest.raises(IntegrityError), transaction.atomic():
        report.steps.create(act="x", after="due", due_on=report.due_on, made_by=world.officer, came_from=FROM)


def test_the_officer_enters_it_on_one_page():
    world = make_delivering()
    report = due_report(world)
    client, here = client_of(world.officer), reverse("mou:enter_report", args=[report.pk])
    assert here in client.get(reverse("mou:progress_report", args=[report.pk])).content.decode()
    page = client.post(here, {"words": "Well"}).content.decode()
    assert "Enter who sent it" in page
    assert "Choose a file: the original" in page
    assert "Save and come back later" not in page
    typed = {"words": "Well", "came_from": FROM, "original": upload(), **day_of(today())}
    for row in rows_of(world):
        typed[f"standing_{key_of(row)}"] = "on_track"
    answer = client.post(here, typed)
    assert answer.status_code == 302, answer.content.decode()
    report.refresh_from_db()
    assert report.state == "handed_in"
    assert client_of(world.manager).get(here).status_code == 403
    assert (
        here
        not in client_of(world.manager).get(reverse("mou:progress_report", args=[report.pk])).content.decode()
    )


# --- a health check ------------------------------------------------------------------------------


def enter_check(world, **changes):
    given = {
        "by": world.officer, "stage": world.stage, "practice": world.practice, "given": ANSWERS,
        "came_from": FROM, "came_on": today(), "original": SCAN,
    }  # fmt: skip
    return enter_health_check(**given | changes)


def test_an_entered_health_check_is_handed_in_with_its_original():
    world = make_checkups()
    check = enter_check(world)
    assert (check.handed_in_by, check.came_from, check.came_on) == (world.officer, FROM, today())
    assert dict(check.answers.values_list("question__key", "value")) == ANSWERS
    assert bytes(check.copy.content).startswith(b"%PDF-")
    entry = EvidenceEntry.objects.get()
    assert (entry.kind, entry.made_by, entry.file_id) == ("handed_in", world.officer, check.copy_id)
    assert FROM in entry.words
    letter = Email.objects.get(subject__contains="handed in")
    assert f"{world.officer.name} recorded this for you" in letter.message
    assert enter_check(world) == check, "a second click is the same"
    assert HealthCheck.objects.count() == 1
    where = {"stage": world.stage.pk, "ods_code": world.practice.ods_code}
    for person in (world.manager, world.officer):
        client = client_of(person)
        page = client.get(reverse("mou:health_check", kwargs=where)).content.decode()
        assert f"Entered by {world.officer.name}" in page
        assert f"from {FROM}" in page
        assert "as it came on" in page
        original = client.get(reverse("mou:health_check_original", kwargs=where))
        assert b"".join(original) == PAGE if original.streaming else original.content == PAGE


def test_what_the_office_sees_only_summed_nobody_of_it_enters(quick_pdf):
    world = make_checkups(is_summed_only=True)
    with pytest.raises(Denied, match="only summed"):
        enter_check(world)
    assert not HealthCheck.objects.exists()
    where = {"stage": world.stage.pk, "ods_code": world.practice.ods_code}
    client = client_of(world.officer)
    page = client.get(reverse("funding:practice_evidence", kwargs=where)).content.decode()
    assert "nobody of it may enter them" in page
    page = client.get(reverse("mou:enter_health_check", kwargs=where)).content.decode()
    assert "nobody of it may enter them" in page
    assert "<form method" not in page.split("<main")[1].split("</main")[0]


def test_what_the_practice_has_begun_is_its_own(quick_pdf):
    world = make_checkups()
    save(world, "operational", GOOD["operational"])
    with pytest.raises(Denied, match="has started it here"):
        enter_check(world)
    page = client_of(world.officer).get(
        reverse(
            "mou:enter_health_check", kwargs={"stage": world.stage.pk, "ods_code": world.practice.ods_code}
        )
    )
    assert "has started it here" in page.content.decode()


def test_a_health_check_is_entered_whole_or_not_at_all(quick_pdf):
    world = make_checkups()
    for changes, why in (
        ({"given": GOOD["operational"]}, "Not complete: Workforce"),
        ({"given": ANSWERS | {"plan": "maybe"}}, "Choose one"),
        ({"came_from": ""}, "Say who sent it"),
        ({"came_on": today() + dt.timedelta(days=1)}, "cannot be in the future"),
        ({"by": world.manager}, "Your role does not let you"),
    ):
        with pytest.raises(Denied, match=why), transaction.atomic():
            enter_check(world, **changes)
    assert not HealthCheck.objects.exists()
    assert not EvidenceEntry.objects.exists()


def test_the_officer_enters_a_health_check_on_one_page(quick_pdf):
    world = make_checkups()
    where = {"stage": world.stage.pk, "ods_code": world.practice.ods_code}
    client, here = client_of(world.officer), reverse("mou:enter_health_check", kwargs=where)
    assert here in client.get(reverse("funding:practice_evidence", kwargs=where)).content.decode()
    page = client.post(here, {"came_from": FROM}).content.decode()
    assert "There is a problem" in page
    typed = {
        "came_from": FROM, "original": upload(), **day_of(today()), "answer_signpost": "2", "answer_plan": "no",
        "answer_inspected_day": "5", "answer_inspected_month": "10", "answer_inspected_year": "2017",
        "answer_gps": "4.5", "answer_worry": "Two GPs retire",
    }  # fmt: skip
    answer = client.post(here, typed)
    assert answer.status_code == 302, answer.content.decode()
    check = HealthCheck.objects.get()
    assert dict(check.answers.values_list("question__key", "value")) == ANSWERS
    assert here not in client.get(reverse("funding:practice_evidence", kwargs=where)).content.decode()
    stranger = make_person(Role.PROGRAMME_OFFICER, make_checkups().ccg)
    assert client_of(stranger).get(here).status_code == 404
    assert client_of(world.manager).get(here).status_code == 403


def test_the_practice_itself_still_hands_in_without_a_sender(quick_pdf):
    world = make_checkups()
    save(world, "operational", GOOD["operational"])
    save(world, "workforce", GOOD["workforce"])
    from mou.health_checks.actions import hand_in_health_check

    check = hand_in_health_check(by=world.manager, stage=world.stage, practice=world.practice)
    assert (check.came_from, check.came_on, check.original) == ("", None, None)
    assert "recorded this for you" not in Email.objects.get(subject__contains="handed in").message
    with pytest.raises(IntegrityError), transaction.atomic():
        HealthCheck.objects.create(
            stage=world.stage, practice=make_checkups().practice, questionnaire=check.questionnaire,
            started_by=world.manager, came_from=FROM, came_on=today(),
        )  # fmt: skip
