"""The five systems of domain 3 are five sets of rows: the code under test has no branch for any of them."""

import datetime as dt
from decimal import Decimal

import pytest

from funding.stages.worth import stage_amounts
from resilience.core.access import Role
from resilience.programmes import actions, catalogue
from resilience.programmes.catalogue import NATIONAL_MATRIX, CriterionContent, MatrixContent
from resilience.programmes.models import MenuItem, ProgrammeYear
from resilience.programmes.setup import (
    BARE,
    LETTERS,
    STANDARD,
    Due,
    SetUp,
    add_year_of,
    set_up_local,
    set_up_national,
    stage,
)
from tests.factories import make_local_office, make_organisation, make_person, make_practice, make_referral
from tests.programmes.world import YEAR

pytestmark = pytest.mark.django_db

WESSEX = SetUp(
    purpose="A supplier visits practices in order of risk, and plans with each of them.",
    year={"is_assessed": True, "allows_groups": False, "asks_past_support": True} | LETTERS,
    menu=("Readiness for change", "Diagnostic review", "Options report", "Improvement plan"),
    milestones=(Due(31, 3, "All practices visited"),),
    stages=(stage("The supplier's invoice, after the plan is complete", "plan_agreed", amount=305_000),),
    excluded={},
    has_contributions=False,
)
"""3.3: the price of a practice is one stage, opened by its plan."""

BNSSG_UNASSESSED = SetUp(
    purpose="Clusters of practices plan together for three years.",
    year={"is_assessed": False, "allows_groups": True, "asks_past_support": False} | LETTERS,
    menu=("Project of up to one year", "Project of 6 to 18 months", "Project of up to three years"),
    milestones=(),
    stages=(
        stage("Start", "date", amount=66_666, opens_on=dt.date(2018, 5, 1), pays_before_mou=True),
        stage("Plan that meets the criteria", "plan_agreed", per_cent=Decimal(50)),
        stage("Progress shown", "progress", per_cent=Decimal(50)),
    ),
    excluded={},
)
BNSSG_ASSESSED = SetUp(
    **vars(BNSSG_UNASSESSED) | {"year": BNSSG_UNASSESSED.year | {"is_assessed": True, "allows_groups": False}}
)
"""3.4: three stages; the earlier model without assessment, the graded response with it."""

STAFFORDSHIRE = SetUp(
    purpose="Training towards the 10 high impact actions.",
    year={"is_assessed": False, "allows_groups": True, "asks_past_support": False} | LETTERS,
    menu=(
        "Active signposting", "New consultation types", "Reduce missed appointments", "Develop the team",
        "Productive work flows", "Personal productivity", "Partnership working", "Social prescribing",
        "Support self care", "Develop quality improvement expertise",
    ),
    milestones=(Due(30, 9, "Half of the funding spent", "spent", 50), Due(31, 3, "All spent", "spent", 100)),
    stages=(stage("Training done", "progress", per_cent=Decimal(100)),),
    excluded={"Training paid by the national fund": "The national fund pays for it."},
)  # fmt: skip
"""3.5: menu and figures by which committees are told; risk registers and packs are other rooms' rows."""


@pytest.fixture
def office():
    return make_local_office()


@pytest.fixture
def by(office):
    return make_person(Role.ADMINISTRATOR, office)


def set_up(office, by, name: str, kind: SetUp, **values) -> ProgrammeYear:
    programme = actions.add_programme(by=by, name=name, owner=office, purpose=kind.purpose)
    given = {"name": YEAR["year_name"]} | {key: YEAR[key] for key in YEAR if key != "year_name"}
    return add_year_of(programme, kind, by=by, **given, **values)


def pounds(year: ProgrammeYear, pence: int) -> list[int]:
    """What each stage is worth of a commitment."""
    stages = list(year.stages.all())
    amounts = stage_amounts(stages, pence)
    return [amounts[each.pk] for each in stages]


def test_national(office, by):
    year = set_up_national(office, name="National", by=by, **YEAR)
    assert [item.name for item in year.menu.all()] == list(catalogue.MENU)
    assert year.criteria_set.criteria.count() == 16
    assert len(set(year.criteria_set.criteria.values_list("domain", flat=True))) == 6
    assert MatrixContent.of(year.matrix) == NATIONAL_MATRIX
    assert (year.acknowledge_within, year.is_assessed) == (10, True)
    figures = [(each.due_at, each.measure, each.target) for each in year.milestones.all()]
    at = dt.timezone(dt.timedelta(hours=1))
    assert (dt.datetime(2018, 10, 5, 17, tzinfo=at), "committed", 100) in figures
    assert (dt.datetime(2019, 1, 8, 17, tzinfo=dt.UTC), "spent", 75) in figures
    assert (dt.datetime(2019, 4, 5, 17, tzinfo=at), "spent", 100) in figures
    assert (dt.datetime(2019, 4, 5, 17, tzinfo=at), "case_studies", 10) in figures
    assert pounds(year, 4_000_00) == [4_000_00]
    assert not year.stages.filter(pays_before_mou=True).exists()
    assert "IT hardware and software" in [each.name for each in year.excluded_spend.all()]


def test_local_scheme_of_three_ccgs(office, by):
    for _ in range(3):
        make_organisation("ccg", office)
    year = set_up_local(office, name="Local", by=by, **YEAR)
    assert (year.is_assessed, year.criteria_set, year.matrix) == (False, None, None)
    assert pounds(year, 3_000_00) == [1_000_00, 2_000_00]
    assert [each.pays_before_mou for each in year.stages.all()] == [True, False]
    assert [each.due_at.date() for each in year.milestones.all()][:2] == [
        dt.date(2018, 9, 30), dt.date(2018, 10, 31),
    ]  # fmt: skip
    assert year.closes_at == dt.datetime(2018, 10, 31, 17, tzinfo=dt.UTC)
    assert all(each.reason for each in year.excluded_spend.all())
    assert not year.menu.filter(is_contribution_theme=True).exists()


def test_delivery_by_a_supplier(office, by):
    year = set_up(office, by, "Wessex", WESSEX)
    assert pounds(year, 3_050_00) == [3_050_00]
    assert year.is_assessed
    assert not year.allows_groups


@pytest.mark.parametrize("kind", [BNSSG_UNASSESSED, BNSSG_ASSESSED])
def test_three_stages(office, by, kind):
    ours = [CriterionContent("Workforce", "Partners near retirement with no successor")]
    criteria_set = actions.publish_criteria(by=by, name="Graded response", criteria=ours)
    year = set_up(office, by, "BNSSG", kind, criteria_set=criteria_set)
    assert pounds(year, 2_000_00) == [66_666, 66_667, 66_667]
    assert [each.opens for each in year.stages.all()] == ["date", "plan_agreed", "progress"]
    assert year.is_assessed == kind.year["is_assessed"]
    assert year.criteria_set == criteria_set


def test_training_reported_to_committees(office, by):
    year = set_up(office, by, "Staffordshire", STAFFORDSHIRE)
    assert year.menu.count() == 10
    assert [each.target for each in year.milestones.all()] == [50, 100]


def test_a_year_with_nothing_but_letters(office, by):
    year = set_up(office, by, "Bare", BARE)
    assert not MenuItem.objects.filter(year=year).exists()
    assert pounds(year, 100) == [100]


def test_all_run_side_by_side_and_share_the_published_versions(office, by):
    years = [
        set_up(office, by, f"Programme {number}", kind)
        for number, kind in enumerate((*STANDARD.values(), WESSEX, BNSSG_ASSESSED, STAFFORDSHIRE))
    ]
    matrices = {year.matrix_id for year in years if year.is_assessed}
    assert len(matrices) == 1
    practice = make_practice(make_organisation("ccg", office))
    for year in years:
        if year.menu.exists():
            assert make_referral(practice, year).wanted.get().item.year == year


def test_set_up_is_all_or_nothing(office, by):
    from resilience.core.access import Denied

    wrong = YEAR | {"ends_on": YEAR["starts_on"]}
    with pytest.raises(Denied, match="must end after it starts"):
        set_up_national(office, name="National", by=by, **wrong)
    assert not office.programmes.exists()
