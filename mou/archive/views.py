"""The page that offers the whole case as one ZIP."""

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from mou.archive.actions import download_case
from mou.archive.bundle import parts_of, stream
from mou.archive.rules import check_can_download
from resilience.core.access import P, requires, why_not
from resilience.referrals import case
from resilience.referrals.receipt import title


@requires(P.VIEW_REFERRALS)
@require_http_methods(["GET", "HEAD", "POST"])
def whole_case(request: HttpRequest, referral: int) -> Any:
    """What is in it and what is left out; the button sends it."""
    found = case.find(request, referral)
    if request.method == "POST":
        bundle = download_case(by=request.user, referral=found)
        response = StreamingHttpResponse(stream(bundle), content_type="application/zip")
        response["Content-Disposition"] = content_disposition_header(True, bundle.name) or "attachment"
        response["X-Content-Type-Options"] = "nosniff"
        return response
    denied = why_not(check_can_download, request.user, found)
    context: dict[str, Any] = {
        "title": "Download the whole case",
        "caption": f"{title(found)}, {found.reference}",
        "denied": denied,
        "back": reverse("referrals:case", kwargs={"referral": found.pk}),
    }
    if not denied:
        parts = parts_of(found, request.user)
        context |= {
            "parts": [(part.title, len(part.files)) for part in parts if not part.is_empty],
            "left_out": [sentence for part in parts for sentence in part.left_out],
        }
    return render(request, "mou/archive/offer.html", context)
