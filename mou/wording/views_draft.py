"""Writing a wording: started from another, changed part by part, discarded or published."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mou.models import Template
from mou.wording import actions, pages
from mou.wording.checks import incomplete
from mou.wording.files import MOST_BYTES, from_file
from mou.wording.forms import FileForm, SectionForm, SettingsForm, StartForm, appendix_forms
from mou.wording.views import facts_in_words
from mou.wording.words import (
    SETTINGS,
    SectionText,
    Wording,
    fingerprint,
    moved,
    without,
    wording_of,
)
from resilience.core.access import Denied, P, requires
from resilience.core.forms import Form, add_denied
from resilience.core.words import plural

_STEPS = {"up": -1, "down": 1}


# --- started -----------------------------------------------------------------------------------


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "POST"])
def start_draft(request: HttpRequest, year: int) -> HttpResponse:
    """A draft from a version in use, from another year's, or from a wording that comes with the service."""
    found = pages.find_writable(request, year)
    sources = pages.sources_of(found)
    asked = request.GET.get("from", "")
    form = StartForm(
        request.POST or None,
        sources=sources,
        initial={"source": asked if asked in dict(sources) else sources[0][0]},
    )
    if request.method == "POST" and form.is_valid():
        source = form.cleaned_data["source"]
        try:
            draft = actions.start_draft(
                by=request.user, year=found, wording=pages.wording_from(source), source=source
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect("mou:draft", wording=draft.pk)
    return render(
        request,
        "form.html",
        {
            "title": "Start a draft of the wording",
            "caption": str(found),
            "form": form,
            "intro": "Nothing is published by this. One draft for two parties and one for three may be open at a time.",
            "cancel": reverse("mou:import_wording", kwargs={"year": found.pk}),
            "cancel_text": "Start from a file instead",
            "back": reverse("mou:templates", kwargs={"year": found.pk}),
        },
    )


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "POST"])
def import_wording(request: HttpRequest, year: int) -> HttpResponse:
    """A draft from a file; a bad file gets a sentence and changes nothing."""
    found = pages.find_writable(request, year)
    form = FileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        try:
            wording = from_file(form.cleaned_data["document"].read(MOST_BYTES + 1))
            draft = actions.start_draft(by=request.user, year=found, wording=wording, source="file")
        except Denied as denied:
            form.add_error("document", str(denied))
        else:
            messages.success(request, "The file is a draft now. Read it, then publish it.")
            return redirect("mou:draft", wording=draft.pk)
    return render(
        request,
        "form.html",
        {
            "title": "Start a draft from a file",
            "caption": str(found),
            "form": form,
            "back": reverse("mou:start_draft", kwargs={"year": found.pk}),
        },
    )


# --- the draft and its parts -------------------------------------------------------------------


def _draft(request: HttpRequest, pk: int) -> tuple[Template, Wording]:
    found = pages.find_draft(request, pk)
    return found, wording_of(found)


def _published(found: Template) -> HttpResponse:
    """Where a page of a draft leads once it is published: it is no draft any more."""
    return redirect("mou:template", template=found.pk)


def _overview(request: HttpRequest, found: Template, form: Form | None = None) -> HttpResponse:
    wording = wording_of(found)
    return render(
        request,
        "mou/wording/draft.html",
        {
            "title": pages.title_of(found),
            "caption": f"Wording of {found.year}",
            "draft": found,
            "form": form,
            "seen": fingerprint(wording),
            "facts": facts_in_words(found),
            "sections": [
                {"section": each, "lines": plural(len(each.clauses.splitlines()), "line")}
                for each in wording.sections
            ],
            "next_section": len(wording.sections) + 1,
            "appendices": found.appendices.all(),
            "incomplete": list(incomplete(wording)),
            "document": pages.html_of(wording),
            "back": reverse("mou:templates", kwargs={"year": found.year_id}),
        },
    )


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET"])
def draft(request: HttpRequest, wording: int) -> HttpResponse:
    """All of a draft: its parts, what it lacks to be published, and how it reads."""
    found = pages.find_draft(request, wording)
    return _overview(request, found) if found.is_draft else _published(found)


@requires(P.MANAGE_PROGRAMMES)
@require_POST
def draft_arrange(request: HttpRequest, wording: int) -> HttpResponse:
    """Move a section up or down, or take it out."""
    found, was = _draft(request, wording)
    act, _, place = request.POST.get("act", "").partition("-")
    if not place.isdecimal() or (act not in _STEPS and act != "out"):
        return _refused(request, found, Denied("Press one of the buttons beside a section."))
    index = int(place[:4]) - 1
    sections = without(was.sections, index) if act == "out" else moved(was.sections, index, _STEPS[act])
    return _changed(request, found, was, sections=sections)


def _refused(request: HttpRequest, found: Template, denied: Denied) -> HttpResponse:
    if not found.is_draft:
        return _published(found)
    form = Form({})
    form.is_valid()
    add_denied(form, denied)
    return _overview(request, found, form)


def _changed(request: HttpRequest, found: Template, was: Wording, **parts: Any) -> HttpResponse:
    try:
        actions.change_draft(
            by=request.user,
            draft=found,
            wording=Wording(**(vars(was) | parts)),
            seen=request.POST.get("seen", ""),
        )
    except Denied as denied:
        found.refresh_from_db()
        return _refused(request, found, denied)
    return redirect(reverse("mou:draft", kwargs={"wording": found.pk}) + "#sections")


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "POST"])
def draft_settings(request: HttpRequest, wording: int) -> HttpResponse:
    """Title, parties, notice and extension."""
    found, was = _draft(request, wording)
    if not found.is_draft:
        return _published(found)
    initial = {name: getattr(was, name) for name in SETTINGS}
    initial["has_supplier"] = int(was.has_supplier)
    initial["notice_months_failure"] = was.notice_months_failure or 0
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            said = Wording(**(vars(was) | form.cleaned_data))
            actions.change_draft(
                by=request.user, draft=found, wording=said, seen=request.POST.get("seen", "")
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "Title, parties and notice are saved.")
            return redirect("mou:draft", wording=found.pk)
    return _part_page(request, "mou/wording/settings.html", "Title, parties and notice", found, form=form)


def _part_page(
    request: HttpRequest, template: str, title: str, found: Template, **context: Any
) -> HttpResponse:
    """The page of a part, which bears the fingerprint of what is on record now."""
    return render(
        request,
        template,
        {
            "title": title,
            "caption": f"Wording of {found.year}, {pages.title_of(found).lower()}",
            "draft": found,
            "seen": fingerprint(wording_of(found)),
            "back": reverse("mou:draft", kwargs={"wording": found.pk}),
            **context,
        },
    )


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "POST"])
def draft_appendices(request: HttpRequest, wording: int) -> HttpResponse:
    """Which appendices, in which order, under which titles."""
    found, was = _draft(request, wording)
    if not found.is_draft:
        return _published(found)
    forms = appendix_forms(request.POST or None, was)
    if request.method == "POST" and all(form.is_valid() for form in forms):
        chosen = sorted(
            (form for form in forms if form.cleaned_data["place"]),
            key=lambda form: form.cleaned_data["place"],
        )
        said = Wording(**(vars(was) | {"appendices": tuple(form.appendix for form in chosen)}))
        try:
            actions.change_draft(
                by=request.user, draft=found, wording=said, seen=request.POST.get("seen", "")
            )
        except Denied as denied:
            add_denied(forms[0], denied)
        else:
            messages.success(request, "The appendices are saved.")
            return redirect("mou:draft", wording=found.pk)
    return _part_page(request, "mou/wording/appendices.html", "Appendices", found, forms=forms)


# --- one section -------------------------------------------------------------------------------


def _arranged(clauses: str, act: str, shown: str) -> str:
    """The clauses with one line moved or taken out, as the button says. Raises Denied if its line is not there."""
    did, _, place = act.partition("-")
    lines = clauses.splitlines()
    if clauses != shown:
        raise Denied(
            "You typed in the clauses and pressed a button beside a line. Save first: the buttons follow what is saved."
        )
    if not place.isdecimal() or int(place[:4]) > len(lines) or (did not in _STEPS and did != "out"):
        raise Http404
    index = int(place[:4]) - 1
    return "\n".join(without(lines, index) if did == "out" else moved(lines, index, _STEPS[did]))


def _with_section(was: Wording, index: int, section: SectionText, after: int) -> Wording:
    """The wording with ``section`` in place of the one at ``index`` (new past the last), moved behind others."""
    others = without(was.sections, index)
    return Wording(**(vars(was) | {"sections": (*others[:after], section, *others[after:])}))


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "POST"])
def draft_section(request: HttpRequest, wording: int, section_number: int) -> HttpResponse:
    """One section: its text, the words that may be picked, its lines one by one, and how it reads."""
    found, was = _draft(request, wording)
    if not found.is_draft:
        return _published(found)
    index = section_number - 1
    if not 0 <= index <= len(was.sections):
        raise Http404
    is_new = index == len(was.sections)
    held = SectionText("") if is_new else was.sections[index]
    picks = pages.picks_for(was)
    form = SectionForm(
        request.POST or None, wording=was, index=index, words=picks, initial=vars(held) | {"after": index}
    )
    if "add" in request.POST:
        # What was picked is put into the box, to go on writing: it is saved with the rest.
        typed = request.POST.dict()
        typed["clauses"] = pages.with_picked(typed.get("clauses", ""), typed.pop("pick", ""))
        form = SectionForm(wording=was, index=index, words=picks, initial=typed)
    elif request.method == "POST" and form.is_valid():
        try:
            return _save_section(request, found, was, index, held, form)
        except Denied as denied:
            add_denied(form, denied)
    return _part_page(
        request,
        "mou/wording/section.html",
        "Add a section" if is_new else f"Section {section_number}: {held.heading}",
        found,
        form=form,
        **({"seen": request.POST.get("seen", "")} if "add" in request.POST else {}),
        groups=pages.words_for(was),
        lines=held.clauses.splitlines(),
        is_new=is_new,
        before=index or None,
        following=section_number + 1 if section_number < len(was.sections) else None,
        document="" if is_new else pages.section_html(was, index),
    )


def _save_section(
    request: HttpRequest, found: Template, was: Wording, index: int, held: SectionText, form: SectionForm
) -> HttpResponse:
    said = form.section
    if act := request.POST.get("arrange"):
        said = SectionText(said.heading, _arranged(said.clauses, act, held.clauses), said.name)
    after = form.cleaned_data["after"]
    actions.change_draft(
        by=request.user,
        draft=found,
        wording=_with_section(was, index, said, after),
        seen=request.POST.get("seen", ""),
    )
    messages.success(request, f"Section {after + 1} is saved.")
    place = "#lines" if "arrange" in request.POST else ""
    return redirect(
        reverse("mou:draft_section", kwargs={"wording": found.pk, "section_number": after + 1}) + place
    )


# --- ended -------------------------------------------------------------------------------------


@requires(P.MANAGE_PROGRAMMES)
@require_http_methods(["GET", "POST"])
def draft_discard(request: HttpRequest, wording: int) -> HttpResponse:
    """Throw the draft away, after asking."""
    found = pages.find_draft(request, wording)
    if not found.is_draft:
        return _published(found)
    if request.method == "POST":
        actions.discard_draft(by=request.user, draft=found)
        messages.success(request, "The draft is discarded.")
        return redirect("mou:templates", year=found.year_id)
    return render(
        request,
        "confirm.html",
        {
            "title": "Discard this draft",
            "caption": f"Wording of {found.year}",
            "sentences": [
                "What it says is lost. The published versions stay as they are.",
                "To keep it, export it as a file first.",
            ],
            "confirm": "Discard the draft",
            "variant": "warning",
            "back": reverse("mou:draft", kwargs={"wording": found.pk}),
        },
    )


@requires(P.MANAGE_PROGRAMMES)
@require_POST
def draft_publish(request: HttpRequest, wording: int) -> HttpResponse:
    """Publish what the page showed."""
    found = pages.find_draft(request, wording)
    if not found.is_draft:
        return _published(found)
    try:
        made = actions.publish_draft(by=request.user, draft=found, seen=request.POST.get("seen", ""))
    except Denied as denied:
        found.refresh_from_db()
        if not found.is_draft:
            return _published(found)
        form = Form({})
        form.is_valid()
        add_denied(form, denied)
        return _overview(request, found, form)
    messages.success(request, f"{pages.title_of(made)}, is published. MoUs sent from now on use it.")
    return redirect("mou:templates", year=made.year_id)
