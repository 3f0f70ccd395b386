"""Who exists, with dates, and what is known of each practice."""

from typing import Any, ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from resilience.core.access import P, ScopedQuerySet
from resilience.core.calendar import today
from resilience.core.integrity import AppendOnly, both_or_neither

ODS_CODE = RegexValidator(r"^[A-Z0-9]{3,10}$", "An ODS code is capital letters and digits, such as Y54321.")


class OrganisationQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Organisations over which ``user`` holds ``permission``, with all below them."""
        permission = permission or P.MANAGE_ORGANISATIONS
        if not user.is_authenticated:
            return self.none()
        if user.reach(permission).everything:
            return self
        return self.filter(pk__in=user.organisations(permission))


class Organisation(models.Model):
    """Region > local office > commissioner > locality; and suppliers and others beside them."""

    class Kind(models.TextChoices):
        REGION = "region", "NHS England region"
        LOCAL_OFFICE = "local_office", "Local office"
        CCG = "ccg", "Clinical commissioning group (CCG)"
        ICB = "icb", "Integrated care board (ICB) sub-location"
        LOCALITY = "locality", "Locality"
        SUPPLIER = "supplier", "Supplier"
        OTHER = "other", "Other body"

    COMMISSIONERS: ClassVar = (Kind.CCG, Kind.ICB)

    kind = models.CharField(max_length=20, choices=Kind.choices)
    code = models.CharField(max_length=10, validators=[ODS_CODE])
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    address = models.TextField(blank=True)
    closed_on = models.DateField(null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "code"], name="organisation_code_once"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="organisation_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_commissioner(self) -> bool:
        return self.kind in self.COMMISSIONERS


class Practice(models.Model):
    """A general practice as the register has it today; its past is in the dated rows below."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        WITHOUT_PATIENTS = "without_patients", "Active, no registered patients"
        CLOSED = "closed", "Closed"
        DORMANT = "dormant", "Dormant"
        PROPOSED = "proposed", "Proposed"

    scope: ClassVar = {"commissioner": "commissioner", "locality": "locality", "practice": "pk"}
    view_permission = P.VIEW_PRACTICES

    ods_code = models.CharField(max_length=10, unique=True, validators=[ODS_CODE])
    name = models.CharField(max_length=200)
    address = models.TextField(blank=True, help_text="one line each")
    postcode = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    commissioner = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="practices"
    )
    locality = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="locality_practices"
    )
    list_size = models.PositiveIntegerField(null=True, blank=True, help_text="registered patients, latest")
    list_size_on = models.DateField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "ods_code"]
        indexes: ClassVar = [
            models.Index(fields=["name", "ods_code"]),
            models.Index(fields=["commissioner", "status"]),
            models.Index(fields=["locality"]),
            models.Index(fields=["status", "name"]),
            models.Index(fields=["list_size"]),
            models.Index(fields=["postcode"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="closed", closed_on__isnull=False) | ~Q(status="closed"),
                name="closed_practice_has_a_date",
            ),
            both_or_neither("practice_list_size_has_a_date", "list_size", "list_size_on"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.ods_code})"

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.ACTIVE, self.Status.WITHOUT_PATIENTS)


class PracticeChange(models.Model):
    """What a practice was before a register release, or a person, changed it. Append-only."""

    integrity = AppendOnly()
    scoped_by = "practice"
    view_permission = P.VIEW_PRACTICES

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="changes")
    field = models.CharField(max_length=30)
    before = models.CharField(max_length=400, blank=True)
    after = models.CharField(max_length=400, blank=True)
    source = models.CharField(max_length=120)
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-recorded_at", "-id"]

    def __str__(self) -> str:
        return f"{self.field}: {self.before} → {self.after}"

    @property
    def label(self) -> str:
        """What changed, in words."""
        return self.field.replace("_", " ").capitalize()


class Membership(models.Model):
    """A practice belonged to a commissioner or a locality from a day until a day."""

    scoped_by = "practice"
    view_permission = P.VIEW_PRACTICES

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    is_locality = models.BooleanField(default=False)
    joined_on = models.DateField(null=True, blank=True, help_text="empty: since before the records")
    left_on = models.DateField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["is_locality", F("joined_on").desc(nulls_last=True)]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice", "is_locality"],
                condition=Q(left_on__isnull=True),
                name="one_current_membership",
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True)
                | Q(joined_on__isnull=True)
                | Q(left_on__gte=F("joined_on")),
                name="membership_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practice_id} in {self.organisation_id}"


class ListSize(models.Model):
    """Registered patients of a practice on a day."""

    scoped_by = "practice"
    view_permission = P.VIEW_PRACTICES

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="list_sizes")
    on = models.DateField()
    patients = models.PositiveIntegerField()
    source = models.CharField(max_length=120)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-on"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "on"], name="one_list_size_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.patients} on {self.on}"


class Indicator(models.Model):
    """One published or local figure about a practice, with its source and period."""

    scoped_by = "practice"
    view_permission = P.VIEW_INTERNAL

    practice = models.ForeignKey(Practice, models.PROTECT, related_name="indicators")
    key = models.SlugField(max_length=40, help_text="what criteria name, such as cqc_overall")
    label = models.CharField(max_length=120)
    value = models.CharField(max_length=80)
    period = models.CharField(max_length=40)
    source = models.CharField(max_length=120)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["key", "-period"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "key", "period"], name="one_indicator_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.value} ({self.period})"


class SupplierAssignmentQuerySet(ScopedQuerySet):
    def in_force(self) -> Self:
        """Begun, and not yet over, today."""
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today()), started_on__lte=today())


class SupplierAssignment(models.Model):
    """A practice is in the care of a supplier from a day until a day."""

    scoped_by = "practice"
    view_permission = P.VIEW_PRACTICES

    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="assignments")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="supplier_assignments")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    objects = SupplierAssignmentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-started_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier", "practice"], condition=Q(ended_on__isnull=True), name="assigned_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="assignment_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} for {self.practice_id}"
