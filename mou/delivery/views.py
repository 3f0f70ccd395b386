"""The Delivery tab of a case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mou.delivery.panels import panels_of
from resilience.core.access import P, requires
from resilience.referrals import case
from resilience.referrals.states import State


@requires(P.VIEW_MOU)
def delivery(request: HttpRequest, referral: int) -> HttpResponse:
    """What the plan and the MoU promised, and how far each is."""
    found = case.find(request, referral, P.VIEW_MOU)
    context = case.page(request, found, "mou:delivery")
    if found.state == State.DIVIDED:
        empty = "Nothing is delivered in this case", "Each practice’s plan is followed in its own case."
    else:
        empty = (
            "Nothing is being delivered yet",
            "Once both sides have agreed the improvement plan, its progress is followed here.",
        )
    heading, text = empty
    context |= {"panels": panels_of(request, found), "empty_heading": heading, "empty_text": text}
    return render(request, "mou/delivery/case.html", context)
