"""Delivery by suppliers on first pages: a supplier reads what is due next and what changed, an officer what waits."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from mou.models import Deliverable, SupplierCase
from mou.suppliers import page
from mou.suppliers.filters import late, to_answer
from mou.suppliers.states import COLOURS
from practices.models import Practice
from resilience.core.access import P
from resilience.home.tasks import Task

D = Deliverable.State
MOST = 50
ANSWERED = (D.ACCEPTED, D.ASKED_AGAIN)


@dataclass
class InCare:
    """One practice of an assignment: what comes next, if anything, and what the office answered since."""

    case: SupplierCase
    next: Deliverable | None = None
    when: str = ""
    is_late: bool = False
    changed: list[tuple[Deliverable, str]] = field(default_factory=list)
    is_new: bool = False


def in_care(user: Any, since: dt.datetime | None) -> list[InCare]:
    """What is due first comes first; what waits for the office last."""
    cases = SupplierCase.objects.visible_to(user, P.DELIVER).select_related("practice", "referral")
    rows = {case.pk: InCare(case, is_new=bool(since and case.assigned_at > since)) for case in cases[:MOST]}
    found = Deliverable.objects.filter(supplier_case__in=rows).select_related("kind")
    for each in found.order_by("due_on", "kind__position"):
        row = rows[each.supplier_case_id]
        if each.state in (D.DUE, D.ASKED_AGAIN) and row.next is None:
            row.next, row.when, row.is_late = each, page.when(each), page.is_late(each)
        if each.state in ANSWERED and (since is None or each.state_since > since):
            row.changed.append((each, COLOURS[each.state]))
    return sorted(
        rows.values(), key=lambda row: (row.next.due_on if row.next else dt.date.max, row.case.practice.name)
    )


def others_in_care(user: Any) -> list[Practice]:
    """Practices that an administrator opened to the supplier without a case."""
    seen = Practice.objects.visible_to(user)
    cases = SupplierCase.objects.visible_to(user, P.DELIVER)
    return list(seen.exclude(pk__in=cases.values("practice")).order_by("name")[:MOST])


def deliveries(user: Any) -> list[Task]:
    """Practices whose supplier handed in something to answer, or is late with it."""
    seen = SupplierCase.objects.visible_to(user)
    here = reverse("mou:supplier_cases")
    return [
        Task(
            to_answer(seen).count(),
            "practice",
            "whose supplier handed something in: answer it",
            f"{here}?waiting=answer",
        ),
        Task(late(seen).count(), "practice", "whose supplier is late", f"{here}?waiting=late", True),
    ]
