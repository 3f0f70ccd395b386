"""Chromium for the tests, and what every page must keep to while it is looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

STATIC = Path(settings.BASE_DIR) / "static"
AXE = STATIC / "node_modules/axe-core/axe.min.js"
PATIENCE = 30_000
"""Milliseconds: the machine may be busy with another database's tests."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, closed afterwards."""
    assert (STATIC / "dist/app.js").exists(), "build the front end first: make ready"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


def cookie_for(person: Any, url: str) -> Any:
    """The cookie of a session in which ``person`` has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}


def watch(context: BrowserContext, home: str) -> list[str]:
    """What goes wrong in the pages of ``context`` from now on: errors, broken policy, requests to other hosts."""
    wrong: list[str] = []

    def console(message: Any) -> None:
        # The console also names each answer that is an error page: what a page answers is for the test to say.
        if (
            message.type in ("error", "warning")
            and "the server responded with a status of" not in message.text
        ):
            wrong.append(message.text)

    context.on("console", console)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith((home, "data:")) else wrong.append(f"asks {request.url}")
        ),
    )
    context.set_default_timeout(PATIENCE)
    return wrong


def axe(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds in the page, no rule left out: (rule, the elements)."""
    try:
        found = _axe(page)
    except Error:  # a click was still taking the page elsewhere
        page.wait_for_load_state()
        found = _axe(page)
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def _axe(page: Page) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    return page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]


def width(page: Page) -> int:
    """How wide the page is laid out; more than its viewport means sideways scrolling."""
    return page.evaluate("document.documentElement.scrollWidth")


def too_wide(page: Page) -> int:
    """How wide the page stays once its scripts have met a new size of the window; 0 when it fits."""
    return page.evaluate(_UNTIL_IT_FITS)


# Asked in one go: asking again and again, the driver would have the page evaluate words, which its policy forbids.
_UNTIL_IT_FITS = """() => new Promise((answer) => {
  const until = performance.now() + 3000
  const look = () => {
    const width = document.documentElement.scrollWidth
    if (width <= window.innerWidth) answer(0)
    else if (performance.now() > until) answer(width)
    else requestAnimationFrame(look)
  }
  look()
})"""
