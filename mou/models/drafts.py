"""The drafts of an MoU, and what the practice says of them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.wording import Template
from practices.models import Organisation
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import FrozenOnce, both_or_neither
from resilience.referrals.models import Referral


class Draft(models.Model):
    """A draft of a case's MoU, numbered from 1 and kept as it was read: what is sent to be signed is one of these."""

    integrity = FrozenOnce("made_at", mutable=frozenset({"agreed_at", "agreed_by"}))
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="drafts")
    number = models.PositiveSmallIntegerField()
    template = models.ForeignKey(Template, models.PROTECT, related_name="drafts")
    supplier = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", help_text="the operational partner"
    )
    html = models.TextField(help_text="the document as read on screen")
    choices = models.JSONField(default=dict, help_text="what the drafter chose in the wording")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True, help_text="when the practice agreed it")
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["referral", "number"], name="draft_number_once"),
            both_or_neither("draft_agreed_at_and_by", "agreed_at", "agreed_by"),
        ]

    def __str__(self) -> str:
        return f"Draft {self.number} of {self.referral_id}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class DraftComment(models.Model):
    """What the practice says of a clause of a draft, and the officer's answer."""

    class Kind(models.TextChoices):
        COMMENT = "comment", "Comment"
        CHANGE = "change", "Change asked for"

    class Answer(models.TextChoices):
        ANSWERED = "answered", "Answered"
        DONE = "done", "Done"
        NOT_TAKEN = "not_taken", "Not taken"

    integrity = FrozenOnce(
        "written_at", mutable=frozenset({"answered_at", "answered_by", "answer", "answer_text", "done_in"})
    )
    scoped_by = "draft"
    view_permission = P.VIEW_MOU

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="comments")
    clause = models.CharField(max_length=40, blank=True, help_text="such as clause-3-2; the whole, if empty")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answer_text = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done_in = models.ForeignKey(Draft, models.PROTECT, null=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["written_at", "id"]
        constraints: ClassVar = [
            both_or_neither("draft_comment_answered_at_and_by", "answered_at", "answered_by"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="draft_comment_answer_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(answer="done", done_in__isnull=False)
                | (~Q(answer="done") & Q(done_in__isnull=True)),
                name="change_done_in_a_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.draft_id}"

    @property
    def case_id(self) -> Any:
        return self.draft.referral_id
