"""What the office does with a referral, as acts."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from post_office.models import Email

from resilience.core import calendar
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from resilience.programmes.letters import fill, unknown_words
from resilience.referrals import office_actions as actions
from resilience.referrals.letters import acknowledgement
from resilience.referrals.models import Attachment, Message, Referral
from resilience.referrals.officers import colleagues, officers_for
from resilience.referrals.states import ACTS, State
from resilience.referrals.uploads import CheckedFile
from tests.factories import grant, make_ccg, make_person, make_practice, make_referral, make_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def ccg():
    return make_ccg()


@pytest.fixture
def officer(ccg):
    return make_person(Role.PROGRAMME_OFFICER, ccg)


@pytest.fixture
def referral(ccg):
    return make_referral(make_practice(ccg))


def acknowledge(officer, referral, **changed):
    letter = acknowledgement(referral, officer)
    return actions.acknowledge(
        by=officer, referral=referral, **{"subject": letter.subject, "body": letter.body} | changed
    )


def last_entry():
    return TrailEntry.objects.order_by("-sequence").first()


# --- Acknowledge


def test_acknowledging_stops_the_clock_and_sends_the_exact_text(officer, referral):
    acknowledge(officer, referral, subject="We have it", body="Dear Pat\n\nWe have it: {reference}.")
    referral.refresh_from_db()
    assert (referral.state, referral.acknowledged_by) == (State.ACKNOWLEDGED, officer)
    message, email = referral.messages.get(), Email.objects.get()
    assert (message.kind, message.is_internal) == (Message.Kind.EMAIL, False)
    assert message.subject == email.subject == "We have it"
    assert message.text == email.message == "Dear Pat\n\nWe have it: {reference}."
    assert email.to == ["pat@example.nhs.uk"]
    entry = last_entry()
    assert (entry.act, entry.by, entry.case_id) == ("referrals.acknowledge", officer, referral.pk)
    assert entry.facts["in_time"] is True
    assert (entry.facts["before"], entry.facts["after"]) == ("received", "acknowledged")


def test_the_letter_is_filled_from_the_template(officer, referral):
    letter = acknowledgement(referral, officer)
    assert letter.subject == f"We have your referral {referral.reference}"
    assert letter.body.startswith(
        f"Dear Pat Manager\n\nWe have your referral for {referral.lead_practice.name}."
    )
    assert str(referral.decide_by.year) in letter.body
    assert letter.body.endswith("Resilience team\nteam@example.nhs.uk")
    assert letter.unknown == ()


def test_late_stays_late(officer, ccg):
    late = make_referral(make_practice(ccg), received_on=calendar.today() - dt.timedelta(days=40))
    acknowledge(officer, late)
    assert last_entry().facts["in_time"] is False
    assert last_entry().facts["working_days"] > 10


def test_the_clock_cannot_be_reset(officer, referral):
    acknowledge(officer, referral)
    referral.refresh_from_db()
    with pytest.raises(Denied, match=rf"was acknowledged on .* by {officer.name}"):
        acknowledge(officer, referral)
    assert referral.messages.count() == Email.objects.count() == 1
    for field, value in (
        ("received_on", dt.date(2030, 1, 1)),
        ("acknowledge_by", dt.date(2030, 1, 1)),
        ("received_at", timezone.now()),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Referral.objects.filter(pk=referral.pk).update(**{field: value})


def test_no_header_is_injected_by_a_subject(officer, referral):
    acknowledge(officer, referral, subject="Hello\r\nBcc: everyone@example.org\n\nBody")
    email = Email.objects.get()
    assert email.subject == "Hello Bcc: everyone@example.org Body"
    assert "\n" not in referral.messages.get().subject
    assert (email.bcc, email.cc) == ([], [])


def test_a_referral_without_an_address_is_acknowledged_by_post(officer, ccg):
    referral = make_referral(make_practice(ccg), contact_email="")
    acknowledge(officer, referral)
    assert referral.messages.count() == 1
    assert not Email.objects.exists()


# --- Letters are text, never code


HOSTILE = [
    "{contact_name.__class__}",
    "{0}",
    "{contact_name!r}",
    "{reference:>99999999}",
    "{{reference}}",
    "{",
    "}",
    "{}",
    "%(reference)s",
    "{% load x %}{{ settings.SECRET_KEY }}",
    "{officer.password}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_letter_runs_nothing(text):
    filled = fill(text, {"reference": "2018-0042", "contact_name": "Pat"})
    assert filled == text.replace("{reference}", "2018-0042")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_person_typed_is_never_filled_in_again(officer, ccg, text):
    referral = make_referral(make_practice(ccg), contact_name=f"{text} {{reference}}")
    assert f"Dear {text} {{reference}}\n" in acknowledgement(referral, officer).body


def test_unknown_words_are_named_for_whoever_writes_the_letter(officer, ccg):
    assert unknown_words("{reference} {refrence} {refrence} {a.b}", ("reference",)) == ["{refrence}", "{a.b}"]
    year = make_year(acknowledgement_body="Dear {contact_nam}")
    letter = acknowledgement(make_referral(make_practice(ccg), year), officer)
    assert (letter.unknown, letter.body) == (("{contact_nam}",), "Dear {contact_nam}")


# --- Assign


def test_assigning_to_an_officer_and_to_nobody(officer, referral):
    actions.assign(by=officer, referral=referral, officer=officer)
    referral.refresh_from_db()
    assert referral.assigned_to == officer
    assert last_entry().facts == {"assigned_to": officer.pk, "assigned_before": None}
    assert last_entry().is_internal
    actions.assign(by=officer, referral=referral, officer=None)
    referral.refresh_from_db()
    assert referral.assigned_to is None


def test_only_someone_who_works_there_is_assigned(officer, referral):
    elsewhere = make_person(Role.PROGRAMME_OFFICER, make_ccg())
    gone = make_person(Role.PROGRAMME_OFFICER, referral.commissioner, is_active=False)
    observer = make_person(Role.OBSERVER, referral.commissioner)
    for person in (elsewhere, gone, observer):
        with pytest.raises(Denied, match="does not work on the referrals"):
            actions.assign(by=officer, referral=referral, officer=person)


def test_officers_who_may_be_given_a_referral(officer, referral, ccg):
    office = make_person(Role.PROGRAMME_OFFICER, ccg.parent)
    everywhere = make_person(Role.PROGRAMME_OFFICER)
    make_person(Role.PROGRAMME_OFFICER, make_ccg())
    make_person(Role.OBSERVER, ccg)
    twice = make_person(Role.OBSERVER, ccg)
    grant(twice, Role.PROGRAMME_OFFICER, make_ccg())
    assert set(officers_for(referral)) == {officer, office, everywhere}
    assert set(colleagues(officer)) == {officer, office, everywhere}


# --- Say


def test_a_question_is_on_record_and_emailed_with_a_link(officer, referral):
    question = actions.ask(by=officer, referral=referral, text="How many <b>GPs</b> are left?")
    email = Email.objects.get()
    assert (question.kind, question.is_internal) == (Message.Kind.QUESTION, False)
    assert email.to == ["pat@example.nhs.uk"]
    assert "How many <b>GPs</b> are left?" in email.message
    assert f"/referrals/{referral.pk}/follow/" in email.message
    assert not email.html_message


@pytest.mark.parametrize("text", ["{% load x %}", "{{ settings.SECRET_KEY }}", "{contact_name.__class__}"])
def test_a_question_is_emailed_as_typed_whatever_it_holds(officer, referral, text):
    actions.ask(by=officer, referral=referral, text=text)
    assert text in Email.objects.get().message


def test_the_same_question_is_not_asked_twice_by_a_second_click(officer, referral):
    actions.ask(by=officer, referral=referral, text="How many?")
    with pytest.raises(Denied, match="already on record"):
        actions.ask(by=officer, referral=referral, text="How many?")
    assert Email.objects.count() == Message.objects.count() == 1


def test_a_question_needs_an_address(officer, ccg):
    with pytest.raises(Denied, match="no email address"):
        actions.ask(by=officer, referral=make_referral(make_practice(ccg), contact_email=""), text="Hello?")


def test_a_note_is_internal_and_stays_so(officer, referral):
    note = actions.note(by=officer, referral=referral, text="The partners do not speak to each other.")
    assert note.is_internal
    assert last_entry().is_internal
    assert not Email.objects.exists()
    assert note not in Message.objects.visible_to(referral.submitted_by)
    assert note in Message.objects.visible_to(officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=note.pk).update(is_internal=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(
            referral=referral, kind=Message.Kind.NOTE, is_internal=False, text="x", written_by=officer
        )


def test_a_file_on_a_note_is_as_internal_as_the_note(officer, referral):
    file = CheckedFile("minutes.png", "image/png", b"a picture")
    note = actions.note(by=officer, referral=referral, text="Minutes", files=[file])
    question = actions.ask(by=officer, referral=referral, text="Is this yours?", files=[file])
    assert list(Attachment.objects.visible_to(referral.submitted_by)) == [question.attachments.get()]
    assert note.attachments.get() in Attachment.objects.visible_to(officer)


def test_a_correction_stands_beside_what_was_sent(officer, referral):
    before = Referral.objects.values().get(pk=referral.pk)
    correction = actions.correct(by=officer, referral=referral, text="The list size is 8,300.")
    assert correction in Message.objects.visible_to(referral.submitted_by)
    assert Email.objects.get().to == ["pat@example.nhs.uk"]
    assert Referral.objects.values().get(pk=referral.pk) == before


def test_the_commissioners_statement_and_its_earlier_words(officer, referral):
    actions.state_support(by=officer, referral=referral, statement="We back it.", priority="medium")
    actions.state_support(by=officer, referral=referral, statement="We back it strongly.", priority="high")
    referral.refresh_from_db()
    assert (referral.commissioner_statement, referral.priority) == ("We back it strongly.", "high")
    entries = TrailEntry.objects.filter(act="referrals.state_support").order_by("sequence")
    assert [entry.reason.words for entry in entries] == ["We back it.", "We back it strongly."]
    assert all(entry.is_internal for entry in entries)


# --- Who, and when

ACTIONS = {
    "referrals.acknowledge": acknowledge,
    "referrals.assign": lambda by, referral: actions.assign(by=by, referral=referral, officer=None),
    "referrals.ask": lambda by, referral: actions.ask(by=by, referral=referral, text="What?"),
    "referrals.note": lambda by, referral: actions.note(by=by, referral=referral, text="Note"),
    "referrals.correct": lambda by, referral: actions.correct(by=by, referral=referral, text="Correction"),
    "referrals.state_support": lambda by, referral: actions.state_support(
        by=by, referral=referral, statement="Yes", priority="low"
    ),
}


@pytest.mark.parametrize("act", ACTIONS)
def test_each_act_is_for_officers_in_scope(act, ccg, referral):
    strangers = [
        make_person(),
        make_person(Role.PROGRAMME_OFFICER, make_ccg()),
        make_person(Role.OBSERVER, ccg),
        make_person(Role.APPROVER, ccg),
        referral.submitted_by,
    ]
    for person in strangers:
        with pytest.raises(Denied, match="Your role does not let you work on referrals here"):
            ACTIONS[act](person, referral)
    assert not TrailEntry.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("act", ACTIONS)
@pytest.mark.parametrize("state", [state for state in State.values if state != State.DRAFT])
def test_each_act_is_possible_exactly_where_the_table_says(act, state, officer, ccg):
    referral = make_referral(make_practice(ccg), state=state)
    if state in ACTS[act].moves:
        ACTIONS[act](officer, referral)
        referral.refresh_from_db()
        assert referral.state == ACTS[act].moves[state]
        assert last_entry().act == act
    else:
        with pytest.raises(Denied):
            ACTIONS[act](officer, referral)
        assert not TrailEntry.objects.exists()
