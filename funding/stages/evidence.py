"""Which practices a stage asks, and where each stands: in, declined, not in; chased how often."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from funding.models import EvidenceEntry, StageOpening
from funding.stages.ways import Way, ways
from practices.finder import IS_OPEN
from practices.models import Organisation, Practice, RoleHolding
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral
from resilience.referrals.openings import line_of

Opens = PaymentStage.Opens
Kind = EvidenceEntry.Kind

ASKED = (Opens.EVIDENCE, Opens.PLAN_AGREED)
"""What every practice of the area is asked for: its evidence, or a plan."""


class Answer(models.TextChoices):
    """Where a practice stands with a stage."""

    IN = "in", "In"
    NOT_IN = "not_in", "Not in"
    DECLINED = "declined", "Declined"


@dataclass(frozen=True)
class Asked:
    """One practice and one stage."""

    stage: PaymentStage
    practice: Practice
    answer: Answer
    at: datetime | None
    entries: list[EvidenceEntry] = field(default_factory=list)
    way: Way | None = None

    @property
    def page(self) -> str:
        """Where the practice answers: hands in, or says that it does not take part."""
        kwargs = {"stage": self.stage.pk, "ods_code": self.practice.ods_code}
        return reverse("funding:practice_evidence", kwargs=kwargs)

    @property
    def href(self) -> str:
        """Where the practice hands it in."""
        return self.way.href(self.practice) if self.way else self.page

    @property
    def chases(self) -> list[EvidenceEntry]:
        return [each for each in self.entries if each.kind == Kind.CHASED]

    @property
    def is_open(self) -> bool:
        """Still expected of it."""
        return self.answer == Answer.NOT_IN

    @property
    def is_late(self) -> bool:
        return self.is_open and self.stage.due_on is not None and self.stage.due_on < today()


def areas() -> dict[int, set[int]]:
    """Organisation → itself and all below it."""
    parents = dict(Organisation.objects.values_list("pk", "parent_id"))
    found: dict[int, set[int]] = defaultdict(set)
    for pk in parents:
        node: int | None = pk
        line: set[int] = set()
        while node is not None and node not in line:
            line.add(node)
            found[node].add(pk)
            node = parents.get(node)
    return found


def in_area(stage: PaymentStage, practices: QuerySet[Practice]) -> QuerySet[Practice]:
    """Of these practices, those that ``stage`` asks: open ones below the programme's owner, and who answered."""
    below = areas()[stage.year.programme.owner_id]
    answered = EvidenceEntry.objects.filter(stage=stage, practice=OuterRef("pk"))
    return practices.filter(Q(IS_OPEN, commissioner__in=below) | Exists(answered))


def with_answers(stage: PaymentStage, practices: QuerySet[Practice]) -> QuerySet[Practice]:
    """The practices with ``answer``, ``answered_at``, ``chased`` (how often) and ``chased_at``."""
    entries = EvidenceEntry.objects.filter(stage=stage, practice=OuterRef("pk"))
    said = entries.exclude(kind=Kind.CHASED).order_by("-id")
    chases = entries.filter(kind=Kind.CHASED).order_by()
    opened = StageOpening.objects.filter(stage=stage, referral__practices__practice=OuterRef("pk")).order_by(
        "id"
    )
    return practices.annotate(
        said=Subquery(said.values("kind")[:1]),
        opened_at=Subquery(opened.values("opened_at")[:1]),
        answered_at=Coalesce(
            "opened_at", Case(When(~Q(said=Kind.TAKEN_BACK), then=Subquery(said.values("made_at")[:1])))
        ),
        answer=Case(
            When(Q(said=Kind.HANDED_IN) | Q(opened_at__isnull=False), then=Value(Answer.IN.value)),
            When(said=Kind.DECLINED, then=Value(Answer.DECLINED.value)),
            default=Value(Answer.NOT_IN.value),
        ),
        chased=Coalesce(Subquery(chases.values("practice").annotate(times=Count("pk")).values("times")), 0),
        chased_at=Subquery(chases.order_by("-id").values("made_at")[:1]),
    )


@dataclass
class Counts:
    """How many practices of a commissioner are in, out of how many."""

    name: str
    asked: int = 0
    handed_in: int = 0
    declined: int = 0
    commissioner: int | None = None

    @property
    def not_in(self) -> int:
        return self.asked - self.handed_in - self.declined


def counts(practices: Any) -> list[Counts]:
    """By commissioner, of practices ``with_answers``; one query."""
    rows = (
        practices.order_by()
        .values_list("commissioner", "commissioner__name", "answer")
        .annotate(count=Count("pk"))
        .order_by("commissioner__name")
    )
    found: dict[int | None, Counts] = {}
    for pk, name, answer, count in rows:
        row = found.setdefault(pk, Counts(name or "No commissioner", commissioner=pk))
        row.asked += count
        row.handed_in += count if answer == Answer.IN else 0
        row.declined += count if answer == Answer.DECLINED else 0
    return list(found.values())


def total(rows: Iterable[Counts]) -> Counts:
    """All commissioners together."""
    every = Counts("All")
    for each in rows:
        every.asked += each.asked
        every.handed_in += each.handed_in
        every.declined += each.declined
    return every


def asked_of(practices: Iterable[Practice], stages: Iterable[PaymentStage]) -> list[Asked]:
    """Every such stage and practice that the stage asks, with its entries; a few queries in all."""
    practices, stages = list(practices), [each for each in stages if each.opens in ASKED]
    if not practices or not stages:
        return []
    below = areas()
    entries: dict[tuple[int, int], list[EvidenceEntry]] = defaultdict(list)
    rows = EvidenceEntry.objects.filter(practice__in=practices, stage__in=stages)
    for entry in rows.select_related("made_by", "file").defer("file__content"):
        entries[entry.stage_id, entry.practice_id].append(entry)
    plans = StageOpening.objects.filter(stage__in=stages, referral__practices__practice__in=practices)
    opened = {
        (stage, practice): at
        for stage, practice, at in plans.values_list("stage", "referral__practices__practice", "opened_at")
    }
    found, other = [], ways(each.pk for each in stages)
    for practice in practices:
        for stage in stages:
            of_it = entries[stage.pk, practice.pk]
            is_asked = practice.is_open and practice.commissioner_id in below[stage.year.programme.owner_id]
            if not is_asked and not of_it:
                continue
            standing = _asked(stage, practice, of_it, opened.get((stage.pk, practice.pk)))
            found.append(replace(standing, way=other.get(stage.pk)))
    return found


def _asked(
    stage: PaymentStage, practice: Practice, entries: list[EvidenceEntry], opened_at: datetime | None
) -> Asked:
    said = [each for each in entries if each.kind != Kind.CHASED]
    last = said[-1] if said else None
    if opened_at or (last and last.kind == Kind.HANDED_IN):
        at = opened_at or (last.made_at if last else None)
        return Asked(stage, practice, Answer.IN, at, entries)
    if last and last.kind == Kind.DECLINED:
        return Asked(stage, practice, Answer.DECLINED, last.made_at, entries)
    return Asked(stage, practice, Answer.NOT_IN, None, entries)


def asked(stage: PaymentStage, practice: Practice) -> Asked | None:
    """Where this practice stands with this stage; None where the stage does not ask it."""
    found = asked_of([practice], [stage])
    return found[0] if found else None


def to_chase(practices: QuerySet[Practice]) -> dict[PaymentStage, int]:
    """Stages of years not over whose deadline has passed → how many of these practices are not in.

    Each count is what the list of the stage shows under "not in". A few queries in all.
    """
    late = PaymentStage.objects.filter(
        opens__in=ASKED, due_on__lt=today(), year__ends_on__gte=today(), year__closing__isnull=True
    ).select_related("year__programme")
    stages = {each.pk: each for each in late}
    if not stages:
        return {}
    below = areas()
    commissioners = dict(practices.filter(IS_OPEN).values_list("pk", "commissioner_id"))
    seen = set(practices.values_list("pk", flat=True)) if stages else set()
    done: dict[int, set[int]] = defaultdict(set)
    answered: dict[int, set[int]] = defaultdict(set)
    last: dict[tuple[int, int], str] = {}
    for stage_pk, practice, kind in (
        EvidenceEntry.objects.filter(stage__in=stages)
        .order_by("id")
        .values_list("stage_id", "practice_id", "kind")
    ):
        answered[stage_pk].add(practice)
        if kind != Kind.CHASED:
            last[stage_pk, practice] = kind
    for (stage_pk, practice), kind in last.items():
        if kind in (Kind.HANDED_IN, Kind.DECLINED):
            done[stage_pk].add(practice)
    openings = StageOpening.objects.filter(stage__in=stages)
    for stage_pk, practice in openings.values_list("stage_id", "referral__practices__practice"):
        done[stage_pk].add(practice)
    counts: Counter[PaymentStage] = Counter()
    for pk, stage in stages.items():
        area = below[stage.year.programme.owner_id]
        expected = {practice for practice, ccg in commissioners.items() if ccg in area} | (
            answered[pk] & seen
        )
        counts[stage] = len(expected - done[pk])
    return {stage: count for stage, count in counts.items() if count}


def addresses_of(stage: PaymentStage, practice: Practice) -> list[str]:
    """Who is written to: those who act for the practice here, else the contacts of its referrals in that year."""
    held = RoleHolding.objects.in_force().filter(
        practice=practice, role=Role.PRACTICE_USER, person__is_active=True
    )
    found = list(held.values_list("person__email", flat=True))
    if not found:
        sent = Referral.objects.filter(
            practices__practice=practice,
            year=stage.year_id,
            received_at__isnull=False,
            lead_practice=practice,
        )
        found = list(sent.order_by("-received_at", "-pk").values_list("contact_email", flat=True)[:1])
    return list(dict.fromkeys(found))


def covers(stage: PaymentStage, practice: Practice) -> bool:
    """Is the practice below the owner of the stage's programme?"""
    return stage.year.programme.owner_id in line_of(practice.commissioner)
