"""The register of practices: compared, written at once, its history kept."""

import datetime as dt

import pytest
from django.db import connection

from practices.importing.compare import plan_import
from practices.importing.plan import LineKind
from practices.importing.unpack import Unreadable
from practices.models import ListSize, Membership, Organisation, Practice, PracticeChange
from practices.register_actions import Outdated, Source, Unchanged, import_register
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from tests.factories import make_ccg, make_organisation, make_person
from tests.practices.registers import commissioners, networks, patients, register, row

pytestmark = pytest.mark.django_db


def take(*sources: Source):
    return import_register(by=None, sources=sources)


def status(code: str) -> str:
    return Practice.objects.get(ods_code=code).status


def spans(code: str, is_locality: bool = False) -> list[tuple]:
    rows = Membership.objects.filter(practice__ods_code=code, is_locality=is_locality).order_by("id")
    return [(each.organisation.code, each.joined_on, each.left_on) for each in rows]


def test_new_practices_stand_as_the_register_has_them():
    plan = take(
        register(
            row("Y00001", name="HARBOUR STREET"),
            row("Y00002", status="C", closed="20170331", left="20170331"),
            row("Y00003", status="D"),
            row("Y00004", status="P", opened="20300101"),
            row("W00001", setting="0"),
        )
    )
    assert {each.ods_code: each.status for each in Practice.objects.all()} == {
        "Y00001": "active",
        "Y00002": "closed",
        "Y00003": "dormant",
        "Y00004": "proposed",
    }
    harbour = Practice.objects.get(ods_code="Y00001")
    assert (harbour.name, harbour.address, harbour.postcode) == ("HARBOUR STREET", "1 HIGH STREET", "NV1 1AA")
    assert harbour.opened_on == dt.date(1974, 4, 1)
    assert spans("Y00001") == [("99X", dt.date(2013, 4, 1), None)]
    assert spans("Y00002") == [("99X", dt.date(2013, 4, 1), dt.date(2017, 3, 31))]
    assert plan.summary()["Not a GP practice"] == 1
    assert not plan.rejected


def test_the_commissioner_stands_below_its_office_and_region_and_is_named_when_a_file_names_it():
    take(register(row("Y00001")))
    ccg = Organisation.objects.get(code="99X")
    assert (ccg.kind, ccg.name, ccg.parent.code, ccg.parent.parent.code) == ("ccg", "99X", "Q98", "Y98")
    take(commissioners(c99X="NHS NORTHVALE CCG", c88X="NHS ELSEWHERE CCG"))
    assert Organisation.objects.get(code="99X").name == "NHS NORTHVALE CCG"
    assert not Organisation.objects.filter(code="88X").exists()


def test_what_an_administrator_set_stays():
    office = make_organisation("local_office", name="Our office")
    make_ccg(office, code="99X", name="Our name for it")
    take(register(row("Y00001")), commissioners(c99X="TODAY'S NAME"))
    ccg = Organisation.objects.get(code="99X")
    assert (ccg.name, ccg.parent) == ("Our name for it", office)
    assert not Organisation.objects.filter(code="Q98").exists()


def test_an_icb_sub_location_of_that_code_is_the_commissioner():
    icb = make_organisation("icb", code="99X")
    take(register(row("Y00001")))
    assert Practice.objects.get().commissioner == icb
    assert Organisation.objects.filter(code="99X").count() == 1


def test_the_same_file_twice_changes_nothing():
    files = (
        register(row("Y00001"), row("Y00002")),
        patients(Y00001=8000),
        networks(Y00001="U00001 Harbour PCN"),
    )
    take(*files)
    before = counts()
    with pytest.raises(Unchanged):
        take(*files)
    assert counts() == before


def counts() -> list[int]:
    models = (Practice, Membership, ListSize, PracticeChange, Organisation, TrailEntry)
    return [model.objects.count() for model in models]


def test_a_later_release_keeps_the_history():
    take(register(row("Y00001", name="OLD NAME"), row("Y00002")))
    plan = take(
        register(
            row("Y00001", name="NEW NAME", commissioner="98X", joined="20170401"),
            row("Y00002", status="C", closed="20170331", left="20170331"),
        )
    )
    assert spans("Y00001") == [
        ("99X", dt.date(2013, 4, 1), dt.date(2017, 3, 31)),
        ("98X", dt.date(2017, 4, 1), None),
    ]
    assert Practice.objects.get(ods_code="Y00001").commissioner.code == "98X"
    assert spans("Y00002") == [("99X", dt.date(2013, 4, 1), dt.date(2017, 3, 31))]
    changes = PracticeChange.objects.values_list("practice__ods_code", "field", "before", "after")
    assert set(changes) == {
        ("Y00001", "name", "OLD NAME", "NEW NAME"),
        ("Y00002", "status", "Active", "Closed"),
        ("Y00002", "closed_on", "", "31 March 2017"),
    }
    assert [line.code for line in plan.of(LineKind.MOVED)] == ["Y00001"]
    assert plan.of(LineKind.MOVED)[0].words == "from 99X to 98X on 1 April 2017"
    assert plan.of(LineKind.CHANGED)[0].words == "name: OLD NAME → NEW NAME"
    assert [line.code for line in plan.of(LineKind.CLOSED)] == ["Y00002"]


def test_a_practice_that_comes_back_to_a_commissioner_has_two_spans_there():
    take(register(row("Y00001")))
    take(register(row("Y00001", commissioner="98X", joined="20150401")))
    take(register(row("Y00001", joined="20170401")))
    assert [span[0] for span in spans("Y00001")] == ["99X", "98X", "99X"]
    assert sum(span[2] is None for span in spans("Y00001")) == 1


def test_a_practice_left_out_of_a_file_stays_as_it_is():
    take(register(row("Y00001"), row("Y00002")))
    take(register(row("Y00001", phone="01632 960001")))
    assert status("Y00002") == "active"


def test_an_older_release_is_refused_whole():
    take(register(row("Y00001", commissioner="98X", joined="20170401"), row("Y00002")))
    before = counts()
    with pytest.raises(Unreadable, match="older than the register on record"):
        take(register(row("Y00001"), row("Y00002", name="ANOTHER NAME")))
    assert counts() == before
    assert Practice.objects.get(ods_code="Y00001").commissioner.code == "98X"


def test_a_practice_that_is_no_longer_a_gp_practice_is_kept_up_to_date():
    take(register(row("Y00001"), row("Y00002")))
    take(register(row("Y00001", setting="9", name="WALK-IN CENTRE"), row("Y00002")))
    practice = Practice.objects.get(ods_code="Y00001")
    assert (practice.name, practice.status) == ("WALK-IN CENTRE", "without_patients")


# List sizes.


def test_list_sizes_are_kept_by_day_and_the_latest_is_the_practices():
    take(register(row("Y00001")))
    take(patients("01JAN2021", Y00001=8100))
    take(patients("01May2018", Y00001=7900))
    practice = Practice.objects.get()
    assert (practice.list_size, practice.list_size_on) == (8100, dt.date(2021, 1, 1))
    assert dict(ListSize.objects.values_list("on", "patients")) == {
        dt.date(2018, 5, 1): 7900,
        dt.date(2021, 1, 1): 8100,
    }
    take(patients("01JAN2021", Y00001=8200))
    assert Practice.objects.get().list_size == 8200
    assert ListSize.objects.count() == 2


def test_an_active_practice_without_patients_is_told_apart_where_the_file_covers_its_commissioner():
    take(
        register(
            row("Y00001"),
            row("Y00002"),
            row("Y00003"),
            row("Y00004", commissioner="98X"),
            row("Y00005", opened="20210201"),
            row("Y00006", status="D"),
        )
    )
    take(patients(Y00001=8000, Y00002=0))
    found = {code: status(code) for code in ("Y00001", "Y00002", "Y00003", "Y00004", "Y00005", "Y00006")}
    assert found == {
        "Y00001": "active",
        "Y00002": "without_patients",
        "Y00003": "without_patients",
        "Y00004": "active",
        "Y00005": "active",
        "Y00006": "dormant",
    }
    take(patients("01FEB2021", Y00001=8000, Y00002=10, Y00003=20))
    assert status("Y00002") == status("Y00003") == "active"


def test_without_patients_stands_through_the_next_register():
    take(register(row("Y00001"), row("Y00002")), patients(Y00001=8000))
    assert status("Y00002") == "without_patients"
    take(register(row("Y00001", phone="01632 960001"), row("Y00002")))
    assert status("Y00002") == "without_patients"


def test_patients_of_a_practice_not_on_record_are_left_out_with_row_and_reason():
    plan = take(register(row("Y00001")), patients(Y00001=8000, Y09999=10))
    assert [(each.row, each.reason) for each in plan.rejected] == [(3, "Y09999 is not a practice on record")]


# Localities.


def test_localities_over_time():
    take(
        register(row("Y00001"), row("Y00002")), networks(Y00001="U00001 Harbour PCN", Y00002="U Unallocated")
    )
    harbour = Organisation.objects.get(code="U00001")
    assert (harbour.kind, harbour.name, harbour.parent.code) == ("locality", "Harbour PCN", "99X")
    assert Practice.objects.get(ods_code="Y00001").locality == harbour
    assert Practice.objects.get(ods_code="Y00002").locality is None
    take(networks("01-Mar-21", Y00001="U00002 Hill PCN"))
    assert spans("Y00001", is_locality=True) == [
        ("U00001", dt.date(2020, 9, 1), dt.date(2021, 2, 28)),
        ("U00002", dt.date(2021, 3, 1), None),
    ]
    with pytest.raises(Unchanged) as unchanged:
        take(networks("01-Sep-20", Y00001="U00001 Harbour PCN"))
    assert "older than the locality on record of 1 practice" in unchanged.value.plan.notes[0]
    take(networks("01-Apr-21", Y00001="U Unallocated"))
    assert Practice.objects.get(ods_code="Y00001").locality is None
    assert spans("Y00001", is_locality=True)[-1] == ("U00002", dt.date(2021, 3, 1), dt.date(2021, 3, 31))


# Rows that cannot be taken.


def test_bad_rows_are_left_out_each_with_its_number_and_reason():
    good = [row(f"Y1000{n}") for n in range(9)]
    plan = take(
        register(
            *good,
            row("Y00001", status="C"),
            row("Y00002", opened="20181301"),
            row("Y00003", status="X"),
            row("Y00004", name=""),
            row("y0-005"),
            row("Y10001"),
            row("Y00006", left="20120101"),
            row("Y00007")[:20],
        )
    )
    assert [(each.row, each.reason) for each in plan.rejected] == [
        (10, "Y00001 is closed, but without the day it closed"),
        (11, "“20181301” is not a day of the calendar"),
        (12, "the status of Y00003 is “X”, not A, C, D or P"),
        (13, "Y00004 has no name"),
        (14, "“y0-005” is not an ODS code"),
        (15, "Y10001 is already in row 2"),
        (16, "Y00006 left its commissioner before it joined"),
        (17, "it has 20 columns, the register has 27"),
    ]
    assert Practice.objects.count() == len(good)


# All or nothing, exactly what was previewed.


def test_the_preview_is_what_is_written():
    files = [register(row("Y00001"), row("Y00002"))]
    shown = plan_import(files)
    assert not Practice.objects.exists()
    assert import_register(by=None, sources=files, digest=shown.digest).digest == shown.digest


def test_a_register_that_changed_since_the_preview_is_not_written():
    take(register(row("Y00001")))
    files = [register(row("Y00001", name="NEW NAME"))]
    shown = plan_import(files)
    take(register(row("Y00001", phone="01632 960001")))
    with pytest.raises(Outdated) as outdated:
        import_register(by=None, sources=files, digest=shown.digest)
    assert Practice.objects.get().name == "SURGERY Y00001"
    assert outdated.value.plan.digest != shown.digest


def test_one_bad_file_stops_all():
    with pytest.raises(Unreadable):
        take(register(row("Y00001")), Source("notes.csv", b"a,b\n1,2\n"))
    assert not Practice.objects.exists()
    assert not TrailEntry.objects.exists()


def test_the_trail_tells_files_and_counts():
    file = register(row("Y00001"))
    take(file)
    entry = TrailEntry.objects.get()
    assert entry.act == "practices.import_register"
    assert entry.facts["files"] == [{"name": "epraccur.csv", "sha256": file.sha256}]
    assert entry.facts["counts"]["New practices"] == 1


def test_only_an_administrator_over_everything_may_import():
    ccg = make_ccg()
    for person in (make_person(Role.ADMINISTRATOR, ccg), make_person(Role.PROGRAMME_OFFICER)):
        with pytest.raises(Denied, match="only an administrator over everything"):
            import_register(by=person, sources=[register(row("Y00001"))])
    import_register(by=make_person(Role.ADMINISTRATOR), sources=[register(row("Y00001"))])
    assert Practice.objects.count() == 1


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_max_num_queries):
    few = register(*(row(f"Y{n:05d}") for n in range(3)))
    many = register(*(row(f"Z{n:05d}") for n in range(300)))
    take(few)
    with connection.execute_wrapper(_counting(used := [])):
        take(register(*(row(f"X{n:05d}") for n in range(3))))
    with django_assert_max_num_queries(len(used)):
        take(many)


def _counting(used: list):
    def count(execute, sql, params, many, context):
        used.append(sql)
        return execute(sql, params, many, context)

    return count
