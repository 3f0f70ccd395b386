"""The worklist: what it shows, to whom, how it narrows, and what leaves it as a file."""

import datetime as dt
import io
from itertools import zip_longest

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from resilience.assessments.models import Placement
from resilience.core.access import Role
from resilience.core.calendar import add_working_days, today
from resilience.programmes.models import MatrixCell
from resilience.referrals.filters import worklist_rows
from resilience.referrals.models import Message
from resilience.referrals.states import State
from tests.factories import make_ccg, make_organisation, make_person, make_practice, make_referral, make_year

pytestmark = pytest.mark.django_db

URL = "/referrals/worklist/"


@pytest.fixture
def ccg():
    return make_ccg()


@pytest.fixture
def year(ccg):
    return make_year(owner=ccg.parent)


@pytest.fixture
def officer(ccg):
    return make_person(Role.PROGRAMME_OFFICER, ccg)


@pytest.fixture
def page(client, officer):
    """The worklist as the officer gets it, with these filters."""
    client.force_login(officer)

    def get(**query):
        response = client.get(URL, query)
        assert response.status_code == 200
        return response

    return get


@pytest.fixture
def make(ccg, year):
    def make(state=State.RECEIVED, *, days=0, practice=None, **fields):
        """A referral whose acknowledgement falls due ``days`` from today."""
        found = make_referral(practice or make_practice(ccg), year, State.DRAFT, **fields)
        due = today() + dt.timedelta(days=days)
        return receive(found, state, due)

    return make


def receive(referral, state, due):
    """Receive a draft so that it falls due on a day of the test's choice."""
    referral.reference = f"W{referral.pk:05d}"
    referral.state = state
    referral.commissioner = referral.lead_practice.commissioner
    referral.received_on = min(due, today()) - dt.timedelta(days=14)
    referral.received_at = dt.datetime.combine(referral.received_on, dt.time(12), dt.UTC)
    referral.submitted_by = referral.started_by
    referral.acknowledge_by = due
    referral.decide_by = add_working_days(due, 10)
    referral.list_size_total = referral.lead_practice.list_size
    if state != State.RECEIVED:
        referral.acknowledged_at, referral.acknowledged_by = referral.received_at, referral.started_by
    referral.save()
    return referral


def place(referral, officer, rating):
    return Placement.objects.create(
        referral=referral,
        cell=MatrixCell.objects.filter(matrix=referral.year.matrix, rating=rating).first(),
        scope_justification="s",
        impact_justification="i",
        placed_by=officer,
    )


def ask(referral, officer):
    return Message.objects.create(
        referral=referral, kind="question", is_internal=False, text="What?", written_by=officer
    )


def answer(question):
    return Message.objects.create(
        referral=question.referral,
        kind="answer",
        is_internal=False,
        text="That.",
        answers=question,
        written_by=question.referral.started_by,
    )


def shown(response):
    return [row.thing for row in response.context["list"].rows]


def sheet(response):
    book = load_workbook(io.BytesIO(response.content), read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    start = next(n for n, row in enumerate(rows) if row[0] == "Reference")
    return [dict(zip_longest(rows[start], row)) for row in rows[start + 1 :] if any(row)]


def tabs(response):
    return {tab["text"]: str(tab["count"]) for tab in response.context["list"].tabs}


# --- What stands under which tab


def test_tabs_count_what_they_open(page, make, officer):
    make(days=-5)
    make(days=5)
    waiting = make(State.UNDER_ASSESSMENT)
    ask(waiting, officer)
    answered = make(State.ACKNOWLEDGED)
    answer(ask(answered, officer))
    make(State.PLACED)
    make(State.SUPPORTED)
    make(State.COMMITTED)
    make(State.AGREED)
    make(State.NOT_SUPPORTED)
    response = page()
    assert tabs(response) == {
        "All open": "8",
        "To acknowledge": "2, 1 overdue",
        "Awaiting practice": "1",
        "To assess": "2",
        "To decide": "1",
        "To commit": "1",
        "Agreement": "1",
        "Signed": "1",
        "Closed": "1",
    }
    for tab in response.context["list"].tabs:
        opened = page(**dict(pair.split("=") for pair in tab["href"].split("?")[1].split("&")))
        assert len(shown(opened)) == int(str(tab["count"]).split(",")[0])


def test_a_programme_without_assessment_goes_straight_to_the_decision(page, make, year):
    year.is_assessed = False
    year.save()
    make(State.ACKNOWLEDGED)
    assert tabs(page())["To decide"] == "1"
    assert tabs(page())["To assess"] == "0"


def test_counts_follow_the_filters(page, make, officer):
    make(assigned_to=officer)
    make()
    assert tabs(page(assigned="me"))["All open"] == "1"
    assert tabs(page(assigned="nobody", tab="closed"))["All open"] == "1"


def test_nothing_out_of_scope(page, make):
    make_referral(make_practice(make_ccg()))
    mine = make()
    assert shown(page()) == [mine]


def test_no_draft_even_for_an_office_role_over_that_very_practice(client, ccg):
    practice = make_practice(ccg)
    draft = make_referral(practice, state=State.DRAFT)
    client.force_login(make_person(Role.OBSERVER, practice))
    assert shown(client.get(URL)) == []
    assert client.get(reverse("referrals:case", kwargs={"referral": draft.pk})).status_code == 302


def test_the_worklist_is_the_offices(client, ccg):
    client.force_login(make_person(Role.PRACTICE_USER, make_practice(ccg)))
    assert client.get(URL).status_code == 403
    client.logout()
    assert client.get(URL).status_code == 302


# --- Filters


def test_filters_narrow_to_what_they_say(page, make, officer, ccg):
    locality = make_organisation("locality", ccg)
    harbour = make(practice=make_practice(ccg, name="Zebra Lane", locality=locality))
    other = make(State.PLACED, assigned_to=officer)
    place(other, officer, "A/G")
    category = other.year.menu.all()[3]
    third = make_referral(make_practice(ccg), other.year, State.DRAFT)
    third.wanted.create(item=category)
    receive(third, State.RECEIVED, today() + dt.timedelta(days=30))
    assert shown(page(q="zebra")) == [harbour]
    assert shown(page(q=harbour.lead_practice.ods_code.lower())) == [harbour]
    assert shown(page(q=other.reference)) == [other]
    assert shown(page(locality=locality.pk)) == [harbour]
    assert shown(page(ccg=ccg.pk, rating="A/G")) == [other]
    assert set(shown(page(rating="none"))) == {harbour, third}
    assert shown(page(category=category.name)) == [third]
    assert shown(page(assigned="me")) == shown(page(assigned=officer.pk)) == [other]
    assert set(shown(page(year=other.year.pk))) == {harbour, other, third}


def test_due_in_words_and_as_a_filter(page, make):
    overdue, now = make(days=-7), make(days=0)
    later = make(days=30)
    assert shown(page(due="overdue")) == [overdue]
    assert shown(page(due="today")) == [now]
    assert shown(page(due="soon")) == [now]
    text = page().content.decode()
    assert "Acknowledge: 5 working days overdue" in text
    assert "Acknowledge: due today" in text
    assert shown(page()) == [overdue, now, later]


def test_due_soon_counts_working_days(page, make, settings):
    edge = add_working_days(today(), 3)
    inside = make(days=(edge - today()).days)
    make(days=(add_working_days(today(), 4) - today()).days)
    assert shown(page(due="soon")) == [inside]


def test_after_acknowledgement_the_decision_is_due(page, make):
    make(State.PLACED, days=-60)
    assert "Decide: " in page(due="overdue").content.decode()


def test_received_between(page, make):
    make(days=-20)
    recent = make(days=0)
    day = recent.received_on
    assert shown(page(received_from=day.isoformat(), received_to=day.isoformat())) == [recent]


def test_who_has_answered(page, make, officer):
    waiting, answered = make(), make()
    ask(waiting, officer)
    answer(ask(answered, officer))
    assert shown(page(messages="awaiting")) == shown(page(tab="awaiting")) == [waiting]
    assert shown(page(messages="replied")) == [answered]


@pytest.mark.parametrize(
    "query",
    [
        {"tab": "nonsense"},
        {"ccg": "999999999999999999999"},
        {"ccg": "x' OR 1=1 --"},
        {"assigned": "-1"},
        {"received_from": "32 13 2018"},
        {"sort": "commissioner__people__password"},
        {"page": "99999"},
        {"size": "1000000"},
        {"q": "\x00"},
        {"rating": "Z"},
    ],
)
def test_nonsense_is_ignored_and_never_breaks(page, make, query):
    mine = make()
    response = page(**query)
    assert set(shown(response)) <= {mine}


def test_another_offices_ccg_is_no_choice(page, make):
    make()
    other = make_ccg()
    make_referral(make_practice(other))
    assert str(other) not in page().content.decode()


# --- Sort, file, speed


@pytest.mark.parametrize("key", ["reference", "practice", "ccg", "received", "due", "rating", "with"])
def test_every_offered_sort_works_both_ways(page, make, officer, key):
    for state in (State.RECEIVED, State.PLACED, State.SUPPORTED):
        place(make(state), officer, "G")
    there, back = shown(page(sort=key)), shown(page(sort=f"-{key}"))
    assert len(there) == len(back) == 3


def test_ratings_sort_by_priority_not_by_letter(page, make, officer):
    for rating in ("B", "A/G", "G", "R"):
        place(make(State.PLACED), officer, rating)
    make()
    assert [row.rating for row in shown(page(sort="rating"))] == ["G", "A/G", "R", "B", None]


def test_the_file_is_exactly_what_the_filter_shows_on_all_pages(page, make, ccg):
    evil = make(practice=make_practice(ccg, name="=HYPERLINK(1)"))
    for _ in range(30):
        make()
    make(State.PLACED)
    query = {"tab": "to_acknowledge", "sort": "-reference"}
    rows = sheet(page(**query, export="xlsx"))
    on_screen = [*shown(page(**query)), *shown(page(**query, page=2))]
    assert len(rows) == 31
    assert [row["Reference"] for row in rows] == [each.reference for each in on_screen]
    assert evil.reference in {row["Reference"] for row in rows}
    assert "=HYPERLINK(1)" in {row["Practice"] for row in rows}
    assert rows[0]["Due"] == "Acknowledge: due today"
    assert rows[0]["Received"].date() == on_screen[0].received_on


@pytest.mark.parametrize("query", [{}, {"export": "xlsx"}, {"tab": "awaiting", "sort": "rating"}])
def test_as_many_queries_for_one_row_as_for_sixty(
    client, page, make, ccg, officer, query, django_assert_num_queries
):
    def row():
        referral = make(State.PLACED, others=(make_practice(ccg),), assigned_to=officer)
        ask(referral, officer)
        place(referral, officer, "G")

    row()
    page(**query)
    with CaptureQueriesContext(connection) as one:
        assert len(page(**query, size="100").content) > 100
    for _ in range(59):
        row()
    with django_assert_num_queries(len(one)):
        page(**query, size="100")


def test_the_rows_say_what_they_say_about_a_moved_placement(make, officer):
    referral = make(State.PLACED)
    first = place(referral, officer, "R")
    Placement.objects.filter(pk=first.pk).update(is_current=False)
    place(referral, officer, "G")
    assert [row.rating for row in worklist_rows(officer)] == ["G"]


def test_an_observer_reads_and_cannot_tick(client, ccg, make):
    make()
    client.force_login(make_person(Role.OBSERVER, ccg))
    text = client.get(URL).content.decode()
    assert 'name="chosen"' not in text
    assert "Enter one that came on paper" not in text


# --- Several at once


def send(client, act, *referrals, **more):
    data = {"act": act, "chosen": [each.pk for each in referrals], "next": f"{URL}?tab=to_acknowledge"} | more
    return client.post(reverse("referrals:chosen"), data)


def test_bulk_acknowledge_previews_then_does_those_that_can(client, officer, make):
    client.force_login(officer)
    ready, done = make(), make(State.PLACED)
    foreign = make_referral(make_practice(make_ccg()))
    preview = send(client, "acknowledge", ready, done, foreign)
    text = preview.content.decode()
    assert preview.context["able"] == [ready]
    assert f"We have your referral {ready.reference}" in text
    assert "was acknowledged on" in text
    assert foreign.reference not in text
    ready.refresh_from_db()
    assert ready.state == State.RECEIVED
    after = send(client, "acknowledge", ready, done, foreign, confirmed="yes")
    assert after.context["able"] == [ready]
    assert [each.referral for each in after.context["refused"]] == [done]
    assert f'href="{URL}?tab=to_acknowledge"' in after.content.decode()
    ready.refresh_from_db()
    foreign.refresh_from_db()
    assert (ready.state, foreign.state) == (State.ACKNOWLEDGED, State.RECEIVED)
    assert ready.messages.count() == 1


def test_bulk_acknowledge_clicked_twice_answers_the_same(client, officer, make):
    client.force_login(officer)
    ready = make()
    first = send(client, "acknowledge", ready, confirmed="yes")
    again = send(client, "acknowledge", ready, confirmed="yes")
    assert first.context["able"] == again.context["able"] == [ready]
    assert ready.messages.count() == 1


def test_bulk_acknowledge_never_sends_a_letter_with_holes(client, officer, make, year):
    year.acknowledgement_body = "Dear {contct_name}"
    year.save()
    client.force_login(officer)
    ready = make()
    after = send(client, "acknowledge", ready, confirmed="yes")
    assert after.context["able"] == []
    assert "{contct_name}" in after.context["refused"][0].why
    assert not ready.messages.exists()


def test_bulk_assign(client, officer, make, ccg):
    client.force_login(officer)
    colleague = make_person(Role.PROGRAMME_OFFICER, ccg)
    one, closed = make(), make(State.NOT_SUPPORTED)
    preview = send(client, "assign", one, closed)
    assert preview.context["able"] == [one]
    after = send(client, "assign", one, closed, confirmed="yes", officer=colleague.pk)
    assert after.context["able"] == [one]
    assert "Not supported" in after.context["refused"][0].why
    one.refresh_from_db()
    assert one.assigned_to == colleague


def test_bulk_assign_to_a_stranger_is_refused_beside_the_field(client, officer, make):
    client.force_login(officer)
    stranger, one = make_person(Role.PROGRAMME_OFFICER, make_ccg()), make()
    after = send(client, "assign", one, confirmed="yes", officer=stranger.pk)
    assert after.context["form"].errors
    one.refresh_from_db()
    assert one.assigned_to is None


@pytest.mark.parametrize("chosen", [[], ["x"], ["-1"], ["999999999999999999999999"], ["٣"]])
def test_nothing_ticked_says_so(client, officer, chosen):
    client.force_login(officer)
    data = {"act": "acknowledge", "chosen": chosen, "next": "https://evil.example.org/"}
    response = client.post(reverse("referrals:chosen"), data)
    assert response["Location"] == URL
    assert client.get(reverse("referrals:chosen"))["Location"] == URL
