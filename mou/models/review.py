"""The review when support ends: did it work, what the practice says of it, and the rating before and after."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.plan import Objective, PlanAction
from resilience.assessments.models import FiveAnswers, OfficeRecord, Placement
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, FrozenWith, both_or_neither
from resilience.referrals.models import Referral


class Review(FiveAnswers, OfficeRecord):
    """What the office found when support ended. Written bit by bit, and never changed once it is complete.

    ``before`` is the placement that was decided on, ``after`` the last one made for this review.
    """

    integrity = FrozenOnce("completed_at")

    referral = models.OneToOneField(Referral, models.PROTECT, related_name="review")
    before = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="+")
    after = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["completed_at"])]
        constraints: ClassVar = [
            both_or_neither("review_completed_at_and_by", "completed_at", "completed_by"),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True)
                | ~(
                    Q(delivered="")
                    | Q(achieved="")
                    | Q(longer_commitment="")
                    | Q(waste_if_stopped="")
                    | Q(still_backed="")
                ),
                name="a_complete_review_answers_the_five_questions",
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True) | Q(before__isnull=True) | Q(after__isnull=False),
                name="a_complete_review_is_placed_again",
            ),
        ]

    def __str__(self) -> str:
        return f"Review of {self.referral_id}"


class ReviewOutcome(models.Model):
    """Whether one objective was achieved (or one action, in a plan of actions alone), with words."""

    class Outcome(models.TextChoices):
        ACHIEVED = "achieved", "Achieved"
        PARTLY = "partly", "Partly achieved"
        NOT = "not", "Not achieved"

    integrity = FrozenWith("review", "completed_at")
    scoped_by = "review"
    view_permission = P.VIEW_INTERNAL

    review = models.ForeignKey(Review, models.PROTECT, related_name="outcomes")
    objective = models.ForeignKey(Objective, models.PROTECT, null=True, related_name="judged")
    action = models.ForeignKey(PlanAction, models.PROTECT, null=True, related_name="judged")
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    words = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["review", "objective"], name="one_outcome_an_objective"),
            models.UniqueConstraint(fields=["review", "action"], name="one_outcome_an_action"),
            models.CheckConstraint(
                condition=Q(objective__isnull=False, action__isnull=True)
                | Q(objective__isnull=True, action__isnull=False),
                name="outcome_of_one_row_of_the_plan",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.objective_id or self.action_id}"


class PracticeFeedback(models.Model):
    """What the practice says of the support, once: for the office to read."""

    class Recommend(models.IntegerChoices):
        NO = 1, "1, certainly not"
        HARDLY = 2, "2, probably not"
        UNSURE = 3, "3, not sure"
        PROBABLY = 4, "4, probably"
        YES = 5, "5, certainly"

    integrity = AppendOnly()
    scoped_by = "review"
    view_permission = P.VIEW_INTERNAL

    review = models.OneToOneField(Review, models.PROTECT, related_name="feedback")
    helped = models.TextField()
    did_not_help = models.TextField(blank=True)
    recommend = models.PositiveSmallIntegerField(choices=Recommend.choices)
    given_at = models.DateTimeField(default=timezone.now)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(recommend__gte=1, recommend__lte=5), name="recommended_from_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"Feedback on {self.review_id}"

    @property
    def case_id(self) -> Any:
        return self.review.referral_id
