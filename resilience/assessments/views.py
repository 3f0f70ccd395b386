"""The Assessment tab: findings against the criteria, and the questions about earlier support."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from practices.models import Indicator
from resilience.assessments import actions, board, history, rules
from resilience.assessments.findings import current_findings, earlier_findings, figures_on_record
from resilience.assessments.forms import ContinuingForm, CriterionFields, FindingsForm
from resilience.assessments.models import Assessment, ContinuingSupport, Finding, Placement
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.programmes.models import Criterion
from resilience.referrals import case as cases
from resilience.referrals.models import Referral


@dataclass
class Item:
    """One criterion on the page."""

    criterion: Criterion
    finding: Finding | None
    earlier: list[Finding]
    figures: list[Indicator]
    fields: CriterionFields | None = None
    theirs: Finding | None = None


@dataclass
class Domain:
    """The criteria of one domain and how many are judged."""

    name: str
    items: list[Item] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return sum(bool(item.finding and item.finding.concern) for item in self.items)

    @property
    def anchor(self) -> str:
        return f"criterion-{self.items[0].criterion.number}"


def _domains(
    request: HttpRequest,
    assessment: Assessment,
    standing: Mapping[int, Finding],
    form: FindingsForm | None,
    theirs: Mapping[int, Finding],
) -> list[Domain]:
    earlier = earlier_findings(assessment)
    figures = figures_on_record(request.user, assessment.referral)
    fields = {each.criterion.pk: each for each in form.rows()} if form else {}
    items = [
        Item(
            criterion,
            standing.get(criterion.pk),
            earlier.get(criterion.pk, []),
            [figure for key in criterion.indicators for figure in figures.get(key, [])],
            fields.get(criterion.pk),
            theirs.get(criterion.pk),
        )
        for criterion in assessment.criteria_set.criteria.all()
    ]
    return [Domain(name, list(each)) for name, each in groupby(items, lambda item: item.criterion.domain)]


def context(request: HttpRequest, referral: Referral, tab: str = "assessments:case") -> dict[str, Any]:
    """The case page; its next act asks this room's own rule where it is this room's, and leads to no page it is on."""
    found = cases.page(request, referral, tab)
    act = found["case"]["next_act"]
    own: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
        reverse("assessments:place", kwargs={"referral": referral.pk}): (rules.check_can_place, ()),
        reverse("assessments:case", kwargs={"referral": referral.pk}): (
            rules.check_can_assess,
            ("assessments.start",),
        ),
    }
    if act and act["href"] == request.path:
        found["case"]["next_act"] = None
    elif act and act["href"] in own:
        rule, more = own[act["href"]]
        if refused := why_not(rule, request.user, referral, *more):
            act["disabled_reason"] = refused
    return found


def _support_before(referral: Referral) -> dict[str, Any]:
    return {
        "had_support": history.needs_continuing(referral),
        "continuing": history.continuing_answers(referral),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_INTERNAL)
def case(request: HttpRequest, referral: int) -> HttpResponse:
    """The findings; POST starts the assessment, saves it, or saves and completes it (``act``)."""
    found = cases.find(request, referral, P.VIEW_INTERNAL)
    assessment = Assessment.objects.visible_to(request.user).filter(referral=found).select_related(
        "criteria_set", "started_by", "completed_by"
    ).first()  # fmt: skip
    if request.method == "POST" and request.POST.get("act") == "start":
        return _start(request, found)
    if assessment is None:
        refused = why_not(rules.check_can_assess, request.user, found, "assessments.start")
        return render(
            request,
            "assessments/start.html",
            {
                **context(request, found),
                "why_not": refused,
                **_support_before(found),
                **_placements(request, found),
            },
        )
    assessment.referral = found
    return _findings(request, assessment)


def _start(request: HttpRequest, referral: Referral) -> HttpResponse:
    try:
        actions.start(by=request.user, referral=referral)
    except Denied as denied:
        messages.error(request, str(denied))
    return redirect("assessments:case", referral=referral.pk)


def _placements(request: HttpRequest, referral: Referral) -> dict[str, Any]:
    rows = list(
        Placement.objects.visible_to(request.user)
        .filter(referral=referral)
        .select_related("cell__matrix", "placed_by")
    )
    board.with_ratings(rows)
    return {"placements": rows}


def _findings(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    referral = assessment.referral
    standing = current_findings(assessment)
    criteria = list(assessment.criteria_set.criteria.all())
    refused = why_not(rules.check_can_assess, request.user, referral, "assessments.save_findings")
    theirs: Mapping[int, Finding] = {}
    form = None if refused else FindingsForm(criteria=criteria, standing=standing)
    if request.method == "POST":
        form = FindingsForm(request.POST, criteria=criteria, standing=standing)
        if form.is_valid():
            try:
                return _save(request, assessment, form)
            except actions.Changed as changed:
                theirs = changed.theirs
                standing = current_findings(assessment)
                fresh = FindingsForm(criteria=criteria, standing=standing)
                fresh.data = request.POST
                form = FindingsForm(fresh.shown_again(theirs), criteria=criteria, standing=standing)
                form.is_valid()
                add_denied(form, changed)
            except Denied as denied:
                add_denied(form, denied)
    domains = _domains(request, assessment, standing, form, theirs)
    return render(
        request,
        "assessments/findings.html",
        {
            **context(request, referral),
            **_support_before(referral),
            **_placements(request, referral),
            "assessment": assessment,
            "form": form,
            "why_not": refused,
            "domains": domains,
            "judged": sum(domain.judged for domain in domains),
            "total": len(criteria),
            "complete_why_not": why_not(rules.check_can_complete, request.user, assessment),
        },
    )


def _save(request: HttpRequest, assessment: Assessment, form: FindingsForm) -> HttpResponse:
    """Keep what changed, then complete if that was asked; what was saved stays saved when completing is refused."""
    here = redirect("assessments:case", referral=assessment.referral_id)
    if actions.new_findings(assessment, form.findings, form.seen):
        actions.save_findings(by=request.user, assessment=assessment, findings=form.findings, seen=form.seen)
    if request.POST.get("act") != "complete":
        messages.success(request, "The assessment is saved. You can leave it and come back.")
        return here
    try:
        actions.complete(by=request.user, assessment=assessment)
    except Denied as denied:
        messages.info(request, f"The assessment is saved, but not complete. {denied}")
        return here
    messages.success(request, "The assessment is complete. Place the practice on the matrix next.")
    return here


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_INTERNAL)
def continuing(request: HttpRequest, referral: int) -> HttpResponse:
    """The five questions asked before a practice is supported again; each answering stays on record."""
    found = cases.find(request, referral, P.VIEW_INTERNAL)
    answers = history.continuing_answers(found)
    refused = why_not(rules.check_can_assess, request.user, found, "assessments.answer_continuing")
    initial = (
        {name: getattr(answers, name) for name in (*ContinuingSupport.QUESTIONS, "comment")}
        if answers
        else {}
    )
    form = None if refused else ContinuingForm(initial=initial)
    if request.method == "POST":
        form = ContinuingForm(request.POST)
        if form.is_valid():
            try:
                actions.answer_continuing(by=request.user, referral=found, **form.cleaned_data)
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, "The answers about earlier support are saved.")
                return redirect("assessments:case", referral=found.pk)
    rows = (
        ContinuingSupport.objects.visible_to(request.user)
        .filter(referral=found)
        .select_related("answered_by")
    )
    return render(
        request,
        "assessments/continuing.html",
        {
            **context(request, found),
            "form": form,
            "why_not": refused,
            "answered": rows,
            "earlier": history.earlier_supported(found).filter(
                pk__in=Referral.objects.visible_to(request.user, P.VIEW_INTERNAL).values("pk")
            ),
            "past_support": found.past_support.filter(had=True),
        },
    )  # fmt: skip
