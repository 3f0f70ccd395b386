"""The wordings of the MoU: drafts, which change, and published versions, which never do."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from resilience.core.integrity import FrozenOnce, FrozenWith, both_or_neither
from resilience.programmes.models import ProgrammeYear

MONTHS = (1, 12)
"""The shortest and the longest notice of a wording."""


class Template(models.Model):
    """A wording of the MoU of one programme year: for two parties, or for three where a supplier co-signs.

    A draft until it is published; then a numbered version in which nothing changes any more, with its
    sections and appendices. A new wording is a new version. Each form of a year has at most one draft.
    """

    integrity = FrozenOnce("published_at")

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="mou_templates")
    version = models.PositiveSmallIntegerField(null=True, help_text="given when it is published")
    title = models.CharField(max_length=200)
    has_supplier = models.BooleanField(default=False, help_text="three parties: a supplier signs as well")
    notice_months = models.PositiveSmallIntegerField(default=3, help_text="either party ends the MoU by it")
    notice_months_failure = models.PositiveSmallIntegerField(
        null=True,
        default=1,
        help_text="the commissioner ends it by it when the practice failed to cooperate; empty: not in this wording",
    )
    may_extend = models.BooleanField(default=True, help_text="may the commissioner extend the MoU?")
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["year", "has_supplier", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "has_supplier", "version"], name="template_version_once"),
            models.UniqueConstraint(
                fields=["year", "has_supplier"],
                condition=Q(published_at__isnull=True),
                name="one_draft_a_form",
            ),
            both_or_neither("template_published_at_and_by", "published_at", "published_by", "version"),
            models.CheckConstraint(
                condition=Q(notice_months__range=MONTHS)
                & (Q(notice_months_failure__isnull=True) | Q(notice_months_failure__range=MONTHS)),
                name="template_notice_in_months",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}" if self.version else f"{self.title}, a draft"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def form(self) -> str:
        """Between whom, in words."""
        return FORMS[self.has_supplier]


FORMS = {
    False: "Two parties: commissioner and practice",
    True: "Three parties: commissioner, practice and supplier",
}


class Section(models.Model):
    """A numbered section of a template; each line of ``clauses`` that is not empty is a numbered clause.

    What a line may hold is said in ``mou.wording.lines``.
    """

    integrity = FrozenWith("template", "published_at")

    template = models.ForeignKey(Template, models.PROTECT, related_name="sections")
    number = models.PositiveSmallIntegerField()
    heading = models.CharField(max_length=160)
    clauses = models.TextField(blank=True)
    name = models.SlugField(max_length=40, blank=True, help_text="what {see name} calls it")

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "number"], name="section_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.heading}"


class Appendix(models.Model):
    """An appendix of a template; one without a title goes on in the appendix above it."""

    class Kind(models.TextChoices):
        OBJECTIVES = "objectives", "Plan by objectives, and the support services"
        ACTIONS = "actions", "Action-plan table"
        SOURCES = "sources", "Sources of support"
        CONTRIBUTIONS = "contributions", "Contributions per theme"

    integrity = FrozenWith("template", "published_at")

    template = models.ForeignKey(Template, models.PROTECT, related_name="appendices")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=14, choices=Kind.choices)
    title = models.CharField(max_length=160, blank=True)
    words = models.TextField(
        blank=True, help_text="the sources, a line each; else what stands above the table"
    )

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "position"], name="appendix_position_once"),
            models.UniqueConstraint(fields=["template", "kind"], name="appendix_kind_once"),
        ]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()
