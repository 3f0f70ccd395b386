"""In a real browser: accessible, narrow, without scripts, and nothing typed is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests import browser
from tests.browser import axe, cookie_for, width
from tests.factories import make_person
from tests.look import pages

FOUND = "#id_practice-listbox [role=option]"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.look.pages")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _templates(settings):
    settings.TEMPLATES = [
        {**engine, "DIRS": [*engine["DIRS"], Path(__file__).parent / "templates"]}
        for engine in settings.TEMPLATES
    ]
    pages.SENT.clear()


@pytest.fixture
def person():
    return make_person(name="Ada Obi")


@pytest.fixture
def open_page(chromium, live_server, person):
    """Opens an address as a signed-in person; fails on console errors, broken policy and other hosts."""
    contexts, wrong = [], []

    def open_page(address, *, signed_in=True, **options) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        wrong.append(browser.watch(context, live_server.url))
        if signed_in:
            context.add_cookies([cookie_for(person, live_server.url)])
        page = context.new_page()
        page.goto(live_server.url + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for each in wrong for text in each] == []


def sign_in_again(page, live_server, person):
    page.context.add_cookies([cookie_for(person, live_server.url)])


ADDRESSES = [
    "/ask/",
    "/list/",
    "/list/?q=person&active=true&joined=nonsense",
    "/list/?q=nobody",
    "/case/",
    "/done/",
    "/nowhere/",
    "/only-post/",
]


@pytest.mark.parametrize("address", [*ADDRESSES, "/account/login/", "/account/password/reset/"])
def test_axe_finds_nothing(open_page, person, address):
    for _ in range(30):
        make_person()
    page = open_page(address, signed_in=not address.startswith("/account"))

    assert axe(page) == []


def test_axe_finds_nothing_when_things_are_wrong_or_open(open_page):
    page = open_page("/ask/")
    page.get_by_label("Practice", exact=True).press_sequentially("har")
    expect(page.locator(FOUND)).to_have_count(2)
    assert axe(page) == []
    page.get_by_label("Practice", exact=True).fill("")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()

    assert axe(page) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_wider_than_a_small_phone(open_page, address):
    page = open_page(address, viewport={"width": 320, "height": 700})

    assert width(page) <= 320


def test_the_summary_takes_the_person_to_the_field(open_page):
    page = open_page("/ask/")
    page.get_by_label("Day").fill("31")
    page.get_by_label("Month").fill("2")
    page.get_by_label("Year").fill("2018")
    page.get_by_role("button", name="Send").click()

    expect(page).to_have_title("Error: Ask for help – Resilience programmes")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    page.get_by_role("link", name="31 February 2018 is not a date").click()
    expect(page.get_by_label("Day")).to_be_focused()


def test_words_are_counted_as_they_are_typed(open_page):
    page = open_page("/ask/")
    page.get_by_label("Issues").fill("one two  three\nfour five six")

    expect(page.get_by_text("You have 1 word too many").first).to_be_visible()


def test_a_practice_is_found_by_typing_and_chosen_with_the_keyboard(open_page):
    page = open_page("/ask/")
    box = page.get_by_role("combobox", name="Practice")
    box.press_sequentially("har")
    expect(page.locator(FOUND)).to_have_count(2)
    expect(page.locator(FOUND).first).to_have_text("Harbour <b>Street</b> 8,001 patients")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(page.locator(FOUND).nth(1)).to_have_attribute("aria-selected", "true")
    box.press("Enter")

    expect(box).to_have_value("Y00002")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert pages.SENT == []
    box.fill("har")
    expect(page.locator(FOUND)).to_have_count(2)
    box.press("Escape")
    expect(page.get_by_role("listbox", name="Practices found")).to_be_hidden()
    box.fill("nobody")
    expect(page.get_by_text("No practice found")).to_be_attached()


def test_two_clicks_send_one_form(open_page):
    page = open_page("/ask/")
    page.get_by_label("Practice", exact=True).fill("Y00001")
    page.get_by_label("Issues").fill("two partners retire")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()

    assert len(pages.SENT) == 1


def test_what_was_typed_outlives_the_session(open_page, live_server, person):
    page = open_page("/ask/")
    page.get_by_label("Practice", exact=True).fill("Y00001")
    page.get_by_label("Issues").fill("two partners\nretire")
    page.get_by_label("Yes").check()
    page.get_by_label("Which").fill("All of them")
    page.get_by_label("Advice").check()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_title("Sign in – Resilience programmes")
    assert pages.SENT == []
    sign_in_again(page, live_server, person)
    page.goto(live_server.url + "/ask/")

    expect(page.get_by_text("We put back what you had typed")).to_be_visible()
    expect(page.get_by_label("Issues")).to_have_value("two partners\nretire")
    expect(page.get_by_label("Yes")).to_be_checked()
    expect(page.get_by_label("Which")).to_have_value("All of them")
    expect(page.get_by_label("Advice")).to_be_checked()
    expect(page.get_by_label("Coaching")).not_to_be_checked()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()
    page.goto(live_server.url + "/ask/")
    expect(page.get_by_label("Issues")).to_have_value("")


def test_what_was_typed_is_nobody_elses(open_page, live_server):
    page = open_page("/ask/")
    page.get_by_label("Issues").fill("two partners retire")
    sign_in_again(page, live_server, make_person())
    page.goto(live_server.url + "/ask/")

    expect(page.get_by_label("Issues")).to_have_value("")
    assert page.evaluate("sessionStorage.length") == 0


def test_signing_out_leaves_nothing_behind(open_page):
    page = open_page("/ask/")
    page.get_by_label("Issues").fill("two partners retire")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in – Resilience programmes")

    assert page.evaluate("sessionStorage.length") == 0


def test_the_end_of_the_session_is_announced_and_put_off(open_page):
    page = open_page("/case/")
    page.clock.install()
    page.reload()
    page.clock.fast_forward("12:30")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.clock.fast_forward("01:00")
    dialog = page.get_by_role("dialog", name="You are about to be signed out")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("You will be signed out in 2 minutes.")
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    page.clock.fast_forward("14:00")
    expect(dialog).to_be_visible()
    page.context.clear_cookies()
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_contain_text("You have been signed out.")
    expect(dialog.get_by_role("link", name="Sign in again")).to_have_attribute(
        "href", "/account/login/?next=/case/"
    )


def test_rows_are_chosen_together(open_page):
    make_person()
    page = open_page("/list/")
    page.get_by_label("Choose every row on this page").check()

    expect(page.get_by_text("2 chosen")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Choose Ada Obi")).to_be_checked()


def test_everything_works_without_scripts(open_page, live_server):
    page = open_page("/ask/", java_script_enabled=False)
    page.get_by_label("Practice", exact=True).fill("Y00001")
    page.get_by_label("Issues").fill("two partners retire")
    expect(page.get_by_label("Which")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()
    assert pages.SENT[0]["issues"] == "two partners retire"
    page.goto(live_server.url + "/list/")
    expect(page.get_by_role("link", name="Email")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
