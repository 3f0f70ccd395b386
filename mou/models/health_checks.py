"""Published questionnaires, the stages that are handed in by one, and what each practice answered."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from practices.models import Organisation, Practice
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, FrozenWith, both_or_neither
from resilience.core.models import StoredFile
from resilience.programmes.models import PaymentStage


class Questionnaire(models.Model):
    """A published version of a self-assessment. It never changes; a new one is published from it."""

    integrity = AppendOnly()

    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version"], name="questionnaire_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


class QuestionnaireSection(models.Model):
    """A page of questions. What is mandatory must be complete before it is handed in."""

    integrity = AppendOnly()

    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="sections")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40, help_text="the same in every version")
    title = models.CharField(max_length=120)
    guidance = models.CharField(max_length=400, blank=True)
    is_mandatory = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["questionnaire", "position"], name="section_position_once"),
            models.UniqueConstraint(fields=["questionnaire", "key"], name="section_key_once"),
        ]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """One question. Questions of the same ``key`` are compared from year to year."""

    class Kind(models.TextChoices):
        SCALE = "scale", "A scale of four, in words"
        YES_NO = "yes_no", "Yes, no or not sure"
        NUMBER = "number", "A number"
        DATE = "date", "A date"
        TEXT = "text", "A short text"

    class Need(models.TextChoices):
        NONE = "", "None"
        LOW = "low", "The first two of the scale"
        NO = "no", "No, or not sure"
        YES = "yes", "Yes"

    integrity = AppendOnly()

    section = models.ForeignKey(QuestionnaireSection, models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    words = models.CharField(max_length=300)
    hint = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    scale = models.JSONField(default=list, blank=True, help_text="four answers in words, from worst to best")
    is_required = models.BooleanField(default=True)
    carries_over = models.BooleanField(
        default=False, help_text="rarely changes: last year's answer is offered"
    )
    need = models.CharField(max_length=4, choices=Need.choices, blank=True, help_text="what shows a need")
    theme = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar = ["section__position", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "position"], name="question_position_once"),
            models.UniqueConstraint(fields=["section", "key"], name="question_key_once"),
            models.CheckConstraint(
                condition=Q(need="") | Q(need="low", kind="scale") | Q(need__in=["no", "yes"], kind="yes_no"),
                name="need_fits_the_kind_of_question",
            ),
        ]

    def __str__(self) -> str:
        return self.words


class HealthCheckStage(models.Model):
    """A payment stage that is handed in by a health check, and how its answers are shown to the commissioner."""

    stage = models.OneToOneField(PaymentStage, models.PROTECT, related_name="health_check")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="stages")
    is_summed_only = models.BooleanField(
        default=False, help_text="the commissioner sees answers only summed to the cluster"
    )
    least = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(3), MaxValueValidator(20)],
        help_text="the fewest practices that are summed together",
    )
    chosen_at = models.DateTimeField(default=timezone.now)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(least__gte=3, least__lte=20), name="least_is_a_small_number"),
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.questionnaire}"


class HealthCheckQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Their own practices' whatever its state; of others in reach, what was handed in and is not only summed."""
        own = super().visible_to(user, P.REFER)
        if permission == P.REFER or not user.is_authenticated:
            return own
        others = super().visible_to(user, permission).filter(handed_in_at__isnull=False, is_summed_only=False)
        return own | others


class HealthCheck(models.Model):
    """The health check of a practice for a stage. Once handed in, nothing in it changes."""

    integrity = FrozenOnce("handed_in_at")
    scoped_by = "practice"
    view_permission = P.VIEW_HEALTH_CHECKS

    stage = models.ForeignKey(PaymentStage, models.PROTECT, related_name="health_checks")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="health_checks")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="health_checks")
    is_summed_only = models.BooleanField(default=False, help_text="as the practice was told when it started")
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    handed_in_at = models.DateTimeField(null=True)
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    copy = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", help_text="as handed in"
    )
    came_from = models.CharField(
        max_length=120, blank=True, help_text="who sent what an officer entered for the practice"
    )
    came_on = models.DateField(null=True, help_text="when that arrived")
    original = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", help_text="that, as it came"
    )
    commissioner = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", help_text="on the day it was handed in"
    )
    locality = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", help_text="on the day it was handed in"
    )

    objects = HealthCheckQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["stage", "handed_in_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "practice"], name="one_health_check_a_stage"),
            both_or_neither("health_check_handed_in_at_and_by", "handed_in_at", "handed_in_by", "copy"),
            models.CheckConstraint(
                condition=Q(came_from="", came_on__isnull=True, original__isnull=True)
                | (~Q(came_from="") & Q(came_on__isnull=False, original__isnull=False, is_summed_only=False)),
                name="health_check_came_from_someone_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id} of {self.practice_id}"


class HealthCheckAnswer(models.Model):
    """The answer to one question, as plain text: "3", "no", "4.5", "2018-10-05", or words."""

    integrity = FrozenWith("health_check", "handed_in_at")
    scoped_by = "health_check"
    view_permission = P.VIEW_HEALTH_CHECKS

    health_check = models.ForeignKey(HealthCheck, models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    value = models.TextField()
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["health_check", "question"], name="one_answer_a_question"),
            models.CheckConstraint(condition=~Q(value=""), name="an_answer_says_something"),
        ]

    def __str__(self) -> str:
        return self.value[:60]


class HealthCheckCorrection(models.Model):
    """What a practice put right after it had handed in: the entry beside the answer, which stays."""

    integrity = AppendOnly()
    scoped_by = "health_check"
    view_permission = P.VIEW_HEALTH_CHECKS

    health_check = models.ForeignKey(HealthCheck, models.PROTECT, related_name="corrections")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    value = models.TextField()
    why = models.CharField(max_length=300)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.value[:60]
