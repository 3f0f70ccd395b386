"""Interests that bar; findings against criteria, placement on the matrix, continuing support, escalations."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from practices.models import Practice
from resilience.core.access import P, ScopedQuerySet
from resilience.core.calendar import today
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither
from resilience.programmes.models import CriteriaSet, Criterion, MatrixCell
from resilience.referrals.models import Referral


class OfficeRecord(models.Model):
    """Belongs to a case and is the office's own: reached only with the right to see its notes."""

    scoped_by = "referral"
    view_permission = P.VIEW_INTERNAL

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def case_id(self) -> Any:
        return self.referral_id  # type: ignore[attr-defined]


class InterestQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """A person's own interests always; those of others with the right to see them, in scope."""
        seen = super().visible_to(user, permission)
        if permission or not getattr(user, "is_authenticated", False):
            return seen
        return self.filter(Q(pk__in=seen) | Q(person=user))

    def in_force(self) -> Self:
        """Begun, and not ended, today."""
        day = today()
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), started_on__lte=day)


class Interest(models.Model):
    """A person's interest in a practice; while it lasts it bars them from its assessment and decision."""

    integrity = FrozenOnce("declared_at", mutable=frozenset({"ended_on", "ended_by"}))
    scoped_by = "practice"
    view_permission = P.VIEW_INTERESTS

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="interests")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="interests")
    nature = models.CharField(max_length=300)
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = InterestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-declared_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="interest_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.practice_id}"


class Assessment(OfficeRecord):
    """A referral judged against the criteria set of its year, kept as it was then."""

    referral = models.OneToOneField(Referral, models.PROTECT, related_name="assessment")
    criteria_set = models.ForeignKey(CriteriaSet, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            both_or_neither("assessment_completed_at_and_by", "completed_at", "completed_by"),
        ]

    def __str__(self) -> str:
        return f"Assessment of {self.referral_id}"


class Finding(models.Model):
    """What was found on one criterion. Each change is a new row; the latest is the finding.

    Without a level of concern it is evidence noted before it is judged.
    """

    class Concern(models.TextChoices):
        NONE = "none", "No concern"
        SOME = "some", "Some concern"
        HIGH = "high", "High concern"
        UNKNOWN = "unknown", "Not known"

    integrity = AppendOnly()
    view_permission = P.VIEW_INTERNAL
    scoped_by = "assessment"

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="findings")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    concern = models.CharField(max_length=10, choices=Concern.choices, blank=True)
    evidence = models.TextField(blank=True)
    source = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["criterion__number", "-id"]
        indexes: ClassVar = [models.Index(fields=["assessment", "criterion", "-id"])]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.concern}"


class Placement(OfficeRecord):
    """A referral placed on the matrix: it points at a cell, whose rating nobody types.

    A review is a new row that replaces the one before; both stay. One made when support ended (``at_end``)
    stands beside the one that was decided on, and replaces none.
    """

    integrity = FrozenOnce("placed_at", mutable=frozenset({"is_current"}))

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="placements")
    cell = models.ForeignKey(MatrixCell, models.PROTECT, related_name="placements")
    scope_justification = models.TextField()
    impact_justification = models.TextField()
    placed_at = models.DateTimeField(default=timezone.now)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    review_reason = models.TextField(blank=True)
    is_current = models.BooleanField(default=True)
    at_end = models.BooleanField(
        default=False, help_text="placed once more when support ended; never the one that stands"
    )

    class Meta:
        ordering: ClassVar = ["-placed_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["referral"], condition=Q(is_current=True), name="one_current_placement"
            ),
            models.CheckConstraint(
                condition=~Q(scope_justification="") & ~Q(impact_justification=""),
                name="placement_is_justified",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(review_reason=""), name="a_review_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(at_end=False) | Q(is_current=False, replaces__isnull=True),
                name="a_placement_at_the_end_replaces_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral_id} at {self.cell_id}"


class FiveAnswers(models.Model):
    """Answers to the five questions of continuing support: the one place that words them."""

    class Answer(models.TextChoices):
        YES = "yes", "Yes"
        PARTLY = "partly", "Partly"
        NO = "no", "No"

    QUESTIONS: ClassVar = ("delivered", "achieved", "longer_commitment", "waste_if_stopped", "still_backed")

    delivered = models.CharField(
        "Has the earlier support been delivered?", max_length=6, choices=Answer.choices
    )
    achieved = models.CharField("Did it achieve its aim?", max_length=6, choices=Answer.choices)
    longer_commitment = models.CharField(
        "Was a longer commitment made?", max_length=6, choices=Answer.choices
    )
    waste_if_stopped = models.CharField(
        "Would stopping now waste what was spent?", max_length=6, choices=Answer.choices
    )
    still_backed = models.CharField(
        "Do the commissioner and the LMC still back it?", max_length=6, choices=Answer.choices
    )
    comment = models.TextField(blank=True)

    class Meta:
        abstract = True

    @classmethod
    def question(cls, name: str) -> str:
        """The question behind one of ``QUESTIONS``, in words."""
        field: Any = cls._meta.get_field(name)
        return str(field.verbose_name)

    @property
    def in_words(self) -> list[tuple[str, str]]:
        """Each question with its answer."""
        return [(self.question(name), getattr(self, f"get_{name}_display")()) for name in self.QUESTIONS]


class ContinuingSupport(FiveAnswers, OfficeRecord):
    """The five questions answered before a practice is supported again. Each change is a new row."""

    integrity = AppendOnly()

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="continuing_support")
    answered_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-answered_at", "-id"]

    def __str__(self) -> str:
        return f"Continuing support of {self.referral_id}"


class SafetyEscalation(OfficeRecord):
    """Patients may be unsafe: who said so, why, who took it and when."""

    integrity = FrozenOnce("raised_at", mutable=frozenset({"taken_at", "taken_by", "taken_note"}))

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="escalations")
    why = models.TextField()
    raised_at = models.DateTimeField(default=timezone.now)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-raised_at"]
        constraints: ClassVar = [
            both_or_neither("escalation_taken_at_and_by", "taken_at", "taken_by"),
        ]

    def __str__(self) -> str:
        return f"Safety escalation {self.pk}"
