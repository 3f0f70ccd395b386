"""Delivery by a supplier: which case is in whose care, what is handed in by when, visits, figures and consents."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from mou.models.ending import Ending
from practices.models import Invitation, Organisation, Practice, SupplierAssignment
from resilience.core.access import P, ScopedQuerySet
from resilience.core.calendar import today
from resilience.core.integrity import FrozenOnce, both_or_neither
from resilience.programmes.models import ManagedQuerySet, ProgrammeYear
from resilience.referrals.models import Referral

# --- what a programme year asks of its suppliers ------------------------------------------------


class DeliverableKind(models.Model):
    """Something that a supplier hands in for each practice, and how soon after the assignment."""

    managed_by = "year__programme__owner"

    class Form(models.TextChoices):
        READINESS = "readiness", "Readiness for change conversation"
        DIAGNOSTIC = "diagnostic", "Diagnostic review by domains"
        OPTIONS = "options", "Options with recommended actions"
        PLAN = "plan", "Improvement plan by headings"
        OTHER = "other", "Another report"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="deliverable_kinds")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    form = models.CharField(max_length=12, choices=Form.choices, default=Form.OTHER)
    working_days = models.PositiveSmallIntegerField(help_text="from the assignment until it is due")
    opens_invoice = models.BooleanField(
        default=False, help_text="the supplier can invoice once it is accepted"
    )

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "position"], name="deliverable_position_once"),
            models.UniqueConstraint(fields=["year", "name"], name="deliverable_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CommitmentItem(models.Model):
    """Something that a practice in a supplier's care commits itself to."""

    managed_by = "year__programme__owner"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="commitment_items")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "position"], name="commitment_item_position_once"),
            models.UniqueConstraint(fields=["year", "name"], name="commitment_item_once"),
        ]

    def __str__(self) -> str:
        return self.name


class NeedTheme(models.Model):
    """A need that several practices may share, such as workforce planning."""

    managed_by = "year__programme__owner"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="need_themes")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)

    objects = ManagedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "position"], name="need_theme_position_once"),
            models.UniqueConstraint(fields=["year", "name"], name="need_theme_once"),
        ]

    def __str__(self) -> str:
        return self.name


# --- a case in a supplier's care ----------------------------------------------------------------


class SupplierCaseQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """The office's and the practice's own; a supplier's own while they and the practice are in its care."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        if permission == P.DELIVER:
            return self.filter(self._in_care_of(user))
        if permission:
            return super().visible_to(user, permission)
        seen = super().visible_to(user, P.VIEW_MOU)
        return self.filter(Q(pk__in=seen.values("pk")) | self._in_care_of(user))

    def _in_care_of(self, user: Any) -> Q:
        day = today()
        return Q(
            Q(care__ended_on__isnull=True) | Q(care__ended_on__gt=day),
            supplier__in=user.organisations(P.DELIVER),
            ended_at__isnull=True,
            care__started_on__lte=day,
        )

    def open(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def open_book_to(self, user: Any) -> Self:
        """Cases of which this person reads what is covered by a confidentiality agreement too."""
        rows = SupplierCase.objects
        own = rows.visible_to(user, P.DELIVER) | rows.visible_to(user, P.PLAN_FOR_PRACTICE)
        agreed = SupplierConsent.objects.filter(
            supplier_case=OuterRef("pk"), what=SupplierConsent.What.SHOW, revoked_at__isnull=True
        )
        return self.filter(Q(pk__in=own.values("pk")) | Exists(agreed))


class SupplierCase(models.Model):
    """One practice of a supported case in the care of a supplier, from its assignment until it ends.

    The practice is open to the supplier's people through ``care``; both begin and end by one act.
    """

    integrity = FrozenOnce(
        "assigned_at",
        mutable=frozenset(
            {
                "change_manager",
                "manager_name",
                "manager_email",
                "invitation",
                "shares_request",
                "ended_at",
                "ended_by",
                "ended_reason",
                "ended_with",
            }
        ),
    )
    scope: ClassVar = {
        "commissioner": "referral__commissioner",
        "locality": "referral__lead_practice__locality",
        "practice": "practice",
    }
    view_permission = P.VIEW_MOU

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="supplier_cases")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="supplier_cases")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="supplier_cases")
    care = models.ForeignKey(SupplierAssignment, models.PROTECT, related_name="supplier_cases")
    opened_care = models.BooleanField(help_text="the practice was not in the supplier's care before")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    change_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="supplier_cases"
    )
    manager_name = models.CharField(max_length=120)
    manager_email = models.EmailField(max_length=254)
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, related_name="+")
    shares_request = models.BooleanField(
        default=False, help_text="the supplier reads what was asked for, in the practice's words"
    )
    assigned_at = models.DateTimeField(default=timezone.now)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_reason = models.TextField(blank=True)
    ended_with = models.ForeignKey(
        Ending, models.PROTECT, null=True, related_name="supplier_cases", help_text="the end of its MoU"
    )

    objects = SupplierCaseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-assigned_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["supplier", "ended_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["referral", "practice"],
                condition=Q(ended_at__isnull=True),
                name="one_supplier_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, ended_with__isnull=True)
                | (Q(ended_at__isnull=False) & (Q(ended_by__isnull=False) | Q(ended_with__isnull=False))),
                name="supplier_case_ends_by_someone_or_with_its_mou",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(ended_reason=""),
                name="supplier_case_ends_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practice.name}, {self.referral.reference}"

    @property
    def case_id(self) -> Any:
        return self.referral_id

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


class OfCaseQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """As far as the person sees the assignment that it belongs to."""
        model: Any = self.model
        parent = model._meta.get_field(model.scoped_by).related_model
        return self.filter(**{f"{model.scoped_by}__in": parent.objects.visible_to(user, permission)})


class ConfidentialQuerySet(OfCaseQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """The same, without what a confidentiality agreement keeps from this person."""
        model: Any = self.model
        opened = SupplierCase.objects.open_book_to(user)
        path = "supplier_case" if model.scoped_by == "supplier_case" else "deliverable__supplier_case"
        seen = super().visible_to(user, permission)
        return seen.filter(Q(is_confidential=False) | Q(**{f"{path}__in": opened}))


class CaseRow(models.Model):
    """A row of one assignment."""

    scoped_by = "supplier_case"
    view_permission = P.VIEW_MOU

    supplier_case = models.ForeignKey(SupplierCase, models.PROTECT, related_name="%(class)ss")

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def case_id(self) -> Any:
        return self.supplier_case.referral_id


class SupplierVisit(CaseRow):
    """A visit to the practice: booked for a day, then made, or cancelled with the reason.

    Nobody cancelled one whose MoU the service ended.
    """

    integrity = FrozenOnce("recorded_at")

    planned_on = models.DateField()
    booked_at = models.DateTimeField(default=timezone.now)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_on = models.DateField(null=True)
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cancelled_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["planned_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier_case"],
                condition=Q(recorded_at__isnull=True, cancelled_at__isnull=True),
                name="one_visit_booked_at_a_time",
            ),
            both_or_neither("visit_recorded_at_and_by", "recorded_at", "recorded_by", "made_on"),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancelled_reason="")
                | (Q(cancelled_at__isnull=False) & ~Q(cancelled_reason="")),
                name="visit_is_cancelled_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(recorded_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="a_visit_is_made_or_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return f"Visit of {self.planned_on}"

    @property
    def is_booked(self) -> bool:
        return self.recorded_at is None and self.cancelled_at is None


class CommitmentTick(CaseRow):
    """The practice keeps one of its commitments: who said so, when; taken back likewise."""

    integrity = FrozenOnce("ticked_at", mutable=frozenset({"undone_at", "undone_by"}))

    item = models.ForeignKey(CommitmentItem, models.PROTECT, related_name="ticks")
    ticked_at = models.DateTimeField(default=timezone.now)
    ticked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier_case", "item"],
                condition=Q(undone_at__isnull=True),
                name="commitment_ticked_once",
            ),
            both_or_neither("tick_undone_at_and_by", "undone_at", "undone_by"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} ticked"


class SupplierConsent(CaseRow):
    """The practice lets what is confidential be shown to the commissioner, or be compared without names. Revocable."""

    class What(models.TextChoices):
        SHOW = "show", "Show what is confidential to the commissioner"
        BENCHMARK = "benchmark", "Compare our figures with those of others, without our name"

    integrity = FrozenOnce("given_at", mutable=frozenset({"revoked_at", "revoked_by"}))

    what = models.CharField(max_length=10, choices=What.choices)
    given_at = models.DateTimeField(default=timezone.now)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier_case", "what"],
                condition=Q(revoked_at__isnull=True),
                name="consent_given_once",
            ),
            both_or_neither("consent_revoked_at_and_by", "revoked_at", "revoked_by"),
        ]

    def __str__(self) -> str:
        return self.get_what_display()


class SupplierFigure(CaseRow):
    """A figure that the supplier gathered at the practice, with its source and period."""

    integrity = FrozenOnce("gathered_at", mutable=frozenset({"withdrawn_at", "withdrawn_by"}))

    label = models.CharField(max_length=120)
    value = models.CharField(max_length=80)
    period = models.CharField(max_length=40)
    source = models.CharField(max_length=120)
    is_confidential = models.BooleanField(help_text="covered by a confidentiality agreement")
    gathered_at = models.DateTimeField(default=timezone.now)
    gathered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ConfidentialQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering: ClassVar = ["label", "-period", "id"]
        constraints: ClassVar = [
            both_or_neither("figure_withdrawn_at_and_by", "withdrawn_at", "withdrawn_by"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.value} ({self.period})"
