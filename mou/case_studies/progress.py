"""How many case studies are published: the one definition of the figure, by region, by deadline, by category.

A study counts for the region above the commissioner of its case, in the programme year of its case, while a copy of it
is published. At a deadline, to the second, what was published then counts, whatever became of it later.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from mou.models import PublishedStudy
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.words import plural
from resilience.programmes.models import MenuItem, Milestone, ProgrammeYear
from resilience.referrals.models import Referral

NOWHERE = "No region"


class Regions:
    """The NHS England region above each organisation. One query."""

    def __init__(self) -> None:
        rows = list(Organisation.objects.values_list("pk", "parent_id", "kind", "name"))
        self._tree = {pk: (parent, kind) for pk, parent, kind, _ in rows}
        self._names = {pk: name for pk, _, kind, name in rows if kind == Organisation.Kind.REGION}

    def of(self, organisation: int | None) -> int | None:
        """The id of its region; of a region, its own."""
        while organisation is not None and organisation not in self._names:
            organisation = self._tree[organisation][0]
        return organisation

    def name(self, region: int | None) -> str:
        return self._names[region] if region is not None else NOWHERE


@dataclass(frozen=True)
class Copy:
    """A copy that was published, as far as counting goes."""

    study: int
    year: int
    region: int | None
    published_at: dt.datetime
    taken_down_at: dt.datetime | None
    categories: frozenset[int]

    def stood(self, at: dt.datetime) -> bool:
        return self.published_at <= at and (self.taken_down_at is None or self.taken_down_at > at)


def copies_of(years: Iterable[ProgrammeYear], regions: Regions) -> list[Copy]:
    """Every copy of these years, those taken down too. Two queries."""
    rows = list(
        PublishedStudy.objects.filter(year__in=list(years)).values_list(
            "pk", "study", "year", "study__referral__commissioner", "published_at", "taken_down_at"
        )
    )
    through = PublishedStudy.categories.through.objects.filter(publishedstudy__in=[row[0] for row in rows])
    ticked: dict[int, set[int]] = defaultdict(set)
    for copy, item in through.values_list("publishedstudy", "menuitem"):
        ticked[copy].add(item)
    return [
        Copy(study, year, regions.of(commissioner), published, taken_down, frozenset(ticked[pk]))
        for pk, study, year, commissioner, published, taken_down in rows
    ]


def count(copies: Iterable[Copy], year: int, region: int | None, at: dt.datetime) -> int:
    """Case studies of a region and a year that were published at a moment."""
    return len(
        {each.study for each in copies if (each.year, each.region) == (year, region) and each.stood(at)}
    )


def reached(milestone: Milestone, organisation: Organisation) -> int:
    """What counts towards a milestone in the region of an organisation: now, or when it was due."""
    regions = Regions()
    copies = copies_of([milestone.year], regions)
    at = min(milestone.due_at, timezone.now())
    return count(copies, milestone.year_id, regions.of(organisation.pk), at)


@dataclass(frozen=True)
class Deadline:
    """A milestone of a region: how many it asks for, in all, and how many there are or were."""

    milestone: Milestone
    reached: int

    @property
    def target(self) -> int:
        return self.milestone.target or 0

    @property
    def missing(self) -> int:
        return max(self.target - self.reached, 0)

    @property
    def is_past(self) -> bool:
        """The deadline is absolute: five o'clock is five o'clock."""
        return timezone.now() > self.milestone.due_at

    @property
    def words(self) -> str:
        if not self.missing:
            return "Met"
        if self.is_past:
            return f"Not met: {self.missing} too few"
        return f"{plural(self.missing, 'more case study,more case studies')} to publish"


@dataclass
class OfRegion:
    """One region of one year."""

    year: ProgrammeYear
    name: str
    deadlines: list[Deadline] = field(default_factory=list)
    categories: list[tuple[MenuItem, int]] = field(default_factory=list)
    published: int = 0

    @property
    def without(self) -> list[MenuItem]:
        """Categories of support that no published case study is about yet."""
        return [item for item, number in self.categories if not number]


def standing(
    years: Iterable[ProgrammeYear], commissioners: Iterable[tuple[int, int | None]]
) -> list[OfRegion]:
    """Each year's regions: those of these (year, commissioner), in as many queries for many as for one."""
    years = list(years)
    regions, now = Regions(), timezone.now()
    copies = copies_of(years, regions)
    wanted = {(year, regions.of(commissioner)) for year, commissioner in commissioners}
    found = []
    for year in years:
        milestones = [
            each for each in year.milestones.all() if each.measure == Milestone.Measure.CASE_STUDIES
        ]
        for region in sorted((r for y, r in wanted if y == year.pk), key=regions.name):
            here = [
                each for each in copies if (each.year, each.region) == (year.pk, region) and each.stood(now)
            ]
            found.append(
                OfRegion(
                    year,
                    regions.name(region),
                    [
                        Deadline(each, count(copies, year.pk, region, min(each.due_at, now)))
                        for each in milestones
                    ],
                    [
                        (item, sum(1 for each in here if item.pk in each.categories))
                        for item in year.menu.all()
                        if item.is_offered
                    ],
                    len(here),
                )
            )
    return found


def standing_of(user: Any, **of: Any) -> list[OfRegion]:
    """The regions of the cases that the person's office has, by programme year, the latest first."""
    rows = Referral.objects.visible_to(user, P.VIEW_INTERNAL).filter(**of)
    pairs = set(rows.order_by().values_list("year", "commissioner").distinct())
    years = (
        ProgrammeYear.objects.filter(pk__in={year for year, _ in pairs})
        .select_related("programme")
        .prefetch_related("milestones", "menu")
        .order_by("-starts_on", "programme__name")
    )
    return standing(years, pairs)
