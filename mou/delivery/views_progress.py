"""The pages of one action or objective: its standing, what was said of it, and saying more; and its files."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mou.delivery import actions, progress, rules
from mou.delivery.forms import EntryForm
from mou.models import Objective, PlanAction, ProgressEntry, ProgressFile
from mou.people import is_for_practice
from mou.plan.in_force import PlanRow
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.referrals import case


@requires(P.VIEW_MOU)
@require_http_methods(["GET", "HEAD", "POST"])
def objective_progress(request: HttpRequest, objective: int) -> HttpResponse:
    """How an objective stands."""
    rows = Objective.objects.visible_to(request.user).select_related("plan")
    return _row_page(request, get_object_or_404(rows, pk=objective))


@requires(P.VIEW_MOU)
@require_http_methods(["GET", "HEAD", "POST"])
def action_progress(request: HttpRequest, plan_action: int) -> HttpResponse:
    """How an action stands."""
    rows = PlanAction.objects.visible_to(request.user).select_related("plan")
    return _row_page(request, get_object_or_404(rows, pk=plan_action))


def _row_page(request: HttpRequest, row: PlanRow) -> HttpResponse:
    referral = case.find(request, row.plan.referral_id, P.VIEW_MOU)
    entries = list(
        ProgressEntry.objects.visible_to(request.user)
        .filter(**{"action" if isinstance(row, PlanAction) else "objective": row})
        .select_related("made_by", "step__report")
        .prefetch_related("files__file")
        .order_by("-pk")
    )
    shown = progress.Milestone(row, entries[0] if entries else None)
    here = request.path
    back = reverse("mou:delivery", kwargs={"referral": referral.pk})
    refused = why_not(rules.check_can_record, request.user, referral) or why_not(
        rules.check_in_force, referral, [row]
    )
    form = None if refused else EntryForm(initial={"standing": shown.standing})
    if request.method == "POST":
        form = EntryForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                actions.record_progress(
                    by=request.user,
                    referral=referral,
                    row=row,
                    standing=form.cleaned_data["standing"],
                    words=form.cleaned_data["words"],
                    file=form.one_file,
                )
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, "The progress is recorded.")
                return redirect(here)
    if form:
        form.keep = f"progress-{shown.key}"
    context: dict[str, Any] = {
        "title": shown.title,
        "caption": f"{shown.kind}, {referral.lead_practice.name}",
        "milestone": shown,
        "entries": entries,
        "form": form,
        "refused": refused,
        "back": back,
        "back_text": "Back to delivery",
    }
    return render(request, "mou/delivery/row.html", context)


@requires(P.VIEW_MOU)
@require_GET
def progress_file(request: HttpRequest, progress_file: int) -> HttpResponse:
    """A file that shows progress; before it is handed in it is the practice's own."""
    rows = ProgressFile.objects.visible_to(request.user).select_related("file", "referral__lead_practice")
    found = get_object_or_404(rows, pk=progress_file)
    if found.kept_at is None and not is_for_practice(request.user, found.referral):
        raise Http404
    return download(found.file.name, found.file.content_type, bytes(found.file.content))


@requires(P.PLAN_FOR_PRACTICE)
@require_POST
def remove_progress_file(request: HttpRequest, progress_file: int) -> HttpResponse:
    """Take out a file that is not handed in yet."""
    rows = ProgressFile.objects.visible_to(request.user, P.PLAN_FOR_PRACTICE).select_related(
        "report__referral__lead_practice"
    )
    found = get_object_or_404(rows, pk=progress_file)
    try:
        report = actions.remove_progress_file(by=request.user, progress_file=found)
    except Denied as denied:
        messages.error(request, str(denied))
        return redirect("mou:delivery", referral=found.referral_id)
    messages.success(request, "The file is taken out.")
    return redirect("mou:fill_report", progress_report=report.pk)
