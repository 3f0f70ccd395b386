"""The registers as published: 2015, then 2018, then 2018 again, against a second reading that is as plain as can be."""

import csv
import datetime as dt
import lzma
from collections import Counter

import pytest

from practices.importing.plan import LineKind
from practices.importing.unpack import Unreadable
from practices.models import ListSize, Membership, Organisation, Practice, PracticeChange
from practices.register_actions import Source, Unchanged, import_indicators, import_register
from tests.practices.registers import DATA, SAMPLE, needs_data, published

pytestmark = [pytest.mark.django_db, needs_data]

OLD, NEW = "ods_epraccur_2015-11-27.csv.xz", "ods_epraccur_2018-05.csv.xz"
PATIENTS, MAP = "gp-reg-pat-prac-all_2021-01.csv.xz", "gp-reg-pat-prac-map_2020-09.csv.xz"
STATUS = {"A": "active", "C": "closed", "D": "dormant", "P": "proposed"}


def plain(name: str) -> list[list[str]]:
    with lzma.open(DATA / name, "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def take(*names: str):
    return import_register(by=None, sources=[published(name) for name in names])


def snapshot() -> list:
    models = (Practice, Membership, ListSize, PracticeChange, Organisation)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def written(day: str) -> dt.date | None:
    return dt.datetime.strptime(day, "%Y%m%d").date() if day else None  # noqa: DTZ007


def test_two_releases_and_the_second_again():
    before = {row[0]: row for row in plain(OLD)}
    after = {row[0]: row for row in plain(NEW)}
    take(OLD, "ods_eccg.csv.xz")
    gps = {code for code, row in before.items() if row[25] == "4"}
    assert set(Practice.objects.values_list("ods_code", flat=True)) == gps
    assert Counter(Practice.objects.values_list("status", flat=True)) == Counter(
        STATUS[before[code][12]] for code in gps
    )
    assert Membership.objects.filter(left_on=None).count() == sum(not before[code][16] for code in gps)

    plan = take(NEW)
    known = gps | {code for code, row in after.items() if row[25] == "4"}
    moved = {code for code in gps if before[code][14] != after[code][14]}
    assert {line.code for line in plan.of(LineKind.MOVED)} == moved
    assert {line.code for line in plan.of(LineKind.CLOSED)} == {
        code for code in gps if before[code][12] != "C" and after[code][12] == "C"
    }
    assert {line.code for line in plan.of(LineKind.NEW)} == known - gps
    assert not plan.rejected
    for practice in Practice.objects.select_related("commissioner").iterator():
        row = after[practice.ods_code]
        assert practice.name == row[1]
        assert practice.postcode == row[9]
        assert practice.commissioner.code == row[14]
        assert (practice.opened_on, practice.closed_on) == (written(row[10]), written(row[11]))
        if row[25] == "4":
            assert practice.status == STATUS[row[12]]
    for code in moved:
        first, second = Membership.objects.filter(practice__ods_code=code).order_by("pk")
        assert first.organisation.code == before[code][14]
        assert first.left_on == written(after[code][15]) - dt.timedelta(days=1)
        assert (second.organisation.code, second.joined_on) == (after[code][14], written(after[code][15]))
    renamed = {code for code in gps if before[code][1] != after[code][1]}
    assert (
        set(PracticeChange.objects.filter(field="name").values_list("practice__ods_code", flat=True))
        == renamed
    )

    was = snapshot()
    with pytest.raises(Unchanged):
        take(NEW)
    with pytest.raises(Unreadable, match="older than the register on record"):
        take(OLD)
    assert snapshot() == was


def test_list_sizes_and_localities():
    take(NEW)
    plan = take(PATIENTS, MAP)
    known = set(Practice.objects.values_list("ods_code", flat=True))
    sizes = {row[5]: int(row[9]) for row in plain(PATIENTS)[1:]}
    assert dict(ListSize.objects.values_list("practice__ods_code", "patients")) == {
        code: size for code, size in sizes.items() if code in known
    }
    places = {row[2]: row[5] for row in plain(MAP)[1:] if row[5] != "U"}
    assert dict(Practice.objects.exclude(locality=None).values_list("ods_code", "locality__code")) == {
        code: place for code, place in places.items() if code in known
    }
    missing = (sizes.keys() - known, {row[2] for row in plain(MAP)[1:]} - known)
    assert len(plan.rejected) == sum(map(len, missing))
    # The extract covers every commissioner: whoever is active and not in it has no patients.
    register = {row[0]: row for row in plain(NEW)}
    without = {code for code in known if register[code][12] == "A" and code not in sizes}
    found = Practice.objects.filter(status="without_patients").values_list("ods_code", flat=True)
    assert set(found) == without


def test_indicators_of_the_published_files():
    take(NEW)
    names = [
        "qof_2018-19.csv.xz",
        "imd_by_practice_2010_2015_2019.csv.xz",
        "cqc_overall_ratings_2024-04.csv.xz",
        "workforce_by_practice_year_2016-2024.csv.xz",
    ]
    plan = import_indicators(by=None, sources=[published(name) for name in names])
    assert not plan.rejected
    known = set(Practice.objects.values_list("ods_code", flat=True))
    qof = {row[11]: row[14] for row in plain(names[0])[1:]}
    found = {figure.code: figure.value for figure, _ in plan.rows if figure.key == "qof_achievement"}
    assert found.keys() == {code for code, score in qof.items() if code in known and score != ":"}
    assert all(abs(float(value) - float(qof[code]) * 100 / 559) <= 0.0501 for code, value in found.items())
    ratings = {row[0] for row in plain(names[2])[1:]} & known
    assert {figure.code for figure, _ in plan.rows if figure.key == "cqc_overall"} == ratings
    with pytest.raises(Unchanged):
        import_indicators(by=None, sources=[published(name) for name in names])


def test_the_samples_are_taken_whole():
    register = [
        "epraccur_2018-05.csv",
        "eccg.csv",
        "gp-reg-pat-prac-all_2021-01.csv",
        "nhspayments_2018-19.csv",
    ]
    plan = import_register(by=None, sources=[Source(name, (SAMPLE / name).read_bytes()) for name in register])
    assert {"04Y", "05Q", "05V", "15D"} <= {row.code for row in plan.organisations if row.kind == "ccg"}
    assert Organisation.objects.get(code="15D").name == "NHS EAST BERKSHIRE CCG"
    assert Organisation.objects.get(code="15D").parent.name.startswith("NHS ENGLAND")
    assert Practice.objects.count() == plan.summary()["New practices"]
