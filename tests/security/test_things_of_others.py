"""Acts of more than one step, sent with something of another corner of the country."""

import pytest
from django.urls import reverse

from resilience.core.access import Role
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.states import State
from tests.discovery.test_access import client_of
from tests.discovery.world import make_corner, make_things, referral_in
from tests.security.watch import writes

pytestmark = pytest.mark.django_db


@pytest.fixture
def corners():
    own, foreign = make_corner(), make_corner()
    own.things["supported"] = referral_in(own, State.SUPPORTED)
    own.things["placed"] = referral_in(own, State.PLACED)
    foreign.things["received"] = referral_in(foreign, State.RECEIVED)
    for corner in (own, foreign):
        corner.things |= make_things(corner)
    return own, foreign


def refused(client, address, **typed):
    with writes() as made:
        response = client.post(address, typed)
    assert made == [], address
    assert response.status_code in (200, 302, 404)
    return response


def test_chosen_rows_of_others_are_left_alone(corners):
    own, foreign = corners
    officer = client_of(own.people[Role.PROGRAMME_OFFICER])
    for act in ("assign", "acknowledge"):
        typed = {"chosen": foreign.things["received"].pk, "act": act, "confirmed": "1", "officer": ""}
        refused(officer, reverse("referrals:chosen"), **typed)
    mine = referral_in_received(own)
    outsider = foreign.people[Role.PROGRAMME_OFFICER].pk
    refused(
        officer, reverse("referrals:chosen"), chosen=mine.pk, act="assign", confirmed="1", officer=outsider
    )
    refused(officer, reverse("referrals:assign", args=[mine.pk]), officer=outsider)


def referral_in_received(corner):
    corner.things["year"] = ProgrammeYear.objects.get(pk=corner.things["year"])
    return referral_in(corner, State.RECEIVED)


def test_money_of_others_is_out_of_reach(corners):
    own, foreign = corners
    lead = client_of(own.people[Role.FINANCE_LEAD])
    typed = {"commissioner": foreign.ccg.pk, "amount": "1000", "why": "x", "key": "k" * 32}
    refused(lead, reverse("funding:set_allocation", args=[own.things["year"]]), **typed)
    typed = {"item": foreign.things["item"], "amount": "1", "purpose": "x", "key": "k" * 32}
    refused(lead, reverse("funding:commit", args=[own.things["supported"].pk]), **typed)
    typed = {"amount": "1", "why": "x", "key": "stage-1-1"}
    page = refused(lead, reverse("funding:pay", args=[own.things["commitment"]]), **typed)
    assert "key" in page.context["form"].errors


def test_a_decision_grants_categories_of_its_own_year_alone(corners):
    own, foreign = corners
    approver = client_of(own.people[Role.APPROVER])
    typed = {"outcome": "supported", "categories": foreign.things["item"], "amount": "5", "reason": "x"}
    for step in ("preview", "confirm"):
        page = refused(
            approver,
            reverse("decisions:decide", args=[own.things["placed"].pk]),
            **typed,
            step=step,
            letter="x",
        )
        assert "categories" in page.context["form"].errors


def test_a_hat_of_another_fits_nobody(corners):
    own, foreign = corners
    client = client_of(own.people[Role.PRACTICE_USER])
    refused(client, reverse("people:hat"), holding=foreign.people[Role.APPROVER].holdings.get().pk)
    assert "hat" not in client.session


def test_another_document_is_not_signed(corners):
    own, _ = corners
    signatory = client_of(own.people[Role.PRACTICE_USER])
    typed = {"document_sha256": "0" * 64, "role": "Manager", "agreed": "on", "typed_name": "Person"}
    refused(signatory, reverse("mou:sign", args=[own.things["agreement"]]), **typed)


def test_a_practice_of_another_is_not_referred(corners):
    own, foreign = corners
    manager = client_of(own.people[Role.PRACTICE_USER])
    typed = {"practice": foreign.practice.ods_code, "year": foreign.things["year"]}
    manager.post(reverse("referrals:start"), typed)
    assert not foreign.practice.referral_places.filter(referral__started_by=own.people[Role.PRACTICE_USER])
