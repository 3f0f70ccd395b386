"""A variation from its draft to the seal: signed as the MoU was, worked in, each version kept."""

import datetime as dt

import pytest
from django.urls import reverse

from mou.agreement import actions as agreement_actions
from mou.agreement import documents as mou_documents
from mou.agreement import stopping
from mou.agreement.check import judge
from mou.changes import actions, documents
from mou.delivery.actions import record_progress
from mou.drafts import actions as drafts
from mou.ending import actions as ending
from mou.models import Agreement, Objective, PlanAction, Proposal
from mou.seal import verify
from mou.wording.choices import Choices, questions_of
from resilience.core import trail
from resilience.core.access import Denied
from resilience.core.calendar import today
from tests.factories import client_of
from tests.mou.together import done, together
from tests.mou.world import (
    agree_plan,
    commit_money,
    make_world,
    publish_clauses,
    send_mou,
    sign_both,
    signing,
)

A = Agreement.State


def seal(agreement):
    """What happens after the commit of the last signature."""
    assert agreement_actions.seal_now(agreement)
    return Agreement.objects.get(pk=agreement.pk)


def signed_mou(world):
    mou = sign_both(world, send_mou(world))
    world.referral.refresh_from_db()
    return Agreement.objects.get(pk=mou.pk)


def draft(world, mou, what="A third GP"):
    """A draft that changes an action, a clause and the exit strategy, and adds an objective."""
    proposal = actions.propose(by=world.manager, mou=mou, what=what, why="One of the two left.")
    by = {"by": world.officer, "proposal": proposal}
    row = PlanAction.objects.get(plan__referral=world.referral)
    actions.change_row(**by, rows="PlanAction", row=row.pk, owner=f"{what}: Maya")
    actions.change_row(
        **by, rows="Objective", heading="future", objective=what, measure="A contract", due_on=row.due_on
    )
    actions.change_part(**by, exit_strategy=f"{what}: carried on by the practice.")
    actions.change_clause(**by, clause="3.1", words=f"{what}: the practice will do <more>.")
    return Proposal.objects.get(pk=proposal.pk)


@pytest.mark.django_db
def test_a_variation_is_signed_as_the_mou_was_and_the_mou_reads_with_it_worked_in():
    world = make_world()
    mou = seal(signed_mou(world))
    before = (mou.html, bytes(mou.document.content), bytes(mou.sealed.content), mou.document.sha256)

    proposal = draft(world, mou)
    sent = actions.send_variation(by=world.officer, proposal=proposal)
    for words in ("Variation 1 of the Memorandum", mou.document.sha256, "A third GP: Maya", "Siân O’Brien",
                  "the practice will do &lt;more&gt;", "The money does not change"):  # fmt: skip
        assert words in sent.html, words
    with pytest.raises(Denied, match="practice signs first"):
        agreement_actions.sign_for_commissioner(**signing(sent, world.approver))
    assert Objective.objects.filter(plan__referral=world.referral).count() == 1

    sent = seal(sign_both(world, sent))
    proposal = Proposal.objects.get(pk=proposal.pk)
    plan = world.referral.plan
    plan.refresh_from_db()
    assert plan.agreed_at
    assert PlanAction.objects.get(plan=plan).owner == "A third GP: Maya"
    assert Objective.objects.filter(plan=plan).count() == 2
    for words in ("Consolidated version", "Variation 1, signed by all on", "A third GP: Maya",
                  "the practice will do &lt;more&gt;.", "A third GP: carried on by the practice."):  # fmt: skip
        assert words in proposal.consolidated, words
    assert verify(bytes(sent.sealed.content)).genuine
    assert documents.consolidated_pdf(proposal) == documents.consolidated_pdf(proposal)
    assert mou_documents.signed_pdf(sent) == mou_documents.signed_pdf(sent)

    # Nothing of the original changed; what is said of a copy of it did.
    mou = Agreement.objects.get(pk=mou.pk)
    assert before == (mou.html, bytes(mou.document.content), bytes(mou.sealed.content), mou.document.sha256)
    assert "superseded by variation 1 of" in judge(bytes(mou.sealed.content)).text
    assert judge(bytes(sent.sealed.content)).heading == "This document is genuine"
    assert sent.document.name.endswith("-variation-1.pdf")
    assert list(trail.verify()) == []

    # A second one names the first; each version stays to be read and downloaded.
    second = actions.send_variation(by=world.officer, proposal=draft(world, mou, "A nurse"))
    assert second.number == 2
    assert "Variation 1" in second.html
    sign_both(world, second)
    reader = client_of(world.manager)
    old = reader.get(reverse("mou:consolidated", kwargs={"agreement": sent.pk})).content.decode()
    now = reader.get(reverse("mou:consolidated", kwargs={"agreement": mou.pk})).content.decode()
    assert "A third GP: the practice" in old
    assert "A nurse: the practice" not in old
    assert "A nurse: the practice" in now
    assert "Variation 2, signed by all on" in now
    pdf = reader.get(reverse("mou:consolidated_pdf", kwargs={"agreement": sent.pk})).content
    assert pdf == documents.consolidated_pdf(proposal)
    tab = reader.get(reverse("mou:case", kwargs={"referral": world.referral.pk})).content.decode()
    for words in ("Variation 1", "Variation 2", "Read it as it stands now"):
        assert words in tab


@pytest.mark.django_db
def test_the_consolidated_mou_says_what_the_drafter_of_the_mou_chose():
    world = make_world()
    publish_clauses(
        world,
        "One.",
        "Two.",
        "The practice works.\n[optional premises] The landlord agrees.\n[optional peers, in] Peers visit.\n"
        "[note: name the premises]\nThe last.\n{signatories}",
    )
    agree_plan(world)
    commit_money(world)
    template = mou_documents.template_for(world.referral)
    (note,) = (each for each in questions_of(template) if each.is_note)
    chosen = Choices(optional={"premises": True, "peers": False}, notes={note.key: "The old barn."})
    made = drafts.make_draft(by=world.officer, referral=world.referral, choices=chosen)
    mou = sign_both(world, agreement_actions.send(by=world.officer, referral=world.referral, draft=made))
    mou = Agreement.objects.get(pk=mou.pk)
    said = ["The practice works.", "The landlord agrees.", "The old barn.", "The last."]
    assert list(documents.clauses_now(mou).values())[2:6] == said
    sent = actions.send_variation(by=world.officer, proposal=draft(world, mou))
    sign_both(world, sent)
    html = Proposal.objects.get().consolidated
    for words in ("A third GP: the practice will do", *said[1:]):
        assert words in html, words
    for words in ("Peers visit", "name the premises", "Drafting note"):
        assert words not in html, words


@pytest.mark.django_db
def test_what_is_declined_or_withdrawn_changes_nothing_and_can_be_drafted_again():
    world = make_world()
    mou = signed_mou(world)
    sent = actions.send_variation(by=world.officer, proposal=draft(world, mou))
    stopping.withdraw_agreement(by=world.officer, agreement=sent, why="A wrong name.")
    assert Objective.objects.filter(plan__referral=world.referral).count() == 1
    proposal = Proposal.objects.get()
    assert proposal.is_draft
    actions.say_why(by=world.officer, proposal=proposal, what="A third GP", why="Better said.")
    again = actions.send_variation(by=world.officer, proposal=proposal)
    assert (again.number, again.state) == (1, A.SENT)


@pytest.mark.django_db
def test_while_notice_stands_nothing_is_signed_and_the_end_closes_what_is_open():
    world = make_world()
    mou = signed_mou(world)
    sent = actions.send_variation(by=world.officer, proposal=draft(world, mou))
    Agreement.objects.filter(pk=mou.pk).update(state=A.NOTICE)
    notice = mou.notices.create(
        side="practice", months=1, given_on=today() - dt.timedelta(days=40),
        ends_on=today() - dt.timedelta(days=9), given_by=world.manager,
    )  # fmt: skip
    with pytest.raises(Denied, match="Notice was given to end this MoU"):
        agreement_actions.sign_for_practice(**signing(sent, world.manager))
    ending.terminate(by=None, agreement=Agreement.objects.get(pk=mou.pk))
    sent.refresh_from_db()
    assert (sent.state, sent.stopped_reason) == (A.EXPIRED, "The MoU ended.")
    assert Proposal.objects.get().dropped_why == "The MoU ended."
    with pytest.raises(Denied):
        agreement_actions.sign_for_practice(**signing(sent, world.manager))
    assert notice.pk


@pytest.mark.django_db(transaction=True)
def test_notice_and_the_last_signature_of_a_variation_at_once_leave_one_story():
    world = make_world()
    mou = signed_mou(world)
    sent = actions.send_variation(by=world.officer, proposal=draft(world, mou))
    agreement_actions.sign_for_practice(**signing(sent, world.manager))
    sent = Agreement.objects.get(pk=sent.pk)
    said = together(
        sign=lambda: agreement_actions.sign_for_commissioner(**signing(sent, world.approver)),
        notice=lambda: ending.give_notice(by=world.manager, agreement=mou),
    )
    assert "notice" in done(said)
    mou.refresh_from_db()
    sent.refresh_from_db()
    assert mou.state == A.NOTICE
    is_signed = "sign" in done(said)
    assert sent.state == (A.SIGNED if is_signed else A.PRACTICE_SIGNED), said
    assert bool(Proposal.objects.get().applied_at) == is_signed
    assert (PlanAction.objects.get().owner == "A third GP: Maya") == is_signed
    assert list(trail.verify()) == []


@pytest.mark.django_db
def test_what_something_is_on_record_of_by_now_is_not_taken_out():
    world = make_world()
    mou = signed_mou(world)
    row = PlanAction.objects.get()
    proposal = actions.propose(by=world.officer, mou=mou, what="Less", why="Need")
    actions.change_row(by=world.officer, proposal=proposal, rows="PlanAction", row=row.pk)
    drafted = reverse("mou:proposal", kwargs={"proposal": proposal.pk})
    assert "(taken out by this)" in client_of(world.officer).get(drafted).content.decode()
    sent = actions.send_variation(by=world.officer, proposal=proposal)
    agreement_actions.sign_for_practice(**signing(sent, world.manager))
    record_progress(by=world.manager, referral=world.referral, row=row, standing="done")
    with pytest.raises(Denied, match="Progress was recorded on “Recruitment plan” after this variation"):
        agreement_actions.sign_for_commissioner(**signing(sent, world.approver))
    stopping.withdraw_agreement(by=world.officer, agreement=sent, why="It stays.")
    for person in (world.officer, world.manager):
        page = client_of(person).get(drafted).content.decode()
        assert "Variation 1 came back without all signatures: withdrawn before signature, Olu Officer" in page
        assert "It stays." in page
    proposal = Proposal.objects.get()
    with pytest.raises(Denied, match="so it stays in the plan"):
        actions.send_variation(by=world.officer, proposal=proposal)
    actions.change_row(by=world.officer, proposal=proposal, rows="PlanAction", row=row.pk, owner="Olu")
    assert "(changed by this)" in client_of(world.officer).get(drafted).content.decode()
    sign_both(world, actions.send_variation(by=world.officer, proposal=proposal))
    assert PlanAction.objects.get().owner == "Olu"
