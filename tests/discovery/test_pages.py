"""Every page that the product's own links lead to, as every role, over the whole demonstration.

What a page answers is the same on both databases, so there it is walked over on both; the browser looks at
one page of each shape, and does so on SQLite.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from playwright.sync_api import Browser, Page, Route

from mou.models import Agreement
from practices.models import Person
from resilience.demo import SIGN_INS, loading
from resilience.referrals.models import Referral
from tests import browser
from tests.discovery import crawl as walk
from tests.discovery.crawl import Visit
from tests.discovery.urls import addresses

pytestmark = pytest.mark.django_db

STRANGER = "Stranger"
WHO = {STRANGER: "", **dict(SIGN_INS)}

ONLY_AFTER = {
    "practices:find": "asked by the search as you type",
    "practices:import_preview": "after a file is sent",
    "practices:import_discard": "a button on that preview",
    "save_view": "a form on every list",
    "delete_view": "a form beside a saved view",
    "stay_signed_in": "asked by the dialog before a session ends",
    "people:invitation": "from an email",
    "programmes:move_item": "a button beside each category",
    "referrals:chosen": "a button under the worklist",
    "mou:start_plan": "a button on the Plan tab",
    "mou:agree_for_practice": "a button on the Plan tab",
    "mou:agree_for_commissioner": "a button on the Plan tab",
    "mou:send": "a button on the preview",
}
"""Addresses that no link leads to, and why that is right."""


@pytest.fixture(scope="module")
def window(django_db_setup) -> Iterator["Window | None"]:
    """Opened before the demonstration is loaded: Playwright's event loop gives the thread another connection."""
    if connection.vendor != "sqlite":
        yield None
    else:
        with browser.chromium() as chromium:
            yield Window(chromium)


@pytest.fixture(scope="module")
def demo(window, django_db_blocker) -> Iterator[None]:
    """The demonstration, for this module only: it is rolled back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load()
        yield
        transaction.set_rollback(True)


def _state_of(states: dict[int, str]) -> Callable[[dict[str, Any]], str]:
    return lambda named: states.get(named.get("referral", 0), named.get("part", ""))


def _client(email: str) -> Client:
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    if email:
        client.force_login(Person.objects.get(email=email))
    return client


@pytest.fixture(scope="module")
def walks(demo, django_db_blocker) -> Callable[[str], list[Visit]]:
    """role → everything that role comes across; walked once."""
    states = {
        row.pk: f"{row.state} {getattr(row.plan, 'agreed_at', None) is not None if hasattr(row, 'plan') else '-'}"
        for row in Referral.objects.select_related("plan")
    }
    for agreement in Agreement.objects.order_by("pk"):
        states[agreement.referral_id] += f" {agreement.state}"
    sent = Referral.objects.filter(
        lead_practice__name__startswith="Harbour Street", received_at__isnull=False
    )
    signed = Agreement.objects.filter(state=Agreement.State.SIGNED).first()
    starts = {
        STRANGER: (reverse("home"), reverse("mou:check_document"), reverse("account_signup"), "/nowhere/"),
        "Practice user": (reverse("home"), reverse("referrals:done", args=[sent.first().pk])),
        "Approver": (reverse("home"), reverse("mou:signed", args=[signed.pk])),
        "Administrator": (reverse("home"), reverse("programmes:list")),
    }
    done: dict[str, list[Visit]] = {}

    def walk_as(role: str) -> list[Visit]:
        if role not in done:
            client = _client(WHO[role])
            done[role] = walk.crawl(client, _state_of(states), starts.get(role, (reverse("home"),)))
        return done[role]

    return walk_as


def referral_of(path: str) -> int:
    """Which referral the address names; 0 for none."""
    try:
        return resolve(path).kwargs.get("referral", 0)
    except Resolver404:
        return 0


def nothing(wrong: list[str]) -> None:
    """Fails with all that is wrong, a line each."""
    if wrong:
        pytest.fail("\n".join(dict.fromkeys(wrong)), pytrace=False)


def _pages(visits: list[Visit]) -> list[Visit]:
    return [each for each in visits if each.tree is not None]


def _structure(page: Visit) -> Iterator[str]:
    """What is wrong with a page as it arrives, before any script runs."""
    # A document shown word for word as it was sent keeps the heading it has.
    heads = len(page.tree.xpath("//h1[not(ancestor::article)]"))
    if heads != 1:
        yield f"{heads} headings of level 1"
    if page.tree.find(".//main") is None:
        yield "no main"
    if not page.title:
        yield "no title"
    if page.tree.get("lang") is None:
        yield "no language"
    ids = {each.get("id") for each in page.tree.iterfind(".//*[@id]")}
    for anchor in page.tree.iterfind(".//a[@href]"):
        target = anchor.get("href")
        if target.startswith("#") and target[1:] not in ids:
            yield f"{target} leads nowhere"
    if page.tree.xpath("//*[@style] | //style | //script[not(@src)]"):
        yield "inline style or script"


@pytest.mark.parametrize("role", WHO)
def test_every_link_leads_to_a_page(walks, role):
    visits = walks(role)
    wrong = [
        f"{each.status} {each.address}, offered by {each.found_on}"
        for each in visits
        if each.status != 200 and each.address != "/nowhere/"
    ]
    wrong += [f"{each.address}: {fault}" for each in _pages(visits) for fault in _structure(each)]
    named = defaultdict(set)
    for each in _pages(visits):
        if (
            "?" not in each.address
        ):  # two people, or two rows of a plan, may share a name: not two kinds of page
            named[each.title].add((each.name, referral_of(each.path)))
    wrong += [
        f"“{title}” is the title of {sorted(pages)}" for title, pages in named.items() if len(pages) > 1
    ]
    nothing(wrong)


def test_every_address_is_come_across(walks):
    seen = {each.name for role in WHO for each in walks(role)}
    ours = {each.name for each in addresses()}

    nothing([f"{name}: no link leads there" for name in sorted(ours - seen - set(ONLY_AFTER))])
    nothing([f"{name}: a link leads there after all" for name in sorted(set(ONLY_AFTER) & seen)])


# --- in the browser -------------------------------------------------------------------------------


class Window:
    """A browser window into which answers are put as they were given, with their headers and the real assets."""

    def __init__(self, chromium: Browser) -> None:
        self.context = chromium.new_context(viewport={"width": 1280, "height": 900})
        self.wrong = browser.watch(self.context, walk.OURS)
        self.context.route("**/*", self._answer)
        self.page: Page = self.context.new_page()
        self.shown: Visit | None = None

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        file = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        if file:
            route.fulfill(path=str(file))
        elif self.shown and route.request.is_navigation_request():
            headers = {key: value for key, value in self.shown.headers.items() if key != "Content-Length"}
            route.fulfill(status=self.shown.status, headers=headers, body=self.shown.html)
        else:
            self.wrong.append(f"asks {route.request.url}")
            route.abort()

    def faults(self, page: Visit) -> list[str]:
        """Everything wrong with the page as the browser shows it, wide and narrow."""
        self.shown, self.wrong[:] = page, []
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.page.goto(walk.OURS + page.address)
        found = [
            f"{rule}: {' '.join(elements[0].split())[:160]}" for rule, elements in browser.axe(self.page)
        ]
        self.page.set_viewport_size({"width": 320, "height": 700})
        if wide := browser.too_wide(self.page):
            found.append(f"{wide} px wide on a phone of 320")
        return list(dict.fromkeys([*found, *self.wrong]))


SHAPES = 3
"""How many shapes of one kind of page the browser looks at: as different as they come, and within minutes."""
_looked_at: dict[str, set[str]] = defaultdict(set)


def _new_shapes(pages: list[Visit]) -> Iterator[Visit]:
    """Pages built of other parts than any of their kind that was looked at before."""
    for each in pages:
        kind, shape = f"{each.name} {each.status} {each.title.startswith('Error: ')}", each.shape()
        if shape not in _looked_at[kind] and len(_looked_at[kind]) < SHAPES:
            _looked_at[kind].add(shape)
            yield each


def _seen(window: Window | None, pages: list[Visit]) -> list[str]:
    """Faults of the pages whose shape is new. PostgreSQL's are the same pages: there no browser opens them."""
    if window is None:
        return []
    return [f"{page.address}: {fault}" for page in _new_shapes(pages) for fault in window.faults(page)]


@pytest.mark.parametrize("role", WHO)
def test_every_page_is_sound_in_the_browser(walks, window, role):
    wrong = _seen(window, _pages(walks(role)))

    nothing(wrong)


# --- forms sent as they are not meant ----------------------------------------------------------------

TYPED = "Kept <as> it was & typed"


def _error_page(answer: Visit) -> Iterator[str]:
    """What is wrong with a page that refuses a form."""
    yield from _structure(answer)
    summary = answer.tree.find_class("nhsuk-error-summary")
    if not summary:
        yield "is refused without an error summary"
        return
    if not answer.title.startswith("Error: "):
        yield f"has the title “{answer.title}”"
    if not answer.tree.xpath("//*[contains(@class, 'nhsuk-error-summary')]//li"):
        yield "has an empty error summary"


@pytest.mark.parametrize("role", [role for role in WHO if role != STRANGER])
def test_every_form_sent_empty(walks, window, role):
    client = _client(WHO[role])
    tried, wrong, refused = set(), [], []
    for page in _pages(walks(role)):
        for form in walk.forms(page):
            if form.kind in tried:
                continue
            tried.add(form.kind)
            for typed in ({}, {form.texts[0]: TYPED} if form.texts else None):
                if typed is None:
                    continue
                answer = walk.send(client, form, typed)
                where = f"{page.address} sends to {form.action}"
                if answer.status >= 500 or answer.status in (400, 404):
                    wrong.append(f"{where}: {answer.status}")
                elif answer.tree is not None and answer.status == 200:
                    wrong += [f"{where}: {fault}" for fault in _error_page(answer)]
                    if (
                        typed
                        and TYPED not in answer.tree.xpath("string()")
                        and not any(each.get("value") == TYPED for each in answer.tree.iter("input"))
                    ):
                        wrong.append(f"{where}: what was typed in {form.texts[0]} is gone")
                    refused.append(answer)
    wrong += [f"refused: {fault}" for fault in _seen(window, refused)]

    nothing(wrong)
