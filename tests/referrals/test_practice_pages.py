"""The practice's pages: what they show, what they refuse, and that nothing typed is lost."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from resilience.core.access import Role
from resilience.core.models import StoredFile
from resilience.referrals import actions, answers
from resilience.referrals.models import Attachment, Message, Referral
from resilience.referrals.states import State
from tests.core.conformance import problems
from tests.factories import grant, make_ccg, make_person, make_practice, make_referral, make_year
from tests.referrals.drafts import CASE, CONTACT, PDF, make_draft, make_world, package, upload

pytestmark = pytest.mark.django_db

NHS_NUMBER = "943 476 5919"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def draft(world):
    return make_draft(*world)


@pytest.fixture
def signed_in(client, world):
    client.force_login(world[0])
    return client


def _part(draft, part, **query):
    return reverse("referrals:part", kwargs={"referral": draft.pk, "part": part}, query=query or None)


def _page(name, draft):
    return reverse(f"referrals:{name}", kwargs={"referral": draft.pk})


def _text(response):
    return re.sub(r"\s+", " ", response.content.decode())


# --- start -------------------------------------------------------------------------------


def test_start_makes_a_draft_and_offers_it_first_the_next_time(signed_in, world):
    start = reverse("referrals:start")
    assert "Start now" in _text(signed_in.get(start))
    response = signed_in.post(start, {"practice": world[1].ods_code, "year": world[2].pk})
    draft = Referral.objects.get()
    assert response.url == _page("draft", draft)
    page = _text(signed_in.get(start))
    assert page.index(_page("draft", draft)) < page.index("Start a new referral")


def test_a_person_of_two_practices_says_which_and_of_two_programmes_which(signed_in, world):
    person, practice, _ = world
    second = make_practice(practice.commissioner)
    grant(person, Role.PRACTICE_USER, second)
    other_year = make_year(owner=practice.commissioner)
    start = reverse("referrals:start")
    assert "Which practice do you refer?" in _text(signed_in.get(start))
    assert "Which programme" in _text(signed_in.get(start, {"practice": second.ods_code}))
    page = _text(signed_in.get(start, {"practice": second.ods_code, "year": other_year.pk}))
    assert second.name in page
    assert str(other_year) in page
    signed_in.post(start, {"practice": second.ods_code, "year": other_year.pk})
    assert (Referral.objects.get().lead_practice, Referral.objects.get().year) == (second, other_year)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"closes_at": timezone.now() - dt.timedelta(days=1)}, "closed on"),
        ({"opens_at": timezone.now() + dt.timedelta(days=9)}, "opens to self-referrals on"),
    ],
)
def test_a_closed_year_says_when_and_whom_to_ask(signed_in, world, change, words):
    type(world[2]).objects.update(**change)
    page = _text(signed_in.get(reverse("referrals:start")))
    assert words in page
    assert "team@example.nhs.uk" in page
    signed_in.post(reverse("referrals:start"), {"practice": world[1].ods_code, "year": world[2].pk})
    assert not Referral.objects.exists()


# --- access ------------------------------------------------------------------------------

DRAFT_PAGES = ("draft", "group", "check", "discard")
SENT_PAGES = ("done", "follow", "form", "copy", "withdraw")


def _strangers(practice):
    yield make_person(Role.PRACTICE_USER, make_practice(practice.commissioner)), 404
    yield make_person(Role.PROGRAMME_OFFICER, practice.commissioner), 403
    yield make_person(Role.SUPPLIER_USER, practice), 403


def test_a_draft_is_its_practices_alone(client, draft, world):
    for person, status in _strangers(world[1]):
        client.force_login(person)
        for address in [
            *(_page(name, draft) for name in DRAFT_PAGES),
            _part(draft, "case"),
            _part(draft, "files"),
        ]:
            assert client.get(address).status_code == status, address
            assert client.post(address, CASE).status_code == status, address
    client.logout()
    assert "login" in client.get(_page("draft", draft)).url


def test_a_sent_referral_of_another_practice_is_not_found(client, world):
    sent = make_referral(world[1], world[2])
    client.force_login(make_person(Role.PRACTICE_USER, make_practice(world[1].commissioner)))
    for name in SENT_PAGES:
        assert client.get(_page(name, sent)).status_code == 404, name


# --- the parts ---------------------------------------------------------------------------


def test_the_task_list_says_what_is_done_and_what_cannot_start(signed_in, world):
    draft = actions.start(by=world[0], practice=world[1], year=world[2])
    page = _text(signed_in.get(_page("draft", draft)))
    assert "1 of 5 parts are complete" in page
    assert "Cannot start yet" in page
    assert _page("check", draft) not in page
    signed_in.post(_part(draft, "contact"), CONTACT)
    signed_in.post(_part(draft, "case"), CASE | {"issues": "", "later": "1"})
    page = _text(signed_in.get(_page("draft", draft)))
    assert "2 of 5 parts are complete" in page
    assert "Incomplete" in page


def test_the_contact_is_offered_as_the_person_who_fills_it_in(signed_in, world):
    draft = actions.start(by=world[0], practice=world[1], year=world[2])
    page = _text(signed_in.get(_part(draft, "contact")))
    assert world[0].email in page
    assert world[1].ods_code in page
    assert f"{world[1].list_size:,} registered patients" in page
    assert not Referral.objects.get().contact_email


@pytest.mark.parametrize(
    ("part", "data", "error"),
    [
        ("contact", CONTACT | {"contact_email": "not an address"}, "email address"),
        ("contact", CONTACT | {"contact_phone": "call me"}, "Enter a telephone number"),
        ("case", {"issues": "word " * 201, "support_wanted": "kept words"}, "take out at least 1"),
        ("case", {"issues": f"Patient {NHS_NUMBER}", "support_wanted": "kept words"}, "NHS number"),
        ("support", {"commissioner_supports": "maybe"}, "Tick at least one category"),
    ],
)
def test_bad_input_is_refused_beside_the_field_and_kept_on_the_page(signed_in, draft, part, data, error):
    before = answers.answers(draft, part)
    response = signed_in.post(_part(draft, part), data)
    page = _text(response)
    assert response.status_code == 200
    assert "There is a problem" in page
    assert error in page
    for typed in data.values():
        if typed != "maybe":
            assert typed.strip()[:40] in page
    assert answers.answers(Referral.objects.get(pk=draft.pk), part) == before


def test_later_keeps_an_unfinished_part_but_never_an_nhs_number(signed_in, draft):
    long = ("word " * 201).strip()
    response = signed_in.post(_part(draft, "case"), {"issues": long, "support_wanted": "", "later": "1"})
    assert response.url == _page("draft", draft)
    draft.refresh_from_db()
    assert (draft.issues, draft.support_wanted) == (long, "")
    response = signed_in.post(
        _part(draft, "case"), {"issues": NHS_NUMBER, "support_wanted": "", "later": "1"}
    )
    assert "NHS number" in _text(response)
    assert 'data-maxlength="200" data-count-type="words"' in _text(response)
    draft.refresh_from_db()
    assert draft.issues == long


def test_past_support_needs_its_years(signed_in, draft, world):
    data = {
        "commissioner_supports": "unknown",
        "categories": [world[2].menu.first().pk, world[2].menu.last().pk],
        "past_rcgp": "no",
        "past_vulnerable": "yes",
        "past_this": "yes",
    }
    assert "Enter the years of support from: This programme" in _text(
        signed_in.post(_part(draft, "support"), data)
    )
    assert (
        signed_in.post(_part(draft, "support"), data | {"years_this": "2016/17, 2017/18"}).status_code == 302
    )
    draft.refresh_from_db()
    assert [(past.scheme, past.had, past.years) for past in draft.past_support.order_by("scheme")] == [
        ("rcgp", False, ""),
        ("this", True, "2016/17, 2017/18"),
        ("vulnerable", True, ""),
    ]
    assert draft.wanted.count() == 2


def test_a_year_that_does_not_ask_about_past_support_does_not_need_it(client):
    person, practice, year = make_world(asks_past_support=False)
    client.force_login(person)
    draft = make_draft(person, practice, year)
    page = _text(client.get(_part(draft, "support")))
    assert "RCGP" not in page
    data = {"commissioner_supports": "yes", "categories": [year.menu.first().pk]}
    assert client.post(_part(draft, "support"), data).status_code == 302


def test_only_the_forms_own_fields_change(signed_in, draft, world):
    stranger = make_practice()
    everything = {field.attname: "1" for field in Referral._meta.concrete_fields}
    signed_in.post(
        _part(draft, "case"), everything | {"state": "supported", "lead_practice_id": stranger.pk} | CASE
    )
    now = Referral.objects.get(pk=draft.pk)
    assert (now.state, now.lead_practice, now.reference, now.contact_name) == (
        "draft",
        world[1],
        None,
        "Pat Manager",
    )


def test_who_saved_meanwhile_is_said_and_both_texts_are_on_the_page(signed_in, draft, world):
    page = _text(signed_in.get(_part(draft, "case")))
    [opened] = re.findall(r'name="version" value="(\w+)"', page)
    colleague = make_person(Role.PRACTICE_USER, world[1], name="Colleague Jones")
    actions.save_part(
        by=colleague, referral=draft, part="case", answers=CASE | {"issues": "What Jones wrote"}
    )
    mine = CASE | {"issues": "What I wrote"}
    page = _text(signed_in.post(_part(draft, "case"), mine | {"version": opened}))
    assert "Colleague Jones saved this part" in page
    assert "What Jones wrote" in page
    assert "What I wrote" in page
    [now] = re.findall(r'name="version" value="(\w+)"', page)
    assert signed_in.post(_part(draft, "case"), mine | {"version": now}).status_code == 302
    draft.refresh_from_db()
    assert draft.issues == "What I wrote"


def test_change_links_return_straight_to_check(signed_in, draft):
    page = _text(signed_in.get(_page("check", draft)))
    address = _part(draft, "case", **{"from": "check"})
    assert address in page
    assert signed_in.post(address, CASE).url == _page("check", draft)
    assert signed_in.post(_part(draft, "case"), CASE).url == _page("draft", draft)


# --- the group ---------------------------------------------------------------------------


def test_a_group_is_put_together_without_scripts(signed_in, draft, world):
    ccg = world[1].commissioner
    quay = make_practice(ccg, name="QUAY ROAD SURGERY", list_size=5000)
    make_practice(ccg, name="QUAY LANE SURGERY")
    make_practice(make_ccg(), name="QUAY ROAD SURGERY FAR AWAY")
    response = signed_in.post(_part(draft, "practices"), {"is_group": "yes"})
    group = _page("group", draft)
    assert response.url == group

    page = _text(signed_in.post(group, {"practice": "quay"}))
    assert "Which practice is it?" in page
    assert "QUAY LANE SURGERY" in page
    assert "FAR AWAY" not in page
    assert "Choose one of the practices" in _text(
        signed_in.post(group, {"practice": "quay", "choosing": "quay"})
    )
    signed_in.post(group, {"practice": "quay", "choosing": "quay", "chosen": quay.ods_code})
    page = _text(signed_in.get(group))
    assert f"{world[1].list_size + 5000:,}" in page

    assert "No practice here has that name" in _text(signed_in.post(group, {"practice": "Nowhere"}))
    assert "Enter name or code" in _text(signed_in.post(group, {"practice": ""}))
    page = _text(signed_in.post(group, {"practice": quay.ods_code}))
    assert "is in this referral already" in page

    place = draft.practices.get(practice=quay)
    signed_in.post(group, {"remove": place.pk})
    signed_in.post(group, {"remove": draft.practices.get().pk})
    assert [each.practice for each in draft.practices.all()] == [world[1]]


# --- files -------------------------------------------------------------------------------


def test_files_are_added_and_taken_off(signed_in, draft):
    address = _part(draft, "files")
    signed_in.post(address, {"attachments": [upload("report.pdf"), upload("plan.docx", package())]})
    assert [each.file.name for each in draft.attachments.all()] == ["report.pdf", "plan.docx"]
    assert "2 files" in _text(signed_in.get(_page("draft", draft)))
    signed_in.post(address, {"remove": draft.attachments.first().pk})
    assert [each.file.name for each in draft.attachments.all()] == ["plan.docx"]


def test_a_wrong_file_is_named_and_nothing_is_half_kept(signed_in, draft):
    page = _text(
        signed_in.post(
            _part(draft, "files"),
            {"attachments": [upload("good.pdf"), upload("bad.pdf", b"MZ"), upload("x.exe")]},
        )
    )
    assert "“bad.pdf” is not a whole PDF" in page
    assert "“x.exe” is of a kind that cannot be added" in page
    assert not StoredFile.objects.exists()
    page = _text(
        signed_in.post(_part(draft, "files"), {"attachments": [upload(f"{n}.pdf") for n in range(11)]})
    )
    assert "10 files at most" in page
    assert "Choose at least one file" in _text(signed_in.post(_part(draft, "files"), {}))


def test_a_file_is_saved_and_never_shown(signed_in, draft):
    signed_in.post(_part(draft, "files"), {"attachments": [upload('bad "name".pdf')]})
    response = signed_in.get(reverse("referrals:attachment", args=[draft.attachments.get().pk]))
    assert response.content == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_files_are_scoped_and_those_of_notes_stay_with_the_office(client, draft, world):
    person, practice, year = world
    officer = make_person(Role.PROGRAMME_OFFICER, practice.commissioner)
    sent = make_referral(practice, year)
    note = Message.objects.create(
        referral=sent, kind="note", is_internal=True, text="Secret", written_by=officer
    )
    file = StoredFile.keep(name="note.pdf", content_type="application/pdf", content=PDF, by=officer)
    of_note = Attachment.objects.create(referral=sent, message=note, file=file, attached_by=officer)
    of_form = Attachment.objects.create(referral=sent, file=file, attached_by=person)
    of_draft = Attachment.objects.create(referral=draft, file=file, attached_by=person)
    stranger = make_person(Role.PRACTICE_USER, make_practice(practice.commissioner))
    for who, seen in ((person, {of_form, of_draft}), (officer, {of_form, of_note}), (stranger, set())):
        client.force_login(who)
        for each in (of_note, of_form, of_draft):
            status = client.get(reverse("referrals:attachment", args=[each.pk])).status_code
            assert status == (200 if each in seen else 404), (who, each.pk)


# --- check and send ----------------------------------------------------------------------


def test_an_incomplete_form_says_what_is_missing_and_has_no_live_button(signed_in, draft, world):
    actions.save_part(by=world[0], referral=draft, part="case", answers=CASE | {"issues": ""})
    page = _text(signed_in.get(_page("check", draft)))
    assert "Describe the issues" in page
    assert "Finish first: Case for support." in page
    assert 'aria-disabled="true"' in page
    assert "Finish first" in _text(signed_in.post(_page("check", draft)))
    draft.refresh_from_db()
    assert draft.is_draft


def test_sending_twice_shows_the_same_confirmation(signed_in, draft):
    check, done = _page("check", draft), _page("done", draft)
    assert signed_in.post(check).url == done
    page = _text(signed_in.get(done))
    draft.refresh_from_db()
    assert draft.reference in page
    assert "We will acknowledge your referral by" in page
    assert signed_in.post(check).url == done
    for name in DRAFT_PAGES:
        assert signed_in.get(_page(name, draft)).url == done
    assert signed_in.get(_part(draft, "case")).url == done
    assert Referral.objects.count() == 1


def test_beside_an_open_referral_it_is_sent_only_with_the_tick(signed_in, draft, world):
    other = make_referral(world[1], world[2])
    check = _page("check", draft)
    assert other.reference in _text(signed_in.get(check))
    assert "Tick the box if you want to send" in _text(signed_in.post(check))
    draft.refresh_from_db()
    assert draft.is_draft
    assert signed_in.post(check, {"known": "on"}).url == _page("done", draft)


def test_a_true_duplicate_is_told_on_the_page(signed_in, draft, world):
    signed_in.post(_page("check", draft))
    again = make_draft(*world)
    page = _text(signed_in.post(_page("check", again), {"known": "on"}))
    assert "There is a problem" in page
    assert "asks for the same" in page


def test_a_draft_is_deleted_only_once_confirmed(signed_in, draft):
    assert "Delete this draft?" in _text(signed_in.get(_page("discard", draft)))
    assert Referral.objects.exists()
    assert signed_in.post(_page("discard", draft)).url == reverse("referrals:start")
    assert not Referral.objects.exists()


def test_a_draft_that_a_colleague_deletes_while_one_saves_is_not_found(signed_in, draft, monkeypatch):
    save = actions.save_part

    def save_too_late(*, referral, **more):
        actions.discard(by=more["by"], referral=referral)
        return save(referral=referral, **more)

    monkeypatch.setattr(actions, "save_part", save_too_late)
    response = signed_in.post(_part(draft, "contact"), CONTACT)
    assert response.status_code == 404
    assert "a colleague may have deleted it" in _text(response)


# --- afterwards --------------------------------------------------------------------------


def test_the_copy_is_a_pdf_with_the_same_bytes_each_time(signed_in, draft):
    signed_in.post(_page("check", draft))
    first, second = (signed_in.get(_page("copy", draft)) for _ in range(2))
    assert first.content == second.content
    assert problems(first.content) == []
    assert first["Content-Disposition"].startswith("attachment")


def test_what_was_sent_is_shown_as_it_was(signed_in, draft, world):
    signed_in.post(_page("check", draft))
    name = world[1].name
    type(world[1]).objects.update(name="LATER NAME")
    page = _text(signed_in.get(_page("form", draft)))
    assert f"{name} (" in page
    assert CASE["issues"] in page


def test_following_shows_the_step_and_nothing_of_the_offices_inner_life(signed_in, draft, world):
    signed_in.post(_page("check", draft))
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
    page = _text(signed_in.get(_page("follow", draft)))
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
    page = _text(signed_in.post(address, {"text": "kept words", "attachments": [upload("bad.pdf", b"MZ")]}))
    assert "“bad.pdf” is not a whole PDF" in page
    assert "kept words" in page
    assert not Message.objects.filter(kind="answer").exists()
    assert "NHS number" in _text(signed_in.post(address, {"text": f"Patient {NHS_NUMBER}"}))
    response = signed_in.post(address, {"text": "Eleven.", "attachments": [upload("good.pdf")]})
    assert response.url == _page("follow", sent)
    assert question.answer.attachments.get().file.name == "good.pdf"
    assert "was answered on" in _text(signed_in.get(address))
    note = Message.objects.create(
        referral=sent, kind="note", is_internal=True, text="Secret", written_by=officer
    )
    assert signed_in.get(reverse("referrals:answer", args=[note.pk])).status_code == 404


def test_withdrawing_needs_a_reason(signed_in, draft):
    signed_in.post(_page("check", draft))
    address = _page("withdraw", draft)
    assert "Enter why do you" not in _text(signed_in.post(address, {"reason": ""}))
    draft.refresh_from_db()
    assert draft.state == State.RECEIVED
    assert signed_in.post(address, {"reason": "We merge."}).url == _page("follow", draft)
    page = _text(signed_in.get(_page("follow", draft)))
    assert "We merge." in page
    assert "Not needed" in page
