"""Importing the register in the browser: upload, look at what would change, then write exactly that."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from practices.importing.columns import REGISTER_KINDS
from practices.importing.compare import plan_import
from practices.importing.plan import LineKind, Plan
from practices.importing.unpack import Unreadable
from practices.models import DataImport
from practices.register_actions import (
    Outdated,
    Source,
    Unchanged,
    discard_register_files,
    import_register,
    keep_register_files,
    sources_of,
)
from practices.register_forms import RegisterFilesForm
from practices.register_rules import check_can_import
from resilience.core.access import Denied, P, requires
from resilience.core.forms import add_denied

SHOWN = 50
_MOST_REJECTED = 1000


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_ORGANISATIONS)
def upload(request: HttpRequest) -> HttpResponse:
    """Choose the files."""
    check_can_import(request.user)
    form = RegisterFilesForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        sources = [Source(file.name, file.read()) for file in form.cleaned_data["register_files"]]
        try:
            kept = keep_register_files(by=request.user, sources=sources)
        except (Unreadable, Denied) as reason:
            add_denied(form, reason)
        else:
            return redirect("practices:import_preview", data_import=kept.pk)
    return render(
        request,
        "practices/import.html",
        {
            "title": "Import the register",
            "form": form,
            "kinds": [kind.words for kind in REGISTER_KINDS],
            "back": reverse("practices:list"),
            "back_text": "Practices",
        },
    )


def _kept(request: HttpRequest, pk: int) -> DataImport:
    """The import with its files, else 404."""
    rows = DataImport.objects.visible_to(request.user).filter(kind=DataImport.Kind.REGISTER)
    return get_object_or_404(rows, pk=pk)


def _back_to_list(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.info(request, sentence)
    return redirect("practices:list")


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_ORGANISATIONS)
def preview(request: HttpRequest, data_import: int) -> HttpResponse:
    """What the files would change; confirming writes exactly what this page showed."""
    waiting = _kept(request, data_import)
    if waiting.is_done:
        return _back_to_list(request, "This import was written already.")
    sources = sources_of(waiting)
    notice = ""
    if request.method == "POST":
        try:
            plan = import_register(
                by=request.user,
                sources=sources,
                digest=request.POST.get("digest", "")[:64] or "none",
                data_import=waiting,
            )
        except Outdated as outdated:
            plan = outdated.plan
            notice = "The register has changed since you saw this preview. Nothing was written: look again."
        except Unchanged as unchanged:
            plan = unchanged.plan
        except (Unreadable, Denied) as reason:
            messages.error(request, f"{reason} Nothing was written.")
            return redirect("practices:import")
        else:
            messages.success(request, f"The register is imported: {_said(plan)}.")
            return redirect("practices:list")
    else:
        try:
            plan = plan_import(sources)
        except Unreadable as reason:
            messages.error(request, f"{reason} Nothing was written.")
            return redirect("practices:import")
    return render(request, "practices/preview.html", _shown(waiting, sources, plan, notice))


def _said(plan: Plan) -> str:
    return ", ".join(f"{count:,} {words.lower()}" for words, count in plan.summary().items() if count)


def _shown(waiting: DataImport, sources: list[Source], plan: Plan, notice: str) -> dict[str, Any]:
    parts = []
    for kind in LineKind:
        lines = plan.of(kind)
        if lines:
            parts.append({"heading": kind.value, "count": len(lines), "lines": lines[:SHOWN]})
    return {
        "title": "What would change",
        "back": reverse("practices:import"),
        "data_import": waiting,
        "files": [source.name for source in sources],
        "plan": plan,
        "summary": plan.summary().items(),
        "parts": parts,
        "shown": SHOWN,
        "rejected": plan.rejected[:_MOST_REJECTED],
        "more_rejected": max(len(plan.rejected) - _MOST_REJECTED, 0),
        "notice": notice,
    }


@require_POST
@requires(P.MANAGE_ORGANISATIONS)
def discard(request: HttpRequest, data_import: int) -> HttpResponse:
    """Leave the register as it is and forget the files."""
    try:
        discard_register_files(by=request.user, data_import=_kept(request, data_import))
    except Denied as denied:
        return _back_to_list(request, str(denied))
    return _back_to_list(request, "The files were discarded. The register is as it was.")
