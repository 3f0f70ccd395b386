"""The self-referral, what was said about it, and its acknowledgement clock."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from practices.models import Organisation, Practice
from resilience.core.access import P, Reach, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, FrozenWith, both_or_neither
from resilience.core.models import StoredFile
from resilience.programmes.models import MenuItem, ProgrammeYear
from resilience.referrals.states import CLOSED, State


class ReferralQuerySet(ScopedQuerySet):
    def within(self, reach: Reach) -> Self:
        """Referrals in reach: an office never sees a draft; a group's other practices see it once sent."""
        if reach.everything:
            return self.exclude(state=State.DRAFT)
        wanted = Q(pk__in=[])
        if reach.commissioners:
            wanted |= ~Q(state=State.DRAFT) & Q(commissioner__in=reach.commissioners)
        if reach.localities:
            wanted |= ~Q(state=State.DRAFT) & Q(lead_practice__locality__in=reach.localities)
        if reach.practices:
            in_group = ReferralPractice.objects.filter(practice__in=reach.practices).values("referral")
            wanted |= Q(lead_practice__in=reach.practices) | (~Q(state=State.DRAFT) & Q(pk__in=in_group))
        return self.filter(wanted)


class ReferenceNumber(models.Model):
    """The last reference number given out in a calendar year; locked while the next is taken."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}-{self.last:04d}"


class Referral(models.Model):
    """A practice's request for support, alone or for a group, in one programme year.

    Once received, what the practice said never changes and the row cannot be deleted: corrections
    are messages. The clock (``received_on``, ``acknowledge_by``) is fixed at receipt.
    """

    class Channel(models.TextChoices):
        ONLINE = "online", "Online"
        PAPER = "paper", "On paper"
        EMAIL = "email", "By email"

    class Support(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"
        UNKNOWN = "unknown", "Don't know"

    class Priority(models.TextChoices):
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    integrity = FrozenOnce(
        "received_at",
        mutable=frozenset(
            {
                "state",
                "state_since",
                "assigned_to",
                "acknowledged_at",
                "acknowledged_by",
                "commissioner_statement",
                "priority",
                "withdrawn_at",
                "withdrawn_by",
                "withdrawn_reason",
            }
        ),
    )
    view_permission = P.VIEW_REFERRALS

    reference = models.CharField(
        max_length=16,
        unique=True,
        null=True,
        help_text="such as 2018-0042; of a case of its group, 2018-0042-1",
    )
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    state_since = models.DateTimeField(default=timezone.now)
    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="referrals")
    lead_practice = models.ForeignKey(Practice, models.PROTECT, related_name="led_referrals")
    commissioner = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        related_name="referrals",
        help_text="of the lead practice at receipt",
    )
    divided_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="divided_into",
        help_text="the group's referral, of a case that one of its practices was given",
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.ONLINE)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    contact_name = models.CharField(max_length=120, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    is_group = models.BooleanField(null=True)
    commissioner_supports = models.CharField(max_length=10, choices=Support.choices, blank=True)
    categories = models.ManyToManyField(MenuItem, through="ReferralCategory", related_name="referrals")
    issues = models.TextField(
        blank=True, help_text="affecting service, staff and patients; 200 words at most"
    )
    support_wanted = models.TextField(blank=True, help_text="200 words at most")

    received_at = models.DateTimeField(null=True)
    received_on = models.DateField(null=True, help_text="the date of receipt in England: the clock's day 0")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    acknowledge_by = models.DateField(null=True)
    decide_by = models.DateField(null=True)
    content_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was asked")
    list_size_total = models.PositiveIntegerField(null=True, help_text="all its practices, at receipt")

    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="assigned_referrals"
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    commissioner_statement = models.TextField(blank=True, help_text="200 words at most")
    priority = models.CharField(max_length=10, choices=Priority.choices, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.TextField(blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-received_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "acknowledge_by"]),
            models.Index(fields=["commissioner", "state"]),
            models.Index(fields=["year", "state"]),
            models.Index(fields=["assigned_to", "state"]),
            models.Index(fields=["received_on"]),
            models.Index(fields=["acknowledge_by"]),
            models.Index(fields=["lead_practice", "state"]),
            models.Index(fields=["list_size_total"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="draft", received_at__isnull=True)
                | (
                    ~Q(state="draft")
                    & Q(
                        received_at__isnull=False,
                        received_on__isnull=False,
                        reference__isnull=False,
                        submitted_by__isnull=False,
                        acknowledge_by__isnull=False,
                        decide_by__isnull=False,
                        commissioner__isnull=False,
                    )
                ),
                name="received_referral_has_its_clock",
            ),
            both_or_neither("acknowledged_at_and_by", "acknowledged_at", "acknowledged_by"),
            both_or_neither("withdrawn_at_and_by", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(
                condition=Q(received_on__isnull=True) | Q(acknowledge_by__gte=F("received_on")),
                name="due_after_receipt",
            ),
            models.UniqueConstraint(
                fields=["divided_from", "lead_practice"],
                condition=Q(divided_from__isnull=False),
                name="one_case_of_a_group_a_practice",
            ),
            models.UniqueConstraint(
                fields=["year", "lead_practice", "content_digest"],
                condition=Q(received_at__isnull=False) & ~Q(state__in=sorted(CLOSED)),
                name="same_referral_once",
                violation_error_message="This practice has already sent this same referral, and it is still open.",
            ),
        ]

    def __str__(self) -> str:
        return self.reference or f"Draft of {self.lead_practice.name}"

    @property
    def case_id(self) -> Any:
        """The case of the trail it belongs to: itself."""
        return self.pk

    @property
    def is_draft(self) -> bool:
        return self.state == State.DRAFT


class ReferralPractice(models.Model):
    """A practice of a referral, as it was on the day of receipt."""

    integrity = FrozenWith("referral", "received_at")

    scoped_by = "referral"
    view_permission = P.VIEW_REFERRALS

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="practices")
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="referral_places")
    is_lead = models.BooleanField(default=False)
    ods_code = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    list_size = models.PositiveIntegerField(null=True)
    commissioner_name = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-is_lead", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["referral", "practice"], name="practice_once_a_referral"),
            models.UniqueConstraint(
                fields=["referral"], condition=Q(is_lead=True), name="one_lead_a_referral"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.ods_code})"


class ReferralCategory(models.Model):
    """A category of support that the referral asks for."""

    integrity = FrozenWith("referral", "received_at")

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="wanted")
    item = models.ForeignKey(MenuItem, models.PROTECT, related_name="wanted_by")

    class Meta:
        ordering: ClassVar = ["item__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["referral", "item"], name="category_once_a_referral"),
        ]

    def __str__(self) -> str:
        return str(self.item_id)


class PastSupport(models.Model):
    """Funded support that the practice had before, as it says."""

    integrity = FrozenWith("referral", "received_at")

    class Scheme(models.TextChoices):
        RCGP = "rcgp", "RCGP peer support for CQC special measures"
        VULNERABLE = "vulnerable", "Vulnerable Practice Programme"
        THIS = "this", "This programme"

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="past_support")
    scheme = models.CharField(max_length=12, choices=Scheme.choices)
    had = models.BooleanField()
    years = models.CharField(max_length=60, blank=True, help_text="such as 2016/17, 2017/18")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["referral", "scheme"], name="past_support_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_scheme_display()}: {'yes' if self.had else 'no'}"


class MessageQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Messages on referrals in reach; an internal note only with the right to see the office's notes."""
        seen = super().visible_to(user, permission)
        offices = Referral.objects.visible_to(user, P.VIEW_INTERNAL)
        return seen.filter(Q(is_internal=False) | Q(referral__in=offices))


class Message(models.Model):
    """A question, an answer, an email as sent, a correction, or an internal note. Never changes."""

    class Kind(models.TextChoices):
        QUESTION = "question", "Question to the practice"
        ANSWER = "answer", "Answer from the practice"
        EMAIL = "email", "Email to the practice"
        CORRECTION = "correction", "Correction"
        NOTE = "note", "Internal note"

    integrity = AppendOnly()
    scoped_by = "referral"
    view_permission = P.VIEW_REFERRALS

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    is_internal = models.BooleanField()
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    answers = models.OneToOneField("self", models.PROTECT, null=True, related_name="answer")
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["written_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="note", is_internal=True) | (~Q(kind="note") & Q(is_internal=False)),
                name="a_note_is_internal_and_nothing_else_is",
            ),
            models.CheckConstraint(
                condition=Q(answers__isnull=True) | Q(kind="answer"), name="only_an_answer_answers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class AttachmentQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Files on referrals in reach; a file on an internal note only for those who may read the note."""
        messages = Message.objects.visible_to(user, permission)
        return super().visible_to(user, permission).filter(Q(message__isnull=True) | Q(message__in=messages))


class Attachment(models.Model):
    """A file on a referral: with the form, with a message, or the original that came on paper."""

    integrity = FrozenWith("referral", "received_at", grows=True)

    scoped_by = "referral"
    view_permission = P.VIEW_REFERRALS

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, models.PROTECT, null=True, blank=True, related_name="attachments")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    is_original = models.BooleanField(default=False, help_text="the form as it came on paper or by email")
    attached_at = models.DateTimeField(default=timezone.now)
    attached_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["attached_at", "id"]

    def __str__(self) -> str:
        return self.file.name


class Reminder(models.Model):
    """A reminder that went out; the constraint makes sending twice impossible."""

    integrity = AppendOnly()

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=20, choices=[("due_soon", "Due soon"), ("overdue", "Overdue")])
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["referral", "kind"], name="reminded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.referral_id}"
