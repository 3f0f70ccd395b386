"""Evidence of a stage: every practice that is asked, one practice's own page, and acts on several."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from funding.models import EvidenceEntry
from funding.sections import sections
from funding.stages import actions, evidence, letters, rules
from funding.stages.evidence import ASKED, Answer, Asked
from funding.stages.filters import EvidenceFilters
from funding.stages.forms import AnswerForm, AskedForm, ChaseForm, DeclineForm
from funding.stages.payment import payments
from funding.stages.scope import stages_of
from funding.stages.ways import Way, way_of
from practices.models import Practice
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, allows, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import Form, add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import plural
from resilience.programmes.models import PaymentStage

MOST = 200
COLOURS = {Answer.IN: "green", Answer.NOT_IN: "yellow", Answer.DECLINED: "grey"}


def _page_of(stage: PaymentStage, practice: Practice) -> str:
    return reverse("funding:practice_evidence", kwargs={"stage": stage.pk, "ods_code": practice.ods_code})


def _asked_stage(request: SignedInRequest, pk: int) -> PaymentStage:
    stage = get_object_or_404(stages_of(request.user), pk=pk)
    if stage.opens not in ASKED:
        raise Http404
    return stage


def _practices(request: SignedInRequest, stage: PaymentStage) -> Any:
    seen = Practice.objects.visible_to(request.user, P.VIEW_MONEY)
    return evidence.with_answers(stage, evidence.in_area(stage, seen))


def _columns(stage: PaymentStage, way: Way | None) -> tuple[Column, ...]:
    progress = (Column("Progress", lambda row: row.progress),) if way else ()
    return (
        Column(
            "Practice", "name", sort=("name", "ods_code"), heading=True, link=lambda row: _page_of(stage, row)
        ),
        Column("Code", "ods_code", sort="ods_code"),
        Column("CCG", "commissioner.name", sort=("commissioner__name", "name")),
        Column("Locality", "locality.name", sort=("locality__name", "name"), on_screen=False),
        Column(
            "Answer",
            lambda row: Answer(row.answer).label,
            show=lambda row: tag(Answer(row.answer).label, COLOURS[Answer(row.answer)]),
            sort=("answer", "name"),
        ),
        *progress,
        Column("Answered", "answered_at", kind="date", sort="answered_at"),
        Column("Chased", "chased", kind="number", sort="chased"),
        Column("Last chased", "chased_at", kind="date", sort="chased_at"),
        Column("Payment", lambda row: row.payment.text, link=lambda row: row.payment.href or None),
    )


@require_GET
@requires(P.VIEW_MONEY)
def practices(request: SignedInRequest, stage: int) -> HttpResponse:
    """Every practice of the programme's area, whether it referred itself or not: in, not in, declined, chased."""
    found = _asked_stage(request, stage)
    rows = _practices(request, found)
    way = way_of(found.pk)

    def prepare(things: list[Any]) -> None:
        paid = payments(found, things, request.user)
        progress = way.progress([each.pk for each in things]) if way else {}
        for each in things:
            each.payment = paid[each.pk]
            each.progress = progress.get(each.pk, "")

    bulk = None
    if request.user.may(P.WORK_REFERRALS):
        bulk = {
            "action": reverse("funding:evidence_chosen", kwargs={"stage": found.pk}),
            "acts": [
                {"name": "chase", "text": "Chase", "variant": ""},
                {"name": "decline", "text": "Record that they decline", "variant": "secondary"},
            ],
        }
    of_ccg = evidence.counts(rows)
    page = ListPage(
        request,
        rows.select_related("commissioner", "locality"),
        name="funding:evidence",
        title=f"{found.name}: practices",
        noun="practice",
        columns=_columns(found, way),
        filters=EvidenceFilters,
        default_sort="practice",
        prepare=prepare,
        bulk=bulk,
        empty="Open practices below the programme’s owner are listed here.",
    )
    return page.response(
        "funding/stages/practices.html",
        **sections(request),
        caption=str(found.year),
        stage=found,
        way=way,
        counts=of_ccg,
        overall=evidence.total(of_ccg),
    )


# --- one practice ------------------------------------------------------------------------------


def _find(request: SignedInRequest, stage: int, ods_code: str) -> Asked:
    seen = Practice.objects.visible_to(request.user, P.VIEW_STATEMENT).select_related("commissioner")
    practice = get_object_or_404(seen, ods_code=ods_code)
    found = PaymentStage.objects.filter(pk=stage).select_related("year__programme").first()
    asked = evidence.asked(found, practice) if found else None
    if asked is None:
        raise Http404
    return asked


ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "hand_in": (actions.hand_in, "It is handed in."),
    "decline": (actions.decline, "It is on record that the practice does not wish to take part."),
    "take_back": (actions.take_back_decline, "It is on record that the practice takes part after all."),
    "asked": (actions.record_chase, "It is on record that the practice was asked again."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_STATEMENT)
def practice(request: SignedInRequest, stage: int, ods_code: str) -> HttpResponse:
    """Hand in, decline or take part after all, by the practice or an officer for it; and all that happened."""
    asked = _find(request, stage, ods_code)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    is_answer = request.method == "POST" and act != "asked"
    answer = AnswerForm(request.POST, request.FILES) if is_answer else AnswerForm()
    again = AskedForm(request.POST) if act == "asked" else AskedForm()
    form: Form = again if act == "asked" else answer
    if form.is_bound and act not in ACTS:
        add_denied(form, Denied("Choose what to record with one of the buttons."))
    elif form.is_bound and form.is_valid():
        run, said = ACTS[act]
        given: dict[str, Any] = {"words": form.cleaned_data["words"]}
        if act == "hand_in" and isinstance(form, AnswerForm):
            given["file"] = form.one_file
        try:
            run(by=request.user, stage=asked.stage, practice=asked.practice, **given)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, said)
            return redirect(_page_of(asked.stage, asked.practice))
    return render(request, "funding/stages/practice.html", _context(request, asked, answer, again))


def _context(request: SignedInRequest, asked: Asked, answer: AnswerForm, again: AskedForm) -> dict[str, Any]:
    user, stage, of_practice = request.user, asked.stage, asked.practice
    is_office = allows(user, P.VIEW_MONEY, of_practice)
    is_own = allows(user, P.REFER, of_practice)
    refused = {
        "hand_in": why_not(rules.check_can_hand_in, user, stage, of_practice),
        "decline": why_not(rules.check_can_decline, user, stage, of_practice),
        "take_back": why_not(rules.check_can_take_back, user, stage, of_practice),
        "asked": why_not(rules.check_can_chase, user, stage, of_practice),
    }
    back = (
        reverse("funding:evidence", kwargs={"stage": stage.pk})
        if is_office
        else reverse("funding:statement", kwargs={"ods_code": of_practice.ods_code})
    )
    return {
        "title": f"{stage.name}: {of_practice.name}",
        "caption": str(stage.year),
        "back": back,
        "asked": asked,
        "colour": COLOURS[asked.answer],
        "entries": list(reversed(asked.entries)),
        "payment": payments(stage, [of_practice], user)[of_practice.pk],
        "is_office": is_office,
        "is_own": is_own,
        "may_read": asked.way is not None
        and asked.answer == Answer.IN
        and asked.way.opens_to(user, of_practice),
        "progress": asked.way.progress([of_practice.pk]).get(of_practice.pk, "") if asked.way else "",
        "entry": _entry(user, asked),
        "may": {act: not why for act, why in refused.items()},
        "may_answer": not all((refused["hand_in"], refused["decline"], refused["take_back"])),
        "form": answer,
        "again": again,
        "forms": [again],
    }


def _entry(user: Any, asked: Asked) -> dict[str, str]:
    """Where an officer enters what came on paper, or why not; nothing for others, and once it is in."""
    way = asked.way
    if way is None or asked.answer == Answer.IN or not allows(user, P.WORK_REFERRALS, asked.practice):
        return {}
    return {"href": way.entered_at(asked.practice), "why_not": way.why_not_entered(user, asked.practice)}


@require_GET
@requires(P.VIEW_STATEMENT)
def file(request: SignedInRequest, evidence_entry: int) -> HttpResponse:
    """A file that was handed in, always saved and never shown."""
    rows = EvidenceEntry.objects.visible_to(request.user).select_related("file").exclude(file=None)
    found = get_object_or_404(rows, pk=evidence_entry).file
    if found is None:
        raise Http404
    return download(found.name, found.content_type, bytes(found.content))


# --- several -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """A practice that did not go with the others, and why."""

    practice: Practice
    why: str


def _chosen(request: SignedInRequest, stage: PaymentStage) -> list[Practice]:
    ids = {int(each) for each in request.POST.getlist("chosen")[:MOST] if each.isascii() and each.isdigit()}
    seen = Practice.objects.visible_to(request.user, P.WORK_REFERRALS)
    rows = evidence.in_area(stage, seen).filter(pk__in=[each for each in ids if each < 2**63])
    return list(rows.select_related("commissioner").order_by("name", "pk"))


def _sort_out(rows: list[Practice], act: Callable[[Practice], Any]) -> tuple[list[Practice], list[Refused]]:
    went, refused = [], []
    for each in rows:
        try:
            act(each)
        except Denied as denied:
            refused.append(Refused(each, str(denied)))
        else:
            went.append(each)
    return went, refused


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def chosen(request: SignedInRequest, stage: int) -> HttpResponse:
    """What the ticked practices are sent to: what would happen to each first, then what did."""
    found = _asked_stage(request, stage)
    back = _back(request, found)
    if request.method != "POST":
        return redirect(back)
    rows = _chosen(request, found)
    if not rows:
        messages.info(request, "Tick at least one practice first.")
        return redirect(back)
    act = "decline" if request.POST.get("act") == "decline" else "chase"
    is_confirmed = "confirmed" in request.POST
    data = request.POST if is_confirmed else None
    form: Form = ChaseForm(data) if act == "chase" else DeclineForm(data)
    if is_confirmed and form.is_valid():
        run = actions.chase if act == "chase" else actions.decline
        went, refused = _sort_out(
            rows, lambda each: run(by=request.user, stage=found, practice=each, **form.cleaned_data)
        )
        did = "chased" if act == "chase" else "recorded as declining"
        return _several(
            request,
            "chosen_done",
            found,
            act,
            went,
            refused,
            form,
            back,
            f"{plural(len(went), 'practice')} {did}",
        )

    def check(each: Practice) -> None:
        if act == "decline":
            return rules.check_can_decline(request.user, found, each)
        rules.check_can_chase(request.user, found, each)
        return rules.check_has_address(found, each)

    able, refused = _sort_out(rows, check)
    verb = "Chase" if act == "chase" else "Record that they decline:"
    title = f"{verb} {plural(len(able), 'practice')}" if able else "None of these practices"
    return _several(request, "chosen", found, act, able, refused, form, back, title)


def _several(
    request: SignedInRequest,
    template: str,
    stage: PaymentStage,
    act: str,
    able: list[Practice],
    refused: list[Refused],
    form: Form,
    back: str,
    title: str,
) -> HttpResponse:
    context = {
        "title": title,
        "caption": f"{stage.name}, {stage.year}",
        "back": back,
        "stage": stage,
        "act": act,
        "able": able,
        "refused": refused,
        "form": form,
        "words": letters.CHASE_WORDS,
    }
    return render(request, f"funding/stages/{template}.html", context)


def _back(request: SignedInRequest, stage: PaymentStage) -> str:
    """The list as it was filtered; never another host."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if wanted and ours else reverse("funding:evidence", kwargs={"stage": stage.pk})
