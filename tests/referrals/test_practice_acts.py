"""What a practice does with its referral, through the acts themselves."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from post_office.models import Email

from practices.models import Practice
from resilience.core.access import Denied, Role
from resilience.core.calendar import add_working_days, today
from resilience.core.models import StoredFile, TrailEntry
from resilience.referrals import actions, answers, rules
from resilience.referrals.models import Message, Referral, ReferralPractice
from resilience.referrals.parts import lacking
from resilience.referrals.states import State
from resilience.referrals.uploads import CheckedFile
from tests.factories import make_ccg, make_person, make_practice, make_referral, make_year
from tests.referrals.drafts import CASE, CONTACT, NO_PAST, PDF, make_draft, make_world, support

pytestmark = pytest.mark.django_db

FILE = CheckedFile("report.pdf", "application/pdf", PDF)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def draft(world):
    return make_draft(*world)


def _last_act() -> str:
    return TrailEntry.objects.last().act


def test_a_second_click_on_start_answers_with_the_same_draft(world):
    person, practice, year = world
    first = actions.start(by=person, practice=practice, year=year)
    assert actions.start(by=person, practice=practice, year=year) == first
    actions.save_part(by=person, referral=first, part="contact", answers=CONTACT)
    assert actions.start(by=person, practice=practice, year=year) != first


def test_nobody_starts_for_another_practice_or_in_a_closed_year(world):
    person, practice, year = world
    stranger = make_person(Role.PRACTICE_USER, make_practice(practice.commissioner))
    with pytest.raises(Denied, match="does not let you"):
        actions.start(by=stranger, practice=practice, year=year)
    with pytest.raises(Denied):
        actions.start(by=person, practice=practice, year=make_year())
    type(year).objects.update(closes_at=timezone.now())
    year.refresh_from_db()
    with pytest.raises(Denied, match="closed on"):
        actions.start(by=person, practice=practice, year=year)
    assert not Referral.objects.exists()


def test_sending_fixes_the_clock_the_reference_and_what_the_register_said(draft, world):
    person, practice, year = world
    other = make_practice(make_ccg(practice.commissioner.parent), list_size=1234)
    actions.add_practice(by=person, referral=draft, practice=other)
    Practice.objects.filter(pk=practice.pk).update(name="Renamed Surgery", list_size=9000)

    sent = actions.submit(by=person, referral=draft)

    sent.refresh_from_db()
    assert sent.state == State.RECEIVED
    assert sent.received_on == today()
    assert sent.acknowledge_by == add_working_days(today(), year.acknowledge_within)
    assert sent.decide_by == add_working_days(today(), year.decide_within)
    assert sent.reference == f"{today().year}-0001"
    assert sent.commissioner == practice.commissioner
    assert sent.submitted_by == person
    assert sent.list_size_total == 10234
    assert sent.content_digest == answers.content_digest(sent)
    assert sent.is_group is True
    Practice.objects.update(name="Later name", list_size=1)
    assert [(place.name, place.list_size) for place in answers.refresh(sent)] == [
        ("Renamed Surgery", 9000),
        (other.name, 1234),
    ]
    assert _last_act() == "referrals.submit"
    assert make_and_send(person, practice, year, issues="Something else").reference.endswith("-0002")


def make_and_send(person, practice, year, **case):
    draft = make_draft(person, practice, year, **case)
    return actions.submit(by=person, referral=draft, knows_of_open=True)


def test_the_confirmation_goes_to_the_contact_and_the_sender_with_the_copy(draft, world):
    person, _, year = world
    sent = actions.submit(by=person, referral=draft)
    confirmation, office = Email.objects.order_by("pk")
    assert confirmation.to == ["pat@example.nhs.uk", person.email]
    assert sent.reference in confirmation.subject
    assert "acknowledge your referral by" in confirmation.message
    [copy] = confirmation.attachments.all()
    assert copy.name == f"referral-{sent.reference}.pdf"
    assert copy.file.read().startswith(b"%PDF-")
    assert office.to == [year.contact_email]


def test_what_was_sent_never_changes_and_is_never_deleted(draft, world):
    person, practice, _ = world
    attached = actions.attach(by=person, referral=draft, files=[FILE])
    assert attached is None
    sent = actions.submit(by=person, referral=draft)
    for act, more in (
        (actions.save_part, {"part": "case", "answers": CASE | {"issues": "Other"}}),
        (actions.add_practice, {"practice": make_practice(practice.commissioner)}),
        (actions.remove_practice, {"practice": practice}),
        (actions.attach, {"files": [FILE]}),
        (actions.detach, {"attachment": sent.attachments.get()}),
        (actions.discard, {}),
    ):
        with pytest.raises(rules.AlreadySent):
            act(by=person, referral=sent, **more)
    for write in (
        lambda: Referral.objects.filter(pk=sent.pk).update(issues="Other"),
        lambda: Referral.objects.filter(pk=sent.pk).update(received_on=today() + dt.timedelta(days=1)),
        lambda: ReferralPractice.objects.filter(referral=sent).update(list_size=1),
        lambda: sent.delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("contact", CONTACT | {"contact_email": ""}),
        ("case", CASE | {"issues": ""}),
        ("case", CASE | {"support_wanted": "word " * 201}),
        ("practices", {"is_group": None}),
        ("practices", {"is_group": True}),
        ("support", {"commissioner_supports": "", "categories": [], "past": {}}),
        (
            "support",
            {
                "commissioner_supports": "no",
                "categories": [],
                "past": NO_PAST | {"this": {"had": True, "years": ""}},
            },
        ),
    ],
)
def test_an_incomplete_part_is_saved_but_not_sent(draft, world, part, broken):
    person = world[0]
    actions.save_part(by=person, referral=draft, part=part, answers=broken)
    draft.refresh_from_db()
    assert list(lacking(draft)) == [part]
    with pytest.raises(Denied, match="Finish first"):
        actions.submit(by=person, referral=draft)


def test_200_words_can_be_sent(draft, world):
    actions.save_part(by=world[0], referral=draft, part="case", answers=CASE | {"issues": "word " * 200})
    assert actions.submit(by=world[0], referral=draft).reference


def test_the_deadline_is_absolute_and_the_draft_stays(draft, world, monkeypatch):
    person, _, year = world
    monkeypatch.setattr("resilience.referrals.openings.timezone.now", lambda: year.closes_at)
    with pytest.raises(Denied, match=r"closed on .* What you wrote is kept"):
        actions.submit(by=person, referral=draft)
    monkeypatch.setattr(
        "resilience.referrals.openings.timezone.now", lambda: year.closes_at - dt.timedelta(seconds=1)
    )
    assert actions.submit(by=person, referral=draft).received_at


def test_a_closed_practice_is_not_sent(draft, world):
    person, practice, _ = world
    Practice.objects.filter(pk=practice.pk).update(status="closed", closed_on=today())
    with pytest.raises(Denied, match="“Closed” in the register"):
        actions.submit(by=person, referral=draft)


def test_an_open_referral_is_warned_of_and_its_reference_kept_from_strangers(draft, world):
    person, practice, year = world
    open_one = make_referral(practice, year)
    [sentence] = rules.open_elsewhere(person, draft)
    assert open_one.reference in sentence
    neighbour = make_practice(practice.commissioner)
    theirs = make_referral(neighbour, year)
    actions.add_practice(by=person, referral=draft, practice=neighbour)
    draft.refresh_from_db()
    fact = next(each for each in rules.open_elsewhere(person, draft) if neighbour.name in each)
    assert theirs.reference not in fact
    with pytest.raises(Denied, match="Tick the box"):
        actions.submit(by=person, referral=draft)
    assert actions.submit(by=person, referral=draft, knows_of_open=True).reference


@pytest.mark.parametrize("state", [State.NOT_SUPPORTED, State.WITHDRAWN, State.DRAFT])
def test_a_referral_that_ended_or_was_not_sent_is_no_warning(draft, world, state):
    person, practice, year = world
    extra = {"withdrawn_at": timezone.now(), "withdrawn_by": person} if state == State.WITHDRAWN else {}
    make_referral(practice, year, state, **extra)
    assert rules.open_elsewhere(person, draft) == []


def test_a_true_duplicate_is_refused_in_a_sentence(world):
    person, practice, year = world
    first = make_and_send(person, practice, year)
    again = make_draft(person, practice, year, issues="two of our FOUR GPs   have left.")
    with pytest.raises(Denied, match="asks for the same"):
        actions.submit(by=person, referral=again, knows_of_open=True)
    again.refresh_from_db()
    assert again.is_draft
    actions.withdraw(by=person, referral=first, reason="A mistake")
    assert actions.submit(by=person, referral=again).reference.endswith("-0002")


def test_the_digest_is_of_what_is_asked_and_nothing_else(draft, world):
    person, practice, year = world
    before = answers.content_digest(draft)
    actions.save_part(
        by=person, referral=draft, part="contact", answers=CONTACT | {"contact_name": "Another"}
    )
    draft.refresh_from_db()
    assert answers.content_digest(draft) == before
    for part, changed in (
        ("case", CASE | {"issues": "Other"}),
        ("case", CASE | {"support_wanted": "Other"}),
        ("support", support(year) | {"categories": [year.menu.last().pk]}),
    ):
        actions.save_part(by=person, referral=draft, part=part, answers=changed)
        draft.refresh_from_db()
        after = answers.content_digest(draft)
        assert after != before
        before = after
    actions.add_practice(by=person, referral=draft, practice=make_practice(practice.commissioner))
    assert answers.content_digest(Referral.objects.get(pk=draft.pk)) != before


def test_two_people_in_one_part_are_told_and_the_other_parts_do_not_mind(draft, world):
    person, practice, _ = world
    colleague = make_person(Role.PRACTICE_USER, practice)
    opened = answers.version(draft, "case")
    actions.save_part(by=colleague, referral=draft, part="contact", answers=CONTACT, version="")
    actions.save_part(
        by=colleague, referral=draft, part="case", answers=CASE | {"issues": "Theirs"}, version=opened
    )
    with pytest.raises(rules.ChangedMeanwhile):
        actions.save_part(
            by=person, referral=draft, part="case", answers=CASE | {"issues": "Mine"}, version=opened
        )
    draft.refresh_from_db()
    assert draft.issues == "Theirs"
    current = answers.version(draft, "case")
    actions.save_part(
        by=person, referral=draft, part="case", answers=CASE | {"issues": "Mine"}, version=current
    )
    draft.refresh_from_db()
    assert draft.issues == "Mine"


def test_a_group_takes_open_practices_of_the_area_once(draft, world):
    person, practice, _ = world
    neighbour = make_practice(practice.commissioner)
    actions.add_practice(by=person, referral=draft, practice=neighbour)
    closed = make_practice(practice.commissioner, status="closed", closed_on=today())
    for wrong, words in (
        (neighbour, "already"),
        (practice, "already"),
        (make_practice(), "outside"),
        (closed, "Closed"),
    ):
        with pytest.raises(Denied, match=words):
            actions.add_practice(by=person, referral=draft, practice=wrong)
    actions.save_part(by=person, referral=draft, part="practices", answers={"is_group": False})
    assert [place.practice for place in draft.practices.all()] == [practice]


def test_a_year_of_single_practices_takes_no_group():
    person, practice, year = make_world(allows_groups=False)
    draft = actions.start(by=person, practice=practice, year=year)
    assert draft.is_group is False
    with pytest.raises(Denied, match="one practice at a time"):
        actions.add_practice(by=person, referral=draft, practice=make_practice(practice.commissioner))


def test_files_are_ten_at_most_and_go_with_the_draft(draft, world):
    person, practice, _ = world
    actions.attach(by=person, referral=draft, files=[FILE] * 9)
    with pytest.raises(Denied, match="10 files at most, and would have 11"):
        actions.attach(by=person, referral=draft, files=[FILE] * 2)
    actions.detach(by=person, referral=draft, attachment=draft.attachments.first())
    assert draft.attachments.count() == StoredFile.objects.count() == 8
    actions.discard(by=person, referral=draft)
    assert not Referral.objects.exists()
    assert not StoredFile.objects.exists()
    entry = TrailEntry.objects.last()
    assert (entry.act, entry.subject_type, entry.subject_id) == (
        "referrals.discard",
        "practices.practice",
        practice.pk,
    )
    assert entry.facts["draft"] == draft.pk


def test_withdrawing_ends_it_with_a_reason_and_tells_both_sides(world):
    person, practice, year = world
    sent = make_and_send(person, practice, year)
    Email.objects.all().delete()
    actions.withdraw(by=person, referral=sent, reason="We merge with our neighbour.")
    sent.refresh_from_db()
    assert (sent.state, sent.withdrawn_by, sent.withdrawn_reason) == (
        State.WITHDRAWN,
        person,
        "We merge with our neighbour.",
    )
    assert TrailEntry.objects.last().reason.words == "We merge with our neighbour."
    assert [email.to for email in Email.objects.order_by("pk")] == [
        ["pat@example.nhs.uk", person.email],
        [year.contact_email],
    ]
    with pytest.raises(Denied, match="was withdrawn on"):
        actions.withdraw(by=person, referral=sent, reason="Again")


def test_only_the_practice_that_sent_it_withdraws(world):
    _, practice, year = world
    neighbour = make_practice(practice.commissioner)
    sent = make_referral(practice, year, others=(neighbour,))
    with pytest.raises(Denied, match=f"Only {practice.name}"):
        actions.withdraw(by=make_person(Role.PRACTICE_USER, neighbour), referral=sent, reason="No")


def _question(referral, **fields):
    officer = make_person(Role.PROGRAMME_OFFICER, referral.commissioner)
    values = {
        "kind": "question",
        "is_internal": False,
        "text": "How many sessions?",
        "written_by": officer,
    } | fields
    return Message.objects.create(referral=referral, **values)


def test_a_question_is_answered_once_with_files_and_the_officer_is_told(world):
    person, practice, year = world
    sent = make_referral(practice, year, State.ACKNOWLEDGED)
    question = _question(sent)
    sent.assigned_to = question.written_by
    sent.save()
    answer = actions.answer(by=person, question=question, text="Eleven.", files=[FILE])
    assert answer.answers == question
    assert answer.attachments.get().file.name == "report.pdf"
    assert Email.objects.get().to == [question.written_by.email]
    assert TrailEntry.objects.last().case_id == sent.pk
    with pytest.raises(Denied, match="was answered on"):
        actions.answer(by=person, question=question, text="Twelve.")


def test_an_internal_note_cannot_be_answered(world):
    person, practice, year = world
    note = _question(make_referral(practice, year), kind="note", is_internal=True)
    with pytest.raises(Denied, match="Only a question"):
        actions.answer(by=person, question=note, text="I saw it")
