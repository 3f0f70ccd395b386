"""The practice checks and sends its referral, and what it sees and does afterwards."""

import pytest
from django.urls import reverse

from resilience.core.access import Role
from resilience.referrals import actions
from resilience.referrals.models import Message, Referral
from resilience.referrals.states import State
from tests.core.conformance import problems
from tests.factories import make_person, make_referral
from tests.referrals.drafts import (
    CASE,
    CONTACT,
    DRAFT_PAGES,
    NHS_NUMBER,
    make_draft,
    page_address,
    part_address,
    text_of,
    upload,
)

pytestmark = pytest.mark.django_db


# --- check and send ----------------------------------------------------------------------


def test_an_incomplete_form_says_what_is_missing_and_has_no_live_button(signed_in, draft, world):
    actions.save_part(by=world[0], referral=draft, part="case", answers=CASE | {"issues": ""})
    page = text_of(signed_in.get(page_address("check", draft)))
    assert "Describe the issues" in page
    assert "Finish first: Case for support." in page
    assert 'aria-disabled="true"' in page
    assert "Finish first" in text_of(signed_in.post(page_address("check", draft)))
    draft.refresh_from_db()
    assert draft.is_draft


def test_sending_twice_shows_the_same_confirmation(signed_in, draft):
    check, done = page_address("check", draft), page_address("done", draft)
    assert signed_in.post(check).url == done
    page = text_of(signed_in.get(done))
    draft.refresh_from_db()
    assert draft.reference in page
    assert "We will acknowledge your referral by" in page
    assert signed_in.post(check).url == done
    for name in DRAFT_PAGES:
        assert signed_in.get(page_address(name, draft)).url == done
    assert signed_in.get(part_address(draft, "case")).url == done
    assert Referral.objects.count() == 1


def test_beside_an_open_referral_it_is_sent_only_with_the_tick(signed_in, draft, world):
    other = make_referral(world[1], world[2])
    check = page_address("check", draft)
    assert other.reference in text_of(signed_in.get(check))
    assert "Tick the box if you want to send" in text_of(signed_in.post(check))
    draft.refresh_from_db()
    assert draft.is_draft
    assert signed_in.post(check, {"known": "on"}).url == page_address("done", draft)


def test_a_true_duplicate_is_told_on_the_page(signed_in, draft, world):
    signed_in.post(page_address("check", draft))
    again = make_draft(*world)
    page = text_of(signed_in.post(page_address("check", again), {"known": "on"}))
    assert "There is a problem" in page
    assert "asks for the same" in page


def test_a_draft_is_deleted_only_once_confirmed(signed_in, draft):
    assert "Delete this draft?" in text_of(signed_in.get(page_address("discard", draft)))
    assert Referral.objects.exists()
    assert signed_in.post(page_address("discard", draft)).url == reverse("referrals:start")
    assert not Referral.objects.exists()


def test_a_draft_that_a_colleague_deletes_while_one_saves_is_not_found(signed_in, draft, monkeypatch):
    save = actions.save_part

    def save_too_late(*, referral, **more):
        actions.discard(by=more["by"], referral=referral)
        return save(referral=referral, **more)

    monkeypatch.setattr(actions, "save_part", save_too_late)
    response = signed_in.post(part_address(draft, "contact"), CONTACT)
    assert response.status_code == 404
    assert "a colleague may have deleted it" in text_of(response)


# --- afterwards --------------------------------------------------------------------------


def test_the_copy_is_a_pdf_with_the_same_bytes_each_time(signed_in, draft):
    signed_in.post(page_address("check", draft))
    first, second = (signed_in.get(page_address("copy", draft)) for _ in range(2))
    assert first.content == second.content
    assert problems(first.content) == []
    assert first["Content-Disposition"].startswith("attachment")


def test_what_was_sent_is_shown_as_it_was(signed_in, draft, world):
    signed_in.post(page_address("check", draft))
    name = world[1].name
    type(world[1]).objects.update(name="LATER NAME")
    page = text_of(signed_in.get(page_address("form", draft)))
    assert f"{name} (" in page
    assert CASE["issues"] in page


def test_following_shows_the_step_and_nothing_of_the_offices_inner_life(signed_in, draft, world):
    signed_in.post(page_address("check", draft))
    draft.refresh_from_db()
    officer = make_person(Role.PROGRAMME_OFFICER, world[1].commissioner)
    Message.objects.create(
        referral=draft, kind="note", is_internal=True, text="Inner life", written_by=officer
    )
    question = Message.objects.create(
        referral=draft,
        kind="question",
        is_internal=False,
        text="How many <b>sessions</b>?",
        written_by=officer,
    )
    page = text_of(signed_in.get(page_address("follow", draft)))
    assert "We asked you a question" in page
    assert reverse("referrals:answer", args=[question.pk]) in page
    assert "How many &lt;b&gt;sessions" in page
    assert "Inner life" not in page
    for stage in ("Sent", "Acknowledged", "Assessed", "Decided", "Agreement"):
        assert f"<strong>{stage}</strong>" in page


def test_a_question_is_answered_on_its_page(signed_in, world):
    sent = make_referral(world[1], world[2], State.ACKNOWLEDGED)
    officer = make_person(Role.PROGRAMME_OFFICER, world[1].commissioner)
    question = Message.objects.create(
        referral=sent, kind="question", is_internal=False, text="How?", written_by=officer
    )
    address = reverse("referrals:answer", args=[question.pk])
    page = text_of(signed_in.post(address, {"text": "kept words", "attachments": [upload("bad.pdf", b"MZ")]}))
    assert "“bad.pdf” is not a whole PDF" in page
    assert "kept words" in page
    assert not Message.objects.filter(kind="answer").exists()
    assert "NHS number" in text_of(signed_in.post(address, {"text": f"Patient {NHS_NUMBER}"}))
    response = signed_in.post(address, {"text": "Eleven.", "attachments": [upload("good.pdf")]})
    assert response.url == page_address("follow", sent)
    assert question.answer.attachments.get().file.name == "good.pdf"
    assert "was answered on" in text_of(signed_in.get(address))
    note = Message.objects.create(
        referral=sent, kind="note", is_internal=True, text="Secret", written_by=officer
    )
    assert signed_in.get(reverse("referrals:answer", args=[note.pk])).status_code == 404


def test_withdrawing_needs_a_reason(signed_in, draft):
    signed_in.post(page_address("check", draft))
    address = page_address("withdraw", draft)
    assert "Enter why do you" not in text_of(signed_in.post(address, {"reason": ""}))
    draft.refresh_from_db()
    assert draft.state == State.RECEIVED
    assert signed_in.post(address, {"reason": "We merge."}).url == page_address("follow", draft)
    page = text_of(signed_in.get(page_address("follow", draft)))
    assert "We merge." in page
    assert "Not needed" in page
