"""A group's referral divided: everything is carried, nothing stands or counts twice, and nothing half happens."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from funding import actions as funding
from funding.models import Bid
from funding.returns.facts import _granted as granted_in
from funding.rules import money_left, still_to_commit
from mou.agreement import actions as agreements
from mou.bulk.ready import cases as to_issue
from mou.groups import actions as groups
from mou.groups.rules import AlreadyDivided
from mou.models import Objective, Plan, Project
from mou.plan import actions as plan_actions
from mou.plan import plans
from mou.projects import projects
from mou.review.rules import placement_before
from mou.suppliers.actions import assign_case
from practices.models import Person
from resilience.assessments import actions as assessments
from resilience.assessments.comparison import profiles
from resilience.assessments.history import earlier_supported
from resilience.assessments.models import Interest, Placement
from resilience.core import trail
from resilience.core.access import Denied, P, Role, allows
from resilience.core.calendar import today
from resilience.core.models import StoredFile, TrailEntry
from resilience.decisions import actions as decisions
from resilience.decisions.models import Decision
from resilience.referrals.clock import figures
from resilience.referrals.dividing import places_of
from resilience.referrals.filters import TABS, worklist_rows
from resilience.referrals.following import stage_dates_of, stages
from resilience.referrals.models import Referral
from resilience.referrals.receipt import receive
from resilience.referrals.rules import open_referrals_of
from resilience.referrals.states import State
from tests.factories import make_ccg, make_organisation, make_person, make_practice, make_referral
from tests.mou.dividing import SHARES, divide, found_in, make_group, said_of
from tests.mou.world import agree_plan, commit_money, fill_plan, sign_both

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_group()


def refused(world, because: str, by=None, **changed) -> None:
    with pytest.raises(Denied, match=re.escape(because)):
        divide(world, by, **changed)
    assert not Referral.objects.filter(divided_from__isnull=False).exists()
    assert not TrailEntry.objects.filter(act="mou.divide").exists()


# --- what is carried -----------------------------------------------------------------------------


def test_each_practice_has_a_case_that_begins_where_the_group_stood(world):
    group = world.referral
    file = StoredFile.keep(name="rota.pdf", content_type="application/pdf", content=b"%PDF", by=world.manager)
    group.attachments.create(file=file, attached_by=world.manager)
    group.assigned_to, group.commissioner_statement, group.priority = world.officer, "We back it", "high"
    group.save()
    cases = divide(world)
    group.refresh_from_db()
    assert (group.state, [each.state for each in cases]) == (State.DIVIDED, [State.SUPPORTED] * 3)
    assert [each.reference for each in cases] == [f"{group.reference}-{n}" for n in (1, 2, 3)]
    assert cases[0].lead_practice == world.practice
    same = (
        "year",
        "commissioner",
        "channel",
        "issues",
        "support_wanted",
        "commissioner_supports",
        "started_at",
    )
    clock = ("received_at", "received_on", "submitted_by", "acknowledge_by", "decide_by", "acknowledged_at",
             "acknowledged_by", "commissioner_statement", "priority", "assigned_to")  # fmt: skip
    for n, case in enumerate(Referral.objects.filter(divided_from=group).order_by("pk"), start=1):
        for name in (*same, *clock):
            assert getattr(case, name) == getattr(group, name), name
        place = case.practices.get()
        there = group.practices.get(practice=case.lead_practice)
        assert (place.is_lead, place.practice) == (True, case.lead_practice)
        assert (place.name, place.list_size) == (there.name, there.list_size)
        assert case.list_size_total == place.list_size
        assert case.contact_email == f"contact{n}@example.nhs.uk"
        assert [each.item for each in case.wanted.all()] == [each.item for each in group.wanted.all()]
        assert [each.file for each in case.attachments.all()] == [file]
        assert not hasattr(case, "assessment")


def test_the_placement_and_the_decision_are_carried_with_their_people_and_moments(world):
    before, decided = Placement.objects.get(), Decision.objects.get()
    cases = divide(world)
    for case, pence in zip(cases, SHARES, strict=True):
        placement, decision = case.placements.get(), case.decisions.get()
        assert placement.is_current
        for name in ("cell", "scope_justification", "impact_justification", "placed_at", "placed_by"):
            assert getattr(placement, name) == getattr(before, name)
        for name in ("outcome", "reason", "letter", "decided_at", "decided_by"):
            assert getattr(decision, name) == getattr(decided, name)
        assert (decision.amount, decision.placement) == (pence, placement)
        assert [each.item for each in decision.categories.all()] == [
            each.item for each in decided.categories.all()
        ]
        assert placement_before(case) == placement
        assert still_to_commit(case) == pence


def test_a_plan_that_was_begun_is_each_ones_own_and_agreed_by_nobody(world):
    plan = fill_plan(world)
    mark = plans.fingerprint(plan)
    plan_actions.agree_for_practice(by=world.manager, referral=world.referral, fingerprint=mark)
    lead, other, _ = divide(world)
    mine, theirs = Plan.objects.get(referral=lead), Plan.objects.get(referral=other)
    for each in (mine, theirs):
        assert each.practice_agreed_at is None
        assert (each.exit_strategy, each.ends_on) == (plan.exit_strategy, plan.ends_on)
        assert each.strategic_lead == "Leader"
        for kind, fields in plans.ROWS.items():
            rows = kind.objects.filter(plan=each).values_list(*fields)
            assert list(rows) == list(kind.objects.filter(plan=plan).values_list(*fields)) != []
    assert (mine.practice_lead, theirs.practice_lead) == ("Leader", "Contact 2")
    assert theirs.practice_lead_email == "contact2@example.nhs.uk"
    Objective.objects.filter(plan=theirs).update(objective="Other")
    assert Objective.objects.get(plan=mine).objective == "Two GPs recruited"


def test_a_project_of_the_group_stands_in_the_mou_of_each_that_takes_part(world):
    fill_plan(world)
    group = world.referral
    second = group.practices.filter(is_lead=False).order_by("name").first().practice
    project = Project.objects.create(
        year=world.year, plan=group.plan, commissioner=world.ccg, horizon="short", name="Shared pharmacist",
        aim="x", change="y", lead_practice=world.practice, starts_on=today(),
        ends_on=today() + dt.timedelta(days=300),
        added_by=world.officer,
    )  # fmt: skip
    for practice in (world.practice, second):
        project.taking_part.create(practice=practice)
    cases = {each.lead_practice: each for each in divide(world)}
    for practice, case in cases.items():
        shared = list(projects.of_cluster(Plan.objects.get(referral=case)))
        assert shared == ([project] if practice in (world.practice, second) else [])


def test_the_stages_that_a_practice_follows_have_the_dates_of_the_group(world):
    others = (make_practice(world.ccg),)
    group = make_referral(make_practice(world.ccg), world.year, State.UNDER_ASSESSMENT, others=others)
    found_in(group, world.officer)
    scores = {"scope": 4, "impact": 4, "scope_justification": "x", "impact_justification": "y"}
    assessments.complete(by=world.officer, assessment=group.assessment)
    assessments.place(by=world.officer, referral=group, **scores)
    categories = [world.year.menu.first()]
    said = {"reason": "Need", "letter": "Yes", "amount": 900_00, "categories": categories}
    decisions.support(by=world.approver, referral=group, **said)
    cases = groups.divide(
        by=world.officer, referral=group, practices=said_of(group, (500_00, 400_00)), why="Each signs"
    )
    group.refresh_from_db()
    dates = stage_dates_of([group, *cases])
    for case in (group, *cases):
        assert dates[case.pk] == {"assessed": today(), "decided": today()}
    assert [each.state for each in stages(cases[1], dates[cases[1].pk])] == ["done"] * 4 + ["now"]
    last = stages(group, dates[group.pk])[-1]
    assert (last.state, last.sentence) == ("later", "In each practice’s own case")


# --- each goes its own way ------------------------------------------------------------------------


def test_each_practice_goes_on_to_an_mou_of_its_own(world):
    cases = divide(world)
    case = cases[1]
    manager = make_person(Role.PRACTICE_USER, case.lead_practice, job_title="Partner")
    theirs = replace(world, practice=case.lead_practice, referral=case, manager=manager)
    agree_plan(theirs)
    commit_money(theirs, SHARES[1])
    with pytest.raises(Denied, match="All that the decision granted is committed"):
        commit_money(theirs, 1, key="more")
    agreement = sign_both(theirs, agreements.send(by=theirs.officer, referral=case))
    assert case.lead_practice.name in agreement.html
    assert world.practice.ods_code not in agreement.html
    states = {each.pk: each.state for each in Referral.objects.filter(divided_from=world.referral)}
    assert states == {cases[0].pk: "supported", case.pk: "agreed", cases[2].pk: "supported"}


def test_a_practice_sees_its_own_case_and_no_other(world):
    cases = divide(world)
    second = Person.objects.get(name=f"Manager of {cases[1].lead_practice.name}")
    assert [allows(second, P.VIEW_REFERRALS, each) for each in (world.referral, *cases)] == [
        True, False, True, False,
    ]  # fmt: skip


# --- nothing twice --------------------------------------------------------------------------------


def test_nothing_counts_twice(world):
    group = world.referral
    other = make_referral(make_practice(world.ccg), world.year, State.ACKNOWLEDGED)
    clock, left = figures(Referral.objects.all())[1], money_left(other)
    granted_before = sum(pence for _, pence in granted_in(world.year, {world.ccg.pk}).values())
    cases = divide(world)
    assert figures(Referral.objects.all())[1] == clock
    assert money_left(other) == left
    granted = granted_in(world.year, {world.ccg.pk})
    assert set(granted) == {each.pk for each in cases}
    assert sum(pence for _, pence in granted.values()) == granted_before == sum(SHARES)
    assert Placement.objects.filter(is_current=True).count() == 3
    assert [each.referral for each in Placement.objects.filter(is_current=True).order_by("pk")] == cases
    assert set(to_issue(world.officer)) == set(cases)
    rows = worklist_rows(world.officer)
    assert set(rows.filter(TABS["to_commit"][1])) == set(cases)
    assert group in rows.filter(TABS["closed"][1])
    assert group not in rows.filter(TABS["all"][1])


def test_a_practice_has_one_open_referral_and_no_earlier_support(world):
    cases = divide(world)
    for case in cases:
        assert open_referrals_of(world.year, [case.lead_practice_id]) == [case]
        assert not earlier_supported(case).exists()
    later = make_referral(cases[1].lead_practice, world.year)
    assert list(earlier_supported(later)) == [cases[1]]


def test_a_case_is_compared_by_what_was_found_of_its_group(world):
    placement = Placement.objects.get()
    found = profiles([placement])[world.referral.pk]
    cases = divide(world)
    carried = list(Placement.objects.filter(is_current=True))
    assert profiles(carried) == dict.fromkeys([each.pk for each in cases], found)


# --- what stands in the way -----------------------------------------------------------------------


def test_a_second_click_divides_nothing_again(world):
    divide(world)
    with pytest.raises(AlreadyDivided, match="was divided on"):
        divide(world)
    assert Referral.objects.filter(divided_from=world.referral).count() == 3


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ((1_000_00, 600_00, 399_99), "The parts come to £1,999.99. The decision granted £2,000"),
        ((1_000_00, 600_00, 400_01), "make them add up to that"),
        ((2_000_00, 1, -1), "must be more than £0"),
        ((1_400_00, 600_00, 0), "must be more than £0"),
    ],
)
def test_the_parts_add_up_to_what_was_granted(world, shares, why):
    refused(world, why, practices=said_of(world.referral, shares))


def test_what_binds_the_practices_together_stands_in_the_way(world):
    said = said_of(world.referral)
    refused(world, "Say why", why=" ")
    refused(world, "changed meanwhile", practices=dict(list(said.items())[:2]))
    agree_plan(world)
    refused(world, "Reopen the plan first")


def test_committed_money_stands_in_the_way_until_it_is_released(world):
    commitment = commit_money(world)
    refused(world, "this referral is “Money committed”")
    funding.release(by=world.officer, commitment=commitment, why="One each", key="release")
    assert len(divide(world)) == 3


def test_a_bid_that_waits_and_a_supplier_stand_in_the_way(world):
    bid = Bid.objects.create(referral=world.referral, key="b", sent_by=world.manager)
    refused(world, "waits for an answer")
    Bid.objects.filter(pk=bid.pk).update(withdrawn_at=timezone.now(), withdrawn_by=world.manager)
    supplier = make_organisation("supplier", world.office, name="Steady")
    given = {
        "practices": [world.practice],
        "supplier": supplier,
        "name": "Cara",
        "email": "cara@example.nhs.uk",
    }
    assign_case(by=world.officer, referral=world.referral, **given)
    refused(world, f"{world.practice.name} is with Steady")


def test_only_who_works_for_every_practice_and_has_no_interest(world):
    for person in (world.manager, world.approver, world.finance, world.administrator):
        refused(world, "Your role does not let you", by=person)
    today_ = {"started_on": today(), "declared_by": world.officer}
    place = world.referral.practices.last()
    interest = Interest.objects.create(person=world.officer, practice=place.practice, nature="x", **today_)
    refused(world, "You declared an interest")
    Interest.objects.filter(pk=interest.pk).update(ended_on=today(), ended_by=world.officer)
    assert len(divide(world)) == 3


def test_a_practice_of_another_commissioner_has_its_case_there(world):
    theirs = make_ccg(world.office, name="Southvale CCG")
    far = make_practice(theirs)
    group = make_referral(make_practice(world.ccg), world.year, State.SUPPORTED, others=(far,))
    Decision.objects.create(
        referral=group, outcome="supported", reason="x", amount=10_00, letter="x", decided_by=world.approver
    )
    group.assigned_to = world.officer
    group.save()
    given = {"referral": group, "practices": said_of(group, (6_00, 4_00)), "why": "x"}
    with pytest.raises(Denied, match="is a practice of Southvale CCG"):
        groups.divide(by=world.officer, **given)
    both = make_person(Role.PROGRAMME_OFFICER, world.office)
    mine, other = groups.divide(by=both, **given)
    assert (mine.commissioner, other.commissioner) == (world.ccg, theirs)
    assert (mine.assigned_to, other.assigned_to) == (world.officer, None)


def test_a_referral_of_one_practice_is_not_divided(world):
    alone = make_referral(make_practice(world.ccg), world.year, State.SUPPORTED)
    with pytest.raises(Denied, match="of one practice"):
        groups.divide(by=world.officer, referral=alone, practices={}, why="x")


def test_the_same_asked_by_a_practice_alone_stands_in_the_way_and_nothing_is_left_half_done(world):
    place = places_of(world.referral)[2]
    group = world.referral
    alone = make_referral(
        place.practice,
        world.year,
        issues=group.issues,
        support_wanted=group.support_wanted,
        state=State.DRAFT,
    )
    receive(alone, by=world.manager, received_on=today(), channel="online")
    refused(world, f"asks for the same: {alone.reference}")
    group.refresh_from_db()
    assert group.state == State.SUPPORTED
    assert Placement.objects.get().is_current


# --- on record, and told --------------------------------------------------------------------------


def test_the_trail_says_it_on_the_group_and_on_each_case(world):
    cases = divide(world)
    group, *each = TrailEntry.objects.filter(act="mou.divide").order_by("sequence")
    assert (group.case_id, group.by) == (world.referral.pk, world.officer)
    assert group.facts == {"before": "supported", "after": "divided", "cases": [case.pk for case in cases]}
    assert [entry.case_id for entry in each] == [case.pk for case in cases]
    for entry, pence in zip(each, SHARES, strict=True):
        assert entry.facts == {"after": "supported", "divided_from": world.referral.pk, "pence": pence}
        assert entry.reason.words == group.reason.words == "Each wants to sign for itself"
    assert not list(trail.verify())


@pytest.mark.parametrize("is_contact_of_lead", [True, False])
def test_each_contact_has_one_email_and_it_stays_on_record(world, is_contact_of_lead):
    said = said_of(world.referral)
    if is_contact_of_lead:
        own = said[world.practice.pk]
        contact = replace(own.contact, email=world.referral.contact_email.upper())
        said[world.practice.pk] = replace(own, contact=contact)
    Email.objects.all().delete()
    cases = divide(world, practices=said)
    sent = {each.to[0].lower(): each for each in Email.objects.all()}
    assert len(sent) == Email.objects.count() == (3 if is_contact_of_lead else 4)
    second = sent["contact2@example.nhs.uk"]
    assert cases[1].reference in second.subject
    assert "up to £600" in second.message
    assert reverse("referrals:follow", args=[cases[1].pk]) in second.message
    assert cases[0].reference not in second.message
    of_all = sent[world.referral.contact_email]
    for case in cases:
        assert f"{case.lead_practice.name}: {case.reference}" in of_all.message
    assert cases[1].messages.get().text == second.message
    assert cases[0].messages.get().kind == "email"
