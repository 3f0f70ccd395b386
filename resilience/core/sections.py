"""A room's pages: a row of words, each with its own pages in a row below. ``base.html`` draws both rows."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

Page = tuple[str, str, str]
"""Words, the address's name, and the permission that shows it."""

Section = tuple[str, tuple[Page, ...]]


def sections_of(
    room: str, parts: Sequence[Section], request: HttpRequest, within: str = "", front: str = ""
) -> dict[str, Any]:
    """Context of a page: what the person may open in the room, with the page they are on or ``within`` marked.

    Without ``within``, an address's name, the page is within the one whose address begins its own; never
    within ``front``, whose address begins them all. A part alone is no row.
    """
    here = within or _of(parts, request.path, front)
    user: Any = request.user
    rows, pages = [], []
    for words, group in parts:
        open_to_them = [
            {
                "text": text,
                "href": (href := reverse(url)),
                "current": request.path == href,
                "within": url == here,
            }
            for text, url, permission in group
            if user.may(permission)
        ]
        if not open_to_them:
            continue
        first = open_to_them[0]
        is_here = any(page["within"] for page in open_to_them)
        rows.append({"text": words, "href": first["href"], "current": first["current"], "within": is_here})
        if is_here and len(open_to_them) > 1:
            pages = open_to_them
    if len(rows) == 1:  # no choice: the word stands in the navigation
        rows = []
    return {"room_sections": rows, "room_name": room, "room_pages": pages}


def _of(parts: Sequence[Section], path: str, front: str) -> str:
    """The page that ``path`` is, or is found through; its address's name."""
    known = {reverse(url): url for _, group in parts for _, url, _ in group}
    above = reverse(front) if front else ""
    begins = [href for href in known if path == href or (href != above and path.startswith(href))]
    return known[max(begins, key=len)] if begins else ""
