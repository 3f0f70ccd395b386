"""Which programme years cover a practice, and which of them take self-referrals now."""

import datetime as dt

from django.db.models import QuerySet
from django.utils import timezone

from practices.finder import open_practices
from practices.models import Organisation, Practice
from resilience.core.words import day, moment
from resilience.programmes.models import ProgrammeYear


def line_of(organisation: Organisation | None) -> list[int]:
    """Ids of an organisation and everything above it, nearest first."""
    line: list[int] = []
    while organisation is not None and organisation.pk not in line:
        line.append(organisation.pk)
        organisation = organisation.parent
    return line


def years_covering(practice: Practice) -> list[ProgrammeYear]:
    """Years of every programme whose owner is the practice's commissioner or above it, latest first."""
    years = ProgrammeYear.objects.filter(programme__owner__in=line_of(practice.commissioner))
    return list(years.select_related("programme"))


def covered_practices(year: ProgrammeYear) -> QuerySet[Practice]:
    """Open practices below the owner of the year's programme."""
    tree = dict(Organisation.objects.values_list("pk", "parent"))
    owner, below = year.programme.owner_id, set()
    for pk in tree:
        line: list[int] = []
        node: int | None = pk
        while node is not None and node not in line:
            line.append(node)
            node = tree[node]
        if owner in line:
            below.add(pk)
    return open_practices().filter(commissioner__in=below)


def is_open(year: ProgrammeYear, at: dt.datetime | None = None) -> bool:
    """Takes self-referrals at that moment: from ``opens_at`` until just before ``closes_at``, which is absolute."""
    at = at or timezone.now()
    return year.programme.is_open and year.opens_at <= at < year.closes_at


def open_years(practice: Practice) -> list[ProgrammeYear]:
    """Years that a practice may refer itself in now, by the programme's name."""
    return sorted(
        (year for year in years_covering(practice) if is_open(year)), key=lambda year: year.programme.name
    )


def closed_sentences(practice: Practice) -> list[str]:
    """Why a practice cannot refer itself now, when it can, and whom to ask."""
    if not practice.is_open:
        return [
            f"{practice.name} is “{practice.get_status_display()}” in the register, so it cannot refer itself.",
            "If that is wrong, ask your commissioner to have the register put right.",
        ]
    if practice.commissioner is None:
        return [
            f"The register does not say who commissions {practice.name}. Ask your local NHS England office."
        ]
    now = timezone.now()
    years = [year for year in years_covering(practice) if year.programme.is_open]
    coming = sorted((year for year in years if year.opens_at > now), key=lambda year: year.opens_at)
    if coming:
        return [
            f"{coming[0]} opens to self-referrals on {moment(coming[0].opens_at)}.",
            whom_to_ask(coming[0]),
        ]
    past = sorted((year for year in years if year.closes_at <= now), key=lambda year: year.closes_at)
    if past:
        return [closed_sentence(past[-1]), whom_to_ask(past[-1])]
    return [
        f"No resilience programme of {practice.commissioner.name} or its local office takes self-referrals now.",
        f"Ask {practice.commissioner.name} what support there is.",
    ]


def closed_sentence(year: ProgrammeYear) -> str:
    """When a year opened or closed, in words, for someone it does not let in."""
    if not year.programme.is_open:
        return f"{year.programme.name} takes no self-referrals at present."
    if year.opens_at > timezone.now():
        return f"Self-referrals to {year} open on {moment(year.opens_at)}."
    return f"Self-referrals to {year} closed on {moment(year.closes_at)}."


def whom_to_ask(year: ProgrammeYear) -> str:
    """The year's contact as a sentence."""
    ways = " or ".join(filter(None, (year.contact_email, year.contact_phone)))
    return f"Ask {year.contact_name}: {ways}."


def late_sentence(year: ProgrammeYear, received_on: dt.date) -> str:
    """What to know before a form that arrived after closing is entered; "" when it was in time."""
    if received_on <= timezone.localdate(year.closes_at):
        return ""
    return f"It arrived on {day(received_on)}, after {year} closed on {moment(year.closes_at)}."
