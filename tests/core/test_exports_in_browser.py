"""The page of a file that is being made, in a real browser: it follows by itself, and is for everybody."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from resilience.core import list_exports
from resilience.core.access import Role
from resilience.core.models import Export
from tests import browser
from tests.core.test_exports import QUEUE, begin, work
from tests.factories import make_ccg, make_person, make_practice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def look(live_server, settings):
    """A window in which a person has signed in; nothing that it shows may be at fault."""
    settings.TASKS = QUEUE
    with browser.chromium() as chromium:
        wrong = []

        def look(person, address, **options):
            context = chromium.new_context(accept_downloads=True, **options)
            wrong.append(browser.watch(context, live_server.url))
            context.add_cookies([browser.cookie_for(person, live_server.url)])
            page = context.new_page()
            page.goto(live_server.url + address)
            return page

        yield look
    assert [text for each in wrong for text in each] == []


def test_it_follows_by_itself_and_offers_the_file(look):
    person = make_person(name="Pat")
    export = begin(person)
    page = look(person, reverse("export", args=[export.pk]))
    expect(page.get_by_text("It begins in a few seconds.")).to_be_visible()
    expect(page.get_by_role("link", name="Check again")).to_be_hidden()
    Export.objects.update(state="running", done=30, total=60)
    expect(page.get_by_text("50% done: 30 of 60.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "30")
    expect(page.get_by_role("status")).to_have_text("Being made")
    Export.objects.update(state="waiting")
    work()
    expect(page.get_by_role("status")).to_have_text("Ready")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    assert download.value.path().read_bytes() == b"Hello Pat!"


def test_without_scripts_one_checks_by_hand(look, monkeypatch):
    monkeypatch.setattr(list_exports, "LONG", 1)
    ccg = make_ccg()
    for _ in range(2):
        make_practice(ccg)
    officer = make_person(Role.PROGRAMME_OFFICER, ccg)
    page = look(officer, reverse("practices:list"), java_script_enabled=False)
    page.get_by_role("button", name="Excel").click()
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("heading", name="Practices, 2 rows, Excel")).to_be_visible()
    work()
    page.get_by_role("link", name="Check again").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    assert download.value.suggested_filename.endswith(".xlsx")


@pytest.mark.parametrize("state", ["waiting", "running", "done", "changed", "failed"])
def test_every_state_is_for_everybody(look, state):
    person = make_person()
    export = begin(person)
    if state in ("done", "changed"):
        work()
    fields = {
        "running": {"state": "running", "done": 1, "total": 3},
        "changed": {"rights": "other"},
        "failed": {"state": "failed", "why_failed": "It broke.", "finished_at": timezone.now()},
    }
    if state in fields:
        Export.objects.update(**fields[state])
    for address in (reverse("export", args=[export.pk]), reverse("exports")):
        page = look(person, address, viewport={"width": 1280, "height": 900})
        assert browser.axe(page) == []
        page.set_viewport_size({"width": 320, "height": 700})
        assert browser.too_wide(page) == 0
