"""What every room stands on: the trail, stored files, saved views."""

import hashlib
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from resilience.core.integrity import AppendOnly


class TrailEntry(models.Model):
    """One thing that happened. Append-only, and chained: each hash covers the one before.

    Holds identifiers and numbers only; the words of a reason are in ``TrailReason``, so that
    erasing a person's words does not break the chain.
    """

    integrity = AppendOnly()

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(help_text="UTC")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="empty: the system"
    )
    act = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    case_id = models.BigIntegerField(null=True, help_text="the referral it belongs to")
    is_internal = models.BooleanField(default=False, help_text="never shown to the practice")
    facts = models.JSONField(default=dict)
    reason_digest = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar = ["sequence"]
        indexes: ClassVar = [
            models.Index(fields=["case_id", "sequence"]),
            models.Index(fields=["subject_type", "subject_id", "sequence"]),
            models.Index(fields=["by", "sequence"]),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.act}"


class TrailReason(models.Model):
    """The words of why. May be erased (never changed); the entry keeps their salted digest."""

    integrity = AppendOnly(erasable=True)

    entry = models.OneToOneField(TrailEntry, models.PROTECT, primary_key=True, related_name="reason")
    salt = models.CharField(max_length=32)
    words = models.TextField()

    def __str__(self) -> str:
        return self.words[:80]

    def digest(self) -> str:
        return hashlib.sha256((self.salt + self.words).encode()).hexdigest()


class StoredFile(models.Model):
    """The bytes of a document, in the database so that they commit with the act.

    Never changes; may be deleted only while no record points at it (a file taken off a draft).
    """

    integrity = AppendOnly(erasable=True)

    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64, db_index=True)
    content = models.BinaryField()
    stored_at = models.DateTimeField(auto_now_add=True)
    stored_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def keep(cls, *, name: str, content_type: str, content: bytes, by) -> "StoredFile":
        """Store ``content`` under its SHA-256; the caller is inside an action."""
        return cls.objects.create(
            name=name[-200:],
            content_type=content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
            stored_by=by,
        )


class SavedView(models.Model):
    """A list's filters, kept by a person under a name."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=100, help_text="the list's URL name")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "page", "name"], name="saved_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ExportState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Not made"


class Export(models.Model):
    """A file that is, or was, made in the background for a person: see ``resilience.core.exports``.

    Kept for ``settings.EXPORTS_KEPT`` after it was made; only its person ever sees it.
    """

    State = ExportState
    UNFINISHED: ClassVar = (ExportState.WAITING, ExportState.RUNNING)

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    what = models.CharField(max_length=200, help_text="the file, in words")
    maker = models.CharField(max_length=200, help_text="the dotted name of the function that makes it")
    arguments = models.JSONField()
    digest = models.CharField(max_length=64, help_text="of maker and arguments: the same asked again")
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0, help_text="0 until it is known")
    attempts = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, db_index=True)
    file = models.OneToOneField(StoredFile, models.PROTECT, null=True, related_name="export")
    rights = models.CharField(max_length=64, blank=True, help_text="what the person might see as it was made")
    why_failed = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-begun_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "digest"],
                condition=Q(state__in=["waiting", "running"]),
                name="an_export_is_made_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="done", file__isnull=False) | (~Q(state="done") & Q(file__isnull=True)),
                name="an_export_that_is_done_has_its_file",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "failed"], finished_at__isnull=False),
                name="an_export_is_finished_at_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(why_failed=""), name="an_export_that_failed_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.what
