"""The pages of the Money room: seven words, each with its own pages in a row below."""

from typing import Any

from django.http import HttpRequest

from resilience.core.access import P
from resilience.core.sections import Section, sections_of

SECTIONS: tuple[Section, ...] = (
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


def sections(request: HttpRequest, within: str = "") -> dict[str, Any]:
    """Context of a page of this room, found through the page of ``within``: see ``core.sections``."""
    return sections_of("Money", SECTIONS, request, within, front="funding:money")
