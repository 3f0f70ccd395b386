"""The case study of a supported case: its texts, the consents to them, and the copies that were published."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from practices.models import Organisation, Practice
from resilience.core.access import P, Reach, ScopedQuerySet
from resilience.core.integrity import AppendOnly, FrozenOnce, both_or_neither
from resilience.core.models import StoredFile
from resilience.programmes.models import MenuItem, ProgrammeYear
from resilience.referrals.models import Referral


class Naming(models.TextChoices):
    """Whether the published copy names the practice: the practice's own choice."""

    UNDECIDED = "", "Not decided yet"
    NAMED = "named", "Named"
    UNNAMED = "unnamed", "Not named"


class CaseStudy(models.Model):
    """What a practice's support teaches others: one a case, written by either side, published with consent.

    Its words are in ``CaseStudyText``; ``consent`` is the one that stands, to the words as they are now.
    """

    class State(models.TextChoices):
        WRITING = "writing", "Being written"
        ASKED = "asked", "With the practice for consent"
        CONSENTED = "consented", "Consented to"
        PUBLISHED = "published", "Published"
        TAKEN_DOWN = "taken_down", "Withdrawn from publication"

    integrity = FrozenOnce(
        "started_at",
        mutable=frozenset(
            {
                "state",
                "state_since",
                "naming",
                "consent",
                "handed_in_at",
                "handed_in_by",
                "asked_at",
                "asked_by",
                "sent_back_at",
                "sent_back_by",
                "sent_back_reason",
            }
        ),
    )
    scoped_by = "referral"
    view_permission = P.VIEW_MOU

    referral = models.OneToOneField(Referral, models.PROTECT, related_name="case_study")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WRITING)
    state_since = models.DateTimeField(default=timezone.now)
    naming = models.CharField(max_length=8, choices=Naming.choices, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    handed_in_at = models.DateTimeField(null=True, help_text="when the practice said that it is ready")
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True, help_text="when the practice was last asked for consent")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    consent = models.OneToOneField("CaseStudyConsent", models.PROTECT, null=True, related_name="+")
    sent_back_at = models.DateTimeField(null=True)
    sent_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sent_back_reason = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "case studies"
        indexes: ClassVar = [models.Index(fields=["state", "state_since"])]
        constraints: ClassVar = [
            both_or_neither("case_study_handed_in_at_and_by", "handed_in_at", "handed_in_by"),
            both_or_neither("case_study_asked_at_and_by", "asked_at", "asked_by"),
            both_or_neither("case_study_sent_back_at_and_by", "sent_back_at", "sent_back_by"),
            models.CheckConstraint(
                condition=Q(state__in=["consented", "published"], consent__isnull=False)
                | (~Q(state__in=["consented", "published"]) & Q(consent__isnull=True)),
                name="case_study_goes_on_with_consent_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"Case study of {self.referral_id}"

    @property
    def case_id(self) -> Any:
        return self.referral_id


class CaseStudyText(models.Model):
    """The words of a case study as somebody left them. A change is another text; the latest counts."""

    integrity = AppendOnly()
    scoped_by = "study"
    view_permission = P.VIEW_MOU

    study = models.ForeignKey(CaseStudy, models.PROTECT, related_name="texts")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True)
    done = models.TextField(blank=True)
    went_well = models.TextField(blank=True)
    went_badly = models.TextField(blank=True)
    results = models.TextField(blank=True)
    quotation = models.TextField(blank=True)
    quoted_as = models.CharField(max_length=120, blank=True)
    categories = models.ManyToManyField(MenuItem, through="CaseStudyCategory", related_name="+")
    is_of_practice = models.BooleanField(help_text="written by someone of the practice")
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["study", "number"], name="case_study_text_number_once")
        ]

    def __str__(self) -> str:
        return self.title or "No title yet"


class CaseStudyCategory(models.Model):
    """A category of support that a text ticks."""

    integrity = AppendOnly()

    text = models.ForeignKey(CaseStudyText, models.PROTECT, related_name="ticked")
    item = models.ForeignKey(MenuItem, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["item__position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["text", "item"], name="case_study_category_once")
        ]

    def __str__(self) -> str:
        return str(self.item_id)


class CaseStudyConsent(models.Model):
    """The practice's consent to exactly these words, named or not named."""

    integrity = AppendOnly()
    scoped_by = "study"
    view_permission = P.VIEW_MOU

    study = models.ForeignKey(CaseStudy, models.PROTECT, related_name="consents")
    text = models.ForeignKey(CaseStudyText, models.PROTECT, related_name="consents")
    is_named = models.BooleanField()
    sha256 = models.CharField(max_length=64, help_text="of all that is published, as it was shown")
    statement = models.TextField(help_text="what was ticked")
    given_at = models.DateTimeField(default=timezone.now)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"Consent to text {self.text_id}"


class KeptWords(models.Model):
    """Words that might give a practice away, kept by the editor in one sentence, and why."""

    integrity = AppendOnly()
    scoped_by = "study"
    view_permission = P.VIEW_MOU

    study = models.ForeignKey(CaseStudy, models.PROTECT, related_name="kept_words")
    mark = models.CharField(max_length=64, help_text="of the words, their part and their sentence")
    words = models.CharField(max_length=200)
    reason = models.TextField()
    kept_at = models.DateTimeField(default=timezone.now)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "kept words"
        constraints: ClassVar = [models.UniqueConstraint(fields=["study", "mark"], name="words_kept_once")]

    def __str__(self) -> str:
        return self.words


class PublishedStudyQuerySet(ScopedQuerySet):
    def within(self, reach: Reach) -> Self:
        """Those that stand, of the programmes that the reach has to do with; one taken down is out of every reach."""
        standing = self.filter(taken_down_at__isnull=True)
        if reach.everything:
            return standing
        return standing.filter(year__programme__owner__in=_around(reach))


def _around(reach: Reach) -> set[int]:
    """Ids of the organisations in a reach, and of all above them."""
    found = set(reach.commissioners) | set(reach.localities)
    if reach.practices:
        rows = Practice.objects.filter(pk__in=reach.practices, commissioner__isnull=False)
        found.update(rows.values_list("commissioner", flat=True))
    parents = dict(Organisation.objects.values_list("pk", "parent_id")) if found else {}
    waiting = list(found)
    while waiting:
        above = parents.get(waiting.pop())
        if above is not None and above not in found:
            found.add(above)
            waiting.append(above)
    return found


class PublishedStudy(models.Model):
    """A copy that was published: these bytes, kept for ever, and shown until they are taken down.

    ``content`` is all that it says. Of a practice that is not named, ``place`` is no smaller than what it says.
    """

    integrity = FrozenOnce(
        "published_at", mutable=frozenset({"taken_down_at", "taken_down_by", "taken_down_reason"})
    )
    view_permission = P.VIEW_PRACTICES

    study = models.ForeignKey(CaseStudy, models.PROTECT, related_name="published")
    number = models.PositiveIntegerField(help_text="of the study's copies")
    consent = models.OneToOneField(CaseStudyConsent, models.PROTECT, related_name="published")
    year = models.ForeignKey(ProgrammeYear, models.PROTECT, related_name="published_studies")
    place = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    is_named = models.BooleanField()
    title = models.CharField(max_length=200)
    content = models.JSONField()
    html = models.TextField()
    document = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    categories = models.ManyToManyField(MenuItem, related_name="published_studies")
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_down_at = models.DateTimeField(null=True)
    taken_down_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_down_reason = models.TextField(blank=True)

    objects = PublishedStudyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-published_at", "-id"]
        verbose_name_plural = "published studies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["study", "number"], name="published_study_number_once"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(taken_down_at__isnull=True), name="one_published_copy_stands"
            ),
            both_or_neither("published_study_taken_down_at_and_by", "taken_down_at", "taken_down_by"),
        ]

    def __str__(self) -> str:
        return self.title
