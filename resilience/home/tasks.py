"""What a task of a home page is: a count that opens the list it counts."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.http import urlencode

from resilience.core.words import plural


@dataclass(frozen=True)
class Task:
    """So many things to do, what they are ("MoU" becomes "MoUs"), and the page that lists them."""

    count: int
    thing: str
    rest: str
    href: str
    is_urgent: bool = False

    @property
    def text(self) -> str:
        """The words after the count."""
        named = plural(self.count, self.thing).partition(" ")[2] if self.thing else ""
        return f"{named} {self.rest}".strip()


def worklist(**query: str) -> str:
    return f"{reverse('referrals:worklist')}?{urlencode(query)}"


def counted(rows: Any, wanted: list[tuple[str, Q, str, bool]]) -> list[Task]:
    """Tasks from one query over the worklist's rows."""
    counts = rows.order_by().aggregate(
        **{f"n{n}": Count("pk", filter=query, distinct=True) for n, (_, query, _, _) in enumerate(wanted)}
    )
    return [
        Task(counts[f"n{n}"], "referral", text, href, urgent)
        for n, (text, _, href, urgent) in enumerate(wanted)
    ]
