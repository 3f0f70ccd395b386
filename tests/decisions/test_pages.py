"""The decision page: one screen, then the letter, then the decision; who may not, and what is lost: nothing."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from funding import actions as funding
from resilience.assessments import actions as assessing
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.decisions import actions
from resilience.decisions.letters import decision_letter
from resilience.decisions.models import Decision
from resilience.referrals.models import Message
from resilience.referrals.states import State
from tests import factories as make
from tests.assessments import cases

pytestmark = pytest.mark.django_db


def url(referral, name="decisions:decide"):
    return reverse(name, kwargs={"referral": referral.pk})


def filled(placed, **changes):
    """The first step, as a browser sends it."""
    return {
        "step": "preview",
        "outcome": "supported",
        "categories": [str(placed.referral.year.menu.first().pk)],
        "amount": "£2,000.50",
        "reason": "The need is great & urgent.",
        "placement": str(placed.pk),
    } | changes


def confirmed(client, placement, **changes):
    """Both steps; the letter as the preview had it unless changed."""
    data = filled(placement, **{key: value for key, value in changes.items() if key != "letter"})
    page = client.post(url(placement.referral), data)
    letter = changes.get("letter", page.context["form"]["letter"].value())
    return client.post(url(placement.referral), data | {"step": "confirm", "letter": letter}, follow=True)


@pytest.fixture
def placement(client):
    """A referral placed on the matrix, and an approver signed in."""
    client.force_login(cases.approver())
    return cases.placed(concerns={3: "some", 5: "high"})


def allocate(referral, pence):
    return funding.set_allocation(
        by=make.make_person(Role.FINANCE_LEAD),
        year=referral.year,
        commissioner=referral.commissioner,
        amount=pence,
        why="Letter",
        key=f"allocate-{referral.pk}-{pence}",
    )


def test_one_screen_has_all_it_rests_on(client, placement):
    referral = placement.referral
    allocate(referral, 12_345_00)
    text = client.get(url(referral)).content.decode()
    for words in (
        referral.issues,
        referral.support_wanted,
        referral.lead_practice.name,
        placement.scope_justification,
        placement.impact_justification,
        "£12,345",
        "Evidence 5",
    ):
        assert words in text
    assert text.index("Evidence 5") < text.index("Evidence 3"), "the highest concern comes first"
    assert "Evidence 4" not in text
    assert "No concern on 14 criteria" in text


def test_without_an_allocation_it_says_so(client, placement):
    assert "No allocation is set" in client.get(url(placement.referral)).content.decode()


def test_unanswered_questions_about_earlier_support_are_said_and_do_not_block(client):
    earlier = cases.supported(pence=700_00).referral
    later = make.make_referral(practice=earlier.lead_practice, year=earlier.year, state=State.ACKNOWLEDGED)
    placement = cases.placed(later)
    client.force_login(cases.approver())
    text = client.get(url(later)).content.decode()
    assert "<strong>not answered</strong>" in text
    assert earlier.reference in text
    assert "up to £700" in text
    confirmed(client, placement)
    assert Decision.objects.filter(referral=later).exists()


def test_comparable_placements_only_from_the_persons_scope(client, placement):
    year = placement.referral.year
    ccg = placement.referral.commissioner
    near, far = make.make_practice(ccg), make.make_practice()
    for practice in (near, far):
        cases.placed(make.make_referral(practice=practice, year=year, state=State.ACKNOWLEDGED))
    client.force_login(make.make_person(Role.APPROVER, ccg))
    text = client.get(url(placement.referral)).content.decode()
    assert near.name in text
    assert far.name not in text


def test_the_letter_first_then_the_decision(client, placement):
    referral = placement.referral
    allocate(referral, 3_000_00)
    page = client.post(url(referral), filled(placement))
    text = page.content.decode()
    assert "has £3,000 free now and £999.50 after this" in text
    assert "We will support your practice with up to £" in text
    assert not Decision.objects.exists()
    page = confirmed(client, placement)
    decision = Decision.objects.get()
    assert (decision.amount, decision.placement) == (2_000_50, placement)
    assert [each.item for each in decision.categories.all()] == [referral.year.menu.first()]
    assert "The need is great & urgent." in decision.letter
    assert decision.reason == "The need is great & urgent."
    assert "The need is great &amp; urgent." in page.content.decode()
    email = Email.objects.latest("id")
    assert email.message == decision.letter == Message.objects.get(kind="email").text
    assert email.to == [referral.contact_email]
    referral.refresh_from_db()
    assert referral.state == State.SUPPORTED


def test_the_letter_can_be_changed_and_what_stood_there_is_sent(client, placement):
    confirmed(client, placement, letter="Dear Pat\n\n<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in Email.objects.latest("id").message
    text = client.get(url(placement.referral, "decisions:case")).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize(
    ("outcome", "state"), [("not_supported", State.NOT_SUPPORTED), ("deferred", State.DEFERRED)]
)
def test_other_outcomes_carry_no_money(client, placement, outcome, state):
    confirmed(client, placement, outcome=outcome, amount="nonsense", categories=[])
    decision = Decision.objects.get()
    assert (decision.outcome, decision.amount) == (outcome, 0)
    assert not decision.categories.exists()
    placement.referral.refresh_from_db()
    assert placement.referral.state == state


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"outcome": ""}, "Choose decision"),
        ({"outcome": "maybe"}, "There is a problem"),
        ({"amount": ""}, "Enter the amount"),
        ({"amount": "0"}, "must be £0.01 or more"),
        ({"amount": "-5"}, "cannot be less than £0"),
        ({"amount": "about 2000"}, "Enter an amount in pounds"),
        ({"amount": "1.999"}, "no more than 2 numbers"),
        ({"categories": []}, "Choose at least one category"),
        ({"categories": ["999999"]}, "There is a problem"),
        ({"reason": " "}, "Give the reason"),
        ({"reason": "Mr Smith 943 476 5919"}, "NHS number"),
        ({"placement": ""}, "placement on the matrix changed"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "confirm"])
def test_wrong_input_decides_nothing_and_loses_nothing(client, placement, wrong, sentence, step):
    data = filled(placement, **wrong, step=step) | {"letter": "Dear Pat"}
    text = client.post(url(placement.referral), data).content.decode()
    assert sentence in text
    if "reason" not in wrong:
        assert "The need is great &amp; urgent." in text
    assert not Decision.objects.exists()


def test_an_empty_letter_is_not_sent(client, placement):
    page = confirmed(client, placement, letter="  ")
    assert "There is a problem" in page.content.decode()
    assert not Decision.objects.exists()


def test_going_back_keeps_what_was_filled_in(client, placement):
    text = client.post(url(placement.referral), filled(placement, step="change")).content.decode()
    assert "The need is great &amp; urgent." in text
    assert "£2,000.50" in text or "2,000.50" in text


def test_a_review_in_between_is_said_before_it_is_decided(client, placement):
    data = filled(placement, step="confirm") | {"letter": "Dear Pat"}
    assessing.review(
        by=cases.officer(),
        referral=placement.referral,
        scope=1,
        impact=1,
        scope_justification="No need",
        impact_justification="No effect",
        reason="New facts",
    )
    page = client.post(url(placement.referral), data)
    assert "placement on the matrix changed" in page.content.decode()
    assert not Decision.objects.exists()
    again = data | {"placement": page.context["form"]["placement"].value()}
    client.post(url(placement.referral), again)
    assert Decision.objects.get().placement.replaces == placement


def test_two_approvers_decide_once(client, placement):
    confirmed(client, placement)
    client.force_login(cases.approver())
    data = filled(placement, step="confirm") | {"letter": "Dear Pat"}
    text = client.post(url(placement.referral), data).content.decode()
    assert "not possible now" in text
    assert Decision.objects.count() == 1
    assert Email.objects.filter(message="Dear Pat").count() == 0
    assert not mail.outbox


class TestWhoMayNot:
    def assert_denied_before_and_after(self, client, placement, sentence):
        page = client.get(url(placement.referral)).content.decode()
        assert sentence in page
        assert "Go on to the letter" not in page
        data = filled(placement, step="confirm") | {"letter": "Dear Pat"}
        assert sentence in client.post(url(placement.referral), data).content.decode()
        assert not Decision.objects.exists()

    def test_the_assessor(self, client):
        both = cases.officer()
        make.grant(both, Role.APPROVER)
        placement = cases.placed(by=both)
        client.force_login(both)
        self.assert_denied_before_and_after(client, placement, "You took part in assessing")

    def test_who_declared_an_interest(self, client, placement):
        approver = cases.approver()
        assessing.declare_interest(
            by=approver, practice=placement.referral.lead_practice, nature="Partner", started_on=today()
        )
        client.force_login(approver)
        self.assert_denied_before_and_after(client, placement, "You declared an interest")

    def test_nobody_before_it_is_placed(self, client):
        assessment = cases.assessed()
        client.force_login(cases.approver())
        text = client.get(url(assessment.referral)).content.decode()
        assert "not possible now" in text
        assert "Go on to the letter" not in text

    @pytest.mark.parametrize("role", [Role.PROGRAMME_OFFICER, Role.OBSERVER, Role.FINANCE_LEAD])
    def test_other_roles(self, client, placement, role):
        client.force_login(make.make_person(role))
        assert client.get(url(placement.referral)).status_code == 403
        assert client.get(url(placement.referral, "decisions:case")).status_code == 200

    def test_outside_the_scope(self, client, placement):
        client.force_login(make.make_person(Role.APPROVER, make.make_ccg()))
        for name in ("decisions:decide", "decisions:case"):
            assert client.get(url(placement.referral, name)).status_code == 404

    def test_the_practice(self, client, placement):
        client.force_login(placement.referral.started_by)
        for name in ("decisions:decide", "decisions:case"):
            assert client.get(url(placement.referral, name)).status_code == 403


class TestLetters:
    def letter(self, referral, **changes):
        given = {"outcome": "supported", "reason": "R", "amount": 2_000_00, "categories": []} | changes
        return decision_letter(referral, officer=cases.approver(), **given)

    def test_every_word_is_filled_once_and_literally(self):
        body = "{contact_name}|{practice}|{decision}|{reason}|{amount}|{categories}|{programme_contact}|{reference}"
        referral = make.make_referral(year=make.make_year(decision_body=body))
        letter = self.letter(
            referral, reason="{practice} {0.__class__}", categories=list(referral.year.menu.all()[:2])
        )
        parts = letter.body.split("|")
        assert parts[0] == "Pat Manager"
        assert parts[3] == "{practice} {0.__class__}", "what a person typed is never filled in again"
        assert parts[4] == "£2,000"
        assert parts[5] == "; ".join(each.name for each in referral.year.menu.all()[:2])
        assert "team@example.nhs.uk" in parts[6]
        assert not letter.unknown

    def test_an_unknown_word_is_pointed_out(self, client, placement):
        year = placement.referral.year
        type(year).objects.filter(pk=year.pk).update(decision_body="Dear {nobody}")
        text = client.post(url(placement.referral), filled(placement)).content.decode()
        assert "nobody can fill in: {nobody}" in text

    def test_the_subject_is_one_line(self):
        referral = make.make_referral(year=make.make_year(decision_subject="Decision\r\nBcc: x@example.org"))
        assert "\n" not in self.letter(referral).subject


def test_granting_what_others_were_granted_already_is_shown(client):
    first = cases.supported(pence=800_00).referral
    allocate(first, 1_000_00)
    practice = make.make_practice(first.commissioner)
    second = cases.placed(make.make_referral(practice=practice, year=first.year, state=State.ACKNOWLEDGED))
    client.force_login(cases.approver())
    text = client.get(url(second.referral)).content.decode()
    assert "Granted to others, not yet committed" in text
    assert "£200" in text
    text = client.post(url(second.referral), filled(second, amount="300")).content.decode()
    assert "more than is free" in text
    assert "-£100 after this" in text


def test_the_page_costs_the_same_with_one_comparable_and_with_six(client, placement):
    referral = placement.referral

    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(url(referral))
        return len(queries)

    def another():
        practice = make.make_practice(referral.commissioner)
        cases.placed(make.make_referral(practice=practice, year=referral.year, state=State.ACKNOWLEDGED))

    another()
    count()
    few = count()
    for _ in range(5):
        another()
    assert count() == few


def test_the_action_itself_refuses_without_reason_or_letter(placement):
    common = {"by": cases.approver(), "referral": placement.referral}
    with pytest.raises(Denied, match="Give the reason"):
        actions.refuse(**common, reason=" ", letter="Dear Pat")
    with pytest.raises(Denied, match="Write the letter"):
        actions.defer(**common, reason="Later", letter=" ")
