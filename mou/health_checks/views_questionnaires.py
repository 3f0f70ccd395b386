"""Administrators publish questionnaires and give them to stages."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from mou.health_checks import actions, content, ours, rules
from mou.health_checks.forms import StageForm
from mou.health_checks.publishing_forms import Writing
from mou.models import HealthCheckStage, Questionnaire
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.programmes.models import PaymentStage
from resilience.programmes.views import tabs


def _page_of(questionnaire: Questionnaire) -> str:
    return reverse("mou:questionnaire", kwargs={"questionnaire": questionnaire.pk})


@require_GET
@requires(P.MANAGE_PROGRAMMES)
def questionnaires(request: HttpRequest) -> HttpResponse:
    """Every published version."""
    return ListPage(
        request,
        Questionnaire.objects.prefetch_related("stages__stage__year__programme"),
        name="mou:questionnaires",
        title="Questionnaires of health checks",
        noun="published version",
        columns=[
            Column("Name", "name", link=_page_of, sort=("name", "-version"), heading=True),
            Column("Version", "version", kind="number", sort="version"),
            Column("Published", "published_at", kind="date", sort="published_at"),
            Column(
                "Stages that use it",
                lambda row: (
                    "; ".join(f"{each.stage}, {each.stage.year}" for each in row.stages.all()) or "None"
                ),
            ),
        ],
        default_sort="name",
        tabs=tabs("mou:questionnaires"),
        actions=[{"text": "Publish another questionnaire", "href": reverse("mou:new_questionnaire")}],
        empty="None is published yet. The first one starts from a health check of 35 questions.",
    ).response()


@require_GET
@requires(P.MANAGE_PROGRAMMES)
def questionnaire(request: SignedInRequest, questionnaire: int) -> HttpResponse:
    """A published version: it never changes."""
    shown = get_object_or_404(Questionnaire, pk=questionnaire)
    mine = PaymentStage.objects.visible_to(request.user).filter(health_check__questionnaire=shown)
    context = {
        "title": str(shown),
        "questionnaire": shown,
        "sections": shown.sections.prefetch_related("questions"),
        "stages": mine.select_related("year__programme"),
        "back": reverse("mou:questionnaires"),
        "back_text": "Questionnaires",
    }
    return render(request, "mou/health_checks/questionnaire.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MANAGE_PROGRAMMES)
def publish(request: HttpRequest, questionnaire: int | None = None) -> HttpResponse:
    """A new version of ``questionnaire``; without one, another of a new name that starts from ours."""
    base = get_object_or_404(Questionnaire, pk=questionnaire) if questionnaire else None
    start = content.content_of(base) if base else ours.OURS
    writing = Writing(request.POST if request.method == "POST" else None, start, is_new=base is None)
    if request.method == "POST" and writing.is_valid():
        try:
            made = actions.publish_questionnaire(
                by=request.user, name=base.name if base else writing.name_typed, sections=writing.content
            )
        except Denied as denied:
            writing.deny(str(denied))
        else:
            messages.success(request, f"{made} is published. No stage uses it until you choose it there.")
            return redirect(_page_of(made))
    context = {
        "title": f"A new version of {base.name}" if base else "Publish another questionnaire",
        "writing": writing,
        "forms": writing.forms,
        "back": _page_of(base) if base else reverse("mou:questionnaires"),
    }
    return render(request, "mou/health_checks/publish.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.MANAGE_PROGRAMMES)
def stage(request: SignedInRequest, stage: int) -> HttpResponse:
    """How a stage that asks for evidence is handed in, and what the commissioner sees of it."""
    rows = PaymentStage.objects.visible_to(request.user).select_related("year__programme")
    found = get_object_or_404(rows, pk=stage)
    setting = HealthCheckStage.objects.filter(stage=found).first()
    back = reverse("programmes:year", kwargs={"year": found.year_id})
    form = StageForm(request.POST if request.method == "POST" else None, initial=StageForm.start(setting))
    if request.method == "POST" and form.is_valid():
        typed: dict[str, Any] = form.cleaned_data
        try:
            actions.choose_health_check(
                by=request.user,
                stage=found,
                questionnaire=typed["questionnaire"],
                is_summed_only=typed["shown"] == "summed",
                least=typed["least"] or 5,
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"It is on record how “{found.name}” is handed in.")
            return redirect(f"{back}#stages")
    context = {
        "title": f"How “{found.name}” is handed in",
        "caption": str(found.year),
        "form": form,
        "denied": why_not(rules.check_can_choose, request.user, found),
        "back": back,
        "questionnaires": reverse("mou:questionnaires"),
    }
    return render(request, "mou/health_checks/stage.html", context)
