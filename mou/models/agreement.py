"""The agreement that is sent to be signed, and its signatures."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mou.models.wording import Template
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce
from resilience.core.models import StoredFile
from resilience.referrals.models import Referral

IN_FORCE = ("signed", "notice")
OVER = ("terminated", "ended")
SIGNED_BY_ALL = (*IN_FORCE, *OVER)
"""States after the last signature: it is in force, notice or no notice, or it was and is over."""
STOPPED = ("withdrawn",)
OPEN = ("sent", "practice_signed")
"""States before the last signature: given up, or waiting for a signature."""


class Agreement(models.Model):
    """A Memorandum of Understanding, or what varies one: the exact document that was sent to be signed.

    What was sent (``document``, ``html``) never changes. It is signed and sealed, or given up and drafted
    anew. Once signed, only another signed document varies it; a variation lives as long as its MoU.
    """

    class State(models.TextChoices):
        SENT = "sent", "Waiting for the practice's signature"
        PRACTICE_SIGNED = "practice_signed", "Waiting for the commissioner's signature"
        SIGNED = "signed", "Signed by both"
        NOTICE = "notice", "Notice given"
        TERMINATED = "terminated", "Terminated"
        ENDED = "ended", "Ended"
        WITHDRAWN = "withdrawn", "Withdrawn before signature"

    class Kind(models.TextChoices):
        MOU = "mou", "Memorandum of Understanding"
        VARIATION = "variation", "Variation"
        EXTENSION = "extension", "Extension"

    integrity = FrozenOnce(
        "sent_at",
        mutable=frozenset(
            {
                "state",
                "signed_at",
                "sealed",
                "sealed_at",
                "ended_at",
                "withdrawn_at",
                "withdrawn_by",
                "withdrawn_reason",
            }
        ),
    )
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="agreements")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MOU)
    varies = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="variations",
        help_text="the MoU that this one changes",
    )
    number = models.PositiveSmallIntegerField(default=0, help_text="0 for the MoU; 1, 2… for what varies it")
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
    ended_at = models.DateTimeField(null=True, help_text="when its end was recorded")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-sent_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["state", "sent_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(kind="mou") & ~Q(state__in=STOPPED),
                name="one_agreement_a_referral",
            ),
            models.UniqueConstraint(
                fields=["varies"],
                condition=Q(varies__isnull=False, state__in=OPEN),
                name="one_open_variation_of_an_mou",
            ),
            models.UniqueConstraint(
                fields=["varies", "number"],
                condition=Q(varies__isnull=False) & ~Q(state__in=STOPPED),
                name="variation_number_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="mou", varies__isnull=True, number=0)
                | (~Q(kind="mou") & Q(varies__isnull=False, number__gte=1)),
                name="only_what_varies_an_mou_has_a_number",
            ),
            models.CheckConstraint(
                condition=Q(kind="mou") | ~Q(state__in=("notice", *OVER)),
                name="only_the_mou_itself_ends",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OVER, ended_at__isnull=False)
                | (~Q(state__in=OVER) & Q(ended_at__isnull=True)),
                name="ended_agreement_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(sealed__isnull=True, sealed_at__isnull=True)
                | Q(sealed__isnull=False, sealed_at__isnull=False, signed_at__isnull=False),
                name="sealed_once_signed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SIGNED_BY_ALL, signed_at__isnull=False)
                | (~Q(state__in=SIGNED_BY_ALL) & Q(signed_at__isnull=True)),
                name="signed_agreement_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)),
                name="withdrawn_agreement_at_and_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.referral_id}"

    @property
    def name(self) -> str:
        """What to call it: "MoU", "Variation 1", "Extension 2"."""
        return f"{self.get_kind_display()} {self.number}" if self.number else "MoU"

    @property
    def is_signed(self) -> bool:
        """By every side; it may be over since."""
        return self.state in SIGNED_BY_ALL

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
