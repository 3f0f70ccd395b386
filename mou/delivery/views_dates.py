"""When reports fall due: of one case, and of a programme year."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mou.delivery import actions, dates, panel, rules
from mou.delivery.forms import DateForm, ScheduleForm
from mou.models import ProgressReport
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.calendar import today
from resilience.core.forms import add_denied
from resilience.programmes.models import ProgrammeYear
from resilience.referrals import case


@requires(P.WORK_REFERRALS)
@require_http_methods(["GET", "HEAD", "POST"])
def report_dates(request: HttpRequest, referral: int) -> HttpResponse:
    """The dates of a case's reports: the usual ones, after the last that is set, with one click; and any other."""
    found = case.find(request, referral, P.WORK_REFERRALS)
    refused = why_not(rules.check_can_set, request.user, found)
    reports = list(
        ProgressReport.objects.visible_to(request.user).filter(referral=found).select_related("stage")
    )
    last = max((each.due_on for each in reports if each.state != ProgressReport.State.EXCUSED), default=None)
    usual = dates.usual_dates_of(found, max(last, today()) if last else None)
    is_one = request.method == "POST" and request.POST.get("act") != "usual"
    form = DateForm(request.POST if is_one else None, stages=dates.progress_stages(found))
    if request.method == "POST":
        wanted = usual if request.POST.get("act") == "usual" else []
        if form.is_valid():
            wanted = [dates.Due(form.cleaned_data["due_on"], form.cleaned_data.get("stage"))]
        if wanted:
            try:
                actions.set_reports(by=request.user, referral=found, dates=wanted)
            except Denied as denied:
                if form.is_bound:
                    add_denied(form, denied)
                else:
                    messages.error(request, str(denied))
                    return redirect(request.path)
            else:
                messages.success(request, "The dates are set. The practice is told.")
                return redirect("mou:delivery", referral=found.pk)
    context: dict[str, Any] = {
        "title": "When the practice reports",
        "caption": f"{found.lead_practice.name}, {found.reference}",
        "refused": refused,
        "usual": usual,
        "every": dates.months_of(found),
        "form": form,
        "reports": [
            {"report": each, "state": panel.standing_words(each), "colour": panel.COLOURS[each.state]}
            for each in reports
        ],
        "back": reverse("mou:delivery", kwargs={"referral": found.pk}),
        "back_text": "Back to delivery",
    }
    return render(request, "mou/delivery/dates.html", context)


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "HEAD", "POST"])
def report_schedule(request: HttpRequest, year: int) -> HttpResponse:
    """How often practices of a programme year report."""
    found = ProgrammeYear.objects.visible_to(request.user).select_related("programme").filter(pk=year).first()
    if found is None:
        raise Http404
    schedule = getattr(found, "report_schedule", None)
    initial = {"every_months": schedule.every_months} if schedule else {}
    form = ScheduleForm(request.POST) if request.method == "POST" else ScheduleForm(initial=initial)
    back = reverse("programmes:year", kwargs={"year": found.pk})
    if form.is_bound and form.is_valid():
        try:
            actions.set_report_schedule(by=request.user, year=found, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "Practices whose MoU is signed from now on report by this.")
            return redirect(back)
    intro = (
        "When an MoU is signed, its practice is told when it reports: every so many months, and at the end of its "
        "plan. Payment stages that wait for progress open when a report is accepted."
    )
    if schedule is None:
        intro += " Nothing is set for this year yet: an officer sets the dates of each case."
    context = {
        "title": "Reports of progress",
        "caption": str(found),
        "intro": intro,
        "form": form,
        "back": back,
        "back_text": "Back to the year",
    }
    return render(request, "form.html", context)
