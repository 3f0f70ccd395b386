"""The improvement plan, the templates of the MoU, the agreement, its signatures."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, FrozenWith, both_or_neither
from resilience.core.models import StoredFile
from resilience.programmes.models import MenuItem, ProgrammeYear
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
        return self.objective[:60]


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
        return self.deliverable[:60]


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
        return self.service[:60]


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


class Template(models.Model):
    """A published wording of the MoU. A new wording is a new version; none changes."""

    integrity = AppendOnly()

    class PlanLayout(models.TextChoices):
        OBJECTIVES = "objectives", "Objectives under three headings, then support services"
        ACTIONS = "actions", "Action-plan table"

    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="mou_templates")
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    plan_layout = models.CharField(max_length=12, choices=PlanLayout.choices)
    has_contributions = models.BooleanField(default=True, help_text="appendix 2")
    support_sources = models.TextField(
        blank=True, help_text="where support comes from, listed in appendix 1; a line each"
    )
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["year", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "version"], name="template_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Section(models.Model):
    """A numbered section of a template; each line of ``clauses`` that is not empty is a numbered clause.

    ``{names}`` in braces are filled from the case; ``mou.wording`` says which there are.
    """

    integrity = AppendOnly()

    template = models.ForeignKey(Template, models.PROTECT, related_name="sections")
    number = models.PositiveSmallIntegerField()
    heading = models.CharField(max_length=160)
    clauses = models.TextField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "number"], name="section_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.heading}"


class Agreement(models.Model):
    """A Memorandum of Understanding: the exact document that was sent to be signed.

    What was sent (``document``, ``html``) never changes. It ends signed and sealed, or withdrawn
    and drafted anew.
    """

    class State(models.TextChoices):
        SENT = "sent", "Waiting for the practice's signature"
        PRACTICE_SIGNED = "practice_signed", "Waiting for the commissioner's signature"
        SIGNED = "signed", "Signed by both"
        WITHDRAWN = "withdrawn", "Withdrawn before signature"

    integrity = FrozenOnce(
        "sent_at",
        mutable=frozenset(
            {
                "state",
                "signed_at",
                "sealed",
                "sealed_at",
                "withdrawn_at",
                "withdrawn_by",
                "withdrawn_reason",
            }
        ),
    )
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="agreements")
    template = models.ForeignKey(Template, models.PROTECT, related_name="agreements")
    state = models.CharField(max_length=20, choices=State.choices, default=State.SENT)
    html = models.TextField(help_text="the document as shown on screen")
    document = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", help_text="the PDF as shown")
    money = models.JSONField(default=dict, help_text="pence by commitment, as the document says")
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, help_text="when the second signature was given")
    sealed = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-sent_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["state", "sent_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["referral"], condition=~Q(state="withdrawn"), name="one_agreement_a_referral"
            ),
            models.CheckConstraint(
                condition=Q(sealed__isnull=True, sealed_at__isnull=True)
                | Q(sealed__isnull=False, sealed_at__isnull=False, signed_at__isnull=False),
                name="sealed_once_signed",
            ),
            models.CheckConstraint(
                condition=Q(state="signed", signed_at__isnull=False)
                | (~Q(state="signed") & Q(signed_at__isnull=True)),
                name="signed_agreement_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)),
                name="withdrawn_agreement_at_and_by",
            ),
        ]

    def __str__(self) -> str:
        return f"MoU of {self.referral_id}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class Signature(models.Model):
    """One side's signature: who, for whom, with which authority, over which exact bytes, and how."""

    class Side(models.TextChoices):
        PRACTICE = "practice", "For the practice"
        COMMISSIONER = "commissioner", "For the commissioner"

    integrity = AppendOnly()
    scoped_by = "agreement"
    view_permission = P.VIEW_MOU

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=12, choices=Side.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="signatures")
    typed_name = models.CharField(max_length=120)
    role = models.CharField(max_length=120)
    organisation = models.CharField(max_length=200)
    organisation_code = models.CharField(max_length=10)
    authority = models.TextField(help_text="the statement of authority as confirmed")
    consent_text = models.TextField()
    consent_sha256 = models.CharField(max_length=64)
    document_sha256 = models.CharField(max_length=64, help_text="of the exact PDF shown")
    html_sha256 = models.CharField(max_length=64, help_text="of the same document as shown on screen")
    signed_at = models.DateTimeField(default=timezone.now, help_text="UTC")
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    sign_in_method = models.CharField(max_length=60, blank=True)
    signed_in_at = models.DateTimeField(null=True)
    trail_sequence = models.PositiveBigIntegerField()
    trail_hash = models.CharField(max_length=64)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["signed_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "side"], name="one_signature_a_side"),
        ]

    def __str__(self) -> str:
        return f"{self.typed_name}, {self.get_side_display()}"
