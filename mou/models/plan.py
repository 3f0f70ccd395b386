"""The improvement plan and the rows it holds."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.text import Truncator

from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import FrozenOnce, FrozenWith, both_or_neither
from resilience.programmes.models import MenuItem
from resilience.referrals.models import Referral


class Plan(models.Model):
    """The improvement plan of a supported referral: drafted by either side, agreed by both.

    Once both have agreed (``agreed_at``) nothing in it changes; until then any change takes back
    the agreements given. It can be reopened, on record, while no MoU made from it is out or signed.
    """

    integrity = FrozenOnce(
        "agreed_at",
        mutable=frozenset(
            {
                "agreed_at",
                "practice_agreed_at",
                "practice_agreed_by",
                "commissioner_agreed_at",
                "commissioner_agreed_by",
            }
        ),
    )
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.OneToOneField(Referral, models.PROTECT, related_name="plan")
    exit_strategy = models.TextField(blank=True)
    ends_on = models.DateField(null=True, blank=True)
    practice_lead = models.CharField(max_length=120, blank=True)
    practice_lead_role = models.CharField(max_length=120, blank=True)
    practice_lead_email = models.EmailField(blank=True)
    practice_lead_phone = models.CharField(max_length=30, blank=True)
    operational_lead = models.CharField(max_length=120, blank=True)
    operational_lead_role = models.CharField(max_length=120, blank=True)
    operational_lead_email = models.EmailField(blank=True)
    operational_lead_phone = models.CharField(max_length=30, blank=True)
    strategic_lead = models.CharField(max_length=120, blank=True)
    strategic_lead_role = models.CharField(max_length=120, blank=True)
    strategic_lead_email = models.EmailField(blank=True)
    strategic_lead_phone = models.CharField(max_length=30, blank=True)
    has_case_study = models.BooleanField(default=True, help_text="the optional clause of section 8")
    practice_agreed_at = models.DateTimeField(null=True)
    practice_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    commissioner_agreed_at = models.DateTimeField(null=True)
    commissioner_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    agreed_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            both_or_neither("practice_agreed_at_and_by", "practice_agreed_at", "practice_agreed_by"),
            both_or_neither(
                "commissioner_agreed_at_and_by", "commissioner_agreed_at", "commissioner_agreed_by"
            ),
            models.CheckConstraint(
                condition=Q(agreed_at__isnull=True)
                | Q(
                    practice_agreed_at__isnull=False,
                    commissioner_agreed_at__isnull=False,
                    ends_on__isnull=False,
                ),
                name="plan_agreed_by_both",
            ),
        ]

    def __str__(self) -> str:
        return f"Plan of {self.referral_id}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class Objective(models.Model):
    """A SMART objective under one of the three headings."""

    class Heading(models.TextChoices):
        STABILITY = "stability", "Securing operational stability"
        WORKING = "working", "More effective ways of working"
        FUTURE = "future", "Future sustainability, new care models included"

    integrity = FrozenWith("plan", "agreed_at")
    scoped_by = "plan"
    view_permission = P.VIEW_MOU

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="objectives")
    heading = models.CharField(max_length=10, choices=Heading.choices)
    objective = models.TextField(help_text="specific")
    measure = models.TextField(help_text="how we will know")
    due_on = models.DateField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return Truncator(self.objective).chars(60)


class PlanAction(models.Model):
    """A row of the action plan."""

    integrity = FrozenWith("plan", "agreed_at")
    scoped_by = "plan"
    view_permission = P.VIEW_MOU

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="actions")
    deliverable = models.TextField()
    action = models.TextField()
    owner = models.CharField(max_length=120)
    resources = models.TextField(blank=True)
    outcomes = models.TextField()
    monitoring = models.TextField(blank=True)
    due_on = models.DateField("completion date")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_on", "id"]

    def __str__(self) -> str:
        return Truncator(self.deliverable).chars(60)


class SupportService(models.Model):
    """A support service that the plan relies on."""

    integrity = FrozenWith("plan", "agreed_at")
    scoped_by = "plan"
    view_permission = P.VIEW_MOU

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="services")
    service = models.TextField()
    provider = models.CharField(max_length=200)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return Truncator(self.service).chars(60)


class Contribution(models.Model):
    """What each side brings under one theme of the menu, or a row the parties added."""

    integrity = FrozenWith("plan", "agreed_at")
    scoped_by = "plan"
    view_permission = P.VIEW_MOU

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="contributions")
    item = models.ForeignKey(MenuItem, models.PROTECT, null=True, blank=True, related_name="+")
    theme = models.CharField(max_length=200)
    service = models.TextField(blank=True)
    commissioner_contribution = models.TextField(blank=True)
    practice_contribution = models.TextField(blank=True, help_text="in kind; no money passes by the MoU")
    not_applicable = models.BooleanField(default=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["item__position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "item"], condition=Q(item__isnull=False), name="one_contribution_a_theme"
            ),
        ]

    def __str__(self) -> str:
        return self.theme
