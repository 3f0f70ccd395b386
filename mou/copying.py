"""What a programme year asks of delivery is copied with it; its wordings are not: each is published for its year."""

from typing import Any

from django.db.models import Model
from django.utils import timezone

from mou.models import (
    CommitmentItem,
    DeliverableKind,
    HealthCheckStage,
    NeedTheme,
    ProjectRequirement,
    ReportSchedule,
)
from resilience.programmes.copying import later
from resilience.programmes.models import ProgrammeYear

_SUPPLIERS: tuple[type[Model], ...] = (DeliverableKind, CommitmentItem, NeedTheme)


def copy_delivery(by: Any, year: ProgrammeYear, copied: ProgrammeYear) -> None:
    """How often practices report, the projects a plan needs, what suppliers hand in, which stages are health checks."""
    now = timezone.now()
    for schedule in ReportSchedule.objects.filter(year=year):
        later(schedule, year=copied, set_at=now, set_by=by).save()
    for requirement in ProjectRequirement.objects.filter(year=year):
        later(requirement, year=copied).save()
    for model in _SUPPLIERS:
        model._default_manager.bulk_create(
            later(row, year=copied) for row in model._default_manager.filter(year=year)
        )
    stages = {stage.position: stage for stage in copied.stages.all()}
    for setting in HealthCheckStage.objects.filter(stage__year=year).select_related("stage"):
        stage = stages[setting.stage.position]
        later(setting, stage=stage, chosen_at=now, chosen_by=by).save()
