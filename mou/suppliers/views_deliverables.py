"""A deliverable: its page, writing it here, handing it in, the officer's answer, a new date, its files."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from mou.models import (
    Deliverable,
    DeliverableDate,
    DeliverableKind,
    DeliverablePart,
    DeliverableRound,
    NeedTag,
    NeedTheme,
)
from mou.sections import sections
from mou.suppliers import deliveries, page, rules, sheets
from mou.suppliers.forms import AnswerForm, DateForm, HandInForm, OptionForm, PlanRowForm, SectionsForm
from mou.suppliers.states import COLOURS
from mou.suppliers.views_cases import act_page
from practices.requests import SignedInRequest
from resilience.core.access import P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import Form

ROW_FORMS: dict[str, type[Form]] = {
    DeliverableKind.Form.OPTIONS: OptionForm,
    DeliverableKind.Form.PLAN: PlanRowForm,
}
ROW_WORDS: dict[str, str] = {DeliverableKind.Form.OPTIONS: "option", DeliverableKind.Form.PLAN: "action"}


def _find(request: SignedInRequest, pk: int) -> Deliverable:
    """A deliverable of an assignment in the person's reach, or 404."""
    rows = Deliverable.objects.visible_to(request.user).select_related("kind")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    found.supplier_case = page.find(request, found.supplier_case_id)
    return found


def _here(deliverable: Deliverable) -> str:
    return reverse("mou:deliverable", kwargs={"deliverable": deliverable.pk})


def _crumbs(deliverable: Deliverable) -> dict[str, Any]:
    return {
        "caption": deliverable.supplier_case.practice.name,
        "back": _here(deliverable),
        "back_text": f"Back to “{deliverable.kind.name}”",
    }


# --- its page --------------------------------------------------------------------------------------


def _rounds(request: SignedInRequest, deliverable: Deliverable, reads_all: bool) -> list[dict[str, Any]]:
    rows = (
        DeliverableRound.objects.visible_to(request.user)
        .filter(deliverable=deliverable)
        .select_related("handed_in_by", "file", "answer__answered_by")
        .defer("file__content")
        .order_by("-number")
    )
    return [
        {
            "round": each,
            "answer": getattr(each, "answer", None),
            "content": sheets.readable(each.content, reads_all),
            "is_hidden": each.is_confidential and not reads_all,
        }
        for each in rows
    ]


def _draft(request: SignedInRequest, deliverable: Deliverable) -> dict[str, Any]:
    """What the supplier is writing, row by row or section by section."""
    parts = list(DeliverablePart.objects.visible_to(request.user).filter(deliverable=deliverable))
    tags = NeedTag.objects.visible_to(request.user).filter(deliverable=deliverable).select_related("theme")
    themes: dict[str, list[str]] = {}
    for tag in tags:
        themes.setdefault(tag.section, []).append(tag.theme.name)
    return {
        "in_rows": deliverable.kind.form in sheets.IN_ROWS,
        "one": ROW_WORDS.get(deliverable.kind.form, ""),
        "written": sheets.written(deliverable, parts, themes),
        "lacks": sheets.lacks(deliverable.kind.form, parts),
    }


@require_GET
@requires(P.VIEW_MOU, P.DELIVER)
def deliverable(request: SignedInRequest, deliverable: int) -> HttpResponse:
    """What it is, when it is due, every round with its answer, and what the person may do about it."""
    found = _find(request, deliverable)
    case, user = found.supplier_case, request.user
    sides = page.Sides.of(user, case)
    reads_all = page.reads_all(user, case)
    rounds = _rounds(request, found, reads_all)
    why_not_answer = why_not(rules.check_can_answer, user, found)
    may_write = not why_not(rules.check_deliverable_act, user, found, "mou.hand_in_deliverable")
    may_date = not why_not(rules.check_deliverable_act, user, found, "mou.change_deliverable_date")
    dates = DeliverableDate.objects.visible_to(user).filter(deliverable=found).select_related("set_by")
    return render(
        request,
        "mou/suppliers/deliverable.html",
        {
            **sections(request, "mou:supplier_cases"),
            **page.crumbs(case),
            "title": found.kind.name,
            "deliverable": found,
            "case_row": case,
            "colour": COLOURS[found.state],
            "when": page.when(found),
            "is_late": page.is_late(found),
            "sides": sides,
            "rounds": rounds,
            "reads_all": reads_all,
            "may_write": may_write,
            "draft": _draft(request, found) if may_write else None,
            "may_date": may_date,
            "waits_for_answer": sides.officer and found.state == Deliverable.State.HANDED_IN,
            "why_not_answer": why_not_answer,
            "dates": list(dates),
        },
    )


# --- written here -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def write_sections(request: SignedInRequest, deliverable: int) -> HttpResponse:
    """A box for each section, saved without handing it in."""
    found = _find(request, deliverable)
    if found.kind.form in sheets.IN_ROWS:
        return redirect(_here(found))
    tags = NeedTag.objects.visible_to(request.user).filter(deliverable=found)
    form = SectionsForm(
        request.POST if request.method == "POST" else None,
        deliverable=found,
        parts=DeliverablePart.objects.visible_to(request.user).filter(deliverable=found),
        tagged=tags.values_list("section", "theme"),
        themes=NeedTheme.objects.filter(year=found.supplier_case.referral.year_id),
    )
    return act_page(
        request,
        form,
        lambda: deliveries.write_sections(by=request.user, deliverable=found, **form.values),
        title=f"Write the {found.kind.name.lower()}",
        intro="Save as often as you like. Nobody else reads it until you hand it in.",
        done="Saved. It is not handed in yet.",
        to=_here(found),
        denied=why_not(rules.check_deliverable_act, request.user, found, "mou.write_sections"),
        **_crumbs(found),
    )


def _row_page(request: SignedInRequest, found: Deliverable, part: DeliverablePart | None) -> HttpResponse:
    kind = found.kind.form
    if kind not in ROW_FORMS:
        return redirect(_here(found))
    initial = {name: getattr(part, name) for name in ROW_FORMS[kind].base_fields} if part else None
    form = ROW_FORMS[kind](request.POST if request.method == "POST" else None, initial=initial)
    return act_page(
        request,
        form,
        lambda: deliveries.save_deliverable_row(
            by=request.user, deliverable=found, part=part, **form.cleaned_data
        ),
        title=f"{'Change' if part else 'Add'} an {ROW_WORDS[kind]}",
        done="Saved. It is not handed in yet.",
        to=_here(found),
        denied=why_not(rules.check_deliverable_act, request.user, found, "mou.save_deliverable_row"),
        **_crumbs(found),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def add_deliverable_row(request: SignedInRequest, deliverable: int) -> HttpResponse:
    return _row_page(request, _find(request, deliverable), None)


def _find_part(request: SignedInRequest, pk: int) -> tuple[Deliverable, DeliverablePart]:
    part = DeliverablePart.objects.visible_to(request.user, P.DELIVER).filter(pk=pk).first()
    if part is None:
        raise Http404
    return _find(request, part.deliverable_id), part


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def change_deliverable_row(request: SignedInRequest, deliverable_part: int) -> HttpResponse:
    return _row_page(request, *_find_part(request, deliverable_part))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def remove_deliverable_row(request: SignedInRequest, deliverable_part: int) -> HttpResponse:
    found, part = _find_part(request, deliverable_part)
    form = Form(request.POST if request.method == "POST" else None)
    form.submit = "Take it out"  # type: ignore[misc]
    form.submit_variant = "warning"  # type: ignore[misc]
    return act_page(
        request,
        form,
        lambda: deliveries.remove_deliverable_row(by=request.user, deliverable=found, part=part),
        title="Take this row out",
        intro=part.words,
        done="Taken out.",
        to=_here(found),
        denied=why_not(rules.check_deliverable_act, request.user, found, "mou.remove_deliverable_row"),
        **_crumbs(found),
    )


# --- handed in and answered ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DELIVER)
def hand_in_deliverable(request: SignedInRequest, deliverable: int) -> HttpResponse:
    """What is written here, a file, or both; then the officer answers."""
    found = _find(request, deliverable)
    is_post = request.method == "POST"
    form = HandInForm(request.POST if is_post else None, request.FILES if is_post else None)
    return act_page(
        request,
        form,
        lambda: deliveries.hand_in_deliverable(
            by=request.user,
            deliverable=found,
            note=form.cleaned_data["note"],
            file=form.one_file,
            is_confidential=form.cleaned_data["is_confidential"],
        ),
        title=f"Hand in the {found.kind.name.lower()}",
        intro="What you have written here goes with it. The officer then accepts it, or asks for it again and "
        "says what is missing.",
        done="Handed in. The officer is told by email.",
        to=_here(found),
        denied=why_not(rules.check_deliverable_act, request.user, found, "mou.hand_in_deliverable"),
        **_crumbs(found),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def answer_deliverable(request: SignedInRequest, deliverable: int) -> HttpResponse:
    """Accept what was handed in, or ask for it again."""
    found = _find(request, deliverable)
    reads_all = page.reads_all(request.user, found.supplier_case)
    rounds = _rounds(request, found, reads_all)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"read": rounds[0]["round"].number if rounds else 0},
    )

    def act() -> None:
        said = form.cleaned_data
        answer: dict[str, Any] = {"deliverable": found, "read": said["read"], "words": said["words"]}
        if said["accepts"] == "yes":
            deliveries.accept_deliverable(by=request.user, **answer)
        else:
            deliveries.ask_deliverable_again(by=request.user, **answer)

    return act_page(
        request,
        form,
        act,
        title=f"Answer: {found.kind.name}",
        rounds=rounds[:1],
        done="Your answer is sent.",
        to=_here(found),
        denied=why_not(rules.check_can_answer, request.user, found),
        **_crumbs(found),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def change_deliverable_date(request: SignedInRequest, deliverable: int) -> HttpResponse:
    found = _find(request, deliverable)
    form = DateForm(request.POST if request.method == "POST" else None)
    return act_page(
        request,
        form,
        lambda: deliveries.change_deliverable_date(by=request.user, deliverable=found, **form.cleaned_data),
        title="Give it a new date",
        intro=page.when(found),
        done="It has a new date. The supplier and the practice are told by email.",
        to=_here(found),
        denied=why_not(rules.check_deliverable_act, request.user, found, "mou.change_deliverable_date"),
        **_crumbs(found),
    )


@require_GET
@requires(P.VIEW_MOU, P.DELIVER)
def round_file(request: SignedInRequest, deliverable_round: int) -> HttpResponse:
    """The file of a round; one that is confidential only to who may read it."""
    rows = DeliverableRound.objects.visible_to(request.user).select_related("file", "deliverable")
    found = rows.filter(pk=deliverable_round, file__isnull=False).first()
    if found is None or found.file is None:
        raise Http404
    if found.is_confidential and not page.reads_all(
        request.user, page.find(request, found.deliverable.supplier_case_id)
    ):
        raise Http404
    return download(found.file.name, found.file.content_type, bytes(found.file.content))
