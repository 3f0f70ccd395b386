"""Whose health checks a person may read one by one, and whose only summed; and the entries to sum."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mou.health_checks.sums import Cell, Entry
from mou.models import HealthCheck, HealthCheckAnswer, HealthCheckCorrection, HealthCheckStage
from practices.models import Organisation, Practice
from resilience.core.access import P
from resilience.programmes.models import PaymentStage


@dataclass(frozen=True)
class Reading:
    """The health checks of a stage as one person may sum them."""

    entries: list[Entry]
    least: int | None
    """The practices of a block; None where this person may read each health check."""
    handed_in: int

    @property
    def cells(self) -> list[Cell]:
        return sorted({each.cell for each in self.entries}, key=str)


def _rows(stage: PaymentStage) -> Any:
    return HealthCheck.objects.filter(stage=stage, handed_in_at__isnull=False).order_by("handed_in_at", "pk")


def _entries(checks: list[HealthCheck], is_corrected: bool, by_locality: bool) -> list[Entry]:
    """In three queries, however many there are."""
    found: dict[int, dict[str, str]] = {each.pk: {} for each in checks}
    rows: list[Any] = [HealthCheckAnswer.objects.filter(health_check__in=checks)]
    if is_corrected:
        rows.append(HealthCheckCorrection.objects.filter(health_check__in=checks).order_by("pk"))
    for each in rows:
        for pk, key, value in each.values_list("health_check_id", "question__key", "value"):
            found[pk][key] = value
    return [
        Entry(
            (each.commissioner_id, each.locality_id if by_locality else None),
            {key: value for key, value in found[each.pk].items() if value},
        )
        for each in checks
    ]


def for_office(user: Any, setting: HealthCheckStage) -> Reading:
    """What the office reads: each in its reach, or whole clusters in its reach, summed."""
    reach = user.reach(P.VIEW_HEALTH_CHECKS)
    checks = list(_rows(setting.stage))
    if not setting.is_summed_only:
        seen = set(
            HealthCheck.objects.visible_to(user)
            .filter(stage=setting.stage, handed_in_at__isnull=False)
            .values_list("pk", flat=True)
        )
        shown = [each for each in checks if each.pk in seen]
        return Reading(_entries(shown, True, True), None, len(shown))
    # A cell is shown whole or not at all: a part of one would be another sum to subtract.
    shown = [
        each
        for each in checks
        if reach.everything
        or each.commissioner_id in reach.commissioners
        or each.locality_id in reach.localities
    ]
    return Reading(_entries(shown, False, True), setting.least, len(shown))


def for_practice(setting: HealthCheckStage, commissioner: int | None) -> Reading:
    """What a practice reads of the others: its CCG, or in a scheme of clusters the same cells as the office."""
    checks = [each for each in _rows(setting.stage) if each.commissioner_id == commissioner]
    by_locality = setting.is_summed_only
    return Reading(_entries(checks, False, by_locality), setting.least, len(checks))


def names_of(cells: Iterable[Cell]) -> dict[int, str]:
    """The names of the organisations of these cells."""
    wanted = {pk for cell in cells for pk in cell if pk is not None}
    return dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "name"))


def may_read(user: Any, stage: PaymentStage, practice: Practice) -> bool:
    """May this person read the health check of this practice?"""
    return bool(readable(user, [stage.pk], [practice.pk]))


def readable(user: Any, stages: Iterable[int], practices: Iterable[int]) -> set[tuple[int, int]]:
    """Of these stages and practices, those whose health check this person may read."""
    rows = HealthCheck.objects.visible_to(user).filter(stage__in=list(stages), practice__in=list(practices))
    return set(rows.values_list("stage", "practice"))
