"""The wordings of a year to read: versions, how they read with a case, what changed, where they are used."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from mou.agreement import documents
from mou.agreement.facts import Facts, facts_of
from mou.agreement.states import A
from mou.models import Agreement, Template
from mou.sections import sections
from mou.wording import pages, rules
from mou.wording.choices import Choices, questions_of
from mou.wording.compare import compare
from mou.wording.files import CONTENT_TYPE, to_file
from mou.wording.forms import CompareForm, PreviewForm
from mou.wording.sample import sample_facts
from mou.wording.words import wording_of
from practices.models import Organisation
from resilience.core import pdf
from resilience.core.access import P, requires
from resilience.core.downloads import download
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import plural, within
from resilience.referrals.models import Referral

PDF = "application/pdf"


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def wordings(request: HttpRequest) -> HttpResponse:
    """The wordings of every year that the person may read."""
    newer = Template.objects.filter(
        year=OuterRef("year"), has_supplier=OuterRef("has_supplier"), version__gt=OuterRef("version")
    )
    rows = pages.readable(request.user).select_related("year__programme", "published_by")
    return ListPage(
        request,
        rows.annotate(uses=Count("agreements"), is_replaced=Exists(newer)),
        name="mou:wordings",
        title="Wordings of the MoU",
        noun="wording",
        columns=[
            Column(
                "Version",
                pages.title_of,
                link=lambda row: pages.address("draft" if row.is_draft else "template", row),
                heading=True,
            ),
            Column("Title", "title", sort="title"),
            Column(
                "Programme year",
                lambda row: str(row.year),
                link=lambda row: reverse("mou:templates", kwargs={"year": row.year_id}),
                sort=("year__programme__name", "year__starts_on"),
            ),
            Column("State", _state, show=lambda row: tag(_state(row), _COLOURS[_state(row)])),
            Column("Published", "published_at", kind="date", sort="published_at"),
            Column("MoUs that use it", "uses", kind="number", sort="uses"),
        ],
        default_sort="-published",
        empty="No wording is published in a year that you may see.",
    ).response(**sections(request))


_COLOURS = {"Draft": "blue", "In use": "green", "Replaced": "grey"}


def _state(row: Any) -> str:
    return "Draft" if row.is_draft else "Replaced" if row.is_replaced else "In use"


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def templates(request: HttpRequest, year: int) -> HttpResponse:
    """Every version of a year's wordings by form, the newest first; drafts for those who write them."""
    found = pages.find_year(request, year)
    may_write = rules.may_write(request.user, found)
    rows = [each for each in pages.versions_of(found) if may_write or not each.is_draft]
    published = [each for each in rows if not each.is_draft]
    in_use = {each.has_supplier: each.pk for each in reversed(published)}
    forms = [
        {
            "text": "Three parties" if three else "Two parties",
            "versions": [
                {"template": each, "is_in_use": in_use.get(three) == each.pk}
                for each in published
                if each.has_supplier == three
            ],
        }
        for three in (False, True)
    ]
    return render(
        request,
        "mou/wording/templates.html",
        {
            "title": "Wording of the Memorandum of Understanding",
            "caption": str(found),
            "year": found,
            "forms": [each for each in forms if each["versions"]],
            "drafts": [each for each in rows if each.is_draft],
            "may_write": may_write,
        },
    )


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def template(request: HttpRequest, template: int) -> HttpResponse:
    """One published version, to read; a draft has a page of its own."""
    found = pages.find_template(request, template)
    if found.is_draft:
        return redirect("mou:draft", wording=found.pk)
    others = [
        (each.pk, f"{each.year.name}: {pages.title_of(each)}")
        for each in pages.comparable(request.user, found)
    ]
    uses = found.agreements.count()
    return render(
        request,
        "mou/wording/template.html",
        {
            "title": pages.title_of(found),
            "caption": f"Wording of {found.year}",
            "template": found,
            "facts": facts_in_words(found),
            "questions": questions_of(found),
            "uses": plural(uses, "MoU"),
            "compare": CompareForm(versions=others) if others else None,
            "may_write": rules.may_write(request.user, found.year),
            "document": pages.html_of(wording_of(found)),
            "back": reverse("mou:templates", kwargs={"year": found.year_id}),
        },
    )


def facts_in_words(template: Template) -> list[dict[str, Any]]:
    """Parties and notice as rows of a summary."""
    failure = documents.notice_of(template.notice_months_failure)
    rows = [
        ("Title", template.title),
        ("Between", template.form),
        ("Notice of either party", f"{documents.notice_of(template.notice_months)} notice"),
        ("Notice for failure to cooperate", f"{failure} notice" if failure else "None in this wording"),
        ("Extension", "The commissioner may extend it" if template.may_extend else "It is not extended"),
    ]
    return [{"key": {"text": key}, "value": {"text": value}} for key, value in rows]


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def export_wording(request: HttpRequest, template: int) -> HttpResponse:
    """The wording as a file that can be imported again."""
    found = pages.find_template(request, template)
    version = "draft" if found.is_draft else f"version-{found.version}"
    name = f"MoU-wording-{slugify(found.year.name.replace('/', '-'))}-{version}.json"
    return download(name, CONTENT_TYPE, to_file(wording_of(found)))


# --- where it is used --------------------------------------------------------------------------


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def used_by(request: HttpRequest, template: int) -> HttpResponse:
    """The MoUs that use a version: those the person may see, and how many there are at all."""
    found = pages.find_template(request, template)
    every = found.agreements.count()
    rows = Agreement.objects.visible_to(request.user, P.VIEW_MOU).filter(template=found)
    page = ListPage(
        request,
        rows.select_related("referral__lead_practice", "referral__commissioner"),
        name="mou:used_by",
        title=f"MoUs that use {within(pages.title_of(found))}",
        noun="MoU",
        columns=[
            Column(
                "Reference",
                "referral.reference",
                link=lambda row: reverse("mou:read", kwargs={"agreement": row.pk}),
                sort="referral__reference",
                heading=True,
            ),
            Column("Practice", "referral.lead_practice.name", sort="referral__lead_practice__name"),
            Column("CCG", "referral.commissioner.name", sort="referral__commissioner__name"),
            Column("State", lambda row: A(row.state).label, sort="state"),
            Column("Sent", "sent_at", kind="date", sort="sent_at"),
        ],
        default_sort="-sent",
        empty=f"{plural(every, 'MoU')} in all use this version. You may see none of them.",
    )
    return page.response(
        "mou/wording/used.html",
        caption=str(found.year),
        note=f"{plural(every, 'MoU')} in all. The list holds those that you may see.",
        back=pages.address("template", found),
    )


# --- compared ----------------------------------------------------------------------------------


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def compare_wordings(request: HttpRequest, template: int) -> HttpResponse:
    """What this version says otherwise than another one that was chosen."""
    found = pages.find_template(request, template)
    others = list(pages.comparable(request.user, found))
    named = [(each.pk, f"{each.year.name}: {pages.title_of(each)}") for each in others]
    form = CompareForm(request.GET or None, versions=named)
    other = None
    if form.is_valid():
        other = next(each for each in others if str(each.pk) == form.cleaned_data["other"])
    blocks = compare(wording_of(other), wording_of(found)) if other else []
    return render(
        request,
        "mou/wording/compare.html",
        {
            "title": f"What changed in {within(pages.title_of(found))}",
            "caption": str(found.year),
            "form": form,
            "other": other,
            "other_title": f"{other.year.name}: {pages.title_of(other)}" if other else "",
            "blocks": blocks,
            "back": pages.address("template", found),
        },
    )


# --- with a case -------------------------------------------------------------------------------


def _cases(request: HttpRequest, template: Template) -> QuerySet[Referral]:
    """The cases of that year that the person may see and that have a plan to show."""
    rows = Referral.objects.visible_to(request.user, P.VIEW_INTERNAL)
    return (
        rows.filter(year=template.year_id, plan__isnull=False)
        .select_related("lead_practice", "commissioner", "plan", "year__programme__owner")
        .order_by("-reference")
    )


def _supplier_of(referral: Referral) -> Organisation:
    """Whoever delivers to this case, else one that does not exist."""
    found = referral.commitments.filter(supplier__isnull=False).select_related("supplier").first()
    if found is not None and found.supplier is not None:
        return found.supplier
    return Organisation(name="Example Change Partners", code="8XX", address="3 Example Yard")


def _shown(request: HttpRequest, template: Template) -> tuple[PreviewForm, Referral | None, str]:
    """The form, the case that was chosen, and the document with it or with the example."""
    form = PreviewForm(request.GET or None, cases=_cases(request, template))
    case = form.cleaned_data["case"] if form.is_valid() else None
    if form.is_bound and not form.is_valid():
        raise Http404
    return form, case, documents.render_facts(wording_of(template), _facts(template, case), Choices())


def _facts(template: Template, case: Referral | None) -> Facts:
    if case is None:
        return sample_facts(template)
    return facts_of(case, case.plan, _supplier_of(case) if template.has_supplier else None)


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def preview_wording(request: HttpRequest, template: int) -> HttpResponse:
    """The wording filled in from a case that the person may see, or from one that does not exist."""
    found = pages.find_template(request, template)
    form, case, html = _shown(request, found)
    query = f"?case={case.pk}" if case else ""
    return render(
        request,
        "mou/wording/preview.html",
        {
            "title": "How it reads with a case",
            "caption": pages.title_of(found),
            "form": form,
            "case": case,
            "has_cases": form.fields["case"].queryset.exists(),  # type: ignore[attr-defined]
            "document": _safe(html),
            "pdf": pages.address("preview_wording_pdf", found) + query,
            "back": pages.address("draft" if found.is_draft else "template", found),
        },
    )


def _safe(html: str) -> SafeString:
    """Our own template's output, in which everything typed was escaped."""
    return mark_safe(html)  # nosec B308 B703


@require_GET
@requires(P.MANAGE_PROGRAMMES, P.VIEW_INTERNAL)
def preview_wording_pdf(request: HttpRequest, template: int) -> HttpResponse:
    """The same as a PDF."""
    found = pages.find_template(request, template)
    _, case, html = _shown(request, found)
    named = case.reference if case else "example"
    content = pdf.render(html, title=f"{found.title}: {named}, a preview")
    return download(f"MoU-wording-{named}-preview.pdf", PDF, content)
