"""The people of the journeys: what they do and see in the browser, in the words of somebody who watches."""

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from playwright.sync_api import BrowserContext, Download, Locator, Page, expect
from post_office.models import Email

from tests.browser import axe, width
from tests.factories import PASSWORD


@dataclass
class Someone:
    """A person at a browser of their own. ``wrong`` collects what the browser complains of."""

    name: str
    email: str
    site: str
    context: BrowserContext
    wrong: list[str] = field(default_factory=list)
    password: str = PASSWORD
    _page: Page | None = None

    @property
    def page(self) -> Page:
        if self._page is None:
            self._page = self.context.new_page()
        return self._page

    # --- going about ----------------------------------------------------------------------------

    def opens(self, address: str) -> Any:
        """An address typed, or a link of an email followed."""
        return self.page.goto(self.site + address if address.startswith("/") else address)

    def signs_in(self) -> None:
        self.opens("/account/login/")
        self.signs_in_here()

    def signs_in_here(self) -> None:
        self.fills("Email address", self.email)
        self.fills("Password", self.password)
        self.clicks("Sign in")
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def goes_home(self) -> None:
        self.opens("/")

    def searches_for(self, words: str) -> None:
        box = self.page.get_by_role("searchbox")
        box.fill(words)
        with self.page.expect_navigation():
            box.press("Enter")

    def turns_to(self, tab: str) -> None:
        """One of the tabs of a case."""
        self.page.get_by_role("navigation", name="This case").get_by_role("link", name=tab).click()

    def goes_back(self) -> None:
        self.page.go_back()

    def clicks(self, words: str) -> None:
        """A link or a button, by all its words."""
        self._thing(words).click()

    def clicks_twice(self, words: str) -> None:
        self._thing(words).dblclick()

    def _thing(self, words: str) -> Locator:
        page = self.page
        link = page.get_by_role("link", name=words, exact=True)
        return page.get_by_role("button", name=words, exact=True).or_(link).first

    # --- filling in -----------------------------------------------------------------------------

    def fills(self, label: str, words: str) -> None:
        self.page.get_by_label(label, exact=True).fill(words)

    def dates(self, label: str, day: dt.date) -> None:
        boxes = self.page.get_by_role("group", name=label)
        for box, number in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            boxes.get_by_label(box).fill(str(number))

    def chooses(self, answer: str, of: str = "") -> None:
        """An answer, ``of`` a question where several have the same."""
        where = self.page.get_by_role("group", name=of) if of else self.page
        where.get_by_label(answer, exact=True).first.check()

    ticks = chooses

    def attaches(self, label: str, name: str, content: bytes) -> None:
        kind = "application/pdf" if name.endswith(".pdf") else "application/octet-stream"
        self.page.get_by_label(label, exact=True).set_input_files(
            {"name": name, "mimeType": kind, "buffer": content}
        )

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    # --- looking ----------------------------------------------------------------------------------

    def sees(self, *sentences: str) -> None:
        for sentence in sentences:
            expect(self.page.locator("body")).to_contain_text(sentence)

    def does_not_see(self, words: str) -> None:
        expect(self.page.locator("body")).not_to_contain_text(words)

    def sees_the_heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", name=words).first).to_be_visible()

    def sees_beside(self, key: str, words: str) -> None:
        """A value of a summary, by the words before it."""
        rows = self.page.locator(".nhsuk-summary-list__row")
        row = rows.filter(has=self.page.get_by_text(key, exact=True))
        expect(row.locator("dd")).to_have_text(words)

    def sees_in(self, label: str, words: str) -> None:
        """What a box holds."""
        expect(self.page.get_by_label(label, exact=True)).to_have_value(words)

    def is_told_of_a_problem(self, sentence: str) -> None:
        expect(self.page).to_have_title(re.compile("^Error: "))
        expect(self.page.locator(".nhsuk-error-summary")).to_contain_text(sentence)

    def finds_the_page_sound(self) -> None:
        """Accessible, and no wider than the window."""
        assert axe(self.page) == []
        assert width(self.page) <= (self.page.viewport_size or {"width": 0})["width"]

    def downloads(self, words: str) -> bytes:
        with self.page.expect_download() as waiting:
            self.clicks(words)
        download: Download = waiting.value
        return Path(download.path()).read_bytes()

    # --- the post -----------------------------------------------------------------------------------

    def letters(self) -> list[EmailMessage]:
        """Emails to this person, the latest first."""
        return [each.email_message() for each in Email.objects.order_by("-pk") if self.email in each.to]

    def reads_the_letter(self, subject: str) -> str:
        """The words of the latest letter with this in its subject."""
        letters = self.letters()
        found = [each.body for each in letters if subject in each.subject]
        assert found, f"{self.name} has no letter “{subject}”, only {[each.subject for each in letters]}"
        return found[0]

    def follows_the_link(self, subject: str) -> None:
        """The link in the latest letter with this subject."""
        found = re.search(r"https?://\S+", self.reads_the_letter(subject))
        assert found, "the letter has no link"
        self.opens(found[0])
