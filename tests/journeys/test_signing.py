"""Signing that does not go straight: a change asked for, declined and drafted anew; passed on; with a supplier."""

from collections.abc import Callable
from typing import Any

import pytest

from mou.models import Agreement
from mou.seal import verify
from resilience.core.access import Role
from tests.factories import make_person
from tests.journeys import steps
from tests.journeys.conftest import PHONE
from tests.journeys.people import Someone
from tests.mou.world import World, add_supplier, agree_plan, commit_money, make_world, send_mou

Comes = Callable[..., Someone]


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def signed_in(comes: Comes, person: Any, **window: Any) -> Someone:
    someone = comes(person, **window)
    someone.signs_in()
    return someone


def test_a_change_is_asked_for_the_mou_declined_and_drafted_anew(comes: Comes, world: World) -> None:
    agree_plan(world)
    commit_money(world)
    olu, sian = signed_in(comes, world.officer), signed_in(comes, world.manager)

    # Olu drafts it; nothing is typed twice.
    olu.searches_for(world.referral.reference)
    olu.turns_to("MoU")
    olu.clicks("Draft it")
    olu.clicks("Keep the draft")
    olu.sees("Draft 1 is kept")

    # Siân reads it and asks for a change beside a clause; first she forgets to say what.
    sian.goes_home()
    sian.clicks("Read the draft")
    sian.clicks("Comment on clause 3.2")
    sian.clicks("Send it to the commissioner")
    sian.is_told_of_a_problem("Write what you want to say")
    sian.chooses("I ask for a change")
    sian.fills("What do you want to say?", "Two days a week, not three.")
    sian.clicks("Send it to the commissioner")
    sian.sees("Two days a week, not three.", "Not answered yet")

    # Olu cannot send it before it is answered, and says why it is not taken.
    olu.searches_for(world.referral.reference)
    olu.turns_to("MoU")
    olu.clicks("Answer what was asked")
    olu.clicks("Answer the change asked for on draft 1")
    olu.chooses("Not taken, for this reason")
    olu.clicks("Send the answer")
    olu.is_told_of_a_problem("Give the reason")
    olu.fills("What do you want to say?", "Three days are in the plan.")
    olu.clicks("Send the answer")
    olu.sees("Not taken", "Three days are in the plan.")
    olu.clicks("Send it for signature")
    olu.sees("Sent to Harbour Street Surgery for signature")

    # Siân declines, once she has given the reason.
    sian.goes_home()
    sian.clicks("Sign your agreement")
    sian.clicks("Decline to sign it")
    sian.clicks("Decline to sign")
    sian.is_told_of_a_problem("Give the reason")
    sian.fills("Reason", "We have a new address.")
    sian.clicks("Decline to sign")
    sian.sees("You declined to sign", "We have a new address.")

    # The address is put right; Olu drafts it anew, both see what changed, and it is agreed, sent and signed.
    type(world.practice).objects.filter(pk=world.practice.pk).update(address="2 New Road")
    olu.searches_for(world.referral.reference)
    olu.turns_to("MoU")
    olu.clicks("Draft 1")
    olu.sees("has changed since draft 1")
    olu.clicks("Make a new draft")
    olu.clicks("Keep the draft")
    olu.clicks("See what changed since the draft before")
    olu.sees("taken out: Harbour", "put in: New")
    sian.goes_home()
    sian.clicks("Read the draft")
    sian.clicks("We agree this draft")
    sian.sees("You agreed this draft")
    olu.searches_for(world.referral.reference)
    olu.turns_to("MoU")
    olu.sees("The practice agreed draft 2")
    olu.clicks("Draft 2")
    olu.clicks("Send it for signature")
    sian.goes_home()
    sian.clicks("Sign your agreement")
    sian.sees("2 New Road")
    steps.signs(sian, "GP partner")


def test_the_request_to_sign_is_passed_to_a_colleague(comes: Comes, world: World) -> None:
    send_mou(world)
    colleague = make_person(Role.PRACTICE_USER, world.practice, name="Maya Ellis")
    sian, maya = signed_in(comes, world.manager), signed_in(comes, colleague)
    sian.goes_home()
    sian.clicks("Sign your agreement")
    sian.clicks("Ask a colleague to sign it")
    sian.clicks("Pass it to them")
    sian.is_told_of_a_problem("Choose who should sign it")
    sian.chooses(f"Maya Ellis, {colleague.email}")
    sian.clicks("Pass it to them")
    sian.sees("Passed to Maya Ellis", "asked Maya Ellis to sign")
    maya.goes_home()
    maya.clicks("Sign your agreement")
    steps.signs(maya, "Practice manager")
    sian.goes_home()
    sian.does_not_see("ready for your signature")


def test_a_supplier_signs_second_on_a_phone(comes: Comes, world: World) -> None:
    add_supplier(world)
    agreement = send_mou(world)
    sian, amara = signed_in(comes, world.manager), signed_in(comes, world.approver)
    pat = signed_in(comes, world.partner, **PHONE)
    pat.goes_home()
    pat.does_not_see("waits for your signature")
    pat.opens(f"/mou/{agreement.pk}/sign/")
    pat.sees("The practice signs first. It has not signed yet.")
    sian.goes_home()
    sian.clicks("Sign your agreement")
    steps.signs(sian, "GP partner")
    amara.opens(f"/mou/{agreement.pk}/sign/")
    amara.sees("The supplier signs first. It has not signed yet.")
    pat.goes_home()
    pat.sees("The Memorandum of Understanding of Harbour Street Surgery waits for your signature.")
    pat.opens(f"/mou/{agreement.pk}/sign/")
    pat.finds_the_page_sound()
    steps.signs(pat, "Change manager")
    amara.opens(f"/mou/{agreement.pk}/sign/")
    steps.signs(amara, "Associate director")
    pat.opens(f"/mou/{agreement.pk}/")
    assert verify(pat.downloads("Download the sealed copy (PDF)")).genuine
    assert {each.organisation for each in Agreement.objects.get(pk=agreement.pk).signatures.all()} == {
        "Harbour Street Surgery",
        "Steady Practice Support",
        "Northvale CCG",
    }
