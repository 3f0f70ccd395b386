"""Published case studies for everyone of the programme; those in the making, and the progress, for the office."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from mou.case_studies.filters import MakingFilters, PublishedFilters, making_rows
from mou.case_studies.page import COLOURS
from mou.case_studies.progress import OfRegion, standing_of
from mou.case_studies.texts import FIELDS
from mou.models import CaseStudy, Naming, PublishedStudy
from mou.sections import sections
from resilience.core import exports
from resilience.core.access import P, requires
from resilience.core.downloads import download
from resilience.core.spreadsheets import Heading, Sheet, write_workbook
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.referrals.models import Referral

NOT_NAMED = "Not named"


def _said(name: str) -> Any:
    """What a copy says of one thing."""
    return lambda row: row.content[name]


@requires(P.VIEW_PRACTICES)
@require_GET
def published_studies(request: HttpRequest) -> HttpResponse:
    """Every case study that is published in the programmes of this person: what the copies themselves say."""
    return ListPage(
        request,
        PublishedStudy.objects.visible_to(request.user).select_related("year").defer("html"),
        name="mou:published_studies",
        title="Case studies",
        noun="case study,case studies",
        columns=[
            Column(
                "Title",
                "title",
                link=lambda row: reverse("mou:published_study", kwargs={"published_study": row.pk}),
                sort="title",
                heading=True,
            ),
            Column("Practice", lambda row: row.content["practice"] or NOT_NAMED),
            Column("Where", _said("place")),
            Column("Size", _said("size")),
            Column("Support", lambda row: "; ".join(row.content["categories"])),
            Column("Year", lambda row: row.year.name, sort="year__name"),
            Column("Published", "published_at", kind="date", sort="published_at"),
            *(
                Column(field.heading, _said(name), on_screen=False)
                for name, field in FIELDS.items()
                if field.heading
            ),
            Column("Quotation", _said("quotation"), on_screen=False),
            Column("Quoted", _said("quoted_as"), on_screen=False),
        ],
        filters=PublishedFilters,
        default_sort="-published",
        empty="A case study appears here once its practice has consented to it and it is published.",
    ).response(**sections(request))


def _find(request: HttpRequest, pk: int) -> PublishedStudy:
    """A copy that stands, in the person's reach, or 404."""
    rows = PublishedStudy.objects.visible_to(request.user).select_related("year", "document")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@requires(P.VIEW_PRACTICES)
@require_GET
def published_study(request: HttpRequest, published_study: int) -> HttpResponse:
    """The copy on screen, exactly as it was published."""
    found = _find(request, published_study)
    context = {
        "title": found.title,
        "study": found,
        "document": mark_safe(found.html),  # nosec B308 B703 # our own template's output
        "back": reverse("mou:published_studies"),
        "back_text": "Case studies",
    }
    return render(request, "mou/case_studies/published.html", context)


@requires(P.VIEW_PRACTICES)
@require_GET
def published_study_pdf(request: HttpRequest, published_study: int) -> HttpResponse:
    """The copy as a PDF: the bytes that were published."""
    found = _find(request, published_study)
    return download(f"case-study-{found.pk}.pdf", "application/pdf", bytes(found.document.content))


@requires(P.VIEW_INTERNAL)
@require_GET
def case_studies(request: HttpRequest) -> HttpResponse:
    """The cases that promise or have a case study, and where each stands."""

    def study(row: Referral) -> CaseStudy | None:
        return getattr(row, "case_study", None)

    def state(row: Referral) -> str:
        found = study(row)
        return found.get_state_display() if found else "Promised, not started"

    return ListPage(
        request,
        making_rows(request.user).select_related("lead_practice", "year__programme", "case_study", "plan"),
        name="mou:case_studies",
        title="Case studies of our cases",
        noun="case study,case studies",
        columns=[
            Column(
                "Referral",
                "reference",
                link=lambda row: reverse("mou:case_study", kwargs={"referral": row.pk}),
                sort="reference",
                heading=True,
            ),
            Column("Practice", "lead_practice.name", sort="lead_practice__name"),
            Column(
                "Where it stands",
                state,
                show=lambda row: tag(state(row), COLOURS[row.case_study.state] if study(row) else "grey"),
            ),
            Column("Since", lambda row: getattr(study(row), "state_since", None), kind="date"),
            Column(
                "Ready, said the practice",
                lambda row: getattr(study(row), "handed_in_at", None),
                kind="date",
            ),
            Column("Named", lambda row: Naming(row.case_study.naming).label if study(row) else ""),
            Column(
                "Promised",
                lambda row: "Yes" if (plan := getattr(row, "plan", None)) and plan.has_case_study else "No",
            ),
            Column("Programme year", lambda row: str(row.year), sort="year__starts_on"),
        ],
        filters=MakingFilters,
        default_sort="-referral",
        empty="A case appears here when its plan promises a case study, or when one is started.",
    ).response(**sections(request))


# --- progress ----------------------------------------------------------------------------------


@requires(P.VIEW_INTERNAL)
@require_GET
def case_study_progress(request: HttpRequest) -> HttpResponse:
    """How many are published, against each deadline of the year, and for which categories there is none."""
    found = [each for each in standing_of(request.user) if each.deadlines or each.published]
    context = {"title": "Progress of case studies", "regions": found}
    return render(request, "mou/case_studies/progress.html", {**context, **sections(request)})


@requires(P.VIEW_INTERNAL)
@require_GET
def case_study_return(request: HttpRequest, year: int) -> HttpResponse:
    """A year's published case studies with the figures, as a workbook for the national return."""
    regions = standing_of(request.user, year=year)
    if not regions:
        raise Http404
    copies = PublishedStudy.objects.visible_to(request.user).filter(year=year).defer("html")
    out = io.BytesIO()
    write_workbook(out, [_studies(copies), _deadlines(regions), _categories(regions)])
    return download("case-studies-for-the-return.xlsx", exports.XLSX, out.getvalue())


def _studies(copies: Any) -> Sheet:
    headings = [
        *(Heading(words) for words in ("Title", "Practice", "Where", "Size", "Support")),
        Heading("Published", "date"),
        *(Heading(field.heading, width=60) for field in FIELDS.values() if field.heading),
        Heading("Quotation", width=40),
        Heading("Quoted"),
    ]

    def rows() -> Iterator[Sequence[Any]]:
        for each in copies:
            said = each.content
            yield [
                each.title,
                said["practice"] or NOT_NAMED,
                said["place"],
                said["size"],
                "; ".join(said["categories"]),
                each.published_at,
                *(said[name] for name, field in FIELDS.items() if field.heading),
                said["quotation"],
                said["quoted_as"],
            ]

    return Sheet("Case studies", headings, rows())


def _deadlines(regions: list[OfRegion]) -> Sheet:
    headings = [
        Heading("Region"),
        Heading("Deadline", width=50),
        Heading("Due", "moment"),
        Heading("Target", "number"),
        Heading("Published", "number"),
        Heading("Where it stands"),
    ]
    rows = [
        [region.name, each.milestone.name, each.milestone.due_at, each.target, each.reached, each.words]
        for region in regions
        for each in region.deadlines
    ]
    return Sheet("By deadline", headings, rows)


def _categories(regions: list[OfRegion]) -> Sheet:
    headings = [Heading("Region"), Heading("Category of support", width=60), Heading("Published", "number")]
    rows = [[region.name, item.name, number] for region in regions for item, number in region.categories]
    return Sheet("By category", headings, rows)
