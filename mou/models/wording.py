"""The published wordings of the MoU."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from resilience.core.integrity import AppendOnly
from resilience.programmes.models import ProgrammeYear

MONTHS = (1, 12)
"""The shortest and the longest notice of a wording."""


class Template(models.Model):
    """A published wording of the MoU. A new wording is a new version; none changes."""

    integrity = AppendOnly()

    class PlanLayout(models.TextChoices):
        OBJECTIVES = "objectives", "Objectives under three headings, then support services"
        ACTIONS = "actions", "Action-plan table"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="mou_templates")
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    plan_layout = models.CharField(max_length=12, choices=PlanLayout.choices)
    has_contributions = models.BooleanField(default=True, help_text="appendix 2")
    support_sources = models.TextField(
        blank=True, help_text="where support comes from, listed in appendix 1; a line each"
    )
    has_supplier = models.BooleanField(default=False, help_text="three parties: a supplier signs as well")
    notice_months = models.PositiveSmallIntegerField(default=3, help_text="either party ends the MoU by it")
    notice_months_failure = models.PositiveSmallIntegerField(
        null=True,
        default=1,
        help_text="the commissioner ends it by it when the practice failed to cooperate; empty: not in this wording",
    )
    may_extend = models.BooleanField(default=True, help_text="may the commissioner extend the MoU?")
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["year", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "has_supplier", "version"], name="template_version_once"),
            models.CheckConstraint(
                condition=Q(notice_months__range=MONTHS)
                & (Q(notice_months_failure__isnull=True) | Q(notice_months_failure__range=MONTHS)),
                name="template_notice_in_months",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Section(models.Model):
    """A numbered section of a template; each line of ``clauses`` that is not empty is a numbered clause.

    ``{names}`` in braces are filled from the case; ``mou.wording`` says which there are.
    """

    integrity = AppendOnly()

    template = models.ForeignKey(Template, models.PROTECT, related_name="sections")
    number = models.PositiveSmallIntegerField()
    heading = models.CharField(max_length=160)
    clauses = models.TextField()
    name = models.SlugField(max_length=40, blank=True, help_text="what {see name} calls it")

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "number"], name="section_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.heading}"
