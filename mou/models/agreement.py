"""The agreement that is sent to be signed, and its signatures."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from mou.models.drafts import Draft
from mou.models.wording import Template
from practices.models import Organisation, SupplierAssignment
from resilience.core.access import P, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither
from resilience.core.models import StoredFile
from resilience.referrals.models import Referral

IN_FORCE = ("signed", "notice")
OVER = ("terminated", "ended")
SIGNED_BY_ALL = (*IN_FORCE, *OVER)
"""States after the last signature: it is in force, notice or no notice, or it was and is over."""
STOPPED = ("withdrawn", "declined", "expired")
OPEN = ("sent", "practice_signed", "supplier_signed")
"""States before the last signature: given up, or waiting for a signature."""


class AgreementQuerySet(ScopedQuerySet):
    def not_stopped(self) -> Self:
        """Those out for signature, in force, and over."""
        return self.exclude(state__in=STOPPED)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """With the case it is of; and, for a supplier's people, where the supplier is a party to it and has the
        practice in its care: of the case they see nothing else."""
        if permission != P.SIGN_FOR_SUPPLIER:
            found = super().visible_to(user, permission)
            if (permission or P.VIEW_MOU) != P.VIEW_MOU or not self._suppliers(user):
                return found
            return self.filter(Q(pk__in=found.values("pk")) | self._is_party(user))
        return self.filter(self._is_party(user)) if self._suppliers(user) else self.none()

    @staticmethod
    def _suppliers(user: Any) -> set[int]:
        known = getattr(user, "is_authenticated", False)
        return user.organisations(P.SIGN_FOR_SUPPLIER) if known else set()

    def _is_party(self, user: Any) -> Q:
        assigned = SupplierAssignment.objects.filter(
            supplier=OuterRef("supplier"), practice=OuterRef("referral__lead_practice")
        )
        return Q(supplier__in=self._suppliers(user)) & Q(Exists(assigned.in_force()))


class Agreement(models.Model):
    """A Memorandum of Understanding, or what varies one: the exact document that was sent to be signed.

    What was sent (``document``, ``html``) never changes. It is signed and sealed, or stopped (withdrawn, declined,
    not signed in time) and drafted anew. Once signed, only another signed document varies it; a variation lives as
    long as its MoU.
    """

    class State(models.TextChoices):
        SENT = "sent", "Waiting for the practice's signature"
        PRACTICE_SIGNED = "practice_signed", "Signed by the practice"
        SUPPLIER_SIGNED = "supplier_signed", "Signed by the practice and the supplier"
        SIGNED = "signed", "Signed by both"
        NOTICE = "notice", "Notice given"
        TERMINATED = "terminated", "Terminated"
        ENDED = "ended", "Ended"
        WITHDRAWN = "withdrawn", "Withdrawn before signature"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Not signed in time"

    class Kind(models.TextChoices):
        MOU = "mou", "Memorandum of Understanding"
        VARIATION = "variation", "Variation"
        EXTENSION = "extension", "Extension"

    integrity = FrozenOnce(
        "sent_at",
        mutable=frozenset(
            {
                "state",
                "sign_by",
                "signed_at",
                "sealed",
                "sealed_at",
                "ended_at",
                "stopped_at",
                "stopped_by",
                "stopped_reason",
                "declined_side",
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
    draft = models.ForeignKey(
        Draft, models.PROTECT, null=True, related_name="agreements", help_text="the draft that was sent"
    )
    supplier = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        related_name="agreements",
        help_text="the operational partner, who signs after the practice",
    )
    state = models.CharField(max_length=20, choices=State.choices, default=State.SENT)
    html = models.TextField(help_text="the document as shown on screen")
    document = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", help_text="the PDF as shown")
    money = models.JSONField(default=dict, help_text="pence by commitment, as the document says")
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sign_by = models.DateField(null=True, help_text="the last day on which it can be signed")
    signed_at = models.DateTimeField(null=True, help_text="when the last signature was given")
    sealed = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="when its end was recorded")
    stopped_at = models.DateTimeField(null=True, help_text="withdrawn, declined or expired")
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="nobody, if expired"
    )
    stopped_reason = models.TextField(blank=True)
    declined_side = models.CharField(max_length=12, blank=True, help_text="for which side it was declined")

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-sent_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "sent_at"]),
            models.Index(fields=["state", "sign_by"]),
        ]
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
                condition=Q(state__in=STOPPED, stopped_at__isnull=False)
                | (~Q(state__in=STOPPED) & Q(stopped_at__isnull=True)),
                name="stopped_agreement_has_its_date",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("withdrawn", "declined"), stopped_by__isnull=False)
                | (~Q(state__in=("withdrawn", "declined")) & Q(stopped_by__isnull=True)),
                name="stopped_agreement_has_its_person",
            ),
            models.CheckConstraint(
                condition=(Q(state="declined") & ~Q(declined_side=""))
                | (~Q(state="declined") & Q(declined_side="")),
                name="declined_agreement_has_its_side",
            ),
            models.CheckConstraint(
                condition=~Q(state="supplier_signed") | Q(supplier__isnull=False),
                name="supplier_signs_as_a_party",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.referral_id}"

    @property
    def name(self) -> str:
        """What to call it: "MoU", "Variation 1", "Extension 2"."""
        return f"{self.get_kind_display()} {self.number}" if self.number else "MoU"

    @property
    def title(self) -> str:
        """The same in a sentence or as a heading: "Variation 1 of the Memorandum of Understanding"."""
        whole = "Memorandum of Understanding"
        return f"{self.name} of the {whole}" if self.number else whole

    @property
    def the_title(self) -> str:
        """The title within a sentence; what varies an MoU has a number, and takes no article."""
        return self.title if self.number else f"the {self.title}"

    @property
    def this_title(self) -> str:
        return self.title if self.number else f"this {self.title}"

    @property
    def this(self) -> str:
        """What is at hand, in short: "this MoU", "this variation"."""
        return f"this {self.get_kind_display().lower()}" if self.number else "this MoU"

    @property
    def is_signed(self) -> bool:
        """By every side; it may be over since."""
        return self.state in SIGNED_BY_ALL

    @property
    def case_id(self) -> Any:
        return self.referral_id

    @property
    def sides(self) -> tuple["Signature.Side", ...]:
        """Who signs, in this order."""
        side = Signature.Side
        return (side.PRACTICE, *((side.SUPPLIER,) if self.supplier_id else ()), side.COMMISSIONER)

    @property
    def turn(self) -> str:
        """The side whose signature is next, or ""."""
        signed = {self.State.SENT: 0, self.State.PRACTICE_SIGNED: 1, self.State.SUPPLIER_SIGNED: 2}
        return self.sides[signed[state]] if (state := self.State(self.state)) in signed else ""

    @property
    def standing(self) -> str:
        """The state in words: whose signature it waits for, or how it ended."""
        return standing_of(self.state, has_supplier=bool(self.supplier_id))

    @property
    def is_stopped(self) -> bool:
        """It has no effect, and another may be sent."""
        return self.state in STOPPED


def standing_of(state: str, *, has_supplier: bool) -> str:
    """An agreement's state in words, for lists that read two columns and no more."""
    states = Agreement.State
    if state == states.PRACTICE_SIGNED and has_supplier:
        return "Waiting for the supplier's signature"
    if state in (states.PRACTICE_SIGNED, states.SUPPLIER_SIGNED):
        return "Waiting for the commissioner's signature"
    if state == states.SIGNED and has_supplier:
        return "Signed by all three"
    return str(states(state).label)


class Signature(models.Model):
    """One side's signature: who, for whom, with which authority, over which exact bytes, and how.

    Given on screen by ``person``; or on paper, kept as ``scan``, by ``typed_name``, and recorded by an officer.
    """

    class Side(models.TextChoices):
        PRACTICE = "practice", "For the practice"
        SUPPLIER = "supplier", "For the supplier"
        COMMISSIONER = "commissioner", "For the commissioner"

    integrity = AppendOnly()
    scoped_by = "agreement"
    view_permission = P.VIEW_MOU

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=12, choices=Side.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="signatures",
        help_text="nobody known here, if it was given on paper by somebody without a sign-in",
    )
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
    scan = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", help_text="of the paper that was signed"
    )
    signed_on = models.DateField(null=True, help_text="the date written on the paper")
    received_by = models.CharField(max_length=120, blank=True, help_text="who received the paper")
    recorded_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    trail_sequence = models.PositiveBigIntegerField()
    trail_hash = models.CharField(max_length=64)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["signed_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "side"], name="one_signature_a_side"),
            both_or_neither("signature_on_paper_is_whole", "scan", "signed_on", "recorded_at", "recorded_by"),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(scan__isnull=False),
                name="signature_on_screen_has_its_person",
            ),
            models.UniqueConstraint(
                fields=["agreement", "person"],
                condition=Q(person__isnull=False),
                name="one_signature_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.typed_name}, {self.get_side_display()}"

    @property
    def is_on_paper(self) -> bool:
        return self.scan_id is not None


class Delegation(models.Model):
    """A signatory asked a colleague, who has the authority too, to sign. It gives nobody a right."""

    integrity = AppendOnly()
    scoped_by = "agreement"
    view_permission = P.VIEW_MOU

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="delegations")
    side = models.CharField(max_length=12, choices=Signature.Side.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="who is asked to sign"
    )
    why = models.TextField(blank=True)
    delegated_at = models.DateTimeField(default=timezone.now)
    delegated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-delegated_at", "-id"]

    def __str__(self) -> str:
        return f"{self.delegated_by} asked {self.person}"

    @property
    def case_id(self) -> Any:
        return self.agreement.referral_id
