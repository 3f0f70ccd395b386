"""What the pages of the wording share: finding what a person may reach, and the words they may use."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from mou.agreement import documents
from mou.models import Template
from mou.wording import STANDARD, rules, standard
from mou.wording.lines import BLOCKS, CASE_STUDY, line_of
from mou.wording.words import FIELDS, Wording, names_of, wording_of
from resilience.core.access import P
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral


def find_year(request: HttpRequest, pk: int) -> ProgrammeYear:
    """A programme year whose wording the person may read, or 404."""
    found = ProgrammeYear.objects.select_related("programme__owner").filter(pk=pk).first()
    if found is None or not rules.may_read(request.user, found):
        raise Http404
    return found


def find_template(request: HttpRequest, pk: int) -> Template:
    """A wording that the person may read, or 404: a draft is for those who write it."""
    found = Template.objects.select_related("year__programme__owner", "published_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    may = rules.may_write if found.is_draft else rules.may_read
    if not may(request.user, found.year):
        raise Http404
    return found


def find_writable(request: HttpRequest, pk: int) -> ProgrammeYear:
    """A programme year whose wording the person writes, or 404."""
    found = find_year(request, pk)
    if not rules.may_write(request.user, found):
        raise Http404
    return found


def find_draft(request: HttpRequest, pk: int) -> Template:
    """A wording that the person writes, or 404. It may have been published meanwhile: the rule says so."""
    found = find_template(request, pk)
    if not rules.may_write(request.user, found.year):
        raise Http404
    return found


def versions_of(year: ProgrammeYear) -> QuerySet[Template]:
    """The wordings of a year, the newest first, each with how many MoUs use it (``uses``)."""
    rows = Template.objects.filter(year=year).select_related("published_by", "started_by")
    return rows.annotate(uses=Count("agreements")).order_by("has_supplier", "-version")


def readable(user: Any) -> QuerySet[Template]:
    """Every wording of the years that the person writes, and the published ones of years they have cases in."""
    cases = Referral.objects.visible_to(user, P.VIEW_INTERNAL)
    theirs = Q(year__in=ProgrammeYear.objects.visible_to(user).values("pk"))
    return Template.objects.filter(theirs | Q(year__in=cases.values("year"), published_at__isnull=False))


def comparable(user: Any, template: Template) -> QuerySet[Template]:
    """The other wordings of the same programme that the person may read."""
    rows = readable(user).filter(year__programme=template.year.programme_id).exclude(pk=template.pk)
    return rows.select_related("year__programme").order_by("-year__starts_on", "has_supplier", "-version")


def title_of(template: Template) -> str:
    """ "Version 2, two parties" or "Draft, three parties"."""
    version = "Draft" if template.is_draft else f"Version {template.version}"
    return f"{version}, {'three' if template.has_supplier else 'two'} parties"


def html_of(wording: Wording) -> SafeString:
    """How a wording reads, its fields in braces: our own template's output, in which everything is escaped."""
    return mark_safe(documents.render_wording(wording))  # nosec B308 B703


def section_html(wording: Wording, index: int) -> SafeString:
    """One section of it, as it reads, under its number."""
    return mark_safe(documents.render_wording(wording, only=index))  # nosec B308 B703


def address(name: str, template: Template, **more: Any) -> str:
    """The address of a page of one wording."""
    key = "wording" if name.startswith("draft") else "template"
    return reverse(f"mou:{name}", kwargs={key: template.pk, **more})


# --- what a draft starts from ------------------------------------------------------------------


def sources_of(year: ProgrammeYear) -> list[tuple[str, str]]:
    """What a draft may start from: this year's versions in use, the years before, and our own wordings."""
    rows = Template.objects.filter(
        year__programme=year.programme_id, published_at__isnull=False
    ).select_related("year__programme")
    latest: dict[tuple[int, bool], Template] = {}
    for each in rows.order_by("-year__starts_on", "has_supplier", "-version"):
        latest.setdefault((each.year_id, each.has_supplier), each)
    ours = sorted(latest.values(), key=lambda each: each.year_id != year.pk)
    said = [(str(each.pk), f"{each.year.name}: {title_of(each)}, “{each.title}”") for each in ours]
    return [*said, *STANDARD.items()]


def wording_from(source: str) -> Wording:
    """The wording that one of ``sources_of`` stands for."""
    if source in STANDARD:
        return standard(source)
    return wording_of(Template.objects.get(pk=int(source)))


# --- the words a writer may use ----------------------------------------------------------------

MARKS = (
    ("[optional shared premises]", "the clause is left out, unless the drafter takes it in"),
    ("[optional shared premises, in]", "the clause stands, unless the drafter leaves it out"),
    (CASE_STUDY, "the clause stands where the plan promises a case study"),
    ("[note: name the other premises]", "a line alone: the drafter’s words take its place, or nothing does"),
)
"""How a line may begin."""


def words_for(wording: Wording) -> list[dict[str, Any]]:
    """Everything that a writer may pick, by kind, as it is written and what it stands for."""
    return [
        {
            "title": "Fields, filled in from the case",
            "words": [(f"{{{name}}}", meaning) for name, meaning in FIELDS.items()],
        },
        {
            "title": "Blocks, on a line of their own",
            "words": [(f"{{{name}}}", meaning) for name, meaning in BLOCKS.items()],
        },
        {
            "title": "Names to refer to",
            "words": [(f"{{see {name}}}", meaning[:80]) for name, meaning in names_of(wording)],
        },
        {"title": "How a line may begin", "words": list(MARKS)},
    ]


def picks_for(wording: Wording) -> list[tuple[str, list[tuple[str, str]]]]:
    """The same as choices of a list."""
    return [
        (group["title"], [(word, f"{word} {meaning}") for word, meaning in group["words"]])
        for group in words_for(wording)
    ]


def with_picked(clauses: str, picked: str) -> str:
    """The clauses with what was picked at their end: in the last line, unless one of the two stands alone."""
    clauses = clauses.rstrip()
    if not clauses or not picked:
        return clauses or picked
    last = line_of(clauses.splitlines()[-1])
    begins = picked.startswith("[") or picked.strip("{}") in BLOCKS or last.is_note or bool(last.block)
    return f"{clauses}\n{picked}" if begins else f"{clauses} {picked}"
