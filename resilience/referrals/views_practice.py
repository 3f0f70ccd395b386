"""A practice refers itself: start, the parts of the form, check, send."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from practices.models import Practice
from resilience.core.access import Denied, P, requires
from resilience.core.words import moment, plural
from resilience.referrals import actions, answers, forms, receipt, rules
from resilience.referrals.case import find as find_case
from resilience.referrals.models import Referral
from resilience.referrals.openings import closed_sentences, open_years
from resilience.referrals.parts import PARTS, is_begun, lacking


def summary(section: answers.Section, change: str = "") -> list[dict[str, Any]]:
    """Rows of the summary list; with ``change``, the address that each row's "Change" leads to."""
    return [
        {
            "key": {"text": row.question},
            "value": {"html": _lines(row.answer)},
            "actions": {"items": [{"href": change, "text": "Change", "visuallyHiddenText": row.change}]}
            if change and row.change
            else None,
        }
        for row in section.rows
    ]


def _lines(lines: list[str]) -> SafeString:
    return format_html_join("", '<p class="nhsuk-body">{}</p>', ((line,) for line in lines))


def open_draft(request: HttpRequest, pk: int) -> Referral | HttpResponse:
    """The draft; what was sent leads to its confirmation instead, so that Back shows a sensible page."""
    row = find_case(request, pk, P.REFER)
    return row if row.is_draft else redirect("referrals:done", referral=pk)


def _choose(request: HttpRequest, title: str, name: str, choices: list[tuple[Any, str]]) -> HttpResponse:
    form = forms.ChooseForm(
        request.GET if name in request.GET else None, name=name, label=title, choices=choices
    )
    context = {"title": title, "form": form, "kept": {k: v for k, v in request.GET.items() if k != name}}
    return render(request, "referrals/practice/choose.html", context)


@requires(P.REFER)
def start(request: HttpRequest) -> HttpResponse:
    """Which practice, which programme; a draft there is already is offered first."""
    given = request.POST or request.GET
    practices = list(Practice.objects.visible_to(request.user, P.REFER).select_related("commissioner"))
    if not practices:
        sentences = ["You are not linked to a practice yet.", "Ask to be linked, or ask whoever invited you."]
        nobody = {"title": "You cannot start a referral now", "sentences": sentences}
        return render(request, "referrals/practice/closed.html", nobody)
    practice = next((each for each in practices if each.ods_code == given.get("practice")), None)
    if practice is None and len(practices) > 1:
        choices = [(each.ods_code, str(each)) for each in practices]
        return _choose(request, "Which practice do you refer?", "practice", choices)
    practice = practice or practices[0]
    drafts = list(
        Referral.objects.visible_to(request.user, P.REFER)
        .filter(lead_practice=practice, received_at=None)
        .select_related("year__programme", "started_by")
        .order_by("-started_at")
    )
    years = open_years(practice) if practice.is_open else []
    context: dict[str, Any] = {
        "practice": practice,
        "drafts": drafts,
        "back": reverse("home"),
        "back_text": "Home",
    }
    if not years:
        context |= {"title": "You cannot start a referral now", "sentences": closed_sentences(practice)}
        return render(request, "referrals/practice/closed.html", context)
    year = next((each for each in years if str(each.pk) == given.get("year")), None)
    if year is None and len(years) > 1:
        choices = [(str(each.pk), f"{each}, until {moment(each.closes_at)}") for each in years]
        return _choose(request, "Which programme do you refer to?", "year", choices)
    year = year or years[0]
    if request.method == "POST":
        try:
            draft = actions.start(by=request.user, practice=practice, year=year)
            return redirect("referrals:draft", referral=draft.pk)
        except Denied as denied:
            messages.warning(request, str(denied))
    context |= {"title": "Refer your practice for support", "year": year}
    return render(request, "referrals/practice/start.html", context)


@requires(P.REFER)
def draft(request: HttpRequest, referral: int) -> HttpResponse:
    """The task list: what is done and what is left."""
    row = open_draft(request, referral)
    if isinstance(row, HttpResponse):
        return row
    missing = lacking(row)
    tasks = [_task(row, key, missing) for key in PARTS]
    send: dict[str, Any] = {"title": {"text": "Check your answers and send"}}
    if missing:
        send["status"] = {"text": "Cannot start yet", "classes": "nhsuk-task-list__status--cannot-start-yet"}
    else:
        send |= {"href": reverse("referrals:check", args=[row.pk]), "status": _tag("To do", "blue")}
    context = {
        "title": "Refer your practice for support",
        "caption": str(row.year),
        "row": row,
        "tasks": tasks,
        "send": [send],
        "done": sum(key not in missing for key in PARTS),
        "parts": len(PARTS),
        "back": reverse("home"),
        "back_text": "Home",
    }
    return render(request, "referrals/practice/draft.html", context)


def _tag(text: str, colour: str) -> dict[str, Any]:
    return {"tag": {"text": text, "classes": f"nhsuk-tag--{colour}"}}


def _task(row: Referral, key: str, missing: dict[str, list[str]]) -> dict[str, Any]:
    part = PARTS[key]
    begun = is_begun(row, key)
    if part.is_optional:
        count = row.attachments.count()
        status: dict[str, Any] = {"text": plural(count, "file") if count else "Optional"}
    elif key not in missing:
        status = {"text": "Completed"}
    else:
        status = _tag("Incomplete", "yellow") if begun else _tag("To do", "blue")
    href = reverse("referrals:part", kwargs={"referral": row.pk, "part": key})
    return {"title": {"text": part.title}, "href": href, "status": status}


@requires(P.REFER)
def check(request: HttpRequest, referral: int) -> HttpResponse:
    """Everything at a glance, the warning beside an open referral, and the button that sends it."""
    row = open_draft(request, referral)
    if isinstance(row, HttpResponse):
        return row
    warnings = rules.open_elsewhere(request.user, row)
    form = forms.SendForm(request.POST if request.method == "POST" else None, warns=bool(warnings))
    denied = ""
    try:
        rules.check_can_submit(request.user, row)
    except Denied as reason:
        denied = str(reason)
    if request.method == "POST" and form.is_valid():
        try:
            actions.submit(by=request.user, referral=row, knows_of_open=bool(warnings))
        except rules.AlreadySent:
            pass
        except Denied as reason:
            return _check_page(
                request, row, forms.SendForm(None, warns=bool(warnings)), warnings, str(reason), True
            )
        return redirect("referrals:done", referral=row.pk)
    return _check_page(request, row, form, warnings, denied)


def _check_page(
    request: HttpRequest,
    row: Referral,
    form: forms.SendForm,
    warnings: list[str],
    denied: str,
    is_error: bool = False,
) -> HttpResponse:
    missing = lacking(row)
    parts = []
    for section in answers.sections(row):
        change = reverse("referrals:part", kwargs={"referral": row.pk, "part": section.key}) + "?from=check"
        parts.append(
            {
                "title": section.title,
                "rows": summary(section, change),
                "lacks": missing.get(section.key),
                "href": change,
            }
        )
    context = {
        "title": "Check your answers before you send your referral",
        "caption": str(row.year),
        "row": row,
        "sections": parts,
        "form": form,
        "warnings": warnings,
        "denied": denied,
        "is_error": is_error,
        "back": reverse("referrals:draft", args=[row.pk]),
    }
    return render(request, "referrals/practice/check.html", context)


@requires(P.REFER)
def discard(request: HttpRequest, referral: int) -> HttpResponse:
    """Delete a draft, once asked."""
    row = open_draft(request, referral)
    if isinstance(row, HttpResponse):
        return row
    if request.method == "POST":
        try:
            actions.discard(by=request.user, referral=row)
        except rules.AlreadySent:
            return redirect("referrals:done", referral=row.pk)
        messages.success(request, "The draft was deleted.")
        return redirect("referrals:start")
    context = {
        "title": "Delete this draft?",
        "caption": str(row.lead_practice),
        "sentences": ["Everything written in it, and its files, will be gone. This cannot be undone."],
        "confirm": "Delete the draft",
        "variant": "warning",
        "cancel": reverse("referrals:draft", args=[row.pk]),
        "cancel_text": "Keep it",
    }
    return render(request, "confirm.html", context)


@requires(P.REFER)
def done(request: HttpRequest, referral: int) -> HttpResponse:
    """The confirmation: reference, what happens next, by which date."""
    row = find_case(request, referral)
    if row.is_draft:
        return redirect("referrals:draft", referral=row.pk)
    context = {
        "title": "Referral sent",
        "reference": row.reference,
        "next_steps": [
            *receipt.what_happens_next(row),
            f"We have sent a confirmation, with a copy of your referral, to {row.contact_email}."
            if row.contact_email
            else "",
        ],
        "links": [
            {"text": "Follow your referral", "href": reverse("referrals:follow", args=[row.pk])},
            {"text": "Keep a copy (PDF)", "href": reverse("referrals:copy", args=[row.pk])},
        ],
    }
    return render(request, "panel.html", context)
