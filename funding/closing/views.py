"""The page that closes a programme year's money: what is left, where it goes, and then no way back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from funding import rules as money_rules
from funding.closing import actions, rules
from funding.closing.forms import CloseForm
from funding.closing.left import left_in
from funding.models import YearClosing
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.programmes.models import ProgrammeYear


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SET_ALLOCATIONS)
def close_year(request: HttpRequest, year: int) -> HttpResponse:
    """Look at what is left, say where it goes, close."""
    found = get_object_or_404(ProgrammeYear.objects.select_related("programme__owner"), pk=year)
    if not money_rules.commissioners_of(request.user, found):
        raise Http404
    denied = why_not(rules.check_can_close, request.user, found)
    closing = YearClosing.objects.select_related("closed_by").filter(year=found).first()
    left, form = None, None
    # Who may not close the whole programme's year is not shown the whole programme's money either.
    if not denied:
        left = left_in(found)
        form = CloseForm(
            request.POST if request.method == "POST" else None,
            years=rules.years_after(found),
            has_promises=bool(left.promises),
            has_uncommitted=bool(left.uncommitted),
        )
        if form.is_valid():
            try:
                actions.close_year(by=request.user, year=found, **form.values)
            except Denied as refused:
                add_denied(form, refused)
            else:
                messages.success(request, f"{found} is closed. Its money no longer moves.")
                return redirect(f"{reverse('funding:allocations')}?year={found.pk}")
    context = {
        "title": "Close the year",
        "caption": str(found),
        "left": left,
        "form": form,
        "denied": denied,
        "closing": closing,
        "back": f"{reverse('funding:allocations')}?year={found.pk}",
    }
    return render(request, "funding/close_year.html", context)
