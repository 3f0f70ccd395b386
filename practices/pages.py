"""What other rooms put on the page of a practice.

    # in AppConfig.ready() of a room to the left
    from practices import pages
    pages.SECTIONS.append(referrals_of)

    def referrals_of(request, practice):
        return "referrals/of_practice.html", {"referrals": …}     # or None: nothing for this person

The template is included with the mapping as ``section`` (so ``{{ section.referrals }}``) and with the page's
own context; it begins with an <h2 class="nhsuk-heading-m">.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from practices.models import Practice

Section = Callable[[HttpRequest, Practice], tuple[str, dict[str, Any]] | None]

SECTIONS: list[Section] = []


def sections(request: HttpRequest, practice: Practice) -> list[tuple[str, dict[str, Any]]]:
    """Every section that has something for this person, in the order the rooms were made ready."""
    found = (section(request, practice) for section in SECTIONS)
    return [made for made in found if made is not None]
