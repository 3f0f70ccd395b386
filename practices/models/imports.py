"""What was taken in from published files, and what is shown before it is."""

from typing import ClassVar

from django.db import models

from resilience.core.access import P, ScopedQuerySet
from resilience.core.models import StoredFile


class DataImport(models.Model):
    """Files read together, compared with what is on record, and written all or not at all.

    Who wrote it and when is on the trail, as is the SHA-256 of every file. It concerns every
    practice, so only who manages organisations over everything sees it.
    """

    class Kind(models.TextChoices):
        REGISTER = "register", "Register of practices"
        INDICATORS = "indicators", "Figures about practices"

    scope: ClassVar[dict[str, str]] = {}
    view_permission = P.MANAGE_ORGANISATIONS

    kind = models.CharField(max_length=12, choices=Kind.choices)
    files = models.ManyToManyField(
        StoredFile, related_name="+", help_text="as uploaded, for the browser's preview"
    )
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the preview that was shown")
    is_done = models.BooleanField(default=False)
    counts = models.JSONField(default=dict, help_text="what was written")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, import {self.pk}"
