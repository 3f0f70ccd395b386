"""The page of workbooks, and the button that makes one."""

import io

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from funding.filters import years_with_money
from funding.reports.workbooks import AT_ONCE, WORKBOOKS, size_of, workbook
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core import exports
from resilience.core.access import Denied, P, requires
from resilience.core.downloads import download


@require_GET
@requires(P.VIEW_MONEY)
def workbooks(request: SignedInRequest) -> HttpResponse:
    """What finance can take away, a button each, for a programme year."""
    years = list(years_with_money(request))
    year = next((each for each in years if str(each.pk) == request.GET.get("year")), next(iter(years), None))
    return render(
        request,
        "funding/reports/workbooks.html",
        {
            **sections(request),
            "title": "Workbooks",
            "years": years,
            "year": year,
            "workbooks": [(name, title, about) for name, (title, about, *_) in WORKBOOKS.items()],
        },
    )


@require_POST
@requires(P.VIEW_MONEY)
def make_workbook(request: SignedInRequest, year: int) -> HttpResponse:
    """The workbook at once; a large one in the background, on the page where files are waited for."""
    found = years_with_money(request).filter(pk=year).first()
    name = request.POST.get("name", "")
    if found is None or name not in WORKBOOKS:
        raise Http404
    arguments = {"name": name, "year": found.pk}
    if size_of(name, request.user, found) > AT_ONCE:
        what = f"{WORKBOOKS[name][0]} of {found}, Excel"
        try:
            export = exports.begin(by=request.user, maker=workbook, arguments=arguments, what=what)
        except Denied as denied:
            messages.error(request, str(denied))
            return redirect(f"{reverse('funding:workbooks')}?year={found.pk}")
        return redirect("export", export.pk)
    output = io.BytesIO()
    filename, kind = workbook(request.user, arguments, lambda done, total: None, output)
    return download(filename, kind, output.getvalue())
