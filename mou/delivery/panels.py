"""What the Delivery tab of a case shows: a part for each topic, in this order, where it has something to say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from resilience.referrals.models import Referral


@dataclass(frozen=True)
class Panel:
    """A part of the page: its heading, its template, and what the template needs (as ``panel.context``)."""

    heading: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)


PANELS: list[Callable[[HttpRequest, Referral], Panel | None]] = []
"""Each answers None where it has nothing to show to this person."""


def panels_of(request: HttpRequest, referral: Referral) -> list[Panel]:
    """The parts that this person sees of this case."""
    return [panel for each in PANELS if (panel := each(request, referral))]
