"""A browser window that shows answers the test already has."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route

from tests import browser
from tests.discovery import crawl as walk
from tests.discovery.crawl import Visit


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


@contextmanager
def window() -> Iterator[Callable[[Visit], list[str]]]:
    """A function that finds the faults of a page.

    The browser is kept in a thread of its own: its event loop would stop the seal from being made in this one.
    """
    with ThreadPoolExecutor(1) as thread:
        opened = browser.chromium()
        try:
            shown = thread.submit(lambda: Window(opened.__enter__())).result()
            yield lambda page: thread.submit(shown.faults, page).result()
        finally:
            thread.submit(opened.__exit__, None, None, None).result()
