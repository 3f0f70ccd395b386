"""The pages of the Money room: seven words, each with its own pages in a row below."""

from typing import Any

from django.urls import reverse

from practices.requests import SignedInRequest
from resilience.core.access import P

Page = tuple[str, str, str]
"""Words, the address's name, and the permission that shows it."""

SECTIONS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "Where it stands",
        (
            ("Now", "funding:money", P.VIEW_MONEY),
            ("Month by month", "funding:by_month", P.VIEW_MONEY),
            ("Drawdown", "funding:drawdown", P.VIEW_MONEY),
        ),
    ),
    (
        "Allocations",
        (
            ("Allocations", "funding:allocations", P.VIEW_MONEY),
            ("Moves", "funding:moves", P.VIEW_MONEY),
            ("Funds received", "funding:funds", P.VIEW_MONEY),
            ("Imports", "funding:money_imports", P.SET_ALLOCATIONS),
        ),
    ),
    (
        "Commitments",
        (
            ("Commitments", "funding:commitments", P.VIEW_MONEY),
            ("Bids", "funding:bids", P.VIEW_MONEY),
            ("Stages", "funding:stages", P.VIEW_MONEY),
        ),
    ),
    ("Invoices", (("Invoices", "funding:invoices", P.VIEW_MONEY),)),
    (
        "Payments",
        (
            ("Payments", "funding:payments", P.VIEW_MONEY),
            ("Payment runs", "funding:runs", P.VIEW_MONEY),
        ),
    ),
    ("Ledger", (("Ledger", "funding:ledger", P.VIEW_MONEY),)),
    (
        "Reports",
        (
            ("Finance report", "funding:finance_report", P.VIEW_MONEY),
            ("Budgets", "funding:budget", P.VIEW_MONEY),
            ("Returns", "funding:returns", P.VIEW_MONEY),
            ("Workbooks", "funding:workbooks", P.VIEW_MONEY),
        ),
    ),
)


def sections(request: SignedInRequest, within: str = "") -> dict[str, Any]:
    """Context of a page of this room: what the person may open here, with the page they are on or ``within`` marked.

    Without ``within``, an address's name, the page is within the one whose address begins its own.
    """
    here = within or _of(request.path)
    rows, pages = [], []
    for words, group in SECTIONS:
        open_to_them = [
            {
                "text": text,
                "href": (href := reverse(url)),
                "current": request.path == href,
                "within": url == here,
            }
            for text, url, permission in group
            if request.user.may(permission)
        ]
        if not open_to_them:
            continue
        first = open_to_them[0]
        is_here = any(page["within"] for page in open_to_them)
        rows.append({"text": words, "href": first["href"], "current": first["current"], "within": is_here})
        if is_here and len(open_to_them) > 1:
            pages = open_to_them
    return {"room_sections": rows, "room_name": "Money", "room_pages": pages}


def _of(path: str) -> str:
    """The page that ``path`` is, or is found through; its address's name."""
    known = {reverse(url): url for _, group in SECTIONS for _, url, _ in group}
    front = reverse("funding:money")
    begins = [href for href in known if path == href or (href != front and path.startswith(href))]
    return known[max(begins, key=len)] if begins else ""
