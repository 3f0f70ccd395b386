"""Pages on programmes and their years, for administrators."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from resilience.core.access import Denied, P, requires
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.words import day, moment
from resilience.programmes import actions, rules
from resilience.programmes.copying import a_year_later, year_after
from resilience.programmes.forms import (
    STAGES,
    AddYearForm,
    ClocksForm,
    ContactForm,
    CopyForm,
    DatesForm,
    DeadlinesForm,
    JudgingForm,
    LettersForm,
    ProgrammeForm,
    QuestionsForm,
    YearForm,
)
from resilience.programmes.letters import ACKNOWLEDGEMENT_WORDS, DECISION_WORDS, STANDS_FOR
from resilience.programmes.models import Programme, ProgrammeYear
from resilience.programmes.setup import add_standard_year
from resilience.programmes.year_page import parts_of


def find_programme(request: HttpRequest, pk: int) -> Programme:
    """One in reach, else 404."""
    mine = Programme.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(mine, pk=pk)


def find_year(request: HttpRequest, pk: int) -> ProgrammeYear:
    """One of a programme in reach, else 404."""
    mine = ProgrammeYear.objects.visible_to(request.user)
    return get_object_or_404(mine.select_related("programme__owner", "criteria_set", "matrix"), pk=pk)


def page_of(year: ProgrammeYear) -> str:
    return reverse("programmes:year", kwargs={"year": year.pk})


def _page_of_programme(programme: Programme) -> str:
    return reverse("programmes:programme", kwargs={"programme": programme.pk})


def tabs(current: str) -> list[dict[str, Any]]:
    """Programmes, and what they are judged by."""
    return [
        {"text": text, "href": reverse(name), "current": name == current}
        for name, text in (
            ("programmes:list", "Programmes"),
            ("programmes:criteria_sets", "Criteria"),
            ("programmes:matrices", "Matrices"),
            ("mou:questionnaires", "Questionnaires"),
        )
    ]


@requires(P.MANAGE_PROGRAMMES)
def programmes(request: HttpRequest) -> HttpResponse:
    return ListPage(
        request,
        Programme.objects.visible_to(request.user).select_related("owner").prefetch_related("years"),
        name="programmes:list",
        title="Programmes",
        noun="programme",
        columns=[
            Column("Name", "name", link=_page_of_programme, sort="name", heading=True),
            Column("Whose", "owner.name", sort="owner__name"),
            Column("Takes self-referrals", lambda each: "Yes" if each.is_open else "No", sort="is_open"),
            Column("Years", lambda each: ", ".join(year.name for year in each.years.all()) or "None yet"),
        ],
        default_sort="name",
        tabs=tabs("programmes:list"),
        actions=[{"text": "Set up a programme", "href": reverse("programmes:add_programme")}],
        empty="No programme of your organisations yet.",
    ).response()


def sent(request: HttpRequest) -> Any:
    """What a form is bound to: all that was sent, be it nothing but empty boxes; None when it is only shown."""
    return request.POST if request.method == "POST" else None


def answer(
    request: HttpRequest, form: Any, title: str, back: str, template: str = "form.html", **more: Any
) -> HttpResponse:
    """A form's page, with the way back."""
    return render(request, template, {"form": form, "title": title, "back": back, **more})


@requires(P.MANAGE_PROGRAMMES)
def add_programme(request: HttpRequest) -> HttpResponse:
    form = ProgrammeForm(sent(request), by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_programme(by=request.user, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{made} is set up. Add its first year.")
            return redirect(_page_of_programme(made))
    return answer(request, form, "Set up a programme", reverse("programmes:list"))


@requires(P.MANAGE_PROGRAMMES)
def programme_page(request: HttpRequest, programme: int) -> HttpResponse:
    shown = find_programme(request, programme)
    context = {
        "title": shown.name,
        "programme": shown,
        "years": shown.years.all(),
        "back": reverse("programmes:list"),
        "back_text": "Programmes",
        "details": [
            {"key": {"text": "Whose"}, "value": {"text": shown.owner.name}},
            {
                "key": {"text": "Takes self-referrals"},
                "value": {"text": "Yes, in the years that are open" if shown.is_open else "No"},
            },
            {"key": {"text": "What it is for"}, "value": {"text": shown.purpose or "Not said yet"}},
        ],
    }
    return render(request, "programmes/programme.html", context)


@requires(P.MANAGE_PROGRAMMES)
def change_programme(request: HttpRequest, programme: int) -> HttpResponse:
    shown = find_programme(request, programme)
    form = ProgrammeForm(sent(request), by=request.user, programme=shown)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_programme(by=request.user, programme=shown, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The programme is changed.")
            return redirect(_page_of_programme(shown))
    return answer(request, form, f"Change {shown}", _page_of_programme(shown))


@requires(P.MANAGE_PROGRAMMES)
def add_year(request: HttpRequest, programme: int) -> HttpResponse:
    shown = find_programme(request, programme)
    form = AddYearForm(sent(request), programme=shown)
    if request.method == "POST" and form.is_valid():
        values = form.values
        kind, name = form.cleaned_data["kind"], values.pop("name")
        try:
            made = add_standard_year(shown, kind, by=request.user, year_name=name, **values)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{made} is set up. Look through every part before it opens.")
            return redirect(page_of(made))
    return answer(request, form, "Set up a year", _page_of_programme(shown), caption=shown.name)


@requires(P.MANAGE_PROGRAMMES)
def year_page(request: HttpRequest, year: int) -> HttpResponse:
    """Every part of the year, each with the way to change it."""
    shown = find_year(request, year)
    context = {
        "title": f"{shown.programme} {shown.name}",
        "year": shown,
        "back": _page_of_programme(shown.programme),
        "back_text": shown.programme.name,
        **parts_of(request.user, shown),
    }
    return render(request, "programmes/year.html", context)


@requires(P.MANAGE_PROGRAMMES)
def copy_year(request: HttpRequest, year: int) -> HttpResponse:
    shown = find_year(request, year)
    form = CopyForm(
        sent(request), programme=shown.programme, year=shown, initial={"name": year_after(shown.name)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.copy_year(by=request.user, year=shown, **form.values)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{made} is set up. Look at each date: it is a year after the old one.")
            return redirect(page_of(made))
    starts, ends, closes = (a_year_later(each) for each in (shown.starts_on, shown.ends_on, shown.closes_at))
    intro = (
        f"The new year runs from {day(starts)} to {day(ends)} and takes self-referrals until {moment(closes)}. "
        "Menu, milestones, payment stages, letters and all else are copied; you can change each of them. "
        "The MoU's wording is published anew for the new year."
    )
    return answer(request, form, f"Copy {shown}", page_of(shown), intro=intro)


def change_year(
    form_class: type[YearForm], title: str, intro: str = ""
) -> Callable[[HttpRequest, int], HttpResponse]:
    """The page of some fields of a year."""

    @requires(P.MANAGE_PROGRAMMES)
    def view(request: HttpRequest, year: int) -> HttpResponse:
        shown = find_year(request, year)
        form = form_class(sent(request), programme=shown.programme, year=shown)
        if request.method == "POST" and form.is_valid() and _changed(request, shown, form):
            return redirect(page_of(shown))
        return answer(request, form, title, page_of(shown), caption=str(shown), intro=intro)

    return view


def _changed(request: HttpRequest, year: ProgrammeYear, form: YearForm) -> bool:
    try:
        actions.change_year(by=request.user, year=year, **form.values)
    except Denied as denied:
        add_denied(form, denied)
        return False
    messages.success(request, "The year is changed.")
    return True


change_dates = change_year(
    DatesForm,
    "Dates",
    "Closing earlier takes effect at once: forms not sent by then cannot be sent. "
    "What has been sent stays as it is.",
)
change_clocks = change_year(
    ClocksForm,
    "Clocks",
    "The days count from now on, for referrals yet to come. A referral that was received keeps the dates "
    "it was promised.",
)
change_contact = change_year(
    ContactForm, "Contact", "Whom practices ask. It stands in every letter and on the pages of the form."
)
change_questions = change_year(QuestionsForm, "What the form asks")
change_judging = change_year(
    JudgingForm,
    "How practices are judged",
    "An assessment keeps the criteria and the matrix it was begun with. Another version counts from now on.",
)


@requires(P.MANAGE_PROGRAMMES)
def change_letters(request: HttpRequest, year: int) -> HttpResponse:
    """The two letters, the words they may hold, and how they read for an example practice."""
    shown = find_year(request, year)
    form = LettersForm(sent(request), programme=shown.programme, year=shown)
    is_example = "example" in request.POST
    if request.method == "POST" and form.is_valid() and not is_example and _changed(request, shown, form):
        return redirect(page_of(shown))
    words = [
        (
            f"{{{word}}}",
            meaning,
            " and ".join(
                name
                for name, known in (("acknowledgement", ACKNOWLEDGEMENT_WORDS), ("decision", DECISION_WORDS))
                if word in known
            ),
        )
        for word, meaning in STANDS_FOR.items()
    ]
    return answer(
        request,
        form,
        "Letters",
        page_of(shown),
        "programmes/letters.html",
        caption=str(shown),
        words=words,
        example=form.example(shown),
    )


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_PROGRAMMES)
def stages(request: HttpRequest, year: int) -> HttpResponse:
    """All payment stages of a year on one page, since their shares must fit together."""
    shown = find_year(request, year)
    now = [{field: getattr(stage, field) for field in actions.STAGE_FIELDS} for stage in shown.stages.all()]
    formset: Any = STAGES(sent(request), initial=now, prefix="stages")
    asked = shown.stages.filter(opens__in=("evidence", "plan_agreed"))
    are_deadlines = request.method == "POST" and "deadlines" in request.POST
    deadlines = DeadlinesForm(request.POST if are_deadlines else None, stages=asked)
    denied = ""
    try:
        if are_deadlines and deadlines.is_valid():
            actions.set_deadlines(by=request.user, year=shown, deadlines=deadlines.deadlines)
            messages.success(request, "The deadlines are set.")
            return redirect(page_of(shown))
        rules.check_can_change_stages(request.user, shown)
        if request.method == "POST" and formset.is_valid():
            actions.set_stages(by=request.user, year=shown, stages=formset.stages)
            messages.success(request, "The payment stages are set.")
            return redirect(page_of(shown))
    except Denied as refused:
        denied = str(refused)
    context = {
        "title": "Payment stages",
        "caption": str(shown),
        "back": page_of(shown),
        "formset": formset,
        "form": deadlines,
        "denied": denied,
        "stages": shown.stages.all(),
    }
    return render(request, "programmes/stages.html", context)
