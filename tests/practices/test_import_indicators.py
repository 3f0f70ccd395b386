"""Published figures: read by meaning, suppressed ones left out, twice changes nothing."""

import pytest

from practices.importing.unpack import Unreadable
from practices.models import Indicator
from practices.register_actions import Source, Unchanged, import_indicators
from tests.factories import make_ccg, make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _practices():
    ccg = make_ccg()
    for code in ("Y00001", "Y00002", "Y00003"):
        make_practice(ccg, ods_code=code)


def figures(*lines: str, name: str = "figures.csv", period: str = "") -> dict[tuple[str, str, str], str]:
    import_indicators(by=None, sources=[Source(name, "\n".join(lines).encode())], period=period)
    rows = Indicator.objects.values_list("practice__ods_code", "key", "period", "value")
    return {(code, key, when): value for code, key, when, value in rows}


def test_cqc_ratings():
    found = figures(
        "Practice.Code,Year,service_population_group,domain,latest_rating",
        "Y00001,2018,Overall,Overall,Good",
        "Y00001,2018,Overall,Safe,Inadequate",
        "Y00001,2018,Older people,Overall,Outstanding",
        "Y00002,2018,Overall,Overall,NA",
        "NA,2018,Overall,Overall,Good",
        "Y00001XYZ,2018,Overall,Overall,Good",
    )
    assert found == {("Y00001", "cqc_overall", "2018"): "Good"}


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Achievement score (559 max)", "qof_2018-19.csv"),
        ("\ufeffQOF achievement\nscore", "QOF-2018_19.csv"),
        ("Achievement score 2018", "qof 2018-2019.csv"),
    ],
)
def test_qof_of_559_points(heading, name):
    found = figures(
        f'Practice code,"{heading}",QOF points total/559 available (%)',
        "Y00001,559,100",
        "Y00002,:,:",
        "Y00003,279.5,50",
        name=name,
    )
    assert found == {
        ("Y00001", "qof_achievement", "2018/19"): "100.0",
        ("Y00003", "qof_achievement", "2018/19"): "50.0",
    }


def test_qof_of_635_points_told_by_the_percentages():
    found = figures(
        "PRACTICE_CODE,QOF Achievement Score,QOF achievement %",
        "Y00001,476.25,75.0",
        "Y00002,635,100",
        period="2021/22",
    )
    assert found[("Y00001", "qof_achievement", "2021/22")] == "75.0"


@pytest.mark.parametrize(
    ("lines", "name", "sentence"),
    [
        (("Practice code,Achievement score (559 max)", "Y00001,500"), "qof.csv", "which year it is for"),
        (("Practice code,Achievement score", "Y00001,500"), "qof_2018-19.csv", "out of how many points"),
        (
            ("Practice code,QOF points total/559 available (%)", "Y00001,90"),
            "qof_2018-19.csv",
            "achievement score",
        ),
        (("Practice.Code,latest_rating", "Y00001,Good"), "cqc.csv", "no column for: year"),
        (("EXTRACT_DATE,CODE,NUMBER_OF_PATIENTS", "01JAN2021,Y00001,5"), "list.csv", "import_practices"),
    ],
)
def test_what_a_file_does_not_say_is_not_guessed(lines, name, sentence):
    with pytest.raises(Unreadable, match=sentence):
        figures(*lines, name=name)
    assert not Indicator.objects.exists()


WORKFORCE = "Practice.Code,Year,TOTAL_PATIENTS,TOTAL_GP_EXTGL_FTE,TOTAL_NURSES_FTE"


def test_workforce_without_dividing_by_nobody():
    found = figures(
        WORKFORCE,
        "Y00001,2018,8000,4,2.5",
        "Y00002,2018,8000,0,NA",
        "Y00003,2018,0,2,1",
    )
    assert found == {
        ("Y00001", "gp_fte", "2018"): "4.0",
        ("Y00001", "patients_per_gp_fte", "2018"): "2000",
        ("Y00001", "patients_per_nurse_fte", "2018"): "3200",
        ("Y00002", "gp_fte", "2018"): "0.0",
        ("Y00003", "gp_fte", "2018"): "2.0",
    }


def test_deprivation_scores():
    found = figures(
        "\ufeffIndicatorID,Year,AreaCode,AreaName,IsAreaCurrent,Value",
        '93553,2019,Y00001,"Harbour, Street",1,29.1403',
        "99999,2019,Y00002,Hill,1,5",
        "93553,2019,Y00003,Vale,1,",
    )
    assert found == {("Y00001", "imd_score", "2019"): "29.1"}


def test_twice_changes_nothing_and_a_correction_takes_the_place():
    figures(WORKFORCE, "Y00001,2018,8000,4,NA")
    with pytest.raises(Unchanged):
        figures(WORKFORCE, "Y00001,2018,8000,4,NA")
    found = figures(WORKFORCE, "Y00001,2018,8400,4,NA")
    assert found[("Y00001", "patients_per_gp_fte", "2018")] == "2100"
    assert Indicator.objects.count() == 2


def test_a_bad_figure_is_left_out_with_its_row():
    lines = (
        WORKFORCE,
        "Y00001,2018,many,4,1",
        "Y00002,18,8000,4,1",
        "Y00003,2018,8000,4,1",
        "Y00003,2018,9000,4,1",
    )
    plan = import_indicators(by=None, sources=[Source("workforce.csv", "\n".join(lines).encode())])
    assert [(each.row, each.reason) for each in plan.rejected] == [
        (2, "Y00001: “many” is not a number"),
        (3, "Y00002: “18” is not a year"),
        (5, "Y00003 is already in row 4 for 2018"),
    ]
