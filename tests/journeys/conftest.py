"""A browser, a town, and a way to bring its people to their screens."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import browser
from tests.journeys.people import Someone
from tests.journeys.town import Town, make_town

PHONE = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as chromium:
        yield chromium


@pytest.fixture
def town(transactional_db: None) -> Town:
    return make_town()


@pytest.fixture
def comes(
    chromium: Browser, live_server: Any, settings: Any, transactional_db: None
) -> Iterator[Callable[..., Someone]]:
    """Someone comes to a screen, by a person's row or by name and address; at the end no page had a fault."""
    settings.PUBLIC_URL = live_server.url
    here: list[Someone] = []

    def comes(person: Any = None, *, name: str = "", email: str = "", **window: Any) -> Someone:
        context = chromium.new_context(accept_downloads=True, **window)
        someone = Someone(
            name or person.name,
            email or person.email,
            live_server.url,
            context,
            browser.watch(context, live_server.url),
        )
        here.append(someone)
        return someone

    yield comes
    for someone in here:
        someone.context.close()
    assert {someone.name: someone.wrong for someone in here if someone.wrong} == {}
