"""The office's pages of a case, as people use them."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from post_office.models import Email

from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.referrals import clock, timeline
from resilience.referrals import office_actions as actions
from resilience.referrals.models import Message, Referral
from resilience.referrals.states import State
from tests.factories import make_ccg, make_person, make_practice, make_referral, make_year

pytestmark = pytest.mark.django_db

PAGES = ["case", "messages", "timeline", "acknowledge", "assign", "ask", "correct", "state_support"]
TYPED = {
    "messages": {"text": "A note"},
    "acknowledge": {"subject": "We have it", "body": "Dear Pat", "step": "send"},
    "assign": {"officer": ""},
    "ask": {"text": "How many?"},
    "correct": {"text": "8,300"},
    "state_support": {"statement": "We back it.", "priority": "high"},
}


@pytest.fixture
def ccg():
    return make_ccg()


@pytest.fixture
def officer(ccg, client):
    person = make_person(Role.PROGRAMME_OFFICER, ccg)
    client.force_login(person)
    return person


@pytest.fixture
def referral(ccg):
    return make_referral(make_practice(ccg), others=(make_practice(ccg),))


def url(page, referral):
    return reverse(f"referrals:{page}", kwargs={"referral": referral.pk})


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_in_scope_and_is_not_there_outside(client, officer, referral, page):
    assert client.get(url(page, referral)).status_code == 200
    foreign = make_referral(make_practice(make_ccg()))
    assert client.get(url(page, foreign)).status_code == 404
    if page in TYPED:
        assert client.post(url(page, foreign), TYPED[page]).status_code == 404
    assert not foreign.messages.exists()


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"case", "messages"}))
def test_a_practice_user_has_no_office_pages(client, referral, page):
    client.force_login(referral.submitted_by)
    assert client.get(url(page, referral)).status_code == 403
    if page in TYPED:
        assert client.post(url(page, referral), TYPED[page]).status_code == 403


def test_a_practice_user_is_led_to_its_own_page(client, referral):
    client.force_login(referral.submitted_by)
    assert client.get(url("case", referral))["Location"] == url("follow", referral)


@pytest.mark.parametrize("page", sorted(TYPED))
def test_each_form_does_its_act_and_leads_on(client, officer, referral, page):
    response = client.post(url(page, referral), TYPED[page])
    assert response.status_code == 302
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("page", "typed", "sentence"),
    [
        ("messages", {"text": " "}, "Enter internal note"),
        ("ask", {"text": ""}, "Enter your question"),
        ("ask", {"text": "Is 943 476 5919 yours?"}, "NHS number"),
        ("correct", {"text": ""}, "Enter correction"),
        ("state_support", {"statement": "word " * 201, "priority": "high"}, "The most is 200"),
        ("state_support", {"statement": "Yes", "priority": "urgent"}, "Choose one of the answers shown"),
        ("acknowledge", {"subject": "", "body": "Dear Pat", "step": "send"}, "Enter subject"),
        (
            "acknowledge",
            {"subject": "Hi", "body": "Dear {contact_nam}", "step": "send"},
            "{contact_nam} was not filled",
        ),
        ("assign", {"officer": "999"}, "Select a valid choice"),
    ],
)
def test_wrong_input_is_said_beside_the_field_and_nothing_is_lost(
    client, officer, referral, page, typed, sentence
):
    response = client.post(url(page, referral), typed)
    text = response.content.decode()
    assert response.status_code == 200
    assert sentence in text
    assert "There is a problem" in text
    for value in typed.values():
        assert value.strip() in text or value in ("urgent", "999")
    assert not Message.objects.exists()
    assert not Email.objects.exists()


def test_a_wrong_file_keeps_the_note_unsaved_and_the_text(client, officer, referral):
    typed = {"text": "See the file", "files": SimpleUploadedFile("run.exe", b"MZ")}
    text = client.post(url("messages", referral), typed).content.decode()
    assert "cannot be added" in text
    assert "See the file" in text
    assert not Message.objects.exists()


# --- Acknowledge


def test_the_letter_is_shown_previewed_changed_and_sent(client, officer, referral):
    page = url("acknowledge", referral)
    shown = client.get(page).content.decode()
    assert f"We have your referral {referral.reference}" in shown
    typed = {"subject": "We have it", "body": "Dear <b>Pat</b>\n\nLine two"}
    preview = client.post(page, typed | {"step": "preview"}).content.decode()
    assert "Dear &lt;b&gt;Pat&lt;/b&gt;" in preview
    assert not Email.objects.exists()
    again = client.post(page, typed | {"step": "edit"}).content.decode()
    assert "Line two</textarea>" in again
    client.post(page, typed | {"step": "send"})
    assert Email.objects.get().message.replace("\r", "") == typed["body"]


def test_a_second_click_answers_the_same(client, officer, referral):
    page = url("acknowledge", referral)
    first = client.post(page, TYPED["acknowledge"])
    again = client.post(page, TYPED["acknowledge"], follow=True)
    assert again.redirect_chain[0][0] == first["Location"]
    assert f"was acknowledged on {timezone.localdate().day} " in again.content.decode()
    assert Email.objects.count() == 1


def test_an_unknown_word_in_the_programmes_letter_is_shown_and_never_crashes(client, officer, ccg):
    year = make_year(acknowledgement_body="Dear {contact_name.__class__}, {nonsense}")
    referral = make_referral(make_practice(ccg), year)
    text = client.get(url("acknowledge", referral)).content.decode()
    assert "words that cannot be filled in: {contact_name.__class__}, {nonsense}" in text


def test_a_closed_referral_says_why_not(client, officer, ccg):
    closed = make_referral(make_practice(ccg), state=State.WITHDRAWN)
    for page in ("acknowledge", "assign", "ask", "correct", "state_support"):
        assert "this referral is “Withdrawn”" in client.get(url(page, closed)).content.decode()
    summary = client.get(url("case", closed)).content.decode()
    assert "“Ask for information” is not possible now" in summary


# --- Messages


def test_notes_look_unlike_messages_and_never_reach_the_practice(client, officer, referral):
    actions.note(by=officer, referral=referral, text="SECRET-NOTE")
    actions.ask(by=officer, referral=referral, text="A-QUESTION <script>")
    text = client.get(url("messages", referral)).content.decode()
    assert "Internal note, never shown to the practice" in text
    assert "A-QUESTION &lt;script&gt;" in text
    client.force_login(referral.submitted_by)
    for page in ("messages", "follow", "form"):
        theirs = client.get(url(page, referral)).content.decode()
        assert "SECRET-NOTE" not in theirs
        assert "nternal note" not in theirs
    assert "Answer this question" in client.get(url("messages", referral)).content.decode()


def test_a_practice_user_cannot_write_a_note(client, referral):
    client.force_login(referral.submitted_by)
    response = client.post(url("messages", referral), {"text": "Let me in"})
    assert not Message.objects.exists()
    assert response.status_code in (200, 403)


# --- Summary and timeline


def test_the_summary_says_what_matters(client, officer, referral):
    actions.state_support(by=officer, referral=referral, statement="We back it.", priority="high")
    actions.ask(by=officer, referral=referral, text="How many GPs?")
    earlier = make_referral(referral.lead_practice, make_year(), State.NOT_SUPPORTED)
    text = client.get(url("case", referral)).content.decode()
    for expected in (
        "Two of our four GPs have left.",
        "Help with recruitment.",
        "pat@example.nhs.uk",
        "We back it.",
        "High priority",
        "How many GPs?",
        "1 question without an answer",
        earlier.reference,
        *(place.name for place in referral.practices.all()),
    ):
        assert expected in text, expected


def test_the_timeline_has_who_when_what_and_why(officer, referral):
    actions.acknowledge(by=officer, referral=referral, subject="s", body="b")
    actions.assign(by=officer, referral=referral, officer=officer)
    actions.state_support(by=officer, referral=referral, statement="We back it.", priority="high")
    theirs = timeline.entries(referral.submitted_by, referral)
    assert [(each.what, each.who, each.state) for each in theirs] == [
        ("Acknowledged the referral", officer.name, "Acknowledged")
    ]
    said, assigned, _ = timeline.entries(officer, referral)
    assert (said.what, said.why) == ("Wrote the commissioner's statement", "We back it.")
    assert (assigned.detail, assigned.is_internal) == (f"To {officer.name}", True)


def test_the_timeline_costs_the_same_however_long(officer, referral, django_assert_max_num_queries):
    for number in range(20):
        actions.note(by=officer, referral=referral, text=f"Note {number}")
        actions.assign(by=officer, referral=referral, officer=officer if number % 2 else None)
    fresh = Referral.objects.get(pk=referral.pk)
    with django_assert_max_num_queries(4):
        assert len(timeline.entries(officer, fresh)) == 40


# --- The clock in figures


def at(day):
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


DUE = dt.date(2018, 9, 17)


@pytest.mark.parametrize(
    ("acknowledged", "withdrawn", "now", "expected"),
    [
        (at(DUE), None, DUE, clock.IN_TIME),
        (dt.datetime(2018, 9, 17, 22, 59, tzinfo=dt.UTC), None, DUE, clock.IN_TIME),
        (dt.datetime(2018, 9, 17, 23, 1, tzinfo=dt.UTC), None, DUE, clock.LATE),
        (at(DUE + dt.timedelta(days=1)), None, DUE, clock.LATE),
        (None, None, DUE, clock.WAITING),
        (None, None, DUE + dt.timedelta(days=1), clock.LATE_WAITING),
        (None, at(DUE), DUE + dt.timedelta(days=9), clock.WITHDRAWN),
        (at(DUE), at(DUE), DUE + dt.timedelta(days=9), clock.IN_TIME),
    ],
)
def test_what_the_clock_says(acknowledged, withdrawn, now, expected):
    found = clock.outcome(acknowledge_by=DUE, acknowledged_at=acknowledged, withdrawn_at=withdrawn, now=now)
    assert found == expected


def test_per_cent_within_time_by_ccg_and_month(client, officer, ccg):
    year = make_year(owner=ccg.parent)
    day = today().replace(day=1) - dt.timedelta(days=70)
    for state in (State.ACKNOWLEDGED, State.PLACED, State.RECEIVED, State.WITHDRAWN):
        make_referral(make_practice(ccg), year, state, received_on=day)
    first = Referral.objects.filter(state=State.ACKNOWLEDGED).get()
    Referral.objects.filter(pk=first.pk).update(acknowledged_at=at(first.acknowledge_by))
    withdrawn = Referral.objects.get(state=State.WITHDRAWN)
    Referral.objects.filter(pk=withdrawn.pk).update(withdrawn_at=at(day), withdrawn_by=officer)
    make_referral(make_practice(ccg), year)
    make_referral(make_practice(make_ccg()), received_on=day)
    response = client.get(reverse("referrals:clock"))
    rows, total = response.context["rows"], response.context["total"]
    assert [(row.month, row.within_time) for row in rows] == [
        (today().replace(day=1), "–"),
        (day.replace(day=1), "33%"),
    ]
    old = rows[1]
    assert (old.in_time, old.late, old.late_waiting, old.withdrawn, old.received) == (1, 1, 1, 1, 4)
    assert (total.waiting, total.received) == (1, 5)
    sheet = load_workbook(
        io.BytesIO(client.get(reverse("referrals:clock"), {"export": "xlsx"}).content)
    ).active
    cells = [row for row in sheet.iter_rows(values_only=True) if row[1] == ccg.name]
    assert [row[2:6] for row in cells] == [(1, 0, 0, 0), (4, 1, 1, 1)]


def test_the_clock_of_one_year(client, officer, ccg):
    one, two = make_year(), make_year()
    make_referral(make_practice(ccg), one)
    make_referral(make_practice(ccg), two)
    response = client.get(reverse("referrals:clock"), {"year": two.pk})
    assert response.context["total"].received == 1
    assert client.get(reverse("referrals:clock"), {"year": "x"}).context["total"].received == 2


# --- On the page of a practice


def test_a_practices_page_lists_every_referral_it_was_part_of(client, officer, referral):
    other = referral.practices.get(is_lead=False).practice
    draft = make_referral(other, state=State.DRAFT)
    address = reverse("practices:practice", kwargs={"ods_code": other.ods_code})
    text = client.get(address).content.decode()
    assert "Referrals it was part of" in text
    assert referral.reference in text
    assert f"With {referral.lead_practice.name}" in text
    assert str(url("case", draft)) not in text
