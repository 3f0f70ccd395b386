"""Files made in the background: a page each, and the list of one's own."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from resilience.core import exports, list_exports, words
from resilience.core.access import Denied, signed_in, why_not
from resilience.core.downloads import download
from resilience.core.list_exports import ExportForm
from resilience.core.models import Export
from resilience.core.templatetags.nhsuk import tag

_COLOURS = {"waiting": "grey", "running": "blue", "done": "green", "failed": "red"}


def _mine(request: HttpRequest, pk: int) -> Export:
    return get_object_or_404(Export.objects.select_related("person"), person=request.user.pk, pk=pk)


def _shown(export: Export) -> dict[str, Any]:
    return {"export": export, "tag": tag(export.get_state_display(), _COLOURS[export.state])}


@require_GET
@signed_in
def export_list(request: HttpRequest) -> HttpResponse:
    """One's own files that are made, being made, or could not be made."""
    mine = Export.objects.filter(person=request.user.pk)
    context = {
        "title": "Your files",
        "back": reverse("people:me"),
        "back_text": "Your account",
        "exports": [_shown(export) for export in mine],
        "kept": words.plural(settings.EXPORTS_KEPT.days, "day"),
    }
    return render(request, "exports/list.html", context)


@require_POST
@signed_in
def begin_export(request: HttpRequest) -> HttpResponse:
    """Have a long list made as a file."""
    form = ExportForm(request.POST)
    try:
        if not form.is_valid():
            raise Denied("Go back to the list, and export it again.")
        export = list_exports.begin(by=request.user, **form.cleaned_data)
    except Denied as denied:
        messages.error(request, str(denied))
        return redirect("exports")
    return redirect("export", export.pk)


@require_GET
@signed_in
def export_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a file is; when it is made, the file."""
    export = _mine(request, pk)
    context = _shown(export) | {
        "title": export.what,
        "back": reverse("exports"),
        "back_text": "Your files",
        "unfinished": export.state in Export.UNFINISHED,
        "how_far": _how_far(export),
        "denied": "" if not export.file_id else why_not(exports.check_can_download, request.user, export),
    }
    context["again"] = "Make it again" if export.file_id else "Try again"
    context["again_variant"] = "secondary" if export.file_id and not context["denied"] else ""
    if export.finished_at:
        context["deleted_on"] = words.day(export.finished_at + settings.EXPORTS_KEPT)
    if export.file:
        context["download"] = reverse("export_file", args=[pk])
        context["size"] = filesizeformat(export.file.size)
    return render(request, "exports/export.html", context)


def _how_far(export: Export) -> str:
    if export.state == Export.State.WAITING or not export.total:
        return "It begins in a few seconds." if export.state == Export.State.WAITING else "It has begun."
    return f"{words.percent(export.done, export.total)} done: {export.done:,} of {export.total:,}."


@require_GET
@signed_in
def export_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file itself."""
    export = _mine(request, pk)
    exports.check_can_download(request.user, export)
    file: Any = export.file
    return download(file.name, file.content_type, bytes(file.content))


@require_POST
@signed_in
def export_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it made anew."""
    try:
        export = exports.again(_mine(request, pk))
    except Denied as denied:
        messages.error(request, str(denied))
        return redirect("export", pk)
    return redirect("export", export.pk)
