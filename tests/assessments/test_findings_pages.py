"""The Assessment tab: partly done saves, nothing typed is lost, nobody overwrites another."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from practices.models import Indicator
from resilience.assessments import actions, history
from resilience.assessments.findings import current_findings
from resilience.assessments.models import Assessment, ContinuingSupport, Finding
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from resilience.referrals.models import PastSupport
from resilience.referrals.states import State
from tests import factories as make
from tests.assessments import cases

pytestmark = pytest.mark.django_db


def url(referral, name="assessments:case"):
    return reverse(name, kwargs={"referral": referral.pk})


def sent(page, **changes):
    """What a browser would send back of the page's form."""
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in (data | changes).items()}


@pytest.fixture
def case(client):
    """An officer signed in, before a started assessment."""
    officer = cases.officer()
    client.force_login(officer)
    return cases.started(by=officer)


def test_an_officer_starts_and_the_referral_moves(client):
    referral = make.make_referral(state=State.ACKNOWLEDGED)
    client.force_login(cases.officer())
    assert "Start the assessment" in client.get(url(referral)).content.decode()
    page = client.post(url(referral), {"act": "start"}, follow=True)
    assert "0 of 16 done" in page.content.decode()
    referral.refresh_from_db()
    assert referral.state == State.UNDER_ASSESSMENT


def test_starting_twice_says_why_not_and_starts_once(client, case):
    page = client.post(url(case.referral), {"act": "start"}, follow=True)
    assert "not possible now" in page.content.decode()
    assert Assessment.objects.count() == 1


def test_every_criterion_is_there_in_its_domain(client, case):
    page = client.get(url(case.referral))
    domains = page.context["domains"]
    assert [len(domain.items) for domain in domains] == [3, 2, 2, 3, 2, 4]
    assert "Key criterion" in page.content.decode()
    assert "The practice referred itself" in page.content.decode()


def test_partly_done_saves_and_counts(client, case):
    page = client.get(url(case.referral))
    data = sent(
        page, concern_1="high", evidence_1="CQC report", source_1="CQC", evidence_4="One GP for 4,000"
    )
    page = client.post(url(case.referral), {**data, "act": "save"}, follow=True)
    assert "1 of 16 done" in page.content.decode()
    standing = {each.criterion.number: each for each in current_findings(case).values()}
    assert set(standing) == {1, 4}
    assert (standing[4].concern, standing[4].evidence) == ("", "One GP for 4,000")


def test_saving_unchanged_adds_nothing_at_all(client, case):
    data = sent(client.get(url(case.referral)), concern_1="high")
    client.post(url(case.referral), data)
    entries = TrailEntry.objects.count()
    client.post(url(case.referral), sent(client.get(url(case.referral))))
    assert Finding.objects.count() == 1
    assert TrailEntry.objects.count() == entries


def test_a_change_is_a_new_finding_and_the_earlier_stays(client, case):
    client.post(
        url(case.referral), sent(client.get(url(case.referral)), concern_1="high", evidence_1="First words")
    )
    client.post(
        url(case.referral), sent(client.get(url(case.referral)), concern_1="some", evidence_1="Second words")
    )
    page = client.get(url(case.referral)).content.decode()
    assert "Earlier findings" in page
    assert "First words" in page
    assert Finding.objects.count() == 2


def test_two_tabs_different_criteria_both_stand(client, case):
    one, other = sent(client.get(url(case.referral))), sent(client.get(url(case.referral)))
    client.post(url(case.referral), one | {"concern_1": "high"})
    client.post(url(case.referral), other | {"concern_2": "some"})
    standing = {each.criterion.number: each.concern for each in current_findings(case).values()}
    assert standing == {1: "high", 2: "some"}


def test_two_officers_the_same_criterion_neither_is_lost(client, case):
    mine = sent(client.get(url(case.referral)))
    colleague = cases.officer()
    criterion = case.criteria_set.criteria.get(number=3)
    theirs = {"concern": "high", "evidence": "Theirs <b>", "source": "GMC"}
    actions.save_findings(by=colleague, assessment=case, findings={criterion: theirs})
    page = client.post(
        url(case.referral), mine | {"concern_3": "none", "evidence_3": "Mine", "evidence_5": "Also mine"}
    )
    text = page.content.decode()
    assert colleague.name in text
    assert "Theirs &lt;b&gt;" in text
    assert "Mine" in text
    assert "Also mine" in text
    assert Finding.objects.count() == 1, "nothing is half written"

    again = sent(page)
    assert (again["evidence_3"], again["evidence_5"]) == ("Mine", "Also mine")
    client.post(url(case.referral), again)
    assert current_findings(case)[criterion.pk].evidence == "Mine"
    assert Finding.objects.filter(evidence="Theirs <b>").exists()


def test_an_untouched_criterion_never_takes_back_what_a_colleague_wrote(client, case):
    stale = sent(client.get(url(case.referral)))
    criterion = case.criteria_set.criteria.get(number=3)
    said = {"concern": "high", "evidence": "New", "source": ""}
    actions.save_findings(by=cases.officer(), assessment=case, findings={criterion: said})
    client.post(url(case.referral), stale | {"concern_1": "none"})
    assert current_findings(case)[criterion.pk].evidence == "New"


def test_wrong_input_is_said_beside_the_field_and_nothing_is_lost(client, case):
    data = sent(client.get(url(case.referral)), concern_1="dreadful", evidence_2="Kept", source_3="x" * 201)
    text = client.post(url(case.referral), data).content.decode()
    assert "There is a problem" in text
    assert "Kept" in text
    assert "x" * 201 in text
    assert not Finding.objects.exists()


def test_completing_with_gaps_saves_and_names_them(client, case):
    data = sent(client.get(url(case.referral)), **{f"concern_{n}": "none" for n in range(1, 16)})
    page = client.post(url(case.referral), {**data, "act": "complete"}, follow=True)
    assert "criteria 16 first" in page.content.decode()
    assert Finding.objects.count() == 15
    data = sent(client.get(url(case.referral)), concern_16="unknown")
    client.post(url(case.referral), {**data, "act": "complete"})
    case.refresh_from_db()
    assert case.completed_at


def test_a_complete_assessment_keeps_a_level_for_every_criterion(client):
    officer = cases.officer()
    assessment = cases.assessed(by=officer)
    client.force_login(officer)
    data = sent(client.get(url(assessment.referral)), concern_2="")
    page = client.post(url(assessment.referral), data)
    assert "give a level of concern for criteria 2" in page.content.decode()
    with pytest.raises(Denied, match="complete already"):
        actions.complete(by=officer, assessment=assessment)


def test_the_figures_on_record_stand_beside_their_criterion(client, case):
    practice = case.referral.lead_practice
    for period, value in (("2017-18", "81.2%"), ("2018-19", "78.4%")):
        Indicator.objects.create(
            practice=practice,
            key="qof_achievement",
            label="QOF",
            value=value,
            period=period,
            source="NHS Digital",
        )
    text = client.get(url(case.referral)).content.decode()
    assert "QOF: 78.4%" in text
    assert "2018-19. Source: NHS Digital" in text
    assert "81.2%" not in text


def test_the_page_costs_the_same_for_one_finding_and_for_all(client):
    referral = make.make_referral(state=State.ACKNOWLEDGED)
    officer = cases.officer()
    assessment = cases.started(referral, officer)
    client.force_login(officer)
    client.get(url(referral))
    with CaptureQueriesContext(connection) as few:
        client.get(url(referral))
    actions.save_findings(by=officer, assessment=assessment, findings=cases.findings(assessment))
    with CaptureQueriesContext(connection) as many:
        client.get(url(referral))
    assert len(many) == len(few)


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.FINANCE_LEAD, Role.APPROVER])
def test_who_reads_and_does_not_assess(client, case, role):
    client.force_login(make.make_person(role))
    page = client.get(url(case.referral))
    assert page.context["form"] is None
    assert "Your role does not let you" in page.content.decode()
    refused = client.post(url(case.referral), {"concern_1": "high", "evidence_1": "", "source_1": ""})
    assert refused.status_code == 200
    assert not Finding.objects.exists()


def test_who_may_not_even_read(client, case):
    client.force_login(case.referral.started_by)
    assert client.get(url(case.referral)).status_code == 403
    client.force_login(make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()))
    for name in ("assessments:case", "assessments:continuing", "assessments:place", "assessments:escalate"):
        assert client.get(url(case.referral, name)).status_code == 404


def test_an_interest_bars_from_assessing_and_warns_on_the_page(client, case):
    holder = cases.officer()
    actions.declare_interest(
        by=holder,
        practice=case.referral.lead_practice,
        nature="Brother is a partner",
        started_on=case.referral.received_on,
    )
    client.force_login(holder)
    text = client.get(url(case.referral)).content.decode()
    assert "You declared an interest" in text
    assert 'name="act"' not in text
    client.post(url(case.referral), {"concern_1": "high", "evidence_1": "", "source_1": ""})
    assert not Finding.objects.exists()
    client.force_login(cases.officer())
    assert f"{holder.name} declared an interest" in client.get(url(case.referral)).content.decode()


class TestContinuing:
    ANSWERS = {
        "delivered": "yes",
        "achieved": "partly",
        "longer_commitment": "no",
        "waste_if_stopped": "yes",
        "still_backed": "yes",
        "comment": "Two objectives of three.",
    }

    def test_not_asked_where_nothing_came_before(self, client, case):
        assert "five questions" not in client.get(url(case.referral)).content.decode()

    def test_asked_when_the_practice_says_so(self):
        referral = make.make_referral(state=State.DRAFT)
        past = PastSupport.objects.create(referral=referral, scheme="this", had=True, years="2016/17")
        assert history.needs_continuing(referral)
        past.had = False
        past.save()
        referral.received_at = timezone.now()
        assert not history.needs_continuing(referral)

    def test_asked_when_an_earlier_referral_was_supported(self, client):
        earlier = make.make_referral(state=State.AGREED)
        later = make.make_referral(
            practice=earlier.lead_practice, year=earlier.year, state=State.ACKNOWLEDGED
        )
        officer = cases.officer()
        client.force_login(officer)
        cases.started(later, officer)
        assert "Answer the five questions" in client.get(url(later)).content.decode()
        assert earlier.reference in client.get(url(later, "assessments:continuing")).content.decode()
        page = client.post(url(later, "assessments:continuing"), {**self.ANSWERS, "achieved": ""})
        assert "Did it achieve its aim?" in page.content.decode()
        assert not ContinuingSupport.objects.exists()
        client.post(url(later, "assessments:continuing"), self.ANSWERS)
        client.post(url(later, "assessments:continuing"), self.ANSWERS | {"achieved": "yes"})
        assert list(ContinuingSupport.objects.values_list("achieved", flat=True)) == ["yes", "partly"]
        text = client.get(url(later)).content.decode()
        assert "Two objectives of three." in text
        assert "Answer the five questions" not in text
