"""A health check that came on paper or by email: the officer's page, and the original as it came."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from mou.health_checks import answers, entering, rules
from mou.health_checks.forms import EntryForm
from mou.models import HealthCheck, HealthCheckStage
from practices.models import Practice
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import add_denied


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def enter(request: SignedInRequest, stage: int, ods_code: str) -> HttpResponse:
    """Every question on one page, with who sent it, when it arrived and the original."""
    seen = Practice.objects.visible_to(request.user, P.WORK_REFERRALS).select_related("commissioner")
    practice = get_object_or_404(seen, ods_code=ods_code)
    settings = HealthCheckStage.objects.select_related("stage__year__programme", "questionnaire")
    setting = get_object_or_404(settings, stage=stage)
    where = {"stage": stage, "ods_code": ods_code}
    back = reverse("funding:practice_evidence", kwargs=where)
    check = answers.check_of(setting.stage, practice)
    denied = why_not(rules.check_can_enter, request.user, setting.stage, practice, check)
    sections = setting.questionnaire.sections.prefetch_related("questions")
    posted = request.method == "POST"
    form = EntryForm(request.POST if posted else None, request.FILES if posted else None, sections=sections)
    if posted and form.is_valid():
        try:
            entering.enter_health_check(
                by=request.user, stage=setting.stage, practice=practice, given=form.given, **form.came
            )
        except Denied as refused:
            add_denied(form, refused)
        else:
            messages.success(request, "The health check is entered and handed in. The practice is told.")
            return redirect("mou:health_check", stage=stage, ods_code=ods_code)
    context = {
        "title": "Enter a health check that came on paper or by email",
        "caption": f"{setting.stage.name} of {practice.name}, {setting.stage.year}",
        "form": form,
        "denied": denied if not posted else "",
        "keep": f"enter-health-check-{stage}-{practice.pk}",
        "back": back,
    }
    return render(request, "mou/health_checks/enter.html", context)


@require_GET
@requires(P.VIEW_HEALTH_CHECKS)
def original(request: HttpRequest, stage: int, ods_code: str) -> HttpResponse:
    """What the practice sent, always saved and never shown."""
    rows = HealthCheck.objects.visible_to(request.user).select_related("original")
    found = get_object_or_404(rows, stage=stage, practice__ods_code=ods_code).original
    if found is None:
        raise Http404
    return download(found.name, found.content_type, bytes(found.content))
