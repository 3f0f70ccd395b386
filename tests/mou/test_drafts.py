"""Drafts of the MoU: kept as they were read, commented on, answered, agreed, compared, sent as they are."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from post_office.models import Email

from mou.agreement import actions as agreements
from mou.drafts import actions, rules
from mou.drafts.reading import anchors_of, clause_words, passages_of, pieces_of
from mou.drafts.states import DRAFT_ACTS, DraftState, draft_state, latest_draft
from mou.models import Draft, DraftComment
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from tests.mou.world import add_supplier, agree_plan, commit_money, everyone, make_world

pytestmark = pytest.mark.django_db
S = DraftState
CHANGE = DraftComment.Kind.CHANGE


@pytest.fixture
def world():
    world = make_world()
    agree_plan(world)
    commit_money(world)
    return world


def put_in(world, state):
    """The case with its drafting in ``state``, and a comment that waits."""
    if state == S.NONE:
        return None, None
    draft = actions.make_draft(by=world.officer, referral=world.referral)
    if state == S.ISSUED:
        comment = comment_on(world, draft, kind="comment")
        agreements.send(by=world.officer, referral=world.referral, draft=draft)
        return draft, comment
    comment = comment_on(world, draft, kind="comment")
    if state == S.AGREED:
        actions.agree_draft(by=world.manager, draft=draft)
    return Draft.objects.get(pk=draft.pk), comment


def comment_on(world, draft, kind=CHANGE, text="Say May, not June.", clause="clause-3-2", by=None):
    return actions.comment_on_draft(by=by or world.manager, draft=draft, clause=clause, kind=kind, text=text)


def do(act, person, world, draft, comment):
    acts = {
        "mou.make_draft": lambda: actions.make_draft(by=person, referral=world.referral),
        "mou.comment_on_draft": lambda: comment_on(world, draft, text="Why?", by=person),
        "mou.agree_draft": lambda: actions.agree_draft(by=person, draft=draft),
        "mou.answer_comment": lambda: actions.answer_comment(
            by=person, comment=comment, answer="answered", text="Because."
        ),
        "mou.send": lambda: agreements.send(by=person, referral=world.referral, draft=draft),
    }
    return acts[act]()


MAY = {
    "mou.make_draft": Role.PROGRAMME_OFFICER,
    "mou.comment_on_draft": Role.PRACTICE_USER,
    "mou.agree_draft": Role.PRACTICE_USER,
    "mou.answer_comment": Role.PROGRAMME_OFFICER,
    "mou.send": Role.PROGRAMME_OFFICER,
}


@pytest.mark.parametrize("state", S.values)
def test_every_act_in_every_state_by_every_role(world, state):
    draft, comment = put_in(world, state)
    for role, in_scope, person in everyone(world):
        for name, act in DRAFT_ACTS.items():
            if draft is None and name != "mou.make_draft":
                continue
            allowed = in_scope and role == MAY[name] and state in act.moves
            with transaction.atomic():
                try:
                    do(name, person, world, draft, comment)
                    done = True
                except Denied:
                    done = False
                assert done == allowed, (name, state, role, in_scope)
                assert TrailEntry.objects.filter(act=name, by=person).count() == allowed
                if done and name != "mou.make_draft":
                    assert draft_state(world.referral, latest_draft(world.referral)) == act.moves[state]
                transaction.set_rollback(True)
            person.__dict__.pop("_allowed", None)


def test_a_draft_never_changes_and_the_same_is_not_kept_twice(world):
    draft = actions.make_draft(by=world.officer, referral=world.referral)
    assert actions.make_draft(by=world.officer, referral=world.referral) == draft
    assert Draft.objects.count() == 1
    for change in ({"html": "x"}, {"choices": {}}, {"number": 2}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Draft.objects.filter(pk=draft.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        draft.delete()


def test_a_change_is_asked_for_made_and_both_read_so(world, client):
    draft = actions.make_draft(by=world.officer, referral=world.referral)
    assert world.manager.email in {to for email in Email.objects.all() for to in email.to}
    comment = comment_on(world, draft, text="Say <May> & not June.")
    assert comment_on(world, draft, text="Say <May> & not June.") == comment
    with pytest.raises(Denied, match="Answer the change asked for"):
        agreements.send(by=world.officer, referral=world.referral)
    with pytest.raises(Denied, match="not answered yet"):
        actions.agree_draft(by=world.manager, draft=draft)
    with pytest.raises(Denied, match="No draft was made since"):
        actions.answer_comment(by=world.officer, comment=comment, answer="done")
    with pytest.raises(Denied, match="either done or not taken"):
        actions.answer_comment(by=world.officer, comment=comment, answer="answered", text="Yes")
    with pytest.raises(Denied, match="Give the reason"):
        actions.answer_comment(by=world.officer, comment=comment, answer="not_taken", text=" ")
    actions.answer_comment(by=world.officer, comment=comment, answer="not_taken", text="June is <fixed>.")
    with pytest.raises(Denied, match="answered already"):
        actions.answer_comment(by=world.officer, comment=comment, answer="not_taken", text="No.")
    for person in (world.manager, world.officer):
        client.force_login(person)
        shown = client.get(reverse("mou:read_draft", kwargs={"mou_draft": draft.pk})).content.decode()
        assert "Say &lt;May&gt; &amp; not June." in shown
        assert "June is &lt;fixed&gt;." in shown
        assert shown.index('id="clause-3-2"') < shown.index("Not taken") < shown.index('id="clause-3-3"')
    actions.agree_draft(by=world.manager, draft=draft)
    assert agreements.send(by=world.officer, referral=world.referral).html == draft.html


def test_what_changed_since_is_said_and_asks_for_a_new_draft(world):
    draft = actions.make_draft(by=world.officer, referral=world.referral)
    type(world.practice).objects.filter(pk=world.practice.pk).update(address="2 New Road")
    draft = Draft.objects.get(pk=draft.pk)
    for refused in (
        lambda: agreements.send(by=world.officer, referral=world.referral),
        lambda: actions.agree_draft(by=world.manager, draft=draft),
    ):
        with pytest.raises(Denied, match="has changed since draft 1"):
            refused()
    anew = actions.make_draft(by=world.officer, referral=world.referral)
    assert anew.number == 2
    with pytest.raises(Denied, match="newer draft"):
        actions.agree_draft(by=world.manager, draft=draft)
    with pytest.raises(Denied, match="Another draft was made"):
        agreements.send(by=world.officer, referral=world.referral, draft=draft)
    assert agreements.send(by=world.officer, referral=world.referral, draft=anew).draft == anew


def test_a_comment_takes_back_the_agreement(world):
    draft = actions.make_draft(by=world.officer, referral=world.referral)
    actions.agree_draft(by=world.manager, draft=draft)
    actions.agree_draft(by=world.manager, draft=draft)
    comment_on(world, draft)
    draft.refresh_from_db()
    assert draft.agreed_at is None


def test_a_comment_points_at_a_clause_that_is_there(world):
    draft = actions.make_draft(by=world.officer, referral=world.referral)
    with pytest.raises(Denied, match="no such clause"):
        comment_on(world, draft, clause="clause-99-1")
    assert comment_on(world, draft, clause="").clause == ""
    assert "clause-3-2" in anchors_of(draft.html)
    assert clause_words(draft.html, "clause-3-2")
    assert "".join(html for html, _ in pieces_of(draft.html)) == draft.html


def test_two_drafts_are_compared_in_words(world, client):
    draft = actions.make_draft(by=world.officer, referral=world.referral)
    type(world.practice).objects.filter(pk=world.practice.pk).update(address="2 New Road")
    world.referral.refresh_from_db()
    anew = actions.make_draft(by=world.officer, referral=world.referral)
    assert passages_of(draft.html) != passages_of(anew.html)
    client.force_login(world.manager)
    shown = client.get(reverse("mou:compare_drafts", kwargs={"mou_draft": anew.pk})).content.decode()
    assert "put in: " in shown
    assert "<ins>" in shown
    assert client.get(reverse("mou:compare_drafts", kwargs={"mou_draft": draft.pk})).status_code == 404


def test_a_draft_with_a_supplier_is_sent_to_three(world):
    supplier = add_supplier(world)
    draft = actions.make_draft(by=world.officer, referral=world.referral, supplier=supplier)
    assert supplier.name in draft.html
    assert agreements.send(by=world.officer, referral=world.referral).sides == (
        "practice", "supplier", "commissioner",
    )  # fmt: skip
    world.supplier.assignments.update(ended_on=world.supplier.assignments.get().started_on)
    with pytest.raises(Denied, match="not in the care of"):
        rules.check_can_be_partner(supplier, world.referral)
