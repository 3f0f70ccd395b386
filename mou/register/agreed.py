"""How many MoUs of a year are agreed, by CCG, against the year's milestone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.timezone import localdate

from funding.returns.facts import agreed_by_commissioner
from mou.models import Agreement
from practices.models import Organisation
from resilience.core.access import P
from resilience.core.calendar import today
from resilience.core.words import day, percent
from resilience.programmes.models import Milestone, ProgrammeYear


@dataclass(frozen=True)
class Agreed:
    """MoUs signed, of the referrals with money granted or committed: as the returns count them."""

    name: str
    signed: int
    whole: int
    commissioner: int | None = None

    @property
    def unsigned(self) -> int:
        return self.whole - self.signed

    @property
    def percent(self) -> str:
        return percent(self.signed, self.whole)


@dataclass(frozen=True)
class Standing:
    """One programme year: a line a CCG, all together, and the next milestone (else the last) about MoUs."""

    year: ProgrammeYear
    lines: list[Agreed]
    milestone: Milestone | None

    @property
    def total(self) -> Agreed:
        return Agreed("All", sum(each.signed for each in self.lines), sum(each.whole for each in self.lines))

    @property
    def sentence(self) -> str:
        """How far it is, against the milestone's target and date."""
        total = self.total
        said = f"{self.year}: {total.signed} of {total.whole} agreed, {total.percent}."
        if self.milestone is None or not total.whole:
            return said
        target = self.milestone.target or 0
        when = day(self.milestone.due_at)
        if total.signed * 100 >= target * total.whole:
            return f"{said} The milestone of {target}% by {when} is met."
        missing = -(-total.whole * target // 100) - total.signed
        verb = "was" if localdate(self.milestone.due_at) < today() else "is"
        return f"{said} The milestone {verb} {target}% by {when}: {missing} more to sign."


def _milestone(year: ProgrammeYear) -> Milestone | None:
    rows = [
        each
        for each in year.milestones.order_by("due_at")
        if each.measure == Milestone.Measure.AGREED and each.target
    ]
    coming = [each for each in rows if localdate(each.due_at) >= today()]
    return coming[0] if coming else rows[-1] if rows else None


def standing(user: Any, chosen: str = "") -> Standing | None:
    """Of the year with this id; else, of the latest with MoUs in this person's scope, the one with most of them.

    None where there is none.
    """
    seen = Agreement.objects.visible_to(user, P.VIEW_INTERNAL)
    years = ProgrammeYear.objects.filter(pk__in=seen.values("referral__year")).select_related("programme")
    if chosen.isdecimal():
        years = years.filter(pk=chosen)
    year = years.annotate(mous=Count("referrals__agreements")).order_by("-starts_on", "-mous", "-pk").first()
    if year is None:
        return None
    commissioners = Organisation.objects.visible_to(user, P.VIEW_INTERNAL).filter(
        kind__in=(Organisation.Kind.LOCAL_OFFICE, *Organisation.COMMISSIONERS)
    )
    return Standing(year, list(_lines(year, commissioners)), _milestone(year))


def _lines(year: ProgrammeYear, commissioners: Iterable[Organisation]) -> Iterable[Agreed]:
    ids = {each.name: each.pk for each in commissioners}
    found = agreed_by_commissioner(year, set(ids.values()))
    for name, (signed, whole) in sorted(found.items()):
        yield Agreed(name, signed, whole, ids.get(name))
