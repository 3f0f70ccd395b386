"""The wording of the MoU: its versions, and a new one written from the latest."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from mou.agreement import documents
from mou.models import Section, Template
from mou.plan import plans
from mou.wording import BLOCKS, CASE_STUDY, FIELDS, Wording, actions, check_wording, rules, standard
from mou.wording.forms import SectionFormSet, WordingForm
from resilience.core.access import Denied, P, requires
from resilience.core.forms import add_denied
from resilience.programmes.models import ProgrammeYear


def _year(request: HttpRequest, pk: int) -> ProgrammeYear:
    """A programme year whose wording the person manages, or 404."""
    found = ProgrammeYear.objects.select_related("programme__owner").filter(pk=pk).first()
    try:
        if found is None:
            raise Http404
        rules.check_can_publish(request.user, found)
    except Denied:
        raise Http404 from None
    return found


@requires(P.MANAGE_PROGRAMMES)
def templates(request: HttpRequest, year: int) -> HttpResponse:
    """Every version of a year's wording, the newest first."""
    found = _year(request, year)
    return render(
        request,
        "mou/templates.html",
        {
            "title": "Wording of the Memorandum of Understanding",
            "caption": str(found),
            "year": found,
            "new_url": reverse("mou:new_version", kwargs={"year": found.pk}),
            "templates": list(found.mou_templates.select_related("published_by")),
        },
    )


@requires(P.MANAGE_PROGRAMMES)
def template(request: HttpRequest, template: int) -> HttpResponse:
    """One version, to read."""
    found = Template.objects.select_related("year").filter(pk=template).first()
    if found is None:
        raise Http404
    year = _year(request, found.year_id)
    html = documents.render_wording(found, list(found.sections.all()))
    return render(
        request,
        "mou/template.html",
        {
            "title": f"Version {found.version} of the wording",
            "caption": str(year),
            "template": found,
            "document": mark_safe(html),  # nosec B308 B703 # our own template's output
            "back": reverse("mou:templates", kwargs={"year": year.pk}),
        },
    )


def _start(year: ProgrammeYear, kind: str) -> Wording:
    """What a new version starts from: the latest, else one of our own."""
    latest = plans.current_template(year)
    if latest is None or kind in ("national", "local"):
        return standard(kind if kind in ("national", "local") else "national")
    return Wording(
        title=latest.title,
        plan_layout=latest.plan_layout,
        has_contributions=latest.has_contributions,
        support_sources=latest.support_sources,
        notice_months=latest.notice_months,
        notice_months_failure=latest.notice_months_failure,
        may_extend=latest.may_extend,
        sections=tuple(latest.sections.values_list("heading", "clauses")),
    )


def _wording(form: WordingForm, formset: Any) -> Wording:
    """What was typed; a section whose heading and clauses are both empty is left out."""
    sections = (
        (each.get("heading", "").strip(), each.get("clauses", "").strip()) for each in formset.cleaned_data
    )
    return Wording(**form.cleaned_data, sections=tuple(each for each in sections if any(each)))


def _preview(year: ProgrammeYear, wording: Wording) -> str:
    draft = Template(year=year, title=wording.title, plan_layout=wording.plan_layout)
    sections = [
        Section(number=number, heading=heading, clauses=clauses)
        for number, (heading, clauses) in enumerate(wording.sections, start=1)
    ]
    return documents.render_wording(draft, sections)


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "POST"])
def new_version(request: HttpRequest, year: int) -> HttpResponse:
    """All sections on one page; shown as it would read, then published."""
    found = _year(request, year)
    shown = ""
    if request.method == "POST":
        form, formset = WordingForm(request.POST), SectionFormSet(request.POST, prefix="sections")
        if form.is_valid() and formset.is_valid():
            wording = _wording(form, formset)
            try:
                if "publish" in request.POST:
                    made = actions.publish_wording(by=request.user, year=found, wording=wording)
                    messages.success(
                        request, f"Version {made.version} is published. MoUs sent from now on use it."
                    )
                    return redirect("mou:templates", year=found.pk)
                check_wording(wording)
                shown = _preview(found, wording)
            except Denied as denied:
                add_denied(form, denied)
    else:
        wording = _start(found, request.GET.get("from", ""))
        form = WordingForm(
            initial={
                "title": wording.title,
                "plan_layout": wording.plan_layout,
                "has_contributions": wording.has_contributions,
                "support_sources": wording.support_sources,
            }
        )
        sections = [{"heading": heading, "clauses": clauses.strip()} for heading, clauses in wording.sections]
        formset = SectionFormSet(initial=sections, prefix="sections")
    formset.row_name = "Section"  # type: ignore[attr-defined]
    return render(
        request,
        "mou/new_version.html",
        {
            "title": "Write a new version of the wording",
            "caption": str(found),
            "year": found,
            "form": form,
            "formset": formset,
            "document": mark_safe(shown) if shown else "",  # nosec B308 B703 # our own template's output
            "fields": FIELDS,
            "blocks": BLOCKS,
            "case_study": CASE_STUDY,
            "back": reverse("mou:templates", kwargs={"year": found.pk}),
        },
    )
