"""A report of progress: filled in by the practice, read and answered by the office."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mou.delivery import actions, entering, panel, progress, rules
from mou.delivery.forms import (
    AcceptForm,
    AskAgainForm,
    EnterReportForm,
    ExcuseForm,
    MoveForm,
    ReportForm,
)
from mou.entering import came_words
from mou.models import ProgressReport, ReportStep
from mou.people import is_for_practice
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.calendar import add_working_days, today
from resilience.core.forms import add_denied
from resilience.core.words import day, working_days_left
from resilience.referrals.following import contact

S = ProgressReport.State
Rule = Callable[[Any, ProgressReport], None]
ANSWER_WITHIN = 10
"""Working days offered to a practice that is asked again."""

_DID = {
    "mou.set_reports": "The date was set",
    "mou.hand_in_report": "Handed in",
    "mou.enter_report": "Entered for the practice",
    "mou.accept_report": "Accepted",
    "mou.ask_report_again": "Asked again",
    "mou.move_report": "New date",
    "mou.excuse_report": "Not needed",
}


def _find(request: HttpRequest, pk: int, permission: str = P.VIEW_MOU) -> ProgressReport:
    rows = ProgressReport.objects.visible_to(request.user, permission).select_related(
        "referral__lead_practice", "referral__year__programme", "referral__assigned_to", "stage"
    )
    return get_object_or_404(rows, pk=pk)


def _title(report: ProgressReport) -> dict[str, Any]:
    referral = report.referral
    return {
        "title": f"Progress report due on {day(report.due_on)}",
        "caption": f"{referral.lead_practice.name}, {referral.reference}",
        "report": report,
        "back": reverse("mou:delivery", kwargs={"referral": referral.pk}),
        "back_text": "Back to delivery",
    }


def _rounds(request: HttpRequest, report: ProgressReport) -> list[dict[str, Any]]:
    """What happened to it, the latest first; each time it was handed in, with what was said of each row."""
    steps = (
        ReportStep.objects.visible_to(request.user)
        .filter(report=report)
        .select_related("made_by")
        .prefetch_related("entries", "files__file")
        .order_by("-pk")
    )
    return [
        {
            "step": step,
            "did": _DID[step.act],
            "came": came_words(step),
            "entries": [(entry, progress.COLOURS[entry.standing]) for entry in step.entries.all()],
        }
        for step in steps
    ]


def _tell(user: Any, report: ProgressReport, rounds: list[dict[str, Any]]) -> str:
    """Whom the practice tells that what was entered for it is not as it said; "" where nothing was."""
    entered = report.state == S.HANDED_IN and rounds and rounds[0]["came"]
    return ", ".join(contact(report.referral)) if entered and is_for_practice(user, report.referral) else ""


@requires(P.VIEW_MOU)
@require_http_methods(["GET", "HEAD", "POST"])
def progress_report(request: HttpRequest, progress_report: int) -> HttpResponse:
    """The report with every round of it; the officer accepts it here."""
    report = _find(request, progress_report)
    user = request.user
    refused = why_not(rules.check_can_accept, user, report)
    form = AcceptForm() if not refused else None
    if request.method == "POST":
        form = AcceptForm(request.POST)
        if form.is_valid():
            try:
                actions.accept_report(by=user, report=report, words=form.cleaned_data["words"])
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, "The report is accepted. The practice is told.")
                return redirect(request.path)
    is_handed_in = report.state == S.HANDED_IN and user.may(P.WORK_REFERRALS)  # type: ignore[union-attr]
    stage = report.stage
    opens = ""
    if stage and report.state != S.ACCEPTED:
        opens = f"The payment stage “{stage.name}” waits for this report to be accepted."
    rounds = _rounds(request, report)
    context = {
        **_title(report),
        "state": panel.standing_words(report),
        "colour": panel.COLOURS[report.state],
        "left": working_days_left(report.due_on) if report.state in ProgressReport.OPEN else "",
        "was_due": report.first_due_on if report.first_due_on != report.due_on else None,
        "opens": opens,
        "form": form,
        "refused": refused if is_handed_in else "",
        "fill": not why_not(rules.check_can_fill, user, report),
        "may_enter": not why_not(rules.check_can_enter, user, report),
        "may_ask": not why_not(rules.check_can_ask_again, user, report),
        "may_move": not why_not(rules.check_can_move, user, report),
        "tell": _tell(user, report, rounds),
        "to_read": rounds.pop(0) if report.state == S.HANDED_IN else None,
        "rounds": rounds,
    }
    return render(request, "mou/delivery/report.html", context)


def _fill(
    request: HttpRequest,
    report: ProgressReport,
    *,
    rule: Rule,
    form_class: type[ReportForm],
    given: dict[str, Any],
    act: Callable[[Any], None],
    done: str,
    later: bool = False,
    **context: Any,
) -> HttpResponse:
    """The one page that says of each row of the plan how it goes; ``later`` saves it and stays on the page."""
    here = reverse("mou:progress_report", kwargs={"progress_report": report.pk})
    is_sent = request.method == "POST"
    if not is_sent and (refused := why_not(rule, request.user, report)):
        messages.info(request, refused)
        return redirect(here)
    rows = progress.milestones(report.referral)
    sent = (request.POST, request.FILES) if is_sent else ()
    form = form_class(*sent, rows=rows, **given)
    if is_sent and form.is_valid():
        try:
            act(form)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, done)
            return redirect(request.path if later else here)
    return render(request, "mou/delivery/fill.html", {**_title(report), "form": form, **context})


def _keep(name: str, report: ProgressReport) -> str:
    """The name under which the browser keeps what is typed, until the report moves on."""
    return f"{name}-{report.pk}-{report.state_since:%Y%m%d%H%M%S}"


@requires(P.PLAN_FOR_PRACTICE)
@require_http_methods(["GET", "HEAD", "POST"])
def fill_report(request: HttpRequest, progress_report: int) -> HttpResponse:
    """The practice's one page: each row of the plan as it stood last, a few words, files; saved or handed in."""
    report = _find(request, progress_report, P.PLAN_FOR_PRACTICE)
    later = request.POST.get("act") == "save"

    def act(form: ReportForm) -> None:
        files = form.cleaned_data["files"]
        if later:
            actions.save_report(by=request.user, report=report, draft=form.draft, files=files)
        else:
            words = form.cleaned_data["words"]
            actions.hand_in_report(by=request.user, report=report, said=form.said, words=words, files=files)

    return _fill(
        request,
        report,
        rule=rules.check_can_fill,
        form_class=ReportForm,
        given={"later": later} if request.method == "POST" else {"draft": report.draft},
        act=act,
        done="The report is saved and not handed in. You can come back to it."
        if later
        else "Your report is handed in, thank you. We read it next.",
        later=later,
        title="Report on your progress",
        caption=f"Due on {day(report.due_on)}: {working_days_left(report.due_on)}",
        missing=_missing(request, report),
        files=[each for each in report.files.select_related("file") if each.kept_at is None],
        keep=_keep("report", report),
    )


def _missing(request: HttpRequest, report: ProgressReport) -> str:
    """What the officer said is missing, when it was asked for again."""
    if report.state != S.ASKED_AGAIN:
        return ""
    asked = ReportStep.objects.visible_to(request.user).filter(report=report, act="mou.ask_report_again")
    last = asked.order_by("pk").last()
    return last.words if last else ""


@requires(P.WORK_REFERRALS)
@require_http_methods(["GET", "HEAD", "POST"])
def enter_report(request: HttpRequest, progress_report: int) -> HttpResponse:
    """The officer's one page for a report that came on paper or by email: what it says, who sent it, the original."""
    report = _find(request, progress_report, P.WORK_REFERRALS)

    def act(form: EnterReportForm) -> None:
        words = form.cleaned_data["words"]
        entering.enter_report(by=request.user, report=report, said=form.said, words=words, **form.came)

    return _fill(
        request,
        report,
        rule=rules.check_can_enter,
        form_class=EnterReportForm,
        given={},
        act=act,
        done="The report is entered. The practice is told.",
        title="Enter a report that came on paper or by email",
        caption=f"{report.referral.lead_practice.name}, due on {day(report.due_on)}",
        back=reverse("mou:progress_report", kwargs={"progress_report": report.pk}),
        back_text="Back to the report",
        is_entered=True,
        keep=_keep("enter-report", report),
    )


def _answer(
    request: HttpRequest,
    report: ProgressReport,
    *,
    form_class: Any,
    rule: Rule,
    act: Any,
    title: str,
    done: str,
    sentences: list[str],
    initial: dict[str, Any] | None = None,
) -> HttpResponse:
    here = reverse("mou:progress_report", kwargs={"progress_report": report.pk})
    refused = why_not(rule, request.user, report)
    form = form_class(request.POST) if request.method == "POST" else form_class(initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            act(by=request.user, report=report, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, done)
            return redirect(here)
    context = {
        **_title(report),
        "title": title,
        "sentences": sentences,
        "form": form,
        "denied": refused if request.method != "POST" else "",
        "confirm": form.submit,
        "variant": form.submit_variant,
        "back": here,
        "back_text": "Back to the report",
    }
    return render(request, "confirm.html", context)


@requires(P.WORK_REFERRALS)
@require_http_methods(["GET", "HEAD", "POST"])
def ask_report_again(request: HttpRequest, progress_report: int) -> HttpResponse:
    """Say what is missing; the practice hands in again."""
    return _answer(
        request,
        _find(request, progress_report, P.WORK_REFERRALS),
        form_class=AskAgainForm,
        rule=rules.check_can_ask_again,
        act=actions.ask_report_again,
        title="Ask for the report again",
        done="The practice is asked again.",
        sentences=["The practice gets an email with what is missing. What it handed in stays on record."],
        initial={"due_on": add_working_days(today(), ANSWER_WITHIN)},
    )


@requires(P.WORK_REFERRALS)
@require_http_methods(["GET", "HEAD", "POST"])
def move_report(request: HttpRequest, progress_report: int) -> HttpResponse:
    """A new date, with the reason."""
    report = _find(request, progress_report, P.WORK_REFERRALS)
    return _answer(
        request,
        report,
        form_class=MoveForm,
        rule=rules.check_can_move,
        act=actions.move_report,
        title="Give the report a new date",
        done="The report has its new date. The practice is told.",
        sentences=[f"It is due on {day(report.due_on)} now. Reminders follow the new date."],
    )


@requires(P.WORK_REFERRALS)
@require_http_methods(["GET", "HEAD", "POST"])
def excuse_report(request: HttpRequest, progress_report: int) -> HttpResponse:
    """Record that no report is needed."""
    report = _find(request, progress_report, P.WORK_REFERRALS)
    sentences = [f"The practice need not hand in the report due on {day(report.due_on)}, and is told why."]
    if report.stage:
        sentences.append(
            f"The payment stage “{report.stage.name}” then waits for no report: its progress is accepted by "
            "itself, from the Money tab, or another report is tied to it."
        )
    return _answer(
        request,
        report,
        form_class=ExcuseForm,
        rule=rules.check_can_excuse,
        act=actions.excuse_report,
        title="No report is needed",
        done="It is recorded that no report is needed. The practice is told.",
        sentences=sentences,
    )
