"""Spreadsheets of money that people brought along, shown before they are taken and kept as they came."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import FrozenOnce, both_or_neither
from resilience.core.models import StoredFile
from resilience.programmes.models import ProgrammeYear


class MoneyImportQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """A person's own, and all of the programmes whose owner they set allocations for."""
        permission = permission or P.SET_ALLOCATIONS
        if not getattr(user, "is_authenticated", False) or not user.may(permission):
            return self.none()
        if user.reach(permission).everything:
            return self
        return self.filter(Q(kept_by=user.pk) | Q(year__programme__owner__in=user.organisations(permission)))


class MoneyImport(models.Model):
    """One file for one programme year: kept for its preview, then taken whole or discarded."""

    class Kind(models.TextChoices):
        ALLOCATIONS = "allocations", "Allocations"
        BUDGETS = "budgets", "Budgets"
        PAID_BEFORE = "paid_before", "Opening balances: payments made before this service"

    scope: ClassVar[dict[str, str]] = {}
    view_permission = P.SET_ALLOCATIONS
    integrity = FrozenOnce("imported_at")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="money_imports")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="of the file: the same one is taken once")
    rows = models.PositiveIntegerField(default=0, help_text="rows that changed something")
    pence = models.BigIntegerField(default=0, help_text="the sum of those rows")
    kept_at = models.DateTimeField(default=timezone.now)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField(null=True)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = MoneyImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            both_or_neither("money_import_says_who_and_when", "imported_at", "imported_by"),
            models.UniqueConstraint(
                fields=["kind", "year", "sha256"],
                condition=Q(imported_at__isnull=False),
                name="the_same_file_is_taken_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.file.name}"
