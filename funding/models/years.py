"""The end of a programme year's money."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from resilience.core.integrity import AppendOnly
from resilience.programmes.models import ProgrammeYear


class YearClosing(models.Model):
    """The books of a programme year are closed: no transfer touches its allocations any more."""

    integrity = AppendOnly()

    year = models.OneToOneField(ProgrammeYear, models.PROTECT, related_name="closing")
    why = models.CharField(max_length=300)
    closed_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-closed_at"]

    def __str__(self) -> str:
        return f"{self.year} closed"
