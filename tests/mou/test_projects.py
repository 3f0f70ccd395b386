"""Projects of groups and clusters: dates that fit, who may, what a plan needs, the tracker, the document."""

import datetime as dt
import io
import itertools
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from mou.agreement import documents
from mou.models import HighImpactAction, Horizon, Plan, Project, ProjectProgress
from mou.plan import actions as plan_actions
from mou.plan import plans
from mou.projects import actions, projects
from mou.projects.states import PROJECT_ACTS, Status
from practices.models import Practice
from resilience.core.access import ROLE_PERMISSIONS, Denied, P, Role
from resilience.core.acts import ACTIONS
from resilience.core.calendar import add_months, today
from resilience.core.models import TrailEntry
from tests import factories as make
from tests.factories import client_of
from tests.mou.world import World, agree_plan, commit_money, fill_plan, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """A group of two with a plan that is drafted, its practices in one locality."""
    made = make_world(others=1)
    locality = make.make_organisation("locality", made.ccg, name="Quayside locality")
    for each in made.referral.practices.all():
        each.practice.locality = locality
        each.practice.save()
    made.practice.refresh_from_db()
    plan_actions.start_plan(by=made.manager, referral=made.referral)
    return made


def values(practice: Any, **changed: Any) -> dict[str, Any]:
    return {
        "name": "Shared pharmacist",
        "horizon": Horizon.SHORT,
        "aim": "Fewer letters for GPs",
        "change": "A pharmacist handles medicines",
        "lead_practice": practice,
        "starts_on": today(),
        "ends_on": add_months(today(), 9),
        "practices": [],
        "actions": list(HighImpactAction.objects.filter(number__in=[5, 7])),
        **changed,
    }


def of_plan(world: World, **changed: Any) -> Project:
    return actions.add_project(
        by=world.manager, plan=world.referral.plan, values=values(world.practice, **changed)
    )


def of_cluster(world: World, by: Any = None, **changed: Any) -> Project:
    return actions.add_project(
        by=by or world.manager,
        locality=world.practice.locality,
        year=world.year,
        values=values(world.practice, **changed),
    )


def test_the_ten_are_there():
    names = list(HighImpactAction.objects.values_list("name", flat=True))
    assert len(names) == 10
    assert (names[0], names[-1]) == ("Active signposting", "Develop quality improvement expertise")
    with pytest.raises(DatabaseError), transaction.atomic():
        HighImpactAction.objects.filter(number=1).update(name="Other")


# --- dates -------------------------------------------------------------------------------------


@given(
    st.sampled_from(list(Horizon)), st.dates(dt.date(2016, 1, 1), dt.date(2030, 1, 1)), st.integers(-40, 1300)
)
def test_dates_fit_the_horizon_as_a_calendar_says(horizon, start, days):
    end = start + dt.timedelta(days=days)
    months = (end.year - start.year) * 12 + end.month - start.month
    least, most = projects.MONTHS[horizon]
    wrong = projects.wrong_dates(horizon, start, end)
    if end <= start or months > most or months < least:
        assert wrong
    if end > start and least < months < most:
        assert not wrong


def test_a_year_and_a_day_is_too_long_for_a_short_project():
    start = dt.date(2024, 2, 29)
    assert projects.wrong_dates(Horizon.SHORT, start, dt.date(2025, 2, 28)) == ""
    assert "at most 1 year" in projects.wrong_dates(Horizon.SHORT, start, dt.date(2025, 3, 1))
    assert "6 months at least" in projects.wrong_dates(Horizon.MEDIUM, start, dt.date(2024, 8, 28))
    assert projects.wrong_dates(Horizon.MEDIUM, start, dt.date(2024, 8, 29)) == ""
    assert "at most 3 years" in projects.wrong_dates(Horizon.LONG, start, dt.date(2027, 3, 1))


def test_what_does_not_fit_is_refused(world):
    far = make.make_practice(world.ccg)
    for changed, said in (
        ({"ends_on": add_months(today(), 13)}, "at most 1 year"),
        ({"practices": [far]}, "of this group or cluster only"),
        ({"lead_practice": far}, "of this group or cluster only"),
        ({"actions": []}, "at least one of the 10"),
    ):
        for add in (of_plan, of_cluster):
            with pytest.raises(Denied, match=said):
                add(world, **changed)
    with pytest.raises(Denied, match="is not in the area"):
        actions.add_project(
            by=world.manager, locality=world.practice.locality, year=make.make_year(),
            values=values(world.practice),
        )  # fmt: skip
    assert not Project.objects.exists()


# --- state × act × role ------------------------------------------------------------------------


ARGUMENTS: dict[str, Any] = {
    "mou.change_project": lambda world, project: {
        "project": project,
        "values": values(world.practice, name="Another name"),
    },
    "mou.remove_project": lambda world, project: {"project": project},
    "mou.record_project_progress": lambda world, project: {
        "project": project, "status": "on_track", "words": "The post is advertised",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ["plan", "cluster"])
@pytest.mark.parametrize("name", sorted(PROJECT_ACTS))
def test_allowed_exactly_where_the_table_says(name: str, kind: str, world: World):
    act, wrong = PROJECT_ACTS[name], []
    people = {role: make.make_person(role, world.ccg) for role in Role.values}
    people[Role.PRACTICE_USER] = make.make_person(Role.PRACTICE_USER, world.practice)
    people |= {
        "foreign practice": make.make_person(Role.PRACTICE_USER, make.make_practice(world.ccg)),
        "foreign officer": make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()),
    }
    for state, (role, person) in itertools.product(Status.values, people.items()):
        outcome, said = _try(name, kind, world, state, person)
        held = ROLE_PERMISSIONS.get(role, frozenset())
        may = bool(held & {P.PLAN_FOR_PRACTICE, P.PLAN_FOR_COMMISSIONER}) and state in act.moves
        if outcome != (act.moves[state] if may else "denied"):
            wrong.append(f"{role} in {state}: {outcome} ({said})")
    assert not wrong, "\n".join(wrong)


def _try(name: str, kind: str, world: World, state: str, person: Any) -> tuple[str, str]:
    with transaction.atomic():
        project = of_plan(world) if kind == "plan" else of_cluster(world)
        if state != Status.PLANNED:
            ProjectProgress.objects.create(project=project, status=state, words="x", made_by=world.officer)
        person = type(person).objects.get(pk=person.pk)
        before, said = TrailEntry.objects.count(), ""
        try:
            with transaction.atomic():
                ACTIONS[name].run(by=person, **ARGUMENTS[name](world, project))
            assert TrailEntry.objects.filter(act=name, by=person).exists()
            outcome = Status.PLANNED if name == "mou.remove_project" else projects.status_of(project)
        except Denied as denied:
            outcome, said = "denied", str(denied)
            assert TrailEntry.objects.count() == before
        transaction.set_rollback(True)
    return outcome, said


def test_every_act_of_the_table_is_an_action_and_is_tried_here():
    assert set(PROJECT_ACTS) <= set(ACTIONS)
    assert set(ARGUMENTS) == set(PROJECT_ACTS)


# --- plans -------------------------------------------------------------------------------------


def test_a_project_of_a_plan_is_part_of_what_both_agree(world):
    plan = world.referral.plan
    before = plans.fingerprint(plan)
    project = of_plan(world)
    assert of_plan(world) == project
    assert plans.fingerprint(plan) != before
    mark = plans.fingerprint(plan)
    actions.record_project_progress(by=world.officer, project=project, status="on_track", words="Begun")
    assert plans.fingerprint(plan) == mark
    Plan.objects.filter(pk=plan.pk).update(
        practice_agreed_at="2018-01-01T00:00Z", practice_agreed_by=world.manager
    )
    actions.change_project(by=world.manager, project=project, values=values(world.practice, name="New name"))
    plan.refresh_from_db()
    assert plan.practice_agreed_at is None
    now = {"practice_agreed_at": "2018-01-01T00:00Z", "practice_agreed_by": world.manager}
    now |= {"commissioner_agreed_at": "2018-01-01T00:00Z", "commissioner_agreed_by": world.approver}
    Plan.objects.filter(pk=plan.pk).update(**now, agreed_at="2018-01-01T00:00Z", ends_on=today())
    plan.refresh_from_db()
    with pytest.raises(Denied, match="nothing in it changes"):
        actions.change_project(by=world.manager, project=project, values=values(world.practice))
    for attempt in (
        lambda: Project.objects.filter(pk=project.pk).update(name="x"),
        lambda: Project.objects.filter(pk=project.pk).delete(),
        lambda: Project.objects.create(
            year=world.year, plan=plan, horizon="short", name="x", aim="x", change="x", added_by=world.manager,
            lead_practice=world.practice, starts_on=today(), ends_on=today() + dt.timedelta(days=9),
        ),
        lambda: ProjectProgress.objects.update(words="x"),
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    actions.record_project_progress(
        by=world.manager, project=project, status="done", words="The post is filled"
    )


def test_a_plan_needs_the_projects_that_its_year_asks_for(world):
    plan = world.referral.plan
    assert list(projects.gaps(plan)) == []
    with pytest.raises(Denied):
        actions.require_projects(by=world.officer, year=world.year, short=True, medium=True, long=True)
    actions.require_projects(by=world.administrator, year=world.year, short=True, medium=True, long=False)
    assert [gap.text for gap in projects.gaps(plan)] == [
        "Add a short project (up to 1 year)", "Add a medium project (6 to 18 months)",
    ]  # fmt: skip
    assert set(projects.gaps(plan)) <= set(plans.gaps(plan, plans.layout_of(world.year)))
    of_plan(world)
    assert len(list(projects.gaps(plan))) == 1
    of_cluster(world, horizon=Horizon.MEDIUM)
    assert list(projects.gaps(plan)) == []


def test_the_document_lists_the_projects_and_says_nothing_without():
    worlds = [make_world(), make_world()]
    for world in worlds:
        fill_plan(world)
    with_project, without = worlds
    of_plan(with_project, name="<b>Shared</b> pharmacist")
    for world in worlds:
        mark = plans.fingerprint(world.referral.plan)
        for agree, by in (
            (plan_actions.agree_for_practice, world.manager),
            (plan_actions.agree_for_commissioner, world.approver),
        ):
            agree(by=by, referral=world.referral, fingerprint=mark)
        commit_money(world)
        world.referral.refresh_from_db()
    html = documents.render(with_project.referral)
    assert "&lt;b&gt;Shared&lt;/b&gt; pharmacist" in html
    assert "Productive work flows, Partnership working" in html
    alone = documents.render(without.referral)
    assert "<h3>Projects</h3>" not in alone
    assert "Projects with other practices" not in alone


def test_practices_of_a_cluster_with_an_mou_each_share_its_projects():
    """Each refers itself and has its own MoU; what they do together stands in each."""
    world = make_world()
    locality = make.make_organisation("locality", world.ccg, name="Quayside locality")
    world.practice.locality = locality
    world.practice.save()
    colleague = make.make_practice(world.ccg, locality=locality, name="Pier Surgery")
    agree_plan(world)
    commit_money(world)
    world.referral.refresh_from_db()
    of_cluster(world, name="<i>Pharmacist</i> for all", lead_practice=colleague, practices=[colleague])
    assert "Projects with other practices" not in documents.render(world.referral)
    of_cluster(world, name="<i>Hub</i>", lead_practice=colleague, practices=[world.practice, colleague])
    html = documents.render(world.referral)
    assert "&lt;i&gt;Hub&lt;/i&gt;. Short" in html
    assert "led by Pier Surgery" in html
    assert "Pharmacist" not in html


# --- pages -------------------------------------------------------------------------------------


def typed(world: World, **changed: Any) -> dict[str, Any]:
    day, end = today(), add_months(today(), 9)
    return {
        "name": "Shared pharmacist", "horizon": "short", "aim": "Fewer letters", "change": "A pharmacist",
        "lead_practice": world.practice.pk, "actions": [each.pk for each in HighImpactAction.objects.all()[:2]],
        "starts_on_day": day.day, "starts_on_month": day.month, "starts_on_year": day.year,
        "ends_on_day": end.day, "ends_on_month": end.month, "ends_on_year": end.year, **changed,
    }  # fmt: skip


def test_a_practice_adds_a_project_to_its_plan_and_says_how_it_goes(world):
    client = client_of(world.manager)
    page = reverse("mou:add_project", kwargs={"referral": world.referral.pk})
    long = client.post(page, typed(world, ends_on_year=today().year + 4)).content.decode()
    assert "at most 1 year after it starts" in long
    assert "Tick at least one of the 10" in client.post(page, typed(world, actions=[])).content.decode()
    shown = client.post(page, typed(world, name="<i>Pharmacist</i>"), follow=True)
    project = Project.objects.get()
    assert "&lt;i&gt;Pharmacist" in shown.content.decode()
    plan = client.get(reverse("mou:plan", kwargs={"referral": world.referral.pk})).content.decode()
    assert "&lt;i&gt;Pharmacist" in plan
    here = reverse("mou:project", kwargs={"project": project.pk})
    client.post(here, {"status": "delayed", "words": "Nobody applied", "next_steps": "Advertise again"})
    delivery = client_of(world.officer).get(reverse("mou:delivery", kwargs={"referral": world.referral.pk}))
    assert "Delayed" in delivery.content.decode()
    removed = client.post(reverse("mou:remove_project", kwargs={"project": project.pk})).content.decode()
    assert "Record that it is stopped instead" in removed


def test_the_tracker_has_a_line_for_each_action_that_a_project_serves(world):
    project = of_cluster(world)
    of_plan(world, actions=[HighImpactAction.objects.get(number=1)])
    actions.record_project_progress(
        by=world.officer, project=project, status="on_track", words="Begun", next_steps="=Hire"
    )
    page = reverse("mou:projects")
    shown = client_of(world.officer).get(page)
    assert shown.context["list"].total == 3
    assert len(shown.context["unserved"]) == 7
    assert client_of(world.officer).get(page, {"status": "on_track"}).context["list"].total == 2
    assert client_of(world.manager).get(page).context["list"].total == 3
    stranger = make.make_person(Role.PRACTICE_USER, make.make_practice(world.ccg))
    assert client_of(stranger).get(page).context["list"].total == 0
    (sheet,) = load_workbook(io.BytesIO(client_of(world.officer).get(page, {"export": "xlsx"}).content))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][:2] == ["High impact action", "Locality"]
    assert [row[0] for row in rows[1:]] == [
        "Active signposting",
        "Productive work flows",
        "Partnership working",
    ]
    assert "Quayside locality" in rows[2]


def test_a_small_cluster_is_warned_of_and_not_refused(world):
    Practice.objects.filter(locality=world.practice.locality).update(list_size=8_000)
    world.practice.refresh_from_db()
    client = client_of(world.officer)
    page = reverse("mou:add_cluster_project", kwargs={"organisation": world.practice.locality.pk})
    assert "A cluster has at least 40,000" in client.get(page).content.decode()
    clusters = client.get(reverse("mou:clusters")).content.decode()
    assert "Fewer than 40,000" in clusters
    client.post(page, typed(world, year=world.year.pk))
    assert Project.objects.get().locality == world.practice.locality
    world.practice.list_size = 45_000
    world.practice.save()
    assert "A cluster has at least" not in client.get(page).content.decode()
    outside = client_of(make.make_person(Role.PROGRAMME_OFFICER, make.make_ccg()))
    assert outside.get(page).status_code == 404
    observer = client_of(make.make_person(Role.OBSERVER, world.ccg))
    assert observer.get(page).status_code == 403


def test_an_administrator_says_which_projects_a_plan_needs(world):
    client = client_of(world.administrator)
    page = reverse("mou:project_requirement", kwargs={"year": world.year.pk})
    client.post(page, {"short": "on"})
    assert world.year.project_requirement.horizons == [Horizon.SHORT]
    plan = client_of(world.manager).get(reverse("mou:plan", kwargs={"referral": world.referral.pk}))
    assert "Add a short project" in plan.content.decode()
