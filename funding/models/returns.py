"""The returns that were made, each kept as it was sent."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from practices.models import Organisation
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly
from resilience.core.models import StoredFile
from resilience.programmes.models import Milestone, ProgrammeYear


class NationalReturn(models.Model):
    """A return of a programme year, as it was sent: the workbook byte for byte, and the facts it was made from.

    A return that replaces another has a number of its own; the one it replaces stays.
    """

    integrity = AppendOnly()
    scope: ClassVar = {"commissioner": "commissioner"}
    view_permission = P.VIEW_MONEY

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="returns")
    commissioner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", help_text="whose return it is, those below included"
    )
    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="returns")
    due_at = models.DateTimeField(help_text="as it was when the return was made")
    number = models.PositiveIntegerField(help_text="1, 2, 3 of that year and that organisation")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    note = models.CharField(max_length=300, blank=True, help_text="what the reader should know")
    facts = models.JSONField(help_text="every row in pence, the totals and the targets")
    workbook = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, unique=True, help_text="made by the page: a repeat is the same")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["made_at"]), models.Index(fields=["due_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "commissioner", "number"], name="return_number_once"),
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(replaces__isnull=False), name="return_replaced_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="return_number_from_1"),
        ]

    def __str__(self) -> str:
        return f"Return {self.number} of {self.commissioner}, {self.year}"

    @property
    def is_late(self) -> bool:
        """Made after the deadline, to the second: deadlines are absolute."""
        return self.made_at > self.due_at
