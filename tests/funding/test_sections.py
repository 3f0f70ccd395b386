"""The navigation of the Money room: where a page stands, pages behind a list included."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from funding.sections import sections
from resilience.core.access import P
from resilience.core.sections import sections_of


def marked(path: str, within: str = "", may: Any = lambda permission: True) -> list[str]:
    """The part and the page that are marked."""
    request: Any = SimpleNamespace(path=path, user=SimpleNamespace(may=may))
    shown = sections(request, within)
    return [each["text"] for row in ("room_sections", "room_pages") for each in shown[row] if each["within"]]


@pytest.mark.parametrize(
    ("name", "kwargs", "expected"),
    [
        ("money", {}, ["Where it stands", "Now"]),
        ("by_month", {}, ["Where it stands", "Month by month"]),
        ("share_out", {"allocation": 1}, ["Allocations", "Allocations"]),
        ("move", {"move": 1}, ["Allocations", "Moves"]),
        ("run", {"run": 1}, ["Payments", "Payment runs"]),
        ("payments_upload", {"payments_upload": 1}, ["Payments", "Payments"]),
        ("settle_bid", {"bid": 1}, ["Commitments", "Bids"]),
        ("invoice", {"invoice": 1}, ["Invoices"]),
        ("issued_report", {"finance_report": 1}, ["Reports", "Finance report"]),
        ("categories", {"year": 1}, []),
    ],
)
def test_a_page_is_marked_in_its_part(name, kwargs, expected):
    assert marked(reverse(f"funding:{name}", kwargs=kwargs)) == expected


def test_a_page_whose_address_does_not_tell_says_where_it_stands():
    path = reverse("funding:categories", kwargs={"year": 1})
    assert marked(path, "funding:allocations") == ["Allocations", "Allocations"]


def test_a_part_opens_at_the_first_page_that_the_person_may_see():
    parts = (
        ("One", (("Now", "funding:money", "a"), ("Imports", "funding:money_imports", "b"))),
        ("Two", (("Ledger", "funding:ledger", "b"),)),
    )
    request: Any = SimpleNamespace(path="/", user=SimpleNamespace(may=lambda permission: permission == "b"))
    hrefs = [each["href"] for each in sections_of("Money", parts, request)["room_sections"]]
    assert hrefs == [reverse("funding:money_imports"), reverse("funding:ledger")]


def test_a_part_alone_is_no_row():
    path = reverse("funding:money_imports")
    assert marked(path, may=lambda permission: permission != P.VIEW_MONEY) == []
