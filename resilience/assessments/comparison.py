"""Were practices treated consistently? Placements compared by what was found, and by where they were put."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from resilience.assessments.models import Finding, Placement
from resilience.core import words
from resilience.referrals.models import Referral

ALIKE = 0.75
"""Two practices are alike when this share of the criteria judged on both got the same level of concern …"""
ENOUGH = 8
""" … and at least this many criteria were judged on both; "not known" is not judged."""
APART = 2
"""Steps between two ratings, in the order of the ratings, that a reader would ask about."""

_LEVELS = (Finding.Concern.NONE, Finding.Concern.SOME, Finding.Concern.HIGH)
_ORDER = {rating: place for place, rating in enumerate(words.RATINGS)}


@dataclass(frozen=True)
class Profile:
    """Which criteria of a referral have which level of concern: a bit a criterion, by its number."""

    none: int = 0
    some: int = 0
    high: int = 0

    @property
    def judged(self) -> int:
        return self.none | self.some | self.high


@dataclass(frozen=True)
class Pair:
    """Two placements and how alike their findings are: ``same`` of ``judged`` criteria."""

    one: Placement
    other: Placement
    same: int
    judged: int

    @property
    def share(self) -> float:
        return self.same / self.judged if self.judged else 0.0

    @property
    def is_alike(self) -> bool:
        return self.judged >= ENOUGH and self.share >= ALIKE

    @property
    def steps(self) -> int:
        """How many ratings lie between the two."""
        return abs(_ORDER[self.one.cell.rating] - _ORDER[self.other.cell.rating])

    @property
    def cells_apart(self) -> int:
        """How far the cells are from each other: steps of scope and of impact together."""
        return abs(self.one.cell.scope - self.other.cell.scope) + abs(
            self.one.cell.impact - self.other.cell.impact
        )


def profiles(placements: Iterable[Placement]) -> dict[int, Profile]:
    """The profile of each placement's referral, by referral id, in two queries.

    A case that a group's referral was divided into was judged with it.
    """
    ids = {each.referral_id for each in placements}
    judged_with = {pk: pk for pk in ids} | dict(
        Referral.objects.filter(pk__in=ids, divided_from__isnull=False).values_list("pk", "divided_from")
    )
    rows = (
        Finding.objects.filter(assessment__referral__in=set(judged_with.values()))
        .order_by("id")
        .values_list("assessment__referral", "criterion__number", "concern")
    )
    latest = {(referral, number): concern for referral, number, concern in rows}
    bits: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_LEVELS, 0))
    for (referral, number), concern in latest.items():
        if concern in bits[referral]:
            bits[referral][concern] |= 1 << number
    return {
        pk: Profile(*(bits[judged][level] for level in _LEVELS))
        for pk, judged in judged_with.items()
        if judged in bits
    }


def compare(one: Placement, other: Placement, known: dict[int, Profile]) -> Pair:
    """How alike the findings behind two placements are."""
    a, b = known.get(one.referral_id, Profile()), known.get(other.referral_id, Profile())
    same = (a.none & b.none) | (a.some & b.some) | (a.high & b.high)
    return Pair(one, other, same.bit_count(), (a.judged & b.judged).bit_count())


def alike_but_apart(placements: Sequence[Placement]) -> list[Pair]:
    """Pairs whose findings are alike, yet whose ratings differ by two steps or more; the furthest apart first."""
    known = profiles(placements)
    pairs = (compare(one, other, known) for one, other in combinations(placements, 2))
    found = [pair for pair in pairs if pair.is_alike and pair.steps >= APART]
    return sorted(found, key=lambda pair: (-pair.steps, -pair.share))


def nearest(placement: Placement, others: Sequence[Placement], most: int = 5) -> list[Pair]:
    """The placements most like this one: by findings first, then by how near they were put."""
    known = profiles([placement, *others])
    pairs = [
        compare(placement, other, known) for other in others if other.referral_id != placement.referral_id
    ]
    return sorted(pairs, key=lambda pair: (-pair.share if pair.judged >= ENOUGH else 0, pair.cells_apart))[
        :most
    ]
