"""Acts on programmes and years: what they write, what they refuse, and the trail they leave."""

import datetime as dt
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from funding.stages import actions as stages
from resilience.core.access import Denied, Role
from resilience.core.acts import ACTIONS
from resilience.core.models import TrailEntry
from resilience.programmes import actions, catalogue, rules, spending
from resilience.programmes.catalogue import NATIONAL_MATRIX, CriterionContent, MatrixContent
from resilience.programmes.copying import year_after
from resilience.programmes.models import MatrixCell, MenuItem, PaymentStage, ProgrammeYear
from resilience.programmes.setup import set_up_local, stage
from tests.factories import make_ccg, make_local_office, make_organisation, make_person, make_referral
from tests.funding.test_ledger import allocate, commit, supported
from tests.programmes.world import YEAR, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def every_act(world: World) -> dict:
    """Each act of the room on the world's own year, that its administrator may do."""
    year = world.year
    shared = {"name": "Another", "owner": world.office, "purpose": "", "is_open": True}
    dated = {"due_at": timezone.now(), "measure": "", "target": None}
    return {
        "add_programme": shared,
        "change_programme": {"programme": year.programme, **shared, "name": "Renamed"},
        "add_year": {"programme": year.programme, **actions._values(year), "name": "2030/31"},
        "change_year": {"year": year, "acknowledge_within": 9},
        "copy_year": {"year": year},
        "add_item": {"year": year, "name": "New"},
        "change_item": {
            "item": year.menu.first(), "name": "Newer", "is_contribution_theme": True, "is_offered": False,
        },
        "move_item": {"item": year.menu.first(), "up": False},
        "remove_item": {"item": year.menu.last()},
        "add_milestone": {"year": year, "name": "New", **dated},
        "change_milestone": {"milestone": year.milestones.first(), "name": "Newer", **dated},
        "remove_milestone": {"milestone": year.milestones.last()},
        "add_excluded": {"year": year, "name": "New", "reason": "Because"},
        "change_excluded": {"excluded": year.excluded_spend.first(), "name": "Newer", "reason": "Because"},
        "remove_excluded": {"excluded": year.excluded_spend.last()},
        "set_deadlines": {"year": year, "deadlines": {year.stages.first().pk: dt.date(2018, 9, 30)}},
        "set_stages": {"year": year, "stages": [stage("One", "mou_signed", per_cent=Decimal(100))]},
        "set_spend_categories": {
            "year": year, "categories": [{"name": "All of it", "indicative_share": Decimal(100)}],
        },
        "publish_matrix": {"name": "Another", "content": NATIONAL_MATRIX},
        "publish_criteria": {"name": "Another", "criteria": catalogue.NATIONAL_CRITERIA},
    }  # fmt: skip


def test_every_act_is_listed_here(world):
    known = {name.split(".")[1] for name in ACTIONS if name.startswith("programmes.")}
    assert known == set(every_act(world))


def test_each_act_leaves_one_entry_on_the_trail_by_its_name(world):
    for name, arguments in every_act(world).items():
        before = TrailEntry.objects.count()
        ACTIONS[f"programmes.{name}"].run(by=world.administrator, **arguments)
        entries = TrailEntry.objects.order_by("sequence")[before:]
        assert [each.act for each in entries] == [f"programmes.{name}"]


def test_nobody_else_may_do_any_of_them(world):
    others = [make_person(role, world.office) for role in Role if role != Role.ADMINISTRATOR
              and role not in (Role.PRACTICE_USER, Role.SUPPLIER_USER)]  # fmt: skip
    below = make_person(Role.ADMINISTRATOR, world.ccg)
    for person in (*others, below, world.stranger):
        for name, arguments in every_act(world).items():
            if name.startswith("publish") and person.has_role(Role.ADMINISTRATOR):
                continue
            with pytest.raises(Denied):
                ACTIONS[f"programmes.{name}"].run(by=person, **arguments)


def test_a_programme_belongs_to_a_body_with_commissioners(world):
    everywhere = make_person(Role.ADMINISTRATOR)
    for kind, fits in (("region", True), ("locality", False), ("supplier", False), ("other", False)):
        owner = make_organisation(kind, world.ccg if kind == "locality" else None)
        if fits:
            actions.add_programme(by=everywhere, name=kind, owner=owner)
        else:
            with pytest.raises(Denied, match="region, a local office or a commissioner"):
                actions.add_programme(by=everywhere, name=kind, owner=owner)
    closed = make_ccg(closed_on=dt.date(2018, 4, 1))
    with pytest.raises(Denied, match="closed on 1 April 2018"):
        actions.add_programme(by=everywhere, name="closed", owner=closed)


def test_a_name_that_is_taken_is_a_sentence(world):
    with pytest.raises(Denied, match="another programme named Resilience programme"):
        actions.add_programme(by=world.administrator, name="Resilience programme", owner=world.office)
    with pytest.raises(Denied, match="already has a year named 2018/19"):
        actions.copy_year(by=world.administrator, year=world.year, name="2018/19")


def test_the_owner_stays_once_practices_are_in_it(world):
    other = world.ccg
    change = {"name": "P", "purpose": "", "is_open": True, "owner": other}
    programme = actions.change_programme(by=world.administrator, programme=world.year.programme, **change)
    assert programme.owner == other
    make_referral(year=world.year)
    with pytest.raises(Denied, match="already in this programme"):
        actions.change_programme(
            by=world.administrator, programme=programme, **(change | {"owner": world.office})
        )


# --- constraints of the database have their sentence -------------------------------------------

WRONG = [
    ({"ends_on": dt.date(2018, 4, 1)}, "ends_on", "end after it starts on 1 April 2018"),
    ({"closes_at": dt.datetime(2018, 3, 1, tzinfo=dt.UTC)}, "closes_at", "close after they open"),
    ({"criteria_set": None}, "criteria_set", "Choose the criteria"),
    ({"matrix": None}, "matrix", "Choose the matrix"),
    ({"acknowledge_within": 0, "due_soon_within": 0}, "acknowledge_within", "at least 1 working day"),
    ({"decide_within": 9}, "decide_within", "at least the 10 working days"),
    ({"due_soon_within": 10}, "due_soon_within", "less than the 10 working days"),
    ({"acknowledgement_body": "Dear {name}"}, "acknowledgement_body", "cannot fill in {name}"),
    ({"acknowledgement_body": "{reason}"}, "acknowledgement_body", "cannot fill in {reason}"),
    ({"decision_subject": "{decision}"}, "decision_subject", "cannot fill in {decision}"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "field", "sentence"), WRONG, ids=[each[1] for each in WRONG])
def test_what_does_not_fit_is_said_and_not_written(world, values, field, sentence):
    with pytest.raises(Denied, match=sentence):
        actions.change_year(by=world.administrator, year=world.year, **values)
    world.year.refresh_from_db()
    for name, value in values.items():
        assert getattr(world.year, name) != value
    problems = rules.year_problems(actions._values(world.year) | values, world.year.programme, world.year)
    assert sentence in problems[field]


@pytest.mark.parametrize("values", [WRONG[0][0], WRONG[1][0], WRONG[2][0], WRONG[3][0]])
def test_the_database_refuses_the_same(world, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgrammeYear.objects.filter(pk=world.year.pk).update(**values)


BAD_STAGES = [
    ([], "at least one stage"),
    ([stage("A", "mou_signed", per_cent=60), stage("B", "progress", per_cent=30)], "now they make 90%"),
    ([stage("A", "mou_signed", per_cent=60), stage("B", "progress", per_cent=60)], "now they make 120%"),
    ([stage("A", "mou_signed")], "a share or a fixed sum"),
    ([stage("A", "mou_signed", per_cent=100, amount=1)], "a share or a fixed sum"),
    ([stage("A", "mou_signed", amount=0)], "more than £0"),
    ([stage("A", "date", amount=1)], "the date on which it opens"),
    ([stage("A", "mou_signed", amount=1, pays_before_mou=True)], "cannot pay before they do"),
]


@pytest.mark.parametrize(("stages", "sentence"), BAD_STAGES)
def test_stages_that_do_not_fit_change_nothing(world, stages, sentence):
    before = list(world.year.stages.values())
    stages = [each | {"per_cent": each["per_cent"] and Decimal(each["per_cent"])} for each in stages]
    with pytest.raises(Denied, match=sentence):
        actions.set_stages(by=world.administrator, year=world.year, stages=stages)
    assert list(world.year.stages.values()) == before


def test_three_thirds_to_the_hundredth_make_100(world):
    shares = ("33.33", "33.33", "33.34")
    stages = [stage(f"S{n}", "progress", per_cent=Decimal(each)) for n, each in enumerate(shares)]
    actions.set_stages(by=world.administrator, year=world.year, stages=stages)
    assert [each.position for each in world.year.stages.all()] == [1, 2, 3]


def test_a_milestone_has_a_figure_and_a_target_or_neither(world):
    for measure, target, sentence in (
        ("spent", None, "figure to be reached"),
        ("", 5, "what the target counts"),
        ("spent", 101, "at most 100"),
    ):
        with pytest.raises(Denied, match=sentence):
            actions.add_milestone(
                by=world.administrator, year=world.year, name="M", due_at=timezone.now(),
                measure=measure, target=target,
            )  # fmt: skip
    actions.add_milestone(
        by=world.administrator, year=world.year, name="M", due_at=timezone.now(),
        measure="case_studies", target=101,
    )  # fmt: skip


# --- what is running is not broken -------------------------------------------------------------


def test_a_shorter_clock_leaves_received_referrals_as_promised(world):
    referral = make_referral(year=world.year, received_on=dt.date(2018, 5, 1))
    due = referral.acknowledge_by
    actions.change_year(by=world.administrator, year=world.year, acknowledge_within=5)
    referral.refresh_from_db()
    assert referral.acknowledge_by == due == dt.date(2018, 5, 16)


def test_a_category_in_use_keeps_its_name_and_its_row(world):
    referral = make_referral(year=world.year)
    item = referral.wanted.get().item
    with pytest.raises(Denied, match="Stop offering it"):
        actions.remove_item(by=world.administrator, item=item)
    with pytest.raises(Denied, match="the name stays"):
        actions.change_item(
            by=world.administrator, item=item, name="Other", is_contribution_theme=True, is_offered=True
        )
    actions.change_item(
        by=world.administrator, item=item, name=item.name, is_contribution_theme=True, is_offered=False
    )
    assert not MenuItem.objects.get(pk=item.pk).is_offered


def test_whether_practices_are_assessed_stays_once_one_has_begun(world):
    changed = actions.change_year(by=world.administrator, year=world.year, is_assessed=False)
    assert not changed.is_assessed
    make_referral(year=world.year, state="draft")
    with pytest.raises(Denied, match="treated alike"):
        actions.change_year(by=world.administrator, year=world.year, is_assessed=True)


def test_stages_stay_once_money_is_payable_under_one(world):
    early = [stage("Early", "evidence", amount=100, pays_before_mou=True)]
    actions.set_stages(by=world.administrator, year=world.year, stages=early)
    spending.set_spend_categories(by=world.administrator, year=world.year, categories=[])
    referral = supported(year=world.year, commissioner=world.ccg)
    allocate(referral, 1_000_00)
    commit(referral, 500_00)
    actions.set_stages(by=world.administrator, year=world.year, stages=early)
    made = world.year.stages.get()
    officer = make_person(Role.PROGRAMME_OFFICER, world.ccg)
    stages.hand_in(by=officer, stage=made, practice=referral.lead_practice)
    with pytest.raises(Denied, match="Money has become payable"):
        actions.set_stages(by=world.administrator, year=world.year, stages=early)
    assert world.year.stages.get() == made
    moved = actions.set_deadlines(
        by=world.administrator, year=world.year, deadlines={made.pk: dt.date(2018, 10, 5)}
    )
    assert [(each.pk, each.due_on) for each in moved] == [(made.pk, dt.date(2018, 10, 5))]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=8))
@settings(max_examples=10, deadline=None)
def test_moving_categories_is_what_moving_in_a_list_is(moves):
    with transaction.atomic():
        world = make_world()
        year = set_up_local(world.office, name="Local", by=world.administrator, **YEAR)
        names = [item.name for item in year.menu.all()]
        for at, up in moves:
            other = at - 1 if up else at + 1
            item = year.menu.get(name=names[at])
            if other < 0:
                with pytest.raises(Denied, match="already stands first"):
                    actions.move_item(by=world.administrator, item=item, up=up)
                continue
            actions.move_item(by=world.administrator, item=item, up=up)
            names[at], names[other] = names[other], names[at]
        assert [item.name for item in year.menu.all()] == names
        transaction.set_rollback(True)


# --- copying a year ----------------------------------------------------------------------------


def shape(year: ProgrammeYear, add: int) -> dict[str, list]:
    """Every field of a year and of every row that points at it in this room, dates moved by ``add`` years."""

    def said(row: models.Model) -> dict:
        found = {}
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            if field.primary_key or field.name in ("year", "programme"):
                continue
            if isinstance(value, dt.datetime):
                value = timezone.localtime(value).replace(tzinfo=None)
            if isinstance(value, dt.date):
                leap = value.month == 2 and value.day == 29
                value = value.replace(year=value.year + add, day=28 if leap and add else value.day)
            found[field.name] = value
        return found

    parts = {"year": [said(year)]}
    for model in apps.get_app_config("programmes").get_models():
        if any(field.name == "year" for field in model._meta.concrete_fields):
            parts[model.__name__] = [said(row) for row in model.objects.filter(year=year)]
    return parts


@pytest.mark.parametrize("kind", ["national", "local"])
def test_a_copied_year_is_the_old_one_a_year_later(world, kind):
    year = world.year
    if kind == "local":
        leap = {"starts_on": dt.date(2019, 2, 28), "ends_on": dt.date(2020, 2, 29), "year_name": "2019/20"}
        year = set_up_local(world.office, name="Local", by=world.administrator, **(YEAR | leap))
        stages = [stage("Then", "date", per_cent=Decimal(100), opens_on=dt.date(2020, 2, 29))]
        actions.set_stages(by=world.administrator, year=year, stages=stages)
    copied = actions.copy_year(by=world.administrator, year=year)
    expected, found = shape(year, add=1), shape(copied, add=0)
    assert expected["year"][0].pop("name") != found["year"][0].pop("name")
    assert found == expected
    assert set(found) >= {"MenuItem", "Milestone", "PaymentStage", "ExcludedSpend"}
    assert copied.programme == year.programme
    assert timezone.localtime(copied.closes_at).hour == 17


@pytest.mark.parametrize(
    ("name", "after"),
    [("2018/19", "2019/20"), ("1999/00", "2000/01"), ("2098/99", "2099/00"), ("Year 9", "Year 10"),
     ("2018", "2019"), ("Pilot", "Pilot")],
)  # fmt: skip
def test_the_next_years_name(name, after):
    assert year_after(name) == after


# --- versions ----------------------------------------------------------------------------------


def with_cell(scope: int, impact: int, rating: str) -> MatrixContent:
    cells = dict(NATIONAL_MATRIX.cells) | {(scope, impact): rating}
    return MatrixContent(cells, NATIONAL_MATRIX.scores, NATIONAL_MATRIX.meanings)


def test_a_new_version_stands_beside_the_old_one(world):
    old = world.year.matrix
    content = with_cell(1, 2, "A/R")
    new = actions.publish_matrix(by=world.administrator, name=old.name, content=content)
    assert (new.name, new.version) == (old.name, 2)
    assert MatrixContent.of(new) == content
    assert MatrixContent.of(old) == NATIONAL_MATRIX
    world.year.refresh_from_db()
    assert world.year.matrix == old


def test_publishing_the_same_again_is_refused(world):
    with pytest.raises(Denied, match="Nothing differs from National support matrix, version 1"):
        actions.publish_matrix(by=world.administrator, name=catalogue.MATRIX_NAME, content=NATIONAL_MATRIX)
    with pytest.raises(Denied, match="Nothing differs from National criteria, version 1"):
        actions.publish_criteria(
            by=world.administrator, name=catalogue.CRITERIA_NAME, criteria=catalogue.NATIONAL_CRITERIA
        )


def test_a_published_version_never_changes(world):
    matrix, criteria_set = world.year.matrix, world.year.criteria_set
    rows = [
        (matrix, {"name": "Other"}), (matrix.cells.first(), {"rating": "B"}),
        (matrix.scores.first(), {"name": "Other"}), (matrix.meanings.first(), {"meaning": "Other"}),
        (criteria_set, {"name": "Other"}), (criteria_set.criteria.first(), {"name": "Other"}),
    ]  # fmt: skip
    for row, change in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**change)
        with pytest.raises((IntegrityError, models.ProtectedError)), transaction.atomic():
            type(row).objects.filter(pk=row.pk)._raw_delete("default")


ORDER = ["B", "R", "A/R", "A", "A/G", "G"]


@given(st.tuples(st.integers(1, 5), st.integers(1, 5)), st.sampled_from(ORDER))
@settings(max_examples=150, deadline=None)
def test_more_need_never_lowers_the_rating(cell, rating):
    """Against a naive second reading: every pair of cells, the one at least as high in both scores."""
    content = with_cell(*cell, rating)
    worse = any(
        ORDER.index(content.cells[high]) < ORDER.index(content.cells[low])
        for high in content.cells
        for low in content.cells
        if high[0] >= low[0] and high[1] >= low[1]
    )
    assert bool(rules.matrix_problems(content)) == worse
    assert set(MatrixCell.Rating.values) == set(ORDER)


def test_criteria_are_numbered_as_they_come_and_none_twice(world):
    rows = [CriterionContent("Safety", "A"), CriterionContent("Workforce", "A", indicators=("gp_fte",))]
    made = actions.publish_criteria(by=world.administrator, name="Ours", criteria=rows)
    assert [(each.number, each.domain) for each in made.criteria.all()] == [(1, "Safety"), (2, "Workforce")]
    for wrong, sentence in (([], "at least one"), ([*rows, CriterionContent("safety", "a")], "twice")):
        with pytest.raises(Denied, match=sentence):
            actions.publish_criteria(by=world.administrator, name="Ours", criteria=wrong)


def test_a_year_of_another_office_is_not_listed(world):
    assert not ProgrammeYear.objects.visible_to(world.stranger).exists()
    assert ProgrammeYear.objects.visible_to(world.administrator).get() == world.year
    assert PaymentStage.objects.visible_to(make_person(Role.ADMINISTRATOR)).exists()
    assert not PaymentStage.objects.visible_to(make_person(Role.ADMINISTRATOR, make_local_office())).exists()
