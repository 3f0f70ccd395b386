"""The pages of this room that belong to no one case."""

from typing import Any

from django.http import HttpRequest

from resilience.core.access import P
from resilience.core.sections import Section, sections_of

SECTIONS: tuple[Section, ...] = (
    ("MoUs", (("Register", "mou:register", P.VIEW_INTERNAL),)),
    (
        "Issue together",
        (
            ("Issue MoUs together", "mou:ready_to_issue", P.PLAN_FOR_COMMISSIONER),
            ("Issued together", "mou:bulks", P.PLAN_FOR_COMMISSIONER),
        ),
    ),
    ("Progress reports", (("Progress reports", "mou:progress_reports", P.VIEW_INTERNAL),)),
    ("Reviews", (("Reviews", "mou:reviews", P.VIEW_INTERNAL),)),
    (
        "Suppliers",
        (
            ("Practices with suppliers", "mou:supplier_cases", P.VIEW_INTERNAL),
            ("Order of visits", "mou:supplier_visits", P.VIEW_INTERNAL),
            ("Needs that practices share", "mou:shared_needs", P.VIEW_INTERNAL),
        ),
    ),
    (
        "Case studies",
        (
            ("Published", "mou:published_studies", P.VIEW_PRACTICES),
            ("Of our cases", "mou:case_studies", P.VIEW_INTERNAL),
            ("Progress", "mou:case_study_progress", P.VIEW_INTERNAL),
        ),
    ),
    ("Projects", (("Projects", "mou:projects", P.VIEW_MOU), ("Clusters", "mou:clusters", P.VIEW_MOU))),
    ("Wordings", (("Wordings", "mou:wordings", P.VIEW_INTERNAL),)),
)


def sections(request: HttpRequest, within: str = "") -> dict[str, Any]:
    """Context of a page of this room, found through the page of ``within``: see ``core.sections``."""
    return sections_of("MoUs and delivery", SECTIONS, request, within)
