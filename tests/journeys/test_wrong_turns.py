"""What goes wrong on the way: each wrong turn ends on a page that says so, and nothing typed is lost."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from funding.models import Commitment
from practices.models import Invitation
from resilience.core.access import Role
from resilience.decisions.models import Decision
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.factories import make_person, make_referral
from tests.journeys import steps

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def maya(comes, town):
    """The practice manager of Harbour Street, signed in."""
    maya = comes(
        make_person(Role.PRACTICE_USER, town.harbour, name="Maya Ellis", email="maya@example.nhs.uk")
    )
    maya.signs_in()
    return maya


def draft_of(town, **fields):
    return make_referral(town.harbour, town.year, State.DRAFT, **{"is_group": False} | fields)


def address(name, referral):
    return reverse(name, kwargs={"referral": referral.pk})


def test_an_invitation_that_came_too_late(comes, town):
    olu = comes(town.people["officer"])
    olu.signs_in()
    olu.clicks("People")
    olu.clicks("Invite someone")
    olu.fills("Full name", "Maya Ellis")
    olu.fills("Email address", "maya@example.nhs.uk")
    olu.fills("Practice", town.harbour.ods_code)
    olu.clicks("Send the invitation")
    olu.sees("We have sent Maya Ellis an invitation")
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(minutes=1))

    maya = comes(name="Maya Ellis", email="maya@example.nhs.uk")
    maya.follows_the_link("You are invited")

    maya.sees_the_heading("This invitation cannot be used")
    maya.sees("ask whoever invited you to send it again")
    maya.finds_the_page_sound()


def test_the_address_of_somebody_elses_referral(maya, town):
    theirs = make_referral(town.mill, town.year)

    answer = maya.opens(address("referrals:follow", theirs))

    assert answer.status == 404
    maya.sees_the_heading("Page not found")
    maya.does_not_see("Mill Lane")
    maya.finds_the_page_sound()


def test_two_clicks_and_then_back(maya, town):
    draft = draft_of(town)
    draft.past_support.bulk_create(
        draft.past_support.model(referral=draft, scheme=scheme, had=False)
        for scheme in draft.past_support.model.Scheme.values
    )
    maya.opens(address("referrals:check", draft))
    maya.clicks_twice("Send the referral")
    maya.sees_the_heading("Referral sent")

    assert Referral.objects.exclude(state=State.DRAFT).count() == 1
    assert sum("Your referral" in letter.subject for letter in maya.letters()) <= 1
    maya.goes_back()
    expect(maya.page).to_have_title("Referral sent – Resilience programmes")


def test_the_session_ends_in_the_middle_of_a_form(maya, town):
    draft = draft_of(town, issues="", support_wanted="")
    maya.goes_home()
    maya.clicks("Carry on with the referral")
    maya.clicks("Case for support")
    maya.fills("What are the issues now?", steps.ISSUES)
    maya.fills("What support do you want?", steps.WANTED)
    Session.objects.all().delete()
    maya.clicks("Save and continue")
    maya.sees_the_heading("Sign in")

    maya.signs_in_here()

    maya.sees("We put back what you had typed here and not yet saved.")
    maya.sees_in("What are the issues now?", steps.ISSUES)
    maya.sees_in("What support do you want?", steps.WANTED)
    maya.clicks("Save and continue")
    maya.sees("parts are complete")
    draft.refresh_from_db()
    assert (draft.issues.split(), draft.support_wanted) == (steps.ISSUES.split(), steps.WANTED)


def test_there_is_not_enough_money(comes, town):
    referral = make_referral(town.harbour, town.year, State.SUPPORTED)
    decision = Decision.objects.create(
        referral=referral,
        outcome=Decision.Outcome.SUPPORTED,
        reason="Clear need.",
        amount=25_000_00,
        letter="We support you.",
        decided_by=town.people["approver"],
    )
    decision.categories.create(item=town.year.menu.first())
    fiona = comes(town.people["finance"])
    fiona.signs_in()
    fiona.searches_for(referral.reference)
    fiona.clicks("Commit money")
    fiona.fills("Amount", "20,000.01")
    fiona.fills("What is it for?", "Recruitment advice")
    fiona.clicks("Commit this money")

    fiona.is_told_of_a_problem("£20,000")
    fiona.sees_in("Amount", "20,000.01")
    fiona.sees_in("What is it for?", "Recruitment advice")
    fiona.finds_the_page_sound()
    assert not Commitment.objects.exists()
    fiona.fills("Amount", "20,000")
    fiona.clicks("Commit this money")
    fiona.sees("£20,000 is committed")
