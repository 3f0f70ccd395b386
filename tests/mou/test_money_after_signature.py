"""Money committed after the MoU is signed: payable once a variation that all sides signed names it, not before."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding import actions as funding
from funding import ledger
from funding.invoices import claims
from funding.models import Commitment
from funding.mou_status import in_mou
from funding.returns.facts import facts_of
from funding.stages.actions import accept_progress, make_payable, open_what_is_due
from funding.stages.gate import NEVER_NAMED, NOT_NAMED, missing
from funding.stages.standing import standings
from funding.stages.statement import statement
from mou.agreement import actions as agreement_actions
from mou.agreement import stopping
from mou.changes import actions
from mou.changes.money import money_lines, said
from mou.ending import actions as ending
from mou.models import Agreement, Proposal
from resilience.core import trail
from resilience.core.access import Denied
from resilience.core.calendar import add_months, today
from resilience.home.of_mou import money_unnamed
from resilience.programmes.models import Milestone
from resilience.referrals.states import State
from tests.factories import client_of
from tests.mou.after import on, put
from tests.mou.together import done, together
from tests.mou.world import agree_plan, commit_money, make_world, sign_both, signing

A = Agreement.State


def signed(first=150_000):
    """A world whose MoU is signed and names ``first`` pence, of the £2,000 granted."""
    world = make_world()
    agree_plan(world)
    commit_money(world, first)
    mou = sign_both(world, agreement_actions.send(by=world.officer, referral=world.referral))
    world.referral.refresh_from_db()
    return world, Agreement.objects.get(pk=mou.pk)


def vary(world, mou, what="£500 more"):
    proposal = actions.propose(by=world.officer, mou=mou, what=what, why="A third GP.")
    return actions.send_variation(by=world.officer, proposal=proposal)


def stands(commitment):
    figures = ledger.of_commitment(commitment)
    return figures.committed, figures.payable, figures.paid


def page(person, name, **kwargs):
    reader = client_of(person)
    return reader.get(reverse(name, kwargs=kwargs)).content.decode()


@pytest.mark.django_db
def test_more_money_is_payable_from_the_last_signature_of_the_variation_that_names_it():
    world, mou = signed()
    more = commit_money(world, 50_000, key="more")
    stage = world.year.stages.get()
    assert world.referral.state == State.AGREED
    assert stands(more) == (50_000, 0, 0)
    assert missing(stage, more) == NOT_NAMED
    with pytest.raises(Denied, match="not in the MoU yet"):
        make_payable(by=None, commitment=more, stage=stage, amount=50_000, key="by-hand")
    with pytest.raises(Denied, match="Nothing of this commitment is payable yet"):
        funding.pay(by=world.finance, commitment=more, amount=1, why="BACS", key="too-soon")

    sent = vary(world, mou)
    first = world.referral.commitments.first()
    assert sent.money == {str(first.pk): 150_000, str(more.pk): 50_000}
    for words in ("£500", "Money that changes", "was signed before is £1,500. From now on it is £2,000.",
                  "No clause and no part of the plan changes."):  # fmt: skip
        assert words in sent.html, words
    agreement_actions.sign_for_practice(**signing(sent, world.manager))
    open_what_is_due(by=None, referral=world.referral)
    assert stands(more) == (50_000, 0, 0)

    agreement_actions.sign_for_commissioner(**signing(sent, world.approver))
    assert stands(more) == (0, 50_000, 0)
    assert missing(stage, more) == ""
    assert "£2,000" in Proposal.objects.get().consolidated
    funding.pay(by=world.finance, commitment=more, amount=50_000, why="BACS", key="paid")
    assert stands(more) == (0, 0, 50_000)
    assert list(trail.verify()) == []


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(st.integers(1, 24_999), min_size=1, max_size=4))
def test_each_penny_added_is_named_then_payable_and_no_other(parts):
    """Some are named by a variation and the rest are not: what is payable is the sum of the named."""
    with transaction.atomic():
        world = make_world()
        first = commit_money(world, 100_001)
        mou = put(world, A.SIGNED)
        open_what_is_due(by=None, referral=world.referral)
        made = [commit_money(world, pence, key=f"more-{n}") for n, pence in enumerate(parts)]
        Agreement.objects.create(
            referral=world.referral, kind="variation", varies=mou, number=1, template=mou.template, html="x",
            document=mou.document, sent_by=world.officer, state="signed", signed_at=mou.signed_at,
            money=mou.money | {str(each.pk): p for each, p in zip(made[1:], parts[1:], strict=True)},
        )  # fmt: skip
        open_what_is_due(by=None, referral=world.referral)
        assert [stands(each) for each in (first, *made)] == [
            (0, 100_001, 0),
            (parts[0], 0, 0),
            *((0, pence, 0) for pence in parts[1:]),
        ]
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_stage_that_pays_before_the_mou_pays_what_is_added_at_once_and_another_waits():
    world, mou = signed()
    world.year.stages.all().update(per_cent=60)
    world.year.stages.create(
        position=2, name="Diagnosis", per_cent=40, opens="date", opens_on=today(), pays_before_mou=True
    )
    more = commit_money(world, 50_000, key="more")
    assert stands(more) == (30_000, 20_000, 0)
    sign_both(world, vary(world, mou))
    assert stands(more) == (0, 50_000, 0)


@pytest.mark.django_db
def test_progress_opens_what_is_named_and_the_rest_waits_for_its_variation():
    world, mou = signed(first=150_000)
    world.year.stages.all().update(opens="progress")
    more = commit_money(world, 50_000, key="more")
    stage = world.year.stages.get()
    accept_progress(by=world.officer, referral=world.referral, stage=stage, why="Two GPs")
    assert stands(more) == (50_000, 0, 0)
    sign_both(world, vary(world, mou))
    assert stands(more) == (0, 50_000, 0)


@pytest.mark.django_db
def test_the_caps_are_those_of_always():
    world, _ = signed()
    with pytest.raises(Denied, match="more than the decision leaves to commit: £500"):
        commit_money(world, 50_001, key="more")
    commit_money(world, 50_000, key="more")
    with pytest.raises(Denied, match="All that the decision granted is committed"):
        commit_money(world, 1, key="most")


@pytest.mark.django_db
def test_nothing_is_committed_while_notice_stands_nor_after_the_end(monkeypatch):
    world, mou = signed()
    ending.give_notice(by=world.manager, agreement=mou)
    with pytest.raises(Denied, match="Notice was given to end this MoU"):
        commit_money(world, 50_000, key="more")
    assert "Notice was given" in page(world.officer, "funding:commit", referral=world.referral.pk)
    ending.withdraw_notice(by=world.manager, agreement=mou, why="We stay")
    commit_money(world, 25_000, key="more")
    ending.give_notice(by=world.manager, agreement=Agreement.objects.get(pk=mou.pk))
    on(monkeypatch, add_months(today(), 3))
    ending.terminate(by=None, agreement=Agreement.objects.get(pk=mou.pk))
    with pytest.raises(Denied):
        commit_money(world, 1, key="late")


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["terminated", "ended"])
def test_the_end_releases_it_or_leaves_it_to_be_released_and_never_pays_it(monkeypatch, how):
    world, mou = signed()
    more = commit_money(world, 50_000, key="more")
    if how == "terminated":
        ending.give_notice(by=world.manager, agreement=mou)
        on(monkeypatch, add_months(today(), 3))
        ended = ending.terminate(by=None, agreement=Agreement.objects.get(pk=mou.pk))
        assert ended.released == {str(more.pk): 50_000} or ended.released == {more.pk: 50_000}
        assert stands(more) == (0, 0, 0)
        return
    ending.end(by=world.officer, agreement=mou, delivered="Both GPs work here")
    world.referral.refresh_from_db()
    assert missing(world.year.stages.get(), Commitment.objects.get(pk=more.pk)) == NEVER_NAMED
    open_what_is_due(by=None, referral=world.referral)
    assert stands(more) == (50_000, 0, 0)
    funding.release(by=world.officer, commitment=more, why="The MoU ended", key="rest")
    assert stands(more) == (0, 0, 0)


@pytest.mark.django_db
def test_what_the_signed_mou_promises_is_not_released_and_what_it_does_not_name_is():
    world, mou = signed()
    world.year.stages.all().update(opens="progress")
    promised = world.referral.commitments.get()
    more = commit_money(world, 50_000, key="more")
    with pytest.raises(Denied, match="The signed MoU promises this money"):
        funding.release(by=world.finance, commitment=promised, why="x", key="no")
    funding.release(by=world.finance, commitment=more, why="Cheaper", key="part", amount=20_000)
    world.referral.refresh_from_db()
    assert (world.referral.state, stands(more)) == (State.AGREED, (30_000, 0, 0))
    sign_both(world, vary(world, mou))
    with pytest.raises(Denied, match="The signed MoU promises this money"):
        funding.release(by=world.finance, commitment=more, why="x", key="late")


@pytest.mark.django_db
def test_money_that_changes_after_the_variation_is_sent_must_be_sent_anew():
    world, mou = signed()
    commit_money(world, 30_000, key="more")
    sent = vary(world, mou)
    other = commit_money(world, 20_000, key="other")
    assert "The money committed changed after this was sent" in page(
        world.officer, "mou:proposal", proposal=sent.proposal.pk
    )
    with pytest.raises(Denied, match="The money committed has changed"):
        agreement_actions.sign_for_practice(**signing(sent, world.manager))
    stopping.withdraw_agreement(by=world.officer, agreement=sent, why="More money")
    again = actions.send_variation(by=world.officer, proposal=Proposal.objects.get())
    sign_both(world, again)
    assert stands(other) == (0, 20_000, 0)


@pytest.mark.django_db
def test_every_page_says_what_it_waits_for_and_where_it_is_done():
    world, mou = signed()
    more = commit_money(world, 50_000, key="more")
    case, tab = {"referral": world.referral.pk}, reverse("mou:case", kwargs={"referral": world.referral.pk})
    officers = page(world.officer, "funding:case", **case)
    for words in ("£500 is committed that the MoU does not name.", f'href="{tab}#changes"', NOT_NAMED,
                  "Propose a variation"):  # fmt: skip
        assert words in officers, words
    assert "See what changes the MoU" in page(world.finance, "funding:case", **case)
    assert "A programme officer proposes that." in page(world.finance, "mou:case", **case)
    propose = reverse("mou:propose", kwargs={"agreement": mou.pk})
    assert f'<a href="{propose}">Propose a variation that names it</a>' in page(
        world.officer, "mou:case", **case
    )
    assert "does not name" not in page(world.manager, "mou:case", **case)
    proposed = page(world.officer, "mou:propose", agreement=mou.pk)
    assert "£500 more for Harbour Street Surgery: " in proposed
    (task,) = money_unnamed(world.officer)
    assert (task.count, task.href) == (1, f"{reverse('funding:commitments')}?named=no")
    reader = client_of(world.officer)
    listed = reader.get(task.href).content.decode()
    assert f"#commitment-{more.pk}" in listed
    assert f"#commitment-{world.referral.commitments.first().pk}" not in listed
    (claim,) = claims.claims([more])
    assert "signed a variation of the MoU that names it" in claim.missing
    (of_year,) = statement(world.practice, world.manager)
    assert [each.waits_for for each in of_year.waiting] == [NOT_NAMED]
    due = Milestone.objects.create(year=world.year, name="Return", due_at=world.year.opens_at, is_return=True)
    assert any(
        "£500 is committed that the signed MoU does not name" in each for each in facts_of(due, world.ccg).odd
    )

    proposal = actions.propose(by=world.officer, mou=mou, what="£500 more", why="A third GP.")
    drafted = page(world.officer, "mou:proposal", proposal=proposal.pk)
    for words in (
        "As signed",
        "As committed now",
        "£0",
        "£500",
        "Preview it",
        "pays once both sides have signed it",
    ):
        assert words in drafted, words
    assert "Propose a variation" not in page(world.officer, "mou:case", **case)
    sign_both(world, actions.send_variation(by=world.officer, proposal=proposal))
    assert "does not name" not in page(world.officer, "funding:case", **case)
    assert money_unnamed(world.officer)[0].count == 0
    assert facts_of(due, world.ccg).rows[0].not_in_mou == 0


@pytest.mark.django_db
def test_money_that_came_back_is_said_beside_what_is_added():
    world, mou = signed()
    first = world.referral.commitments.get()
    open_what_is_due(by=None, referral=world.referral)
    funding.pay(by=world.finance, commitment=first, amount=150_000, why="BACS", key="paid")
    funding.claw_back(by=world.finance, commitment=first, amount=20_000, why="Fewer sessions", key="back")
    assert said(money_lines(mou)) == ""
    commit_money(world, 20_000, key="more")
    assert [line.split(":")[0] for line in said(money_lines(mou)).splitlines()] == [
        "£200 less for Harbour Street Surgery",
        "£200 more for Harbour Street Surgery",
    ]


@pytest.mark.django_db
def test_the_page_of_a_change_says_whose_turn_it_is_and_leads_to_what_is_signed():
    world, mou = signed()
    commit_money(world, 50_000, key="more")
    proposal = actions.propose(by=world.officer, mou=mou, what="£500 more", why="A third GP.")
    here = {"proposal": proposal.pk}
    assert "The commissioner drafts it and sends it" in page(world.manager, "mou:proposal", **here)
    sent = actions.send_variation(by=world.officer, proposal=proposal)
    out = page(world.manager, "mou:proposal", **here)
    assert f'<a href="{reverse("mou:read", kwargs={"agreement": sent.pk})}">' in out
    assert "as it is committed when it is sent" not in out
    assert "The practice signs first" in page(world.approver, "mou:delegate", agreement=sent.pk)


@pytest.mark.django_db
def test_the_page_commits_after_signature_and_says_what_follows():
    world, _ = signed()
    reader = client_of(world.officer)
    address = reverse("funding:commit", kwargs={"referral": world.referral.pk})
    shown = reader.get(address)
    assert "The MoU is signed. What you commit now pays once both sides" in shown.content.decode()
    typed = {
        "item": world.year.menu.first().pk, "amount": "£500.00", "purpose": "Locum", "route": "direct",
        "key": shown.context["form"]["key"].value(), "step": "commit",
    }  # fmt: skip
    done = reader.post(address, typed, follow=True).content.decode()
    assert "It pays once both sides have signed a variation of the MoU that names it." in done
    assert "£500 is committed that the MoU does not name." in done


@pytest.mark.django_db
def test_what_many_mous_name_is_asked_in_one_query(django_assert_num_queries):
    world, _ = signed()
    commit_money(world, 50_000, key="more")
    with django_assert_num_queries(1):
        in_mou([world.referral.pk, world.referral.pk + 1, world.referral.pk + 2])
    counts = []
    for rows in (Commitment.objects.all()[:1], Commitment.objects.all()):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            standings(rows)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- at the same moment ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_money_committed_at_the_moment_of_the_end_is_refused_or_released():
    world, mou = signed()
    Agreement.objects.filter(pk=mou.pk).update(state=A.NOTICE)
    mou.notices.create(
        side="practice",
        months=1,
        given_on=today() - dt.timedelta(days=31),
        ends_on=today(),
        given_by=world.manager,
    )
    said = together(
        end=lambda: ending.terminate(by=None, agreement=mou),
        commit=lambda: commit_money(world, 50_000, key="more"),
    )
    assert done(said) == {"end"}
    assert sum(stands(each)[0] for each in Commitment.objects.all()) == 0
    assert ledger.of_allocation(world.year.allocations.get()).promised == 150_000


@pytest.mark.django_db(transaction=True)
def test_money_committed_at_the_moment_of_notice_or_of_a_natural_end_leaves_one_story():
    world, mou = signed()
    said = together(
        notice=lambda: ending.give_notice(by=world.manager, agreement=mou),
        commit=lambda: commit_money(world, 50_000, key="more"),
    )
    assert "notice" in done(said)
    is_committed = "commit" in done(said)
    assert Commitment.objects.count() == 1 + is_committed
    said = together(
        end=lambda: ending.end(by=world.officer, agreement=mou, delivered="All of it"),
        open=lambda: open_what_is_due(by=None, referral=world.referral),
        release=lambda: funding.release(
            by=world.finance, commitment=Commitment.objects.order_by("pk").last(), why="x", key="rest"
        ),
    )
    assert {"end", "open"} <= done(said)
    assert all(stands(each)[1] in (0, 150_000) for each in Commitment.objects.all())
    assert list(trail.verify()) == []


@pytest.mark.django_db(transaction=True)
def test_money_committed_at_the_moment_of_the_last_signature_is_never_payable_unnamed():
    world, mou = signed()
    more = commit_money(world, 30_000, key="more")
    sent = vary(world, mou)
    agreement_actions.sign_for_practice(**signing(sent, world.manager))
    sent = Agreement.objects.get(pk=sent.pk)
    said = together(
        sign=lambda: agreement_actions.sign_for_commissioner(**signing(sent, world.approver)),
        commit=lambda: commit_money(world, 20_000, key="other"),
    )
    assert "commit" in done(said)
    is_signed = "sign" in done(said)
    other = Commitment.objects.exclude(pk=more.pk).order_by("pk").last()
    assert stands(other) == (20_000, 0, 0)
    assert stands(more) == ((0, 30_000, 0) if is_signed else (30_000, 0, 0)), said
