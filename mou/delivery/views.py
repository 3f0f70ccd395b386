"""The Delivery tab of a case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mou.delivery.panels import panels_of
from resilience.core.access import P, requires
from resilience.referrals import case


@requires(P.VIEW_MOU)
def delivery(request: HttpRequest, referral: int) -> HttpResponse:
    """What the plan and the MoU promised, and how far each is."""
    found = case.find(request, referral, P.VIEW_MOU)
    context = case.page(request, found, "mou:delivery")
    return render(request, "mou/delivery/case.html", {**context, "panels": panels_of(request, found)})
