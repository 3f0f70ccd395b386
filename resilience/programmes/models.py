"""A programme and its year, all as rows: what differs from place to place is written here, never branched on."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from practices.models import Organisation
from resilience.core.access import P
from resilience.core.integrity import AppendOnly


class ManagedQuerySet(models.QuerySet):
    """Rows of a programme: anyone may read them, but pages that change them start from here.

    ``managed_by`` of the model is its look-up of the organisation that owns the programme.
    """

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Rows of programmes over whose owner ``user`` holds ``permission``."""
        permission = permission or P.MANAGE_PROGRAMMES
        if not getattr(user, "is_authenticated", False):
            return self.none()
        if user.reach(permission).everything:
            return self
        model: Any = self.model
        return self.filter(**{f"{model.managed_by}__in": user.organisations(permission)})


class MatrixVersion(models.Model):
    """A published support matrix: 25 cells and the words of its scores and ratings."""

    integrity = AppendOnly()

    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version"], name="matrix_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


class MatrixCell(models.Model):
    """The rating of one (scope, impact). Nobody types a rating: a placement points at a cell."""

    integrity = AppendOnly()

    class Rating(models.TextChoices):
        """Priority for support, green first. Not a risk rating (domain 3.1)."""

        GREEN = "G", "Support first"
        AMBER_GREEN = "A/G", "High priority"
        AMBER = "A", "Medium priority"
        AMBER_RED = "A/R", "Low priority"
        RED = "R", "Little to gain"
        NO_CASE = "B", "No case for support"

    matrix = models.ForeignKey(MatrixVersion, models.PROTECT, related_name="cells")
    scope = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    rating = models.CharField(max_length=3, choices=Rating.choices)

    class Meta:
        ordering: ClassVar = ["-impact", "scope"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matrix", "scope", "impact"], name="one_rating_a_cell"),
            models.CheckConstraint(
                condition=Q(scope__gte=1, scope__lte=5, impact__gte=1, impact__lte=5), name="matrix_is_5_by_5"
            ),
        ]

    def __str__(self) -> str:
        return f"scope {self.scope}, impact {self.impact}: {self.rating}"


class MatrixScore(models.Model):
    """What a score from 1 to 5 on one axis means, in words."""

    integrity = AppendOnly()

    class Axis(models.TextChoices):
        SCOPE = "scope", "Scope for support"
        IMPACT = "impact", "Impact of support"

    matrix = models.ForeignKey(MatrixVersion, models.PROTECT, related_name="scores")
    axis = models.CharField(max_length=6, choices=Axis.choices)
    score = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    meaning = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar = ["axis", "score"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matrix", "axis", "score"], name="one_meaning_a_score"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="score_from_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.get_axis_display()} {self.score}: {self.name}"


class RatingMeaning(models.Model):
    """What a rating says should happen, in this matrix's words."""

    integrity = AppendOnly()

    matrix = models.ForeignKey(MatrixVersion, models.PROTECT, related_name="meanings")
    rating = models.CharField(max_length=3, choices=MatrixCell.Rating.choices)
    meaning = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matrix", "rating"], name="one_meaning_a_rating"),
        ]

    def __str__(self) -> str:
        return f"{self.rating}: {self.meaning}"


class CriteriaSet(models.Model):
    """A published set of criteria."""

    integrity = AppendOnly()

    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version"], name="criteria_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


class Criterion(models.Model):
    """One criterion of a set, in its domain."""

    integrity = AppendOnly()

    criteria_set = models.ForeignKey(CriteriaSet, models.PROTECT, related_name="criteria")
    number = models.PositiveSmallIntegerField()
    domain = models.CharField(max_length=60)
    name = models.CharField(max_length=160)
    what_tells = models.CharField(max_length=300, blank=True)
    is_key = models.BooleanField(default=False)
    indicators = models.JSONField(
        default=list, blank=True, help_text="keys of practices.Indicator shown beside it"
    )

    class Meta:
        ordering: ClassVar = ["number"]
        verbose_name_plural = "criteria"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["criteria_set", "number"], name="criterion_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Programme(models.Model):
    """A resilience programme of a local office or a commissioner; its practices are those below its owner."""

    managed_by = "owner"

    name = models.CharField(max_length=120, unique=True)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="programmes")
    purpose = models.TextField(blank=True, help_text="read by practices before they refer themselves")
    is_open = models.BooleanField(default=True)

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class ProgrammeYear(models.Model):
    """One year of a programme: its clocks, opening, forms, letters and versions."""

    managed_by = "programme__owner"

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="years")
    name = models.CharField(max_length=20, help_text="such as 2018/19")
    starts_on = models.DateField()
    ends_on = models.DateField()
    opens_at = models.DateTimeField(help_text="self-referrals from")
    closes_at = models.DateTimeField(help_text="self-referrals until; absolute")
    acknowledge_within = models.PositiveSmallIntegerField(default=10, help_text="working days from receipt")
    decide_within = models.PositiveSmallIntegerField(default=20, help_text="working days from receipt")
    slippage_from = models.DateField(
        null=True, blank=True, help_text="uncommitted money may move as slippage from this day"
    )
    due_soon_within = models.PositiveSmallIntegerField(default=3, help_text="working days before due: remind")
    criteria_set = models.ForeignKey(CriteriaSet, models.PROTECT, null=True, blank=True, related_name="years")
    matrix = models.ForeignKey(MatrixVersion, models.PROTECT, null=True, blank=True, related_name="years")
    is_assessed = models.BooleanField(
        default=True, help_text="criteria and a placement come before a decision"
    )
    allows_groups = models.BooleanField(default=True)
    asks_past_support = models.BooleanField(default=True)
    takes_bids = models.BooleanField(
        default=False, help_text="practices say line by line what they would spend money on"
    )
    contact_name = models.CharField(max_length=120)
    contact_email = models.EmailField()
    contact_phone = models.CharField(max_length=30, blank=True)
    acknowledgement_subject = models.CharField(max_length=200)
    acknowledgement_body = models.TextField()
    decision_subject = models.CharField(max_length=200)
    decision_body = models.TextField()

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-starts_on", "programme__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "name"], name="programme_year_once"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="programme_year_has_length"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="programme_closes_after_opening"
            ),
            models.CheckConstraint(
                condition=Q(is_assessed=False) | Q(criteria_set__isnull=False, matrix__isnull=False),
                name="assessed_year_has_criteria_and_matrix",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme.name} {self.name}"


class MenuItem(models.Model):
    """A category of support that a practice may ask for."""

    managed_by = "year__programme__owner"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="menu")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    is_contribution_theme = models.BooleanField(
        default=True, help_text="has a row in the MoU's contributions"
    )
    is_offered = models.BooleanField(default=True, help_text="on the self-referral form")

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "position"], name="menu_position_once")
        ]

    def __str__(self) -> str:
        return self.name


class SpendCategory(models.Model):
    """A category of spend, with the share of the year's money that is meant for it: an intent, not a cap."""

    managed_by = "year__programme__owner"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="spend_categories")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=160)
    indicative_share = models.DecimalField(
        max_digits=5, decimal_places=2, help_text="per cent of the allocation; the year's sum to 100"
    )

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        verbose_name_plural = "spend categories"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "position"], name="spend_category_position_once"),
            models.UniqueConstraint(fields=["year", "name"], name="spend_category_name_once"),
            models.CheckConstraint(
                condition=Q(indicative_share__gte=0, indicative_share__lte=100),
                name="indicative_share_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Milestone(models.Model):
    """A dated target of the year. Deadlines are absolute."""

    managed_by = "year__programme__owner"

    class Measure(models.TextChoices):
        NONE = "", "no figure"
        COMMITTED = "committed", "per cent of the allocation committed"
        SPENT = "spent", "per cent of the allocation paid"
        AGREED = "agreed", "per cent of MoUs signed"
        CASE_STUDIES = "case_studies", "case studies sent"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="milestones")
    name = models.CharField(max_length=160)
    due_at = models.DateTimeField()
    measure = models.CharField(max_length=20, choices=Measure.choices, blank=True)
    target = models.PositiveSmallIntegerField(null=True, blank=True)
    is_return = models.BooleanField(default=False, help_text="a return of the year's money is due then")

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_at"]

    def __str__(self) -> str:
        return self.name


class PaymentStage(models.Model):
    """A part of the money and what opens it."""

    managed_by = "year__programme__owner"

    class Opens(models.TextChoices):
        MOU_SIGNED = "mou_signed", "when both sides have signed the MoU"
        PLAN_AGREED = "plan_agreed", "when the plan is agreed"
        EVIDENCE = "evidence", "when the evidence is handed in"
        PROGRESS = "progress", "when progress is accepted"
        DATE = "date", "on a date"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="stages")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    per_cent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    amount = models.PositiveBigIntegerField(null=True, blank=True, help_text="pence")
    opens = models.CharField(max_length=20, choices=Opens.choices)
    opens_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True, help_text="practices are asked for it by this day")
    pays_before_mou = models.BooleanField(default=False)

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "position"], name="stage_position_once"),
            models.CheckConstraint(
                condition=Q(per_cent__isnull=False, amount__isnull=True)
                | Q(per_cent__isnull=True, amount__isnull=False),
                name="stage_is_a_share_or_a_sum",
            ),
            models.CheckConstraint(
                condition=~Q(opens="date") | Q(opens_on__isnull=False), name="dated_stage_has_a_date"
            ),
            models.CheckConstraint(
                condition=~Q(opens="mou_signed") | Q(pays_before_mou=False),
                name="mou_stage_waits_for_the_mou",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExcludedSpend(models.Model):
    """A kind of spend the programme does not support, with the reason the practice will read."""

    managed_by = "year__programme__owner"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="excluded_spend")
    name = models.CharField(max_length=160)
    reason = models.CharField(max_length=400)

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["year", "name"], name="excluded_spend_once")]

    def __str__(self) -> str:
        return self.name
