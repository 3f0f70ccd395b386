"""Safety escalations and declared interests, in the browser's requests."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from resilience.assessments import actions
from resilience.assessments.models import Interest, SafetyEscalation
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.referrals.states import State
from tests import factories as make
from tests.assessments import cases

pytestmark = pytest.mark.django_db


class TestEscalations:
    def raise_one(self, client, state=State.RECEIVED):
        referral = make.make_referral(state=state)
        client.force_login(cases.officer())
        client.post(
            reverse("assessments:escalate", kwargs={"referral": referral.pk}),
            {"why": "No GP on <b>Fridays</b>"},
        )
        return SafetyEscalation.objects.get(referral=referral)

    @pytest.mark.parametrize("state", [State.RECEIVED, State.UNDER_ASSESSMENT, State.SUPPORTED, State.AGREED])
    def test_raised_from_any_point_and_the_contact_is_told(self, client, state):
        escalation = self.raise_one(client, state)
        assert "Safety escalation" in Email.objects.latest("id").subject
        text = client.get(
            reverse("assessments:escalation", kwargs={"escalation": escalation.pk})
        ).content.decode()
        assert "No GP on &lt;b&gt;Fridays&lt;/b&gt;" in text
        assert "Someone else must take it" in text

    def test_an_empty_reason_raises_nothing(self, client):
        referral = make.make_referral()
        client.force_login(cases.officer())
        page = client.post(reverse("assessments:escalate", kwargs={"referral": referral.pk}), {"why": " "})
        assert "There is a problem" in page.content.decode()
        assert not SafetyEscalation.objects.exists()

    def test_someone_else_takes_it_once(self, client):
        escalation = self.raise_one(client)
        url = reverse("assessments:escalation", kwargs={"escalation": escalation.pk})
        client.post(url, {"note": "I raised it and take it"})
        escalation.refresh_from_db()
        assert escalation.taken_at is None
        taker = cases.approver()
        client.force_login(taker)
        client.post(url, {"note": "I call the practice today"})
        escalation.refresh_from_db()
        assert escalation.taken_by == taker
        client.force_login(cases.officer())
        text = client.post(url, {"note": "Me too"}).content.decode()
        assert f"{taker.name} has taken this escalation already" in text

    def test_open_first_in_scope_only_and_the_case_warns(self, client):
        taken = self.raise_one(client)
        actions.take_escalation(by=cases.approver(), escalation=taken, note="Done")
        waiting = self.raise_one(client)
        page = client.get(reverse("assessments:escalations"))
        assert [row.thing for row in page.context["list"].rows] == [waiting, taken]
        assert (
            "nobody has taken it"
            in client.get(
                reverse("assessments:case", kwargs={"referral": waiting.referral_id})
            ).content.decode()
        )
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()))
        assert not client.get(reverse("assessments:escalations")).context["list"].rows
        url = reverse("assessments:escalation", kwargs={"escalation": waiting.pk})
        assert client.get(url).status_code == 404
        client.force_login(waiting.referral.started_by)
        assert client.get(url).status_code == 403


class TestInterests:
    def declare(self, client, person, where, **changes):
        client.force_login(person)
        day = {"started_on_day": "1", "started_on_month": "4", "started_on_year": "2016"}
        data = {"practice": where.ods_code.lower(), "nature": "Sister is a partner", **day} | changes
        return client.post(reverse("assessments:declare"), data)

    def test_declared_and_listed(self, client):
        officer, practice = cases.officer(), make.make_practice()
        assert self.declare(client, officer, practice).status_code == 302
        interest = Interest.objects.get()
        assert (interest.person, interest.practice, interest.started_on) == (
            officer,
            practice,
            dt.date(2016, 4, 1),
        )
        assert practice.name in client.get(reverse("assessments:interests")).content.decode()

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"practice": "NOPE1"}, "None of the practices you work with has the code NOPE1"),
            ({"nature": ""}, "What is the interest?"),
            ({"started_on_year": "2999"}, "today or earlier"),
            ({"started_on_month": "13"}, "month must be a number from 1 to 12"),
            (
                {"ended_on_day": "1", "ended_on_month": "1", "ended_on_year": "2015"},
                "must be 1 April 2016 or later",
            ),
        ],
    )
    def test_wrong_input_declares_nothing(self, client, wrong, sentence):
        page = self.declare(client, cases.officer(), make.make_practice(), **wrong)
        assert sentence in page.content.decode()
        assert not Interest.objects.exists()

    def test_a_practice_outside_the_scope_is_not_told_apart_from_none(self, client):
        page = self.declare(
            client, make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()), make.make_practice()
        )
        assert "None of the practices you work with" in page.content.decode()

    def test_officers_see_their_own_and_approvers_and_observers_all_in_scope(self, client):
        ccg = make.make_ccg()
        one, other = (make.make_person(Role.PROGRAMME_OFFICER, ccg) for _ in range(2))
        self.declare(client, one, make.make_practice(ccg))
        self.declare(client, other, make.make_practice(ccg))

        def seen(person):
            client.force_login(person)
            return {
                row.thing.person for row in client.get(reverse("assessments:interests")).context["list"].rows
            }

        assert seen(one) == {one}
        assert seen(make.make_person(Role.APPROVER, ccg)) == {one, other}
        assert seen(make.make_person(Role.OBSERVER, ccg)) == {one, other}
        assert seen(make.make_person(Role.APPROVER, make.make_ccg())) == set()

    def test_ended_by_its_holder_or_an_approver_and_no_one_else(self, client):
        self.declare(client, cases.officer(), make.make_practice())
        interest = Interest.objects.get()
        url = reverse("assessments:end_interest", kwargs={"interest": interest.pk})
        day = today()
        data = {"ended_on_day": day.day, "ended_on_month": day.month, "ended_on_year": day.year}
        client.force_login(cases.officer())
        assert client.post(url, data).status_code == 404
        client.force_login(make.make_person(Role.OBSERVER))
        assert "Only the person who declared" in client.post(url, data).content.decode()
        client.force_login(cases.approver())
        early = client.post(url, data | {"ended_on_year": "2015"})
        assert "must be 1 April 2016 or later" in early.content.decode()
        client.post(url, data)
        interest.refresh_from_db()
        assert interest.ended_on == day
        assert "has ended already" in client.get(url).content.decode()

    def test_the_same_number_of_queries_for_one_and_for_nine(self, client):
        ccg = make.make_ccg()
        approver = make.make_person(Role.APPROVER, ccg)

        def count():
            client.force_login(approver)
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("assessments:interests"))
            return len(queries)

        self.declare(client, cases.officer(), make.make_practice(ccg))
        few = count()
        for _ in range(8):
            self.declare(client, cases.officer(), make.make_practice(ccg))
        assert count() == few
