"""Budget lines, what is typed about them month by month, and the finance reports that committees were shown."""

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from funding.models.ledger import Commitment
from practices.models import Organisation
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly
from resilience.core.models import StoredFile
from resilience.programmes.models import MenuItem, ProgrammeYear, SpendCategory


def months_of(year: ProgrammeYear) -> list[dt.date]:
    """The first day of each month that the year touches, in order."""
    months = [year.starts_on.replace(day=1)]
    while (following := (months[-1] + dt.timedelta(days=32)).replace(day=1)) <= year.ends_on:
        months.append(following)
    return months


class BudgetLine(models.Model):
    """A line of the finance report of one commissioner: its name, its place, and what of the ledger it stands for.

    It stands for one category of support, one category of spend or one route; or for nothing in the
    ledger, and then its actuals are typed. The trail keeps how it was named before.
    """

    scope: ClassVar = {"commissioner": "commissioner"}
    view_permission = P.VIEW_MONEY

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="budget_lines")
    commissioner = models.ForeignKey(Organisation, models.PROTECT, related_name="budget_lines")
    group = models.CharField(max_length=120, help_text="lines of one group have a subtotal")
    name = models.CharField(max_length=160)
    position = models.PositiveIntegerField()
    item = models.ForeignKey(MenuItem, models.PROTECT, null=True, blank=True, related_name="+")
    category = models.ForeignKey(SpendCategory, models.PROTECT, null=True, blank=True, related_name="+")
    route = models.CharField(max_length=15, choices=Commitment.Route.choices, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["commissioner__name", "position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["year", "commissioner", "group", "name"], name="budget_line_name_once"
            ),
            models.UniqueConstraint(
                fields=["year", "commissioner", "item"],
                condition=Q(item__isnull=False),
                name="one_budget_line_an_item",
            ),
            models.UniqueConstraint(
                fields=["year", "commissioner", "category"],
                condition=Q(category__isnull=False),
                name="one_budget_line_a_category",
            ),
            models.UniqueConstraint(
                fields=["year", "commissioner", "route"],
                condition=~Q(route=""),
                name="one_budget_line_a_route",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=True, category__isnull=True)
                | Q(item__isnull=True, route="")
                | Q(category__isnull=True, route=""),
                name="budget_line_stands_for_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"

    @property
    def stands_for(self) -> str:
        """What of the ledger it stands for, in words."""
        if self.item:
            return f"Category of support: {self.item.name}"
        if self.category:
            return f"Category of spend: {self.category.name}"
        return f"Route: {self.get_route_display()}" if self.route else "Nothing in the ledger"

    @property
    def kind(self) -> str:
        """ "item", "category" or "route"; empty when its actuals are typed."""
        return "item" if self.item_id else "category" if self.category_id else "route" if self.route else ""


class BudgetRevision(models.Model):
    """The budget of a line, set or changed; the latest one counts and none is ever taken back."""

    integrity = AppendOnly()
    scoped_by = "line"
    view_permission = P.VIEW_MONEY

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="revisions")
    why = models.CharField(max_length=300)
    key = models.CharField(max_length=64, unique=True, help_text="made by the page: a repeat is the same")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"Budget of {self.line_id}"


class BudgetMonth(models.Model):
    """The part of a budget that belongs to one month. Pence; income is less than 0."""

    integrity = AppendOnly()
    scoped_by = "revision"
    view_permission = P.VIEW_MONEY

    revision = models.ForeignKey(BudgetRevision, models.PROTECT, related_name="months")
    month = models.DateField(help_text="its first day")
    pence = models.BigIntegerField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["month"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["revision", "month"], name="one_budget_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="budget_month_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%B %Y} {self.pence}p"


class LineFigure(models.Model):
    """A figure typed for a line and a month, in pence; the latest of its kind counts.

    An actual is what was spent in that month, of a line that stands for nothing in the ledger. A
    forecast is the whole year's, as foreseen at the end of that month.
    """

    class Kind(models.TextChoices):
        ACTUAL = "actual", "Actual of the month"
        FORECAST = "forecast", "Forecast for the year"

    integrity = AppendOnly()
    scoped_by = "line"
    view_permission = P.VIEW_MONEY

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="figures")
    month = models.DateField(help_text="its first day")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    pence = models.BigIntegerField(null=True, help_text="empty: what was typed before no longer counts")
    why = models.CharField(max_length=300, blank=True)
    typed_at = models.DateTimeField(default=timezone.now)
    typed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["line", "month"])]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(month__day=1), name="figure_month_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.month:%B %Y}"


class Narrative(models.Model):
    """Why a line is over or under its budget at the end of a month; the latest one counts."""

    integrity = AppendOnly()
    scoped_by = "line"
    view_permission = P.VIEW_MONEY

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="narratives")
    month = models.DateField(help_text="its first day")
    words = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["line", "month"])]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(month__day=1), name="narrative_month_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return self.words[:60]


class NarrativeThreshold(models.Model):
    """From which variance on a line needs a narrative, in one programme year; the latest one counts."""

    integrity = AppendOnly()

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="narrative_thresholds")
    pence = models.PositiveBigIntegerField(help_text="a variance of more than this, over or under")
    why = models.CharField(max_length=300)
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.year}: {self.pence}p"


class FinanceReport(models.Model):
    """A finance report as a committee was shown it: the workbook and the PDF byte for byte, with the facts in them."""

    class Unit(models.TextChoices):
        POUNDS = "pounds", "£"
        THOUSANDS = "thousands", "£000"

    integrity = AppendOnly()
    scope: ClassVar = {"commissioner": "commissioner"}
    view_permission = P.VIEW_MONEY

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="finance_reports")
    commissioner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", help_text="whose report it is, those below included"
    )
    month = models.DateField(help_text="the month at whose end it stands: its first day")
    unit = models.CharField(max_length=10, choices=Unit.choices)
    committee = models.CharField(max_length=200, help_text="which committee, and when it met")
    facts = models.JSONField(help_text="every line in pence, as the report shows it")
    workbook = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    document = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, unique=True, help_text="made by the page: a repeat is the same")
    issued_at = models.DateTimeField(default=timezone.now)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["issued_at"]), models.Index(fields=["month"])]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(month__day=1), name="report_month_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"Finance report of {self.commissioner}, {self.month:%B %Y}"
