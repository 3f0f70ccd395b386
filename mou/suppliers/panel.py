"""The part of the Delivery tab about suppliers, for the practice and the office; suppliers have their own pages."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mou.delivery.panels import Panel
from mou.models import Deliverable, SupplierCase
from mou.suppliers import page, rules
from resilience.core.access import P, allows, why_not
from resilience.referrals.models import Referral

D = Deliverable.State


def supplier_panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """Each practice of the case that is with a supplier, with what is due next; for an officer, assigning them."""
    user: Any = request.user
    cases = list(
        SupplierCase.objects.visible_to(user)
        .filter(referral=referral)
        .select_related("practice", "supplier")
        .prefetch_related("deliverables__kind")
    )
    may_assign = allows(user, P.WORK_REFERRALS, referral) and not why_not(
        rules.check_may_assign, user, referral
    )
    taken = {case.practice_id for case in cases if case.is_open}
    left = may_assign and referral.practices.exclude(practice__in=taken).exists()
    if not cases and not left:
        return None
    rows = [
        {
            "case": case,
            "href": reverse("mou:supplier_case", kwargs={"supplier_case": case.pk}),
            "next": _next(case) if case.is_open else "",
            "accepted": sum(each.state == D.ACCEPTED for each in case.deliverables.all()),
            "count": len(case.deliverables.all()),
        }
        for case in cases
    ]
    assign = reverse("mou:assign_case", kwargs={"referral": referral.pk}) if left else ""
    return Panel("Supplier", "mou/suppliers/panel.html", {"rows": rows, "assign": assign})


def _next(case: SupplierCase) -> str:
    waiting = [each for each in case.deliverables.all() if each.state != D.ACCEPTED]
    first = min(waiting, key=lambda each: (each.due_on, each.pk), default=None)
    return f"{first.kind.name}: {page.when(first)}" if first else "Everything is accepted."
