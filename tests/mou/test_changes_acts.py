"""Changes of an MoU: every act × every state × every role, and what each refuses, in words."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from post_office.models import Email

from mou.changes import actions
from mou.changes.states import PROPOSAL_ACTS, ProposalState, proposal_state
from mou.models import Agreement, Objective, Plan, PlanAction, Proposal, ProposedChange
from resilience.assessments.models import Interest
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from tests.factories import client_of
from tests.mou.after import put
from tests.mou.world import everyone, make_world

pytestmark = pytest.mark.django_db
A = Agreement.State
S = ProposalState
LAST = today() + dt.timedelta(days=200)


def world_with(state=S.NONE, kind="national", mou_state=A.SIGNED):
    """An MoU with a plan of one action, and a proposal in a state."""
    world = make_world(kind)
    Plan.objects.create(referral=world.referral, ends_on=LAST, exit_strategy="As before.")
    mou = put(world, mou_state)
    plan = world.referral.plan
    plan.actions.create(
        deliverable="Recruitment plan", action="x", owner="Siân", outcomes="x", due_on=today()
    )
    if state == S.NONE:
        return world, mou, None
    proposal = Proposal.objects.create(mou=mou, what="A third GP", why="One left", asked_by=world.officer)
    change = proposal.changes.create(
        target="part", before={"exit_strategy": "As before."}, after={"exit_strategy": "By itself."}
    )
    if state in (S.SENT, S.APPLIED):
        signed = {"state": A.SIGNED, "signed_at": mou.signed_at} if state == S.APPLIED else {}
        proposal.agreement = Agreement.objects.create(
            referral=world.referral, kind="variation", varies=mou, number=1, template=mou.template,
            html="x", document=mou.document, sent_by=world.officer, **signed,
        )  # fmt: skip
        if state == S.APPLIED:
            proposal.applied_at, proposal.consolidated = mou.signed_at, "<p>x</p>"
    if state == S.DROPPED:
        proposal.dropped_at, proposal.dropped_by = mou.signed_at, world.officer
    proposal.save()
    return world, mou, (proposal, change)


def do(name, by, world, mou, made):
    proposal, change = made or (None, None)
    row = PlanAction.objects.get(plan__referral=world.referral)
    return {
        "mou.propose": lambda: actions.propose(by=by, mou=mou, what="More", why="Need"),
        "mou.say_why": lambda: actions.say_why(by=by, proposal=proposal, what="Other", why="Need"),
        "mou.change_part": lambda: actions.change_part(by=by, proposal=proposal, exit_strategy="Else"),
        "mou.change_row": lambda: actions.change_row(
            by=by, proposal=proposal, rows="PlanAction", row=row.pk, owner="Olu"
        ),
        "mou.change_clause": lambda: actions.change_clause(
            by=by, proposal=proposal, clause="3.1", words="New words."
        ),
        "mou.undo_change": lambda: actions.undo_change(by=by, proposal=proposal, change=change),
        "mou.send_variation": lambda: actions.send_variation(by=by, proposal=proposal),
        "mou.drop_proposal": lambda: actions.drop_proposal(by=by, proposal=proposal, why="Not needed."),
    }[name]()


@pytest.mark.parametrize("state", S.values)
def test_every_act_on_a_change_in_every_state_by_every_role(state, monkeypatch):
    """Allowed exactly where the table says, to exactly this role in scope; the trail has the entry."""
    monkeypatch.setattr("mou.agreement.documents.to_pdf", lambda *a, **k: b"%PDF-1.4")
    world, mou, made = world_with(state)
    for role, in_scope, person in everyone(world):
        for name, act in PROPOSAL_ACTS.items():
            if made is None and name != "mou.propose":
                continue
            may = {Role.PROGRAMME_OFFICER} | ({Role.PRACTICE_USER} if name == "mou.propose" else set())
            # A change that was signed or dropped leaves room for another.
            moves = (
                {**act.moves, S.APPLIED: S.DRAFT, S.DROPPED: S.DRAFT} if name == "mou.propose" else act.moves
            )
            allowed = in_scope and role in may and state in moves
            with transaction.atomic():
                fresh = made and (Proposal.objects.get(pk=made[0].pk), made[1])
                try:
                    do(name, person, world, Agreement.objects.get(pk=mou.pk), fresh)
                    done = True
                except Denied:
                    done = False
                assert done == allowed, (name, state, role, in_scope)
                assert TrailEntry.objects.filter(act=name, by=person).count() == allowed
                if done and made and name != "mou.propose":
                    after = Proposal.objects.get(pk=made[0].pk)
                    assert proposal_state(after) == act.moves[state]
                transaction.set_rollback(True)
            person.__dict__.pop("_allowed", None)


@pytest.mark.parametrize("mou_state", sorted(set(A.values) - {A.SIGNED}))
def test_only_an_mou_in_force_and_under_no_notice_is_varied(mou_state):
    world, mou, _ = world_with(mou_state=mou_state)
    with pytest.raises(Denied):
        actions.propose(by=world.officer, mou=mou, what="More", why="Need")


def test_an_extension_is_the_commissioners_and_only_where_the_wording_allows_it():
    world, mou, _ = world_with()
    with pytest.raises(Denied):
        actions.propose(by=world.manager, mou=mou, what="Longer", why="x", kind="extension")
    proposal = actions.propose(by=world.officer, mou=mou, what="Longer", why="x", kind="extension")
    with pytest.raises(Denied, match="Set the new end date"):
        actions.send_variation(by=world.officer, proposal=proposal)
    for no_later in (LAST, LAST - dt.timedelta(days=1)):
        with pytest.raises(Denied, match="ends later than the MoU does now"):
            actions.change_part(by=world.officer, proposal=proposal, ends_on=no_later)
    actions.change_part(by=world.officer, proposal=proposal, ends_on=LAST + dt.timedelta(days=30))


def test_the_local_wording_is_not_extended_by_either_way():
    world, mou, _ = world_with(kind="local")
    with pytest.raises(Denied, match="does not allow it to be extended"):
        actions.propose(by=world.officer, mou=mou, what="Longer", why="x", kind="extension")
    proposal = actions.propose(by=world.officer, mou=mou, what="Dates", why="x")
    with pytest.raises(Denied, match="does not allow it to be extended"):
        actions.change_part(by=world.officer, proposal=proposal, ends_on=LAST + dt.timedelta(days=30))
    actions.change_part(by=world.officer, proposal=proposal, ends_on=LAST - dt.timedelta(days=30))


def test_what_is_due_after_a_sooner_end_must_change_too():
    world, mou, _ = world_with()
    row = PlanAction.objects.get()
    PlanAction.objects.filter(pk=row.pk).update(due_on=LAST - dt.timedelta(days=10))
    proposal = actions.propose(by=world.officer, mou=mou, what="Sooner", why="x")
    sooner = LAST - dt.timedelta(days=60)
    actions.change_part(by=world.officer, proposal=proposal, ends_on=sooner)
    with pytest.raises(Denied, match="“Recruitment plan” would be due after the MoU ends"):
        actions.send_variation(by=world.officer, proposal=proposal)
    actions.change_row(by=world.officer, proposal=proposal, rows="PlanAction", row=row.pk, due_on=sooner)
    actions.change_row(
        by=world.officer, proposal=proposal, rows="Objective", heading="future", objective="Late one",
        measure="x", due_on=LAST,
    )  # fmt: skip
    with pytest.raises(Denied, match="“Late one” would be due after"):
        actions.send_variation(by=world.officer, proposal=proposal)


def test_what_is_typed_as_it_stands_is_no_change():
    world, mou, _ = world_with()
    proposal = actions.propose(by=world.officer, mou=mou, what="x", why="x")
    row = PlanAction.objects.get()
    actions.change_row(by=world.officer, proposal=proposal, rows="PlanAction", row=row.pk, owner="Olu")
    actions.change_row(by=world.officer, proposal=proposal, rows="PlanAction", row=row.pk, owner="Siân")
    actions.change_part(by=world.officer, proposal=proposal, ends_on=LAST)
    assert not ProposedChange.objects.filter(proposal=proposal).exists()
    with pytest.raises(Denied, match="Nothing changes yet"):
        actions.send_variation(by=world.officer, proposal=proposal)


def test_nobody_with_an_interest_drafts_for_the_commissioner():
    world, _, made = world_with(S.DRAFT)
    Interest.objects.create(
        person=world.officer,
        practice=world.practice,
        nature="x",
        started_on=today(),
        declared_by=world.officer,
    )
    with pytest.raises(Denied, match="declared an interest"):
        actions.say_why(by=world.officer, proposal=made[0], what="x", why="y")


def test_one_change_at_a_time_and_both_sides_are_told():
    world, mou, _ = world_with()
    Email.objects.all().delete()
    asked = actions.propose(by=world.manager, mou=mou, what="A third GP", why="One left")
    assert actions.propose(by=world.manager, mou=mou, what="A third GP", why="One left") == asked
    with pytest.raises(Denied, match="Another change"):
        actions.propose(by=world.officer, mou=mou, what="Other", why="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.create(mou=mou, what="x", why="x", asked_by=world.officer)
    assert "One left" in Email.objects.get().message
    actions.drop_proposal(by=world.manager, proposal=asked, why="They stay.")
    told = {address for email in Email.objects.all() for address in email.to}
    assert world.manager.email in told
    assert "They stay." in Email.objects.order_by("-id").first().message


def test_a_second_click_asks_for_one_change_and_says_no_to_nobody():
    world, mou, _ = world_with()
    asked = {"what": "A third GP", "why": "One left"}
    for _ in range(2):
        answer = client_of(world.manager).post(reverse("mou:propose", kwargs={"agreement": mou.pk}), asked)
        assert answer.status_code == 302
    assert Proposal.objects.count() == 1


def test_a_change_that_was_signed_never_changes():
    _, _, made = world_with(S.APPLIED)
    with pytest.raises(DatabaseError), transaction.atomic():
        Proposal.objects.filter(pk=made[0].pk).update(consolidated="<p>Other</p>")
    with pytest.raises(DatabaseError), transaction.atomic():
        ProposedChange.objects.filter(pk=made[1].pk).update(after={})
    with pytest.raises(DatabaseError), transaction.atomic():
        made[0].changes.create(target="clause", clause="3.1")


def test_a_theme_of_the_menu_stays_and_unknown_parts_are_refused():
    world, _, made = world_with(S.DRAFT)
    theme = world.referral.plan.contributions.create(theme="Coaching", item=world.year.menu.first())
    with pytest.raises(Denied, match="on the programme's menu"):
        actions.change_row(by=world.officer, proposal=made[0], rows="Contribution", row=theme.pk)
    with pytest.raises(Denied, match="not there any more"):
        actions.change_row(by=world.officer, proposal=made[0], rows="Objective", row=9999, objective="x")
    with pytest.raises(Denied, match="Choose a clause"):
        actions.change_clause(by=world.officer, proposal=made[0], clause="99.1", words="x")
    with pytest.raises(TypeError):
        actions.change_part(by=world.officer, proposal=made[0], agreed_at=None)
    assert not Objective.objects.exists()
