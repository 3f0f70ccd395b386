"""The board: direction, words, who sees what, placing, reviewing, and the alike put apart."""

import io
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from resilience.assessments import comparison
from resilience.assessments.board import board
from resilience.assessments.models import Placement
from resilience.core.access import Role
from resilience.programmes import catalogue
from resilience.programmes.models import MatrixCell
from resilience.referrals.states import State
from tests import factories as make
from tests.assessments import cases

pytestmark = pytest.mark.django_db

# Written out from the published guidance, impact from the top, scope from the left.
PUBLISHED = """
A   A/G G   G   G
A   A   A/G A/G G
A/R A   A   A   A/G
R   A/R A/R A   A
B   R   R   R   R
"""


def place_url(referral):
    return reverse("assessments:place", kwargs={"referral": referral.pk})


def cell_of(referral, scope, impact):
    return MatrixCell.objects.get(matrix=referral.year.matrix, scope=scope, impact=impact)


def said(cell, **changes):
    words = {"scope_justification": "Two partners leave.", "impact_justification": "A merger would help."}
    return {"cell": cell.pk, **words, **changes}


def test_the_published_matrix_is_the_one_on_the_board():
    naive = [line.split() for line in PUBLISHED.strip().splitlines()]
    drawn = board(catalogue.publish_matrix())
    assert [[square.rating.code for square in squares] for _, squares in drawn.rows] == naive
    for (_, squares), row in zip(drawn.rows, naive, strict=True):
        for square, rating in zip(squares, row, strict=True):
            assert square.cell.rating == rating
    assert [impact.score for impact, _ in drawn.rows] == [5, 4, 3, 2, 1]
    assert [score.score for score in drawn.scopes] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("scope", "impact"), list(product((1, 3, 5), (1, 3, 5))))
def test_the_rating_follows_from_the_two_scores_by_the_naive_table(scope, impact):
    naive = [line.split() for line in PUBLISHED.strip().splitlines()]
    assert cases.placed(scope=scope, impact=impact).cell.rating == naive[5 - impact][scope - 1]


def test_every_cell_says_its_rating_in_words_and_has_its_radio(client):
    assessment = cases.assessed()
    client.force_login(cases.officer())
    text = client.get(place_url(assessment.referral)).content.decode()
    assert text.count('type="radio" name="cell"') == 25
    assert "Scope 1, rare; impact 1, very low" in text
    assert "No case for support" in text
    assert "It is not a rating of risk." in text


def test_the_words_are_the_matrix_versions_own(client, monkeypatch):
    monkeypatch.setitem(catalogue.MEANINGS, "G", "Help at once: come what may.")
    year = make.make_year(matrix=catalogue.publish_matrix("Local matrix"))
    assessment = cases.assessed(make.make_referral(year=year, state=State.ACKNOWLEDGED))
    client.force_login(cases.officer())
    text = client.get(place_url(assessment.referral)).content.decode()
    assert text.count("Help at once") > 4
    assert "Support first" not in text


def test_placing_by_choosing_a_cell(client):
    assessment = cases.assessed()
    referral = assessment.referral
    client.force_login(cases.officer())
    page = client.post(place_url(referral), said(cell_of(referral, 3, 4)), follow=True)
    assert "High priority: support soon" in page.content.decode()
    placement = Placement.objects.get()
    assert (placement.cell.scope, placement.cell.impact, placement.cell.rating) == (3, 4, "A/G")
    referral.refresh_from_db()
    assert referral.state == State.PLACED


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"cell": ""}, "Choose a cell of the matrix"),
        ({"cell": "nonsense"}, "Choose a cell of the matrix"),
        ({"cell": "999999"}, "Choose a cell of the matrix"),
        ({"scope_justification": "  "}, "Enter why this scope for support?"),
        ({"impact_justification": ""}, "impact of support?"),
    ],
)
def test_wrong_input_is_said_and_what_was_typed_stays(client, wrong, sentence):
    assessment = cases.assessed()
    client.force_login(cases.officer())
    data = said(cell_of(assessment.referral, 3, 4), impact_justification="Kept <i>words</i>") | wrong
    text = client.post(place_url(assessment.referral), data).content.decode()
    assert sentence in text or "Answer the question" in text
    assert wrong.get("impact_justification") == "" or "Kept &lt;i&gt;words&lt;/i&gt;" in text
    assert not Placement.objects.exists()


def test_a_cell_of_another_matrix_is_no_answer(client):
    assessment = cases.assessed()
    other = catalogue.publish_matrix("Another").cells.first()
    client.force_login(cases.officer())
    client.post(place_url(assessment.referral), said(other))
    assert not Placement.objects.exists()


def test_before_the_assessment_is_complete_it_says_what_is_missing(client):
    assessment = cases.started()
    client.force_login(cases.officer())
    text = client.get(place_url(assessment.referral)).content.decode()
    assert "Complete the assessment first" in text
    assert 'name="cell"' not in text
    client.post(place_url(assessment.referral), said(cell_of(assessment.referral, 1, 1)))
    assert not Placement.objects.exists()


class TestReview:
    def test_a_second_officer_moves_it_and_both_stay(self, client):
        first = cases.placed(scope=2, impact=2)
        client.force_login(cases.officer())
        data = said(cell_of(first.referral, 4, 5), reason="The inspection came in.")
        client.post(place_url(first.referral), data)
        standing = Placement.objects.get(is_current=True)
        assert (standing.cell.rating, standing.replaces) == ("G", first)
        text = client.get(place_url(first.referral)).content.decode()
        assert "Earlier placement" in text
        assert "The inspection came in." in text

    def test_it_needs_a_reason(self, client):
        first = cases.placed()
        client.force_login(cases.officer())
        client.post(place_url(first.referral), said(cell_of(first.referral, 5, 5), reason=" "))
        assert Placement.objects.count() == 1

    def test_not_by_the_same_officer(self, client):
        officer = cases.officer()
        first = cases.placed(by=officer)
        client.force_login(officer)
        text = client.post(place_url(first.referral), said(first.cell, reason="I agree")).content.decode()
        assert "A second officer reviews it" in text
        assert Placement.objects.count() == 1


class TestBoard:
    URL = "/matrix/"

    @pytest.fixture
    def year(self):
        return make.make_year()

    def put(self, year, commissioner, **where):
        practice = make.make_practice(commissioner)
        referral = make.make_referral(practice=practice, year=year, state=State.ACKNOWLEDGED)
        return cases.placed(referral, **where)

    def test_it_holds_the_practices_of_the_persons_scope_only(self, client, year):
        one, other = make.make_ccg(), make.make_ccg()
        mine, theirs = self.put(year, one), self.put(year, other)
        client.force_login(make.make_person(Role.PROGRAMME_OFFICER, one))
        text = client.get(self.URL).content.decode()
        assert mine.referral.lead_practice.name in text
        assert theirs.referral.lead_practice.name not in text

    def test_a_practice_user_never_sees_it(self, client):
        placement = cases.placed()
        client.force_login(placement.referral.started_by)
        assert client.get(self.URL).status_code == 403

    def test_it_shows_one_year_the_latest_unless_another_is_asked_for(self, client, year):
        old = make.make_year(starts_on="2017-04-01", ends_on="2018-03-31")
        now, before = self.put(year, make.make_ccg()), self.put(old, make.make_ccg())
        client.force_login(make.make_person(Role.OBSERVER))
        assert client.get(self.URL).context["list"].placements == [now]
        assert client.get(f"{self.URL}?year={old.pk}").context["list"].placements == [before]

    def test_it_filters_by_ccg_and_date_and_says_what_it_could_not_use(self, client, year):
        one, other = make.make_ccg(), make.make_ccg()
        mine = self.put(year, one)
        self.put(year, other)
        client.force_login(make.make_person(Role.OBSERVER))
        page = client.get(f"{self.URL}?commissioner={one.pk}")
        assert page.context["list"].placements == [mine]
        assert client.get(f"{self.URL}?placed_to=2001-01-01").context["list"].placements == []
        assert "We could not use a filter" in client.get(f"{self.URL}?placed_to=yesterday").content.decode()

    def test_each_practice_has_its_justifications_and_mine_are_marked(self, client, year):
        officer = cases.officer()
        placement = self.put(year, make.make_ccg(), by=officer)
        client.force_login(officer)
        text = client.get(self.URL).content.decode()
        assert "(yours)" in text
        assert placement.scope_justification in text
        assert placement.impact_justification in text

    def test_the_file_has_the_justifications_and_no_formula(self, client, year):
        placement = self.put(year, make.make_ccg())
        client.force_login(make.make_person(Role.OBSERVER))
        answer = client.get(f"{self.URL}?export=xlsx")
        rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
        assert len(rows) == 2
        assert placement.scope_justification in rows[1]
        assert "A/G" in rows[1]

    def test_the_same_number_of_queries_for_one_placement_and_for_nine(self, client, year):
        ccg = make.make_ccg()
        client.force_login(make.make_person(Role.OBSERVER))

        def count():
            with CaptureQueriesContext(connection) as queries:
                client.get(self.URL)
            return len(queries)

        self.put(year, ccg)
        count()
        few = count()
        for _ in range(8):
            self.put(year, ccg)
        assert count() == few


class TestAlikeButApart:
    HIGH = {1: "high", 4: "high", 5: "high", 8: "some"}

    def pair(self, concerns, where):
        year = make.make_year()
        placements = []
        for found, (scope, impact) in zip(concerns, where, strict=True):
            practice = make.make_practice()
            referral = make.make_referral(practice=practice, year=year, state=State.ACKNOWLEDGED)
            placements.append(cases.placed(referral, scope=scope, impact=impact, concerns=found))
        return placements

    def test_the_same_findings_two_steps_apart_stand_out(self, client):
        placements = self.pair([self.HIGH, self.HIGH], [(5, 5), (3, 3)])
        found = comparison.alike_but_apart(placements)
        assert [(pair.same, pair.judged, pair.steps) for pair in found] == [(16, 16, 2)]
        client.force_login(make.make_person(Role.OBSERVER))
        assert "16 of 16 criteria" in client.get("/matrix/").content.decode()

    def test_one_step_apart_is_judgement(self):
        assert not comparison.alike_but_apart(self.pair([self.HIGH, self.HIGH], [(5, 5), (4, 4)]))

    def test_other_findings_are_another_case(self):
        other = dict.fromkeys(range(1, 6), "some")
        assert not comparison.alike_but_apart(self.pair([self.HIGH, other], [(5, 5), (1, 1)]))

    def test_what_is_not_known_is_not_alike(self):
        nothing = dict.fromkeys(range(1, 17), "unknown")
        assert not comparison.alike_but_apart(self.pair([nothing, nothing], [(5, 5), (1, 1)]))

    def test_the_profiles_agree_with_comparing_by_hand(self):
        mixed = {n: ("none", "some", "high", "unknown")[n % 4] for n in range(1, 17)}
        one, other = self.pair([mixed, self.HIGH], [(5, 5), (1, 1)])
        pair = comparison.compare(one, other, comparison.profiles([one, other]))
        hand = [(mixed[n], self.HIGH.get(n, "none")) for n in range(1, 17)]
        assert pair.judged == sum(a != "unknown" for a, b in hand)
        assert pair.same == sum(a == b for a, b in hand)

    def test_the_nearest_has_the_same_findings(self):
        one, alike, unlike = self.pair([self.HIGH, self.HIGH, {}], [(5, 5), (1, 1), (5, 5)])
        assert [pair.other for pair in comparison.nearest(one, [unlike, alike])] == [alike, unlike]
