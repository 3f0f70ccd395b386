"""Deliverables: what must be written, rounds that stay, answers, new dates and reminders, hostile words and files."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from post_office.models import Email

from mou import reminders
from mou.models import (
    Deliverable,
    DeliverablePart,
    DeliverableRound,
    Objective,
    PlanAction,
    RoundAnswer,
    SentReminder,
)
from mou.reminders import send_all
from mou.suppliers import actions, deliveries, sheets
from resilience.core.access import Denied, Role
from resilience.core.calendar import add_working_days, today
from tests.factories import client_of, grant, make_person
from tests.mou.supplying import PDF, SOON, bring_to, deliverable_of, make_supplied, theme_of, write
from tests.mou.world import agree_plan

pytestmark = pytest.mark.django_db
ATTACK = "<script>alert(1)</script>=1+1"


@pytest.fixture
def supplied():
    return make_supplied()


@pytest.fixture
def case(supplied):
    return supplied.assign()


@pytest.mark.parametrize("form", ["readiness", "diagnostic", "options", "plan"])
def test_each_is_written_whole_or_handed_in_as_a_file(supplied, case, form):
    deliverable = deliverable_of(case, form)
    with pytest.raises(Denied, match="or hand in a file"):
        deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable)
    with transaction.atomic():
        deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable, file=PDF)
        transaction.set_rollback(True)
    write(deliverable, supplied.dev)
    made = deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable, note="Here it is")
    assert made.content
    assert [section["heading"] for section in made.content] == [
        name for key, name in sheets.SECTIONS[form] if form != "plan" or key == "workforce"
    ]


def test_an_options_report_recommends_something(supplied, case):
    deliverable = deliverable_of(case, "options")
    write(deliverable, supplied.dev, is_recommended=False)
    with pytest.raises(Denied, match="Recommend at least one"):
        deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable)


def test_rounds_and_answers_stay_as_they_were(supplied, case):
    deliverable, officer = deliverable_of(case, "options"), supplied.world.officer
    write(deliverable, supplied.dev)
    first = deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable, note="One")
    assert deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable, note="One") == first
    with pytest.raises(Denied, match="Say what is missing"):
        deliveries.ask_deliverable_again(by=officer, deliverable=deliverable, read=1, words=" ")
    deliveries.ask_deliverable_again(by=officer, deliverable=deliverable, read=1, words="What does it cost?")
    write(deliverable, supplied.dev, words="Share a pharmacist")
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable, note="Two", file=PDF)
    with pytest.raises(Denied, match="handed in anew while you were reading"):
        deliveries.accept_deliverable(by=officer, deliverable=deliverable, read=1)
    deliveries.accept_deliverable(by=officer, deliverable=deliverable, read=2)
    letters = Email.objects.count()
    deliveries.accept_deliverable(by=officer, deliverable=deliverable, read=2)  # a second click
    assert Email.objects.count() == letters
    rounds = list(DeliverableRound.objects.filter(deliverable=deliverable))
    assert [(each.number, each.note, each.answer.accepts) for each in rounds] == [
        (1, "One", False),
        (2, "Two", True),
    ]
    assert [len(each.content[0]["rows"]) for each in rounds] == [1, 2]
    for rows in (
        DeliverableRound.objects.all(),
        RoundAnswer.objects.all(),
        DeliverablePart.objects.all(),
        Deliverable.objects.filter(pk=deliverable.pk),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        DeliverablePart.objects.create(deliverable=deliverable, section="option", words="Late")
    with pytest.raises(DatabaseError), transaction.atomic():
        Deliverable.objects.filter(pk=deliverable.pk).update(due_on=today())


def test_nobody_answers_what_their_own_supplier_handed_in(supplied, case):
    both = make_person(Role.PROGRAMME_OFFICER, supplied.world.ccg)
    grant(both, Role.SUPPLIER_USER, supplied.supplier)
    deliverable = bring_to(deliverable_of(case, "options"), "handed_in", supplied)
    with pytest.raises(Denied, match="so a colleague must answer"):
        deliveries.accept_deliverable(by=both, deliverable=deliverable, read=1)


def test_a_topic_that_fails_keeps_no_other_from_being_reminded(supplied, case, monkeypatch):
    case.deliverables.update(due_on=today() - dt.timedelta(days=1))

    def fails():
        raise RuntimeError("This topic cannot be looked up.")

    monkeypatch.setattr(reminders, "OUTSTANDING", [fails, *reminders.OUTSTANDING])
    with pytest.raises(RuntimeError, match="cannot be looked up"):
        send_all()
    assert SentReminder.objects.filter(kind="late").exists()


def test_a_new_date_needs_a_reason_and_reminders_follow_it(supplied, case):
    deliverable, officer = deliverable_of(case, "readiness"), supplied.world.officer
    case.deliverables.exclude(pk=deliverable.pk).update(due_on=SOON)
    case.deliverables.filter(pk=deliverable.pk).update(due_on=today() - dt.timedelta(days=1))
    deliverable.refresh_from_db()
    assert send_all() == 1
    assert send_all() == 0
    late = Email.objects.filter(subject__contains="is late")
    assert {each.to[0] for each in late} >= {supplied.dev.email}
    with pytest.raises(Denied, match="Say why"):
        deliveries.change_deliverable_date(by=officer, deliverable=deliverable, due_on=SOON, why="")
    for wrong in (today() - dt.timedelta(days=1), today() + dt.timedelta(days=4000)):
        with pytest.raises(Denied, match="The new date must be"):
            deliveries.change_deliverable_date(by=officer, deliverable=deliverable, due_on=wrong, why="x")
    due = add_working_days(today(), 3)
    deliveries.change_deliverable_date(
        by=officer, deliverable=deliverable, due_on=due, why="The lead was ill"
    )
    assert deliverable.deliverabledates.get().why == "The lead was ill"
    assert send_all() == 1
    assert set(SentReminder.objects.values_list("kind", "due_on")) == {
        ("late", today() - dt.timedelta(days=1)),
        ("due soon", due),
    }
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=deliverable, file=PDF)
    Deliverable.objects.filter(pk=deliverable.pk).update(due_on=today() - dt.timedelta(days=2))
    assert send_all() == 0
    # An assignment that ended is chased no more.
    case.deliverables.exclude(pk=deliverable.pk).update(due_on=today() - dt.timedelta(days=2))
    actions.end_case(by=officer, case=case, why="Done")
    assert send_all() == 0


# --- taken over -------------------------------------------------------------------------------------


def test_the_suppliers_plan_becomes_a_draft_once(supplied, case):
    world = supplied.world
    plan = deliverable_of(case, "plan")
    with pytest.raises(Denied, match="has not handed in an improvement plan"):
        deliveries.take_over_plan(by=world.manager, case=case)
    write(plan, supplied.dev)
    write(plan, supplied.dev, section="models", words="Join the network", is_confidential=False)
    write(plan, supplied.dev, words="Replace a partner", is_confidential=True)
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=plan)
    assert deliveries.take_over_plan(by=world.manager, case=case) == 2
    assert deliveries.take_over_plan(by=world.officer, case=case) == 0
    rows = set(Objective.objects.values_list("heading", "objective", "due_on"))
    assert rows == {("stability", "Recruit a pharmacist", SOON), ("future", "Join the network", SOON)}
    for person in (supplied.dev, supplied.rival, world.finance):
        with pytest.raises(Denied):
            deliveries.take_over_plan(by=person, case=case)


def test_where_the_year_has_an_action_table_it_becomes_actions():
    supplied = make_supplied(kind="local")
    case = supplied.assign()
    plan = deliverable_of(case, "plan")
    write(plan, supplied.dev)
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=plan)
    assert deliveries.take_over_plan(by=supplied.world.officer, case=case) == 1
    row = PlanAction.objects.get()
    assert (row.action, row.owner, row.due_on) == ("Recruit a pharmacist", "Dr O’Brien", SOON)


def test_an_agreed_plan_stays_as_it_is_and_the_supplier_reads_it(supplied, case):
    plan = deliverable_of(case, "plan")
    write(plan, supplied.dev)
    deliveries.hand_in_deliverable(by=supplied.dev, deliverable=plan)
    address = reverse("mou:supplier_case", args=[case.pk])
    assert "Two GPs recruited" not in client_of(supplied.dev).get(address).content.decode()
    agree_plan(supplied.world)
    with pytest.raises(Denied, match="nothing in it changes any more"):
        deliveries.take_over_plan(by=supplied.world.manager, case=case)
    page = client_of(supplied.dev).get(address).content.decode()
    assert "Two GPs recruited" in page
    assert "/plan/" not in page


# --- hostile words and files --------------------------------------------------------------------------


def test_words_are_escaped_wherever_they_are_read(supplied, case):
    dev, world = client_of(supplied.dev), supplied.world
    review, plan = deliverable_of(case, "diagnostic"), deliverable_of(case, "plan")
    theme = theme_of(case)
    typed = {f"words_{section}": ATTACK for section, _ in sheets.DOMAINS} | {"needs_workforce": [theme.pk]}
    assert dev.post(reverse("mou:write_sections", args=[review.pk]), typed).status_code == 302
    row = {
        "section": "finance", "words": ATTACK, "outcome": ATTACK, "owner": ATTACK, "horizon": "now",
        "due_on_day": SOON.day, "due_on_month": SOON.month, "due_on_year": SOON.year,
    }  # fmt: skip
    assert dev.post(reverse("mou:add_deliverable_row", args=[plan.pk]), row).status_code == 302
    for each in (review, plan):
        assert (
            dev.post(reverse("mou:hand_in_deliverable", args=[each.pk]), {"note": ATTACK}).status_code == 302
        )
        for person in (supplied.dev, world.manager, world.officer):
            page = client_of(person).get(reverse("mou:deliverable", args=[each.pk])).content.decode()
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert" in page
    assert (
        theme.name
        in client_of(world.officer).get(reverse("mou:deliverable", args=[review.pk])).content.decode()
    )


def test_a_hostile_file_is_refused_in_a_sentence(supplied, case):
    dev = client_of(supplied.dev)
    address = reverse("mou:hand_in_deliverable", args=[deliverable_of(case, "plan").pk])
    for name, content in (("plan.exe", b"MZ"), ("plan.pdf", b"<script>"), ("plan.docx", b"PK\x03\x04")):
        page = dev.post(address, {"note": "My note", "file": SimpleUploadedFile(name, content)})
        assert page.context["form"].errors["file"]
        assert "My note" in page.content.decode()
    good = SimpleUploadedFile("../../plan.pdf", b"%PDF-1.4\n%%EOF")
    assert dev.post(address, {"file": good}).status_code == 302
    made = DeliverableRound.objects.get()
    answer = dev.get(reverse("mou:round_file", args=[made.pk]))
    assert "attachment" in answer["Content-Disposition"]
    assert answer.content == b"%PDF-1.4\n%%EOF"


def test_a_date_in_the_past_and_an_empty_row_are_told(supplied, case):
    dev = client_of(supplied.dev)
    address = reverse("mou:add_deliverable_row", args=[deliverable_of(case, "plan").pk])
    page = dev.post(address, {"words": "Recruit", "due_on_day": 1, "due_on_month": 1, "due_on_year": 2001})
    errors = page.context["form"].errors
    assert errors["due_on"] == ["The date must be in the future"]
    assert {"section", "outcome", "owner", "horizon"} <= set(errors)
    assert not DeliverablePart.objects.exists()
