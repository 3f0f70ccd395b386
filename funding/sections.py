"""The pages of the Money room, as its second row of navigation."""

from typing import Any

from django.urls import reverse

from practices.requests import SignedInRequest
from resilience.core.access import P

SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("Where it stands", "funding:money", P.VIEW_MONEY),
    ("Month by month", "funding:by_month", P.VIEW_MONEY),
    ("Drawdown", "funding:drawdown", P.VIEW_MONEY),
    ("Allocations", "funding:allocations", P.VIEW_MONEY),
    ("Moves", "funding:moves", P.VIEW_MONEY),
    ("Funds received", "funding:funds", P.VIEW_MONEY),
    ("Commitments", "funding:commitments", P.VIEW_MONEY),
    ("Bids", "funding:bids", P.VIEW_MONEY),
    ("Stages", "funding:stages", P.VIEW_MONEY),
    ("Invoices", "funding:invoices", P.VIEW_MONEY),
    ("Payment runs", "funding:runs", P.VIEW_MONEY),
    ("Payments", "funding:payments", P.VIEW_MONEY),
    ("Ledger", "funding:ledger", P.VIEW_MONEY),
    ("Budgets", "funding:budget", P.VIEW_MONEY),
    ("Finance report", "funding:finance_report", P.VIEW_MONEY),
    ("Returns", "funding:returns", P.VIEW_MONEY),
    ("Imports", "funding:money_imports", P.SET_ALLOCATIONS),
    ("Workbooks", "funding:workbooks", P.VIEW_MONEY),
)
"""Words, the address's name, and the permission that shows it."""


def sections(request: SignedInRequest) -> dict[str, Any]:
    """Context of a page of this room: what the person may open here; the page they are on is current."""
    rows = [
        {"text": text, "href": (href := reverse(url)), "current": request.path == href}
        for text, url, permission in SECTIONS
        if request.user.may(permission)
    ]
    return {"sections": rows, "sections_label": "Money"}
