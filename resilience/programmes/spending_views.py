"""Pages on the money of a year: its categories of spend, and when slippage begins."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from resilience.core.access import Denied, P, requires
from resilience.programmes import spending
from resilience.programmes.spending_forms import CATEGORIES, SlippageForm
from resilience.programmes.views import change_year, find_year, page_of, sent

change_slippage = change_year(
    SlippageForm,
    "Slippage",
    "Slippage is money that nobody has committed by then and that moves to where it is needed. "
    "A second person approves each move.",
)


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_PROGRAMMES)
def categories(request: HttpRequest, year: int) -> HttpResponse:
    """All categories of spend of a year on one page, since their shares make 100% together."""
    shown = find_year(request, year)
    now = [{field: getattr(row, field) for field in spending.FIELDS} for row in shown.spend_categories.all()]
    formset: Any = CATEGORIES(sent(request), initial=now, prefix="categories")
    denied = ""
    try:
        spending.check_can_change_categories(request.user, shown)
        if request.method == "POST" and formset.is_valid():
            spending.set_spend_categories(by=request.user, year=shown, categories=formset.categories)
            messages.success(request, "The categories of spend are set.")
            return redirect(f"{page_of(shown)}#spending")
    except Denied as refused:
        denied = str(refused)
    context = {
        "title": "Categories of spend",
        "caption": str(shown),
        "back": page_of(shown),
        "formset": formset,
        "denied": denied,
    }
    return render(request, "programmes/categories.html", context)
