"""A practice fills in its health check, hands it in, reads it and corrects it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding.stages.payment import payments
from mou.entering import came_words
from mou.health_checks import actions, answers, compare, rules
from mou.health_checks.answers import Part
from mou.health_checks.forms import CorrectionForm, SectionForm
from mou.health_checks.way import page_of
from mou.models import HealthCheck, HealthCheckStage, Question
from practices.models import Practice
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.words import day, plural


class Found:
    """A stage, a practice in the person's own care, its health check and the sections it has or would have."""

    def __init__(self, request: HttpRequest, stage: int, ods_code: str) -> None:
        seen = Practice.objects.visible_to(request.user, P.REFER).select_related("commissioner")
        self.practice = get_object_or_404(seen, ods_code=ods_code)
        self.setting = _setting(stage)
        self.stage = self.setting.stage
        self.check = answers.check_of(self.stage, self.practice)
        questionnaire = self.check.questionnaire if self.check else self.setting.questionnaire
        self.answers = answers.answers_of(self.check)
        sections = questionnaire.sections.prefetch_related("questions")
        self.parts = answers.parts_of(sections, self.answers)
        self.page = page_of(self.stage.pk, self.practice)

    def part(self, key: str) -> Part:
        """The section of that name, or 404."""
        for each in self.parts:
            if each.section.key == key:
                return each
        raise Http404

    def url(self, name: str, **more: str) -> str:
        """One of the pages of this health check."""
        kwargs = {"stage": self.stage.pk, "ods_code": self.practice.ods_code, **more}
        return reverse(f"mou:{name}", kwargs=kwargs)


def _setting(stage: int) -> HealthCheckStage:
    rows = HealthCheckStage.objects.select_related("stage__year__programme", "questionnaire")
    return get_object_or_404(rows, stage=stage)


def _is_own(request: SignedInRequest, ods_code: str) -> bool:
    return Practice.objects.visible_to(request.user, P.REFER).filter(ods_code=ods_code).exists()


# --- filling it in -----------------------------------------------------------------------------


@require_GET
@requires(P.VIEW_HEALTH_CHECKS)
def health_check(request: SignedInRequest, stage: int, ods_code: str) -> HttpResponse:
    """The practice's list of sections, until it is in; then, for all who may read it, what was answered."""
    if not _is_own(request, ods_code):
        return _answered(request, stage, ods_code)
    found = Found(request, stage, ods_code)
    if found.check and found.check.handed_in_at:
        return _answered(request, stage, ods_code)
    lacks = answers.lacking(found.parts)
    hand_in: dict[str, Any] = {"title": {"text": "Check your answers and hand in"}}
    if lacks:
        hand_in["status"] = {
            "text": "Cannot hand in yet",
            "classes": "nhsuk-task-list__status--cannot-start-yet",
        }
    else:
        hand_in |= {"href": found.url("hand_in_health_check"), "status": _tag("To do")}
    asked = reverse(
        "funding:practice_evidence", kwargs={"stage": found.stage.pk, "ods_code": found.practice.ods_code}
    )
    context = {
        "title": found.stage.name,
        "caption": f"{found.practice.name}, {found.stage.year}",
        "found": found,
        "tasks": [_task(found, each, is_mandatory=True) for each in found.parts if each.section.is_mandatory],
        "optional": [
            _task(found, each, is_mandatory=False) for each in found.parts if not each.section.is_mandatory
        ],
        "hand_in": [hand_in],
        "lacks": [
            (each.section, found.url("health_check_section", section=each.section.key), _lacks(each))
            for each in lacks
        ],
        "done": sum(each.is_done for each in found.parts if each.section.is_mandatory),
        "of": sum(each.section.is_mandatory for each in found.parts),
        "denied": why_not(rules.check_can_fill, request.user, found.stage, found.practice, found.check),
        "is_summed_only": found.check.is_summed_only if found.check else found.setting.is_summed_only,
        "asked": asked,
        "back": reverse("home"),
        "back_text": "Home",
    }
    return render(request, "mou/health_checks/tasks.html", context)


def _lacks(part: Part) -> str:
    return "not started" if not part.is_begun else f"{plural(len(part.missing), 'question')} to answer"


def _tag(text: str) -> dict[str, Any]:
    return {"tag": {"text": text, "classes": "nhsuk-tag--blue"}}


def _task(found: Found, part: Part, *, is_mandatory: bool) -> dict[str, Any]:
    status: dict[str, Any] = _tag(part.status)
    if part.is_done or not is_mandatory:
        status = {"text": part.status if part.is_begun else "Optional, not started"}
    return {
        "title": {"text": part.section.title},
        "href": found.url("health_check_section", section=part.section.key),
        "status": status,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REFER)
def section(request: SignedInRequest, stage: int, ods_code: str, section: str) -> HttpResponse:
    """One section. What is right is saved, whatever else is wrong on the page; nothing typed is lost."""
    found = Found(request, stage, ods_code)
    if found.check and found.check.handed_in_at:
        return redirect(found.page)
    part = found.part(section)
    last = answers.earlier(found.stage, found.practice)
    before = answers.corrected(last)
    offered = {
        each.key: before[each.key]
        for each in part.questions
        if each.carries_over and each.key in before and not part.is_begun
    }
    form = SectionForm(
        request.POST if request.method == "POST" else None,
        questions=part.questions,
        saved=part.answers,
        offered=offered,
        since=f"{last.stage.name.lower()} of {last.stage.year.name}" if last else "",
        later="later" in request.POST,
        initial={"seen": answers.marks((each.key for each in part.questions), found.answers)},
    )
    form.keep = f"health-check-{found.stage.pk}-{found.practice.pk}-{section}"
    context: dict[str, Any] = {
        "title": part.section.title,
        "caption": f"{found.stage.name} of {found.practice.name}",
        "part": part,
        "form": form,
        "back": found.page,
        "denied": why_not(rules.check_can_fill, request.user, found.stage, found.practice, found.check),
    }
    if form.is_bound:
        form.is_valid()
        try:
            actions.save_health_check(
                by=request.user,
                stage=found.stage,
                practice=found.practice,
                section=part.section,
                given=form.given,
                seen=answers.read_marks(form.cleaned_data.get("seen", "")),
            )
        except rules.ChangedMeanwhile as changed:
            add_denied(form, changed)
            context["theirs"] = answers.as_saved(found.stage, found.practice, part, changed.keys)
            _now_seen(form, found, part)
        except Denied as denied:
            add_denied(form, denied)
        else:
            if form.is_valid():
                return redirect(found.page if form.later else _next(found, part))
            context["is_saved"] = bool(any(form.given.values()))
            _now_seen(form, found, part)
    return render(request, "mou/health_checks/section.html", context)


def _now_seen(form: SectionForm, found: Found, part: Part) -> None:
    """What comes back with the page was read by now: sent again, it may replace what is saved."""
    saved = answers.answers_of(answers.check_of(found.stage, found.practice))
    data = form.data.copy()  # type: ignore[attr-defined] # a QueryDict, as a form of a request has
    data["seen"] = answers.marks((each.key for each in part.questions), saved)
    form.data = data


def _next(found: Found, part: Part) -> str:
    """The first mandatory section after this one that is not complete; else the list of them."""
    place = found.parts.index(part)
    for each in found.parts[place + 1 :]:
        if each.section.is_mandatory and not each.is_done:
            return found.url("health_check_section", section=each.section.key)
    return found.page


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REFER)
def hand_in(request: SignedInRequest, stage: int, ods_code: str) -> HttpResponse:
    """Every answer at a glance, what happens then, and the button."""
    found = Found(request, stage, ods_code)
    if found.check and found.check.handed_in_at:
        return redirect(found.page)
    denied = why_not(
        rules.check_can_hand_in, request.user, found.stage, found.practice, found.check, found.parts
    )
    if request.method == "POST":
        try:
            actions.hand_in_health_check(by=request.user, stage=found.stage, practice=found.practice)
        except Denied as refused:
            denied = str(refused)
        else:
            messages.success(request, "Your health check is handed in.")
            return redirect(found.page)
    context = {
        "title": "Check your answers and hand in",
        "caption": f"{found.stage.name} of {found.practice.name}",
        "found": found,
        "sections": [
            (each.section, found.url("health_check_section", section=each.section.key), _rows(each))
            for each in found.parts
        ],
        "denied": denied,
        "is_summed_only": found.check.is_summed_only if found.check else found.setting.is_summed_only,
        "back": found.page,
    }
    return render(request, "mou/health_checks/hand_in.html", context)


def _rows(part: Part) -> list[dict[str, Any]]:
    return [
        {
            "key": {"text": each.words},
            "value": {"text": answers.said(each, part.answers.get(each.key, "")) or "Not answered"},
        }
        for each in part.questions
    ]


# --- once it is in -----------------------------------------------------------------------------


def _find_check(request: HttpRequest, stage: int, ods_code: str) -> HealthCheck:
    rows = HealthCheck.objects.visible_to(request.user).select_related(
        "practice__commissioner", "stage__year__programme", "questionnaire", "handed_in_by", "copy"
    )
    rows = rows.defer("copy__content").filter(handed_in_at__isnull=False)
    return get_object_or_404(rows, stage=stage, practice__ods_code=ods_code)


def _answered(request: SignedInRequest, stage: int, ods_code: str) -> HttpResponse:
    check = _find_check(request, stage, ods_code)
    setting = HealthCheckStage.objects.filter(stage=stage).first()
    is_own = _is_own(request, ods_code)
    last = answers.earlier(check.stage, check.practice)
    home = (
        reverse("home")
        if is_own
        else reverse("funding:practice_evidence", kwargs={"stage": stage, "ods_code": ods_code})
    )
    context = {
        "title": check.stage.name,
        "caption": f"{check.practice.name}, {check.stage.year}",
        "check": check,
        "came": came_words(check),
        "sections": compare.lines(check, setting),
        "last": last,
        "least": setting.least if setting else 0,
        "corrections": [
            (each, answers.said(each.question, each.value) or "No answer")
            for each in answers.corrections_of(check)
        ],
        "payment": payments(check.stage, [check.practice], request.user)[check.practice_id],
        "is_own": is_own,
        "back": home,
    }
    return render(request, "mou/health_checks/answered.html", context)


@require_GET
@requires(P.VIEW_HEALTH_CHECKS)
def copy(request: HttpRequest, stage: int, ods_code: str) -> HttpResponse:
    """The copy as it was handed in, always saved and never shown."""
    check = _find_check(request, stage, ods_code)
    if check.copy is None:
        raise Http404
    return download(check.copy.name, check.copy.content_type, bytes(check.copy.content))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REFER)
def correct(request: SignedInRequest, stage: int, ods_code: str, question: str) -> HttpResponse:
    """Put one answer right; what was handed in stays beside it."""
    found = Found(request, stage, ods_code)
    if not found.check or not found.check.handed_in_at:
        return redirect(found.page)
    asked = get_object_or_404(
        Question.objects.select_related("section"),
        section__questionnaire=found.check.questionnaire,
        key=question,
    )
    stands = answers.corrected(found.check).get(asked.key, "")
    form = CorrectionForm(request.POST if request.method == "POST" else None, question=asked, stands=stands)
    if request.method == "POST" and form.is_valid():
        try:
            actions.correct_health_check(
                by=request.user,
                check=found.check,
                question=asked,
                value=form.value,
                why=form.cleaned_data["why"],
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The correction is on record, beside what was handed in.")
            return redirect(found.page)
    context = {
        "title": "Correct an answer",
        "caption": f"{found.stage.name} of {found.practice.name}",
        "intro": f"Handed in on {day(found.check.handed_in_at)}. What was handed in stays on record beside it.",
        "form": form,
        "back": found.page,
    }
    return render(request, "form.html", context)
