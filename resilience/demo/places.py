"""Fictional places: a local office, three CCGs with their localities, and about 120 practices."""

import datetime as dt
import random
from dataclasses import dataclass

from practices.models import Indicator, ListSize, Membership, Organisation, Practice
from resilience.core.calendar import today

K = Organisation.Kind

TOWNS = {
    "NHS Northvale CCG": ("Northvale", "Alderwick", "Castle Moor"),
    "NHS Southmere CCG": ("Southmere", "Wick Bay", "Harlow Cross"),
    "NHS Eastholt CCG": ("Eastholt", "Priory Green", "Fenwold"),
}
FIRST = (
    "Harbour Street", "Mill Lane", "The Crescent", "Station Road", "Orchard", "Riverside", "St Anne’s", "Park View",
    "Church Street", "The Limes", "Beacon Hill", "Market Square", "Willow Tree", "Kingsway", "Abbey", "The Old Forge",
    "Meadowbank", "Highfield", "Queen’s Road", "The Wharf", "Oakfield", "Bridge House", "Rosebank", "Victoria",
    "Elm Grove", "Hilltop", "The Cedars", "Lakeside", "Manor Park", "Spring Gardens", "Westgate", "Foxglove",
    "Albion Street", "Chapel Row", "Fairview", "Greenway", "Holly Bank", "Ivy Lane", "Jubilee", "Larkspur",
)  # fmt: skip
KINDS = ("Surgery", "Medical Centre", "Health Centre", "Practice")
PER_CCG = 40


@dataclass
class Places:
    """What was made, by name."""

    office: Organisation
    ccgs: list[Organisation]
    supplier: Organisation
    practices: dict[str, list[Practice]]
    """CCG name → its practices, in a fixed order."""


def make_places() -> Places:
    """The organisations and practices, with list sizes over three years and figures on record."""
    chance = random.Random(2018)  # nosec B311 # fictional figures, the same every time
    region = Organisation.objects.create(kind=K.REGION, code="Y99", name="NHS England South Coast and Downs")
    office = Organisation.objects.create(
        kind=K.LOCAL_OFFICE,
        code="Q99",
        name="NHS England Westmere and Downs",
        parent=region,
        address="Downs House\n1 Castle Way\nNorthvale\nNV1 1AA",
    )
    ccgs: list[Organisation] = []
    practices: dict[str, list[Practice]] = {}
    number = 0
    for which, (name, towns) in enumerate(TOWNS.items()):
        ccg = Organisation.objects.create(
            kind=K.CCG,
            code=f"99{'ABC'[which]}",
            name=name,
            parent=office,
            address=f"Council Offices\n2 Market Square\n{towns[0]}",
        )
        ccgs.append(ccg)
        localities = [
            Organisation.objects.create(
                kind=K.LOCALITY, code=f"L99{which}{index}", name=f"{town} locality", parent=ccg
            )
            for index, town in enumerate(towns)
        ]
        practices[name] = []
        for index in range(PER_CCG):
            number += 1
            town = towns[index % 3]
            practices[name].append(
                _make_practice(chance, number, FIRST[index], which, town, ccg, localities[index % 3])
            )
    supplier = Organisation.objects.create(
        kind=K.SUPPLIER, code="S99", name="Downs Commissioning Support", parent=region
    )
    return Places(office, ccgs, supplier, practices)


def _make_practice(
    chance: random.Random,
    number: int,
    first: str,
    which: int,
    town: str,
    ccg: Organisation,
    locality: Organisation,
) -> Practice:
    day = today()
    patients = size = chance.randrange(2_200, 17_500)
    practice = Practice.objects.create(
        ods_code=f"Z{99000 + number}",
        name=f"{first} {KINDS[(number + which) % 4]}",
        address=f"{chance.randrange(1, 90)} {first.removeprefix('The ')}\n{town}",
        postcode=f"{town[:2].upper()}{which + 1} {chance.randrange(1, 9)}{''.join(chance.sample('ABDEFGLNPQ', 2))}",
        phone=f"01632 960{number:03d}",
        commissioner=ccg,
        locality=locality,
        opened_on=dt.date(1974, 4, 1),
        list_size=patients,
        list_size_on=day.replace(day=1),
    )
    Membership.objects.create(practice=practice, organisation=ccg, joined_on=dt.date(2013, 4, 1))
    Membership.objects.create(
        practice=practice, organisation=locality, is_locality=True, joined_on=dt.date(2016, 4, 1)
    )
    sizes = {day.replace(day=1): size}
    for year in (1, 2):
        size = int(size * chance.uniform(0.94, 1.03))
        sizes[day.replace(day=1, year=day.year - year)] = size
    ListSize.objects.bulk_create(
        ListSize(practice=practice, on=on, patients=registered, source="Demonstration register")
        for on, registered in sizes.items()
    )
    gps = max(1.0, round(patients / chance.uniform(1_500, 3_200), 1))
    figures = (
        ("cqc_overall", "CQC overall rating", chance.choices(
            ("Outstanding", "Good", "Requires improvement", "Inadequate"), (5, 80, 12, 3))[0], "CQC"),
        ("qof_achievement", "QOF achievement", f"{min(100, chance.gauss(94, 6)):.1f}%", "QOF"),
        ("gp_fte", "Whole-time GPs", f"{gps:.1f}", "Workforce return"),
        ("patients_per_gp_fte", "Patients per whole-time GP", f"{patients / gps:,.0f}", "Workforce return"),
        ("gpps_phone", "Not at all easy to get through by phone", f"{chance.randrange(3, 38)}%", "GP Patient Survey"),
        ("gpps_no_appointment", "Could not get an appointment", f"{chance.randrange(4, 26)}%", "GP Patient Survey"),
        ("gpps_not_recommend", "Would not recommend", f"{chance.randrange(2, 24)}%", "GP Patient Survey"),
    )  # fmt: skip
    Indicator.objects.bulk_create(
        Indicator(
            practice=practice,
            key=key,
            label=label,
            value=value,
            period=str(day.year - 1),
            source=f"{source} (demonstration)",
        )
        for key, label, value, source in figures
    )
    return practice
