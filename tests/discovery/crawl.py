"""Walks over the links of the product as one person, from the home page on."""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

OURS = "http://localhost"
MOST = 2
"""How many pages of one kind are opened, of things that have no state; of those that have, one for each.
Of files, which take long to make and lead nowhere, no more than so many whatever the state."""
MOST_ASKED = 12
"""How many of the addresses that carry a question: filters, tabs, sorts, pages."""


@dataclass
class Visit:
    """One address and what it answered; ``found_on`` says which page offered it."""

    address: str
    name: str
    found_on: str
    status: int
    headers: dict[str, str]
    html: str = ""
    tree: Any = field(default=None, repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    @property
    def title(self) -> str:
        return (self.tree.findtext(".//title") or "").strip()

    def shape(self) -> str:
        """The page without its words: two pages of one shape are built of the same parts."""
        return hashlib.sha1(_shape(self.tree.find(".//main")).encode(), usedforsecurity=False).hexdigest()


def _shape(element: Any) -> str:
    if element is None or not isinstance(element.tag, str):
        return ""
    inside: list[str] = []
    for child in element:
        part = _shape(child)
        if part and (not inside or inside[-1] != part):  # rows alike count once
            inside.append(part)
    attributes = " ".join(sorted(key for key in element.attrib if not key.startswith("data-")))
    return f"<{element.tag} {element.get('class', '')} {element.get('role', '')} {attributes}>{''.join(inside)}</>"


def name_of(address: str) -> str:
    """The URL name; "" for an address that is nobody's."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def links(visit: Visit) -> Iterator[str]:
    """Every address of ours that the page leads to."""
    for anchor in visit.tree.iterfind(".//a[@href]"):
        target = urljoin(OURS + visit.address, anchor.get("href"))
        if target.startswith(OURS + "/"):
            yield target.removeprefix(OURS).split("#")[0]


def visit(client: Client, address: str, found_on: str = "") -> Visit:
    """Opens an address, and whatever it leads on to."""
    response = client.get(address, follow=True)
    chain = getattr(response, "redirect_chain", [])
    final = urljoin(address, chain[-1][0]) if chain else address
    body = b"".join(response.streaming_content) if response.streaming else response.content
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    html = body.decode() if is_page else ""
    return Visit(
        final,
        name_of(final),
        found_on,
        response.status_code,
        dict(response.headers),
        html,
        lxml.html.document_fromstring(html) if html else None,
    )


def crawl(client: Client, state_of: Callable[[dict[str, Any]], str], starts: tuple[str, ...]) -> list[Visit]:
    """Every kind of page that links lead to, each in every state of its thing: ``state_of(what the address names)``."""
    waiting = deque((start, "") for start in starts)
    seen, opened, visits = set(starts), Counter[tuple[str, str]](), []
    files = Counter[str]()
    while waiting:
        address, found_on = waiting.popleft()
        try:
            target = resolve(urlsplit(address).path)
        except Resolver404:
            kind, most = ("", address), 1
        else:
            state = "?" if "?" in address else state_of(target.kwargs)
            kind = (target.view_name, state)
            most = {"?": MOST_ASKED, "": MOST}.get(state, 1)
        if opened[kind] >= most or files[kind[0]] >= MOST:
            continue
        opened[kind] += 1
        here = visit(client, address, found_on)
        visits.append(here)
        if here.tree is None:
            files[kind[0]] += "?" not in address  # a list as a file is not what the list is
        else:
            for link in links(here):
                if link not in seen:
                    seen.add(link)
                    waiting.append((link, address))
    return visits


@dataclass
class FormOnPage:
    """A form that sends by POST, with what a browser would send were nothing typed."""

    on: Visit
    action: str
    hidden: dict[str, Any]
    texts: list[str]

    @property
    def kind(self) -> tuple[str, str]:
        return self.on.name, name_of(self.action)


def forms(page: Visit) -> Iterator[FormOnPage]:
    """The forms of a page whose own button sends them by POST."""
    for form in page.tree.iterfind(".//form"):
        if (form.get("method") or "get").lower() != "post":
            continue
        action = urljoin(OURS + page.address, form.get("action") or page.address).removeprefix(OURS)
        fields = [each for each in form.iter("input", "textarea", "select") if each.get("name")]
        hidden: dict[str, Any] = {}
        for each in fields:
            if each.get("type") == "hidden":
                hidden.setdefault(each.get("name"), []).append(each.get("value", ""))
        texts = [
            each.get("name")
            for each in fields
            if each.tag == "textarea" or (each.tag == "input" and each.get("type", "text") == "text")
        ]
        yield FormOnPage(page, action, hidden, texts)


def send(client: Client, form: FormOnPage, typed: dict[str, str]) -> Visit:
    """Sends the form with nothing but what is ``typed``, and takes back whatever that did."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        response = client.post(form.action, form.hidden | typed)
        transaction.set_rollback(True)
    client.cookies = cookies
    is_page = not response.streaming and response.headers.get("Content-Type", "").startswith("text/html")
    html = response.content.decode() if is_page else ""
    return Visit(
        form.action,
        name_of(form.action),
        form.on.address,
        response.status_code,
        dict(response.headers),
        html,
        lxml.html.document_fromstring(html) if html.strip() else None,
    )
