"""The practice's pages: what they show, what they refuse, and that nothing typed is lost."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from resilience.core.access import Role
from resilience.referrals import actions, answers
from resilience.referrals.models import Referral
from tests.factories import grant, make_ccg, make_person, make_practice, make_referral, make_year
from tests.referrals.drafts import (
    CASE,
    CONTACT,
    DRAFT_PAGES,
    NHS_NUMBER,
    make_draft,
    make_world,
    page_address,
    part_address,
    text_of,
)

pytestmark = pytest.mark.django_db


# --- start -------------------------------------------------------------------------------


def test_start_makes_a_draft_and_offers_it_first_the_next_time(signed_in, world):
    start = reverse("referrals:start")
    assert "Start now" in text_of(signed_in.get(start))
    response = signed_in.post(start, {"practice": world[1].ods_code, "year": world[2].pk})
    draft = Referral.objects.get()
    assert response.url == page_address("draft", draft)
    page = text_of(signed_in.get(start))
    assert page.index(page_address("draft", draft)) < page.index("Start a new referral")


def test_a_person_of_two_practices_says_which_and_of_two_programmes_which(signed_in, world):
    person, practice, _ = world
    second = make_practice(practice.commissioner)
    grant(person, Role.PRACTICE_USER, second)
    other_year = make_year(owner=practice.commissioner)
    start = reverse("referrals:start")
    assert "Which practice do you refer?" in text_of(signed_in.get(start))
    assert "Which programme" in text_of(signed_in.get(start, {"practice": second.ods_code}))
    page = text_of(signed_in.get(start, {"practice": second.ods_code, "year": other_year.pk}))
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
    page = text_of(signed_in.get(reverse("referrals:start")))
    assert words in page
    assert "team@example.nhs.uk" in page
    signed_in.post(reverse("referrals:start"), {"practice": world[1].ods_code, "year": world[2].pk})
    assert not Referral.objects.exists()


# --- access ------------------------------------------------------------------------------

SENT_PAGES = ("done", "follow", "form", "copy", "withdraw")


def _strangers(practice):
    yield make_person(Role.PRACTICE_USER, make_practice(practice.commissioner)), 404
    yield make_person(Role.PROGRAMME_OFFICER, practice.commissioner), 403
    yield make_person(Role.SUPPLIER_USER, practice), 403


def test_a_draft_is_its_practices_alone(client, draft, world):
    for person, status in _strangers(world[1]):
        client.force_login(person)
        for address in [
            *(page_address(name, draft) for name in DRAFT_PAGES),
            part_address(draft, "case"),
            part_address(draft, "files"),
        ]:
            assert client.get(address).status_code == status, address
            assert client.post(address, CASE).status_code == status, address
    client.logout()
    assert "login" in client.get(page_address("draft", draft)).url


def test_a_sent_referral_of_another_practice_is_not_found(client, world):
    sent = make_referral(world[1], world[2])
    client.force_login(make_person(Role.PRACTICE_USER, make_practice(world[1].commissioner)))
    for name in SENT_PAGES:
        assert client.get(page_address(name, sent)).status_code == 404, name


# --- the parts ---------------------------------------------------------------------------


def test_the_task_list_says_what_is_done_and_what_cannot_start(signed_in, world):
    draft = actions.start(by=world[0], practice=world[1], year=world[2])
    page = text_of(signed_in.get(page_address("draft", draft)))
    assert "1 of 5 parts are complete" in page
    assert "Cannot start yet" in page
    assert page_address("check", draft) not in page
    signed_in.post(part_address(draft, "contact"), CONTACT)
    signed_in.post(part_address(draft, "case"), CASE | {"issues": "", "later": "1"})
    page = text_of(signed_in.get(page_address("draft", draft)))
    assert "2 of 5 parts are complete" in page
    assert "Incomplete" in page


def test_the_contact_is_offered_as_the_person_who_fills_it_in(signed_in, world):
    draft = actions.start(by=world[0], practice=world[1], year=world[2])
    page = text_of(signed_in.get(part_address(draft, "contact")))
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
    response = signed_in.post(part_address(draft, part), data)
    page = text_of(response)
    assert response.status_code == 200
    assert "There is a problem" in page
    assert error in page
    for typed in data.values():
        if typed != "maybe":
            assert typed.strip()[:40] in page
    assert answers.answers(Referral.objects.get(pk=draft.pk), part) == before


def test_later_keeps_an_unfinished_part_but_never_an_nhs_number(signed_in, draft):
    long = ("word " * 201).strip()
    response = signed_in.post(
        part_address(draft, "case"), {"issues": long, "support_wanted": "", "later": "1"}
    )
    assert response.url == page_address("draft", draft)
    draft.refresh_from_db()
    assert (draft.issues, draft.support_wanted) == (long, "")
    response = signed_in.post(
        part_address(draft, "case"), {"issues": NHS_NUMBER, "support_wanted": "", "later": "1"}
    )
    assert "NHS number" in text_of(response)
    assert 'data-maxlength="200" data-count-type="words"' in text_of(response)
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
    assert "Enter the years of support from: This programme" in text_of(
        signed_in.post(part_address(draft, "support"), data)
    )
    assert (
        signed_in.post(part_address(draft, "support"), data | {"years_this": "2016/17, 2017/18"}).status_code
        == 302
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
    page = text_of(client.get(part_address(draft, "support")))
    assert "RCGP" not in page
    data = {"commissioner_supports": "yes", "categories": [year.menu.first().pk]}
    assert client.post(part_address(draft, "support"), data).status_code == 302


def test_only_the_forms_own_fields_change(signed_in, draft, world):
    stranger = make_practice()
    everything = {field.attname: "1" for field in Referral._meta.concrete_fields}
    signed_in.post(
        part_address(draft, "case"),
        everything | {"state": "supported", "lead_practice_id": stranger.pk} | CASE,
    )
    now = Referral.objects.get(pk=draft.pk)
    assert (now.state, now.lead_practice, now.reference, now.contact_name) == (
        "draft",
        world[1],
        None,
        "Pat Manager",
    )


def test_who_saved_meanwhile_is_said_and_both_texts_are_on_the_page(signed_in, draft, world):
    page = text_of(signed_in.get(part_address(draft, "case")))
    [opened] = re.findall(r'name="version" value="(\w+)"', page)
    colleague = make_person(Role.PRACTICE_USER, world[1], name="Colleague Jones")
    actions.save_part(
        by=colleague, referral=draft, part="case", answers=CASE | {"issues": "What Jones wrote"}
    )
    mine = CASE | {"issues": "What I wrote"}
    page = text_of(signed_in.post(part_address(draft, "case"), mine | {"version": opened}))
    assert "Colleague Jones saved this part" in page
    assert "What Jones wrote" in page
    assert "What I wrote" in page
    [now] = re.findall(r'name="version" value="(\w+)"', page)
    assert signed_in.post(part_address(draft, "case"), mine | {"version": now}).status_code == 302
    draft.refresh_from_db()
    assert draft.issues == "What I wrote"


def test_change_links_return_straight_to_check(signed_in, draft):
    page = text_of(signed_in.get(page_address("check", draft)))
    address = part_address(draft, "case", **{"from": "check"})
    assert address in page
    assert signed_in.post(address, CASE).url == page_address("check", draft)
    assert signed_in.post(part_address(draft, "case"), CASE).url == page_address("draft", draft)


# --- the group ---------------------------------------------------------------------------


def test_a_group_is_put_together_without_scripts(signed_in, draft, world):
    ccg = world[1].commissioner
    quay = make_practice(ccg, name="QUAY ROAD SURGERY", list_size=5000)
    make_practice(ccg, name="QUAY LANE SURGERY")
    make_practice(make_ccg(), name="QUAY ROAD SURGERY FAR AWAY")
    response = signed_in.post(part_address(draft, "practices"), {"is_group": "yes"})
    group = page_address("group", draft)
    assert response.url == group

    page = text_of(signed_in.post(group, {"practice": "quay"}))
    assert "Which practice is it?" in page
    assert "QUAY LANE SURGERY" in page
    assert "FAR AWAY" not in page
    assert "Choose one of the practices" in text_of(
        signed_in.post(group, {"practice": "quay", "choosing": "quay"})
    )
    signed_in.post(group, {"practice": "quay", "choosing": "quay", "chosen": quay.ods_code})
    page = text_of(signed_in.get(group))
    assert f"{world[1].list_size + 5000:,}" in page

    assert "No practice here has that name" in text_of(signed_in.post(group, {"practice": "Nowhere"}))
    assert "Enter name or code" in text_of(signed_in.post(group, {"practice": ""}))
    page = text_of(signed_in.post(group, {"practice": quay.ods_code}))
    assert "is in this referral already" in page

    place = draft.practices.get(practice=quay)
    signed_in.post(group, {"remove": place.pk})
    signed_in.post(group, {"remove": draft.practices.get().pk})
    assert [each.practice for each in draft.practices.all()] == [world[1]]
