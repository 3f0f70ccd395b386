"""What every page shows around its content."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from practices.hats import current_hat
from resilience.core.access import P

NAVIGATION: tuple[tuple[str, str, str | None], ...] = (
    ("Home", "home", None),
    ("Referrals", "referrals:worklist", P.VIEW_WORKLIST),
    ("Matrix", "assessments:matrix", P.VIEW_WORKLIST),
    ("Money", "funding:money", P.VIEW_MONEY),
    ("MoUs", "mou:register", P.VIEW_INTERNAL),
    ("Invoices", "funding:invoices", P.RAISE_INVOICES),
    ("Assignments", "mou:supplier_cases", P.DELIVER),
    ("Visits", "mou:supplier_visits", P.DELIVER),
    ("Shared needs", "mou:shared_needs", P.DELIVER),
    ("Practices", "practices:list", P.VIEW_PRACTICES),
    ("Case studies", "mou:published_studies", P.VIEW_PRACTICES),
    ("People", "people:list", P.CONFIRM_LINKS),
    ("Organisations", "people:organisations", P.MANAGE_ORGANISATIONS),
    ("Programmes", "programmes:list", P.MANAGE_PROGRAMMES),
    ("Wordings", "mou:wordings", P.MANAGE_PROGRAMMES),
)
"""At most seven words for any one role: the hat's permissions choose among them."""

WITHIN_ANOTHER: dict[str, str] = {
    "funding:invoices": P.VIEW_MONEY,
    "mou:published_studies": P.VIEW_INTERNAL,
    "mou:wordings": P.VIEW_INTERNAL,
}
"""Pages that people with this permission reach inside another word of the row."""


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: the hat, where to change it, and the one row of navigation."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": []}
    hat = current_hat(request)
    held = hat.permissions if hat else frozenset()
    return {
        "hat": str(hat) if hat else "No role yet",
        "hat_href": reverse("people:hat"),
        "navigation": [
            {"text": text, "href": (href := reverse(url)), "current": request.path == href}
            for text, url, permission in NAVIGATION
            if (permission is None or permission in held) and WITHIN_ANOTHER.get(url) not in held
        ],
    }
