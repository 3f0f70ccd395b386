"""What the health checks of a stage say together, for the office."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from funding.stages.scope import stages_of
from mou.health_checks.reading import for_office, names_of
from mou.health_checks.themes import HEADINGS, rows_of, themes_of
from mou.models import HealthCheckStage
from practices.requests import SignedInRequest
from resilience.core.access import P, requires
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.exports import XLSX
from resilience.core.spreadsheets import xlsx

WHOLE_BLOCKS = (
    "Answers are counted {least} practices of a cluster at a time, so that nobody can tell from two sums "
    "what one practice answered. Those that are not counted yet wait for others."
)


@require_GET
@requires(P.VIEW_MONEY)
def themes(request: SignedInRequest, stage: int) -> HttpResponse:
    """The share of practices in need by theme and question, by CCG or locality; ``?export=xlsx``."""
    found = get_object_or_404(stages_of(request.user), pk=stage)
    rows = HealthCheckStage.objects.select_related("stage__year__programme", "questionnaire")
    setting = rows.filter(stage=found).first()
    if setting is None:
        raise Http404
    reading = for_office(request.user, setting)
    ccgs = names_of((cell[0], None) for cell in reading.cells)
    asked = request.GET.get("commissioner", "")
    commissioner = int(asked) if asked.isascii() and asked.isdigit() and int(asked) in ccgs else None
    shown = themes_of(setting, reading, commissioner)
    if request.GET.get("export") == "xlsx":
        name = f"themes-{found.pk}-{today():%Y-%m-%d}.xlsx"
        return download(name, XLSX, xlsx("Themes", HEADINGS, rows_of(shown)))
    context: dict[str, Any] = {
        "title": f"{found.name}: what practices have in common",
        "caption": str(found.year),
        "stage": found,
        "themes": shown,
        "handed_in": reading.handed_in,
        "blocks": WHOLE_BLOCKS.format(least=reading.least) if reading.least else "",
        "choices": [("", "All CCGs"), *((str(pk), ccgs[pk]) for pk in sorted(ccgs, key=ccgs.__getitem__))],
        "commissioner": str(commissioner or ""),
        "export": f"?export=xlsx&commissioner={commissioner or ''}",
        "back": reverse("funding:evidence", kwargs={"stage": found.pk}),
    }
    return render(request, "mou/health_checks/themes.html", context)
