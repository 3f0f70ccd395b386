"""The parts of the form, one group of questions a page, each saved as it is left."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from practices.finder import find
from practices.models import Practice
from resilience.core.access import Denied, P, requires
from resilience.core.forms import add_denied
from resilience.core.models import TrailEntry
from resilience.referrals import actions, answers, forms, rules
from resilience.referrals.models import Referral
from resilience.referrals.openings import covered_practices
from resilience.referrals.parts import PARTS
from resilience.referrals.views_practice import open_draft, summary

MOST_FOUND = 20


def address(name: str, row: Referral, request: HttpRequest, **more: Any) -> str:
    """A page of the form; who came from "check answers" goes back there."""
    after = "?from=check" if request.GET.get("from") == "check" else ""
    return reverse(f"referrals:{name}", kwargs={"referral": row.pk, **more}) + after


def way_back(request: HttpRequest, row: Referral) -> str:
    name = "check" if request.GET.get("from") == "check" else "draft"
    return reverse(f"referrals:{name}", kwargs={"referral": row.pk})


@requires(P.REFER)
def part(request: HttpRequest, referral: int, part: str) -> HttpResponse:
    """One part of the form, saved as it is left."""
    row = open_draft(request, referral)
    if isinstance(row, HttpResponse):
        return row
    if part not in PARTS:
        raise Http404
    if part == "files":
        return _files(request, row)
    saved = answers.answers(row, part)
    form = forms.PART_FORMS[part](
        request.POST or None,
        referral=row,
        later="later" in request.POST,
        initial={
            **forms.initial(part, saved, request.user),
            "version": answers.version(row, part),
        },
    )
    form.keep = f"draft-{row.pk}-{part}"
    context: dict[str, Any] = {
        "title": PARTS[part].title,
        "caption": str(row.year),
        "row": row,
        "part": part,
        "form": form,
        "back": way_back(request, row),
        "places": answers.refresh(row),
    }
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_part(
                by=request.user,
                referral=row,
                part=part,
                answers=form.answers(),
                version=form.cleaned_data["version"],
            )
            return redirect(_next_page(request, row, part, form))
        except rules.AlreadySent:
            return redirect("referrals:done", referral=row.pk)
        except rules.ChangedMeanwhile as changed:
            add_denied(form, changed)
            form.data = request.POST.copy()
            form.data["version"] = answers.version(row, part)
            context["theirs"] = _theirs(row, part)
        except Denied as denied:
            add_denied(form, denied)
    return render(request, "referrals/practice/part.html", context)


def _next_page(request: HttpRequest, row: Referral, part: str, form: forms.PartForm) -> str:
    if form.later:
        return reverse("referrals:draft", args=[row.pk])
    if part == "practices" and form.cleaned_data["is_group"] == "yes":
        return address("group", row, request)
    return way_back(request, row)


def _theirs(row: Referral, part: str) -> dict[str, Any]:
    """What someone else saved, who and when, to be read beside what was typed."""
    fresh = copy(row)
    fresh.refresh_from_db()
    last = (
        TrailEntry.objects.filter(act="referrals.save_part", case_id=row.pk, facts__part=part)
        .select_related("by")
        .last()
    )
    section = answers.Section(part, PARTS[part].title, answers.rows(fresh, part))
    return {
        "who": last.by.name if last and last.by else "",
        "at": last.at if last else None,
        "rows": summary(section),
    }


@requires(P.REFER)
def group(request: HttpRequest, referral: int) -> HttpResponse:
    """The other practices of the group: find, add, take off; their list sizes added up."""
    row = open_draft(request, referral)
    if isinstance(row, HttpResponse):
        return row
    here = address("group", row, request)
    form, choose = forms.AddPracticeForm(), None
    try:
        if "remove" in request.POST:
            place = row.practices.filter(pk=_number(request.POST["remove"]), is_lead=False).first()
            if place:
                actions.remove_practice(by=request.user, referral=row, practice=place.practice)
                messages.success(request, f"{place} was taken off.")
            return redirect(here)
        if request.method == "POST":
            form = forms.AddPracticeForm(request.POST)
            if form.is_valid():
                found = find(form.cleaned_data["practice"], covered_practices(row.year))
                choose, practice = _one_of(request, form, found)
                if practice:
                    actions.add_practice(by=request.user, referral=row, practice=practice)
                    messages.success(request, f"{practice} was added.")
                    return redirect(here)
    except rules.AlreadySent:
        return redirect("referrals:done", referral=row.pk)
    except Denied as denied:
        add_denied(form, denied)
    places = answers.refresh(row)
    context = {
        "title": "The practices of the group",
        "caption": str(row.year),
        "row": row,
        "form": form,
        "choose": choose,
        "forms": [choose] if choose else [],
        "places": places,
        "total": answers.total_list_size(places),
        "search": reverse("practices:find"),
        "without": [place for place in places if place.list_size is None],
        "back": address("part", row, request, part="practices"),
        "on": way_back(request, row),
    }
    return render(request, "referrals/practice/group.html", context)


def _one_of(
    request: HttpRequest, form: forms.AddPracticeForm, found: Any
) -> tuple[forms.ChoosePracticeForm | None, Practice | None]:
    """The one practice that is meant; or the question which; or an error on the form."""
    first = list(found[: MOST_FOUND + 1])
    if not first:
        form.add_error("practice", "No practice here has that name or code. Check it, or try fewer words")
    elif len(first) == 1:
        return None, first[0]
    elif len(first) > MOST_FOUND:
        form.add_error(
            "practice", f"More than {MOST_FOUND} practices were found. Add a word, the postcode or the code"
        )
    else:
        asked = form.cleaned_data["practice"]
        data = request.POST if request.POST.get("choosing") == asked else None
        choose = forms.ChoosePracticeForm(data, found=found)
        if choose.is_bound and choose.is_valid():
            return choose, choose.cleaned_data["chosen"]
        return choose, None
    return None, None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _files(request: HttpRequest, row: Referral) -> HttpResponse:
    form = forms.FilesForm(referral=row)
    here = address("part", row, request, part="files")
    try:
        if "remove" in request.POST:
            attachment = row.attachments.filter(pk=_number(request.POST["remove"])).first()
            if attachment:
                name = str(attachment)
                actions.detach(by=request.user, referral=row, attachment=attachment)
                messages.success(request, f"{name} was taken off.")
            return redirect(here)
        if request.method == "POST":
            form = forms.FilesForm(request.POST, request.FILES, referral=row)
            if form.is_valid():
                actions.attach(by=request.user, referral=row, files=form.cleaned_data["attachments"])
                return redirect(here)
    except rules.AlreadySent:
        return redirect("referrals:done", referral=row.pk)
    except Denied as denied:
        add_denied(form, denied)
    context = {
        "title": PARTS["files"].title,
        "caption": str(row.year),
        "row": row,
        "form": form,
        "attachments": row.attachments.select_related("file").defer("file__content"),
        "back": way_back(request, row),
    }
    return render(request, "referrals/practice/files.html", context)
