"""Notice counted and money released, against a second, naive implementation; and a race with a payment."""

import datetime as dt
import threading
from contextlib import nullcontext

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from funding import actions as funding
from funding import ledger, transfers
from funding.invoices import claims
from funding.models import Transfer
from funding.stages import actions as stage_actions
from funding.stages.actions import make_payable
from mou.ending import actions
from mou.models import Agreement, Ending
from resilience.core import acts
from resilience.core.access import Denied
from resilience.core.calendar import add_months
from resilience.programmes.models import PaymentStage
from resilience.referrals.states import State
from tests.mou.after import on, put, signed_world
from tests.mou.together import done, together
from tests.mou.world import commit_money, make_world

A = Agreement.State


def months_by_steps(day, months):
    """Month by month, as one counts on a calendar's pages; then back from the days that month has not."""
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    number = day.day
    while True:
        try:
            return dt.date(year, month, number)
        except ValueError:
            number -= 1


@given(st.dates(dt.date(2016, 1, 1), dt.date(2040, 12, 31)), st.integers(1, 36))
@example(dt.date(2019, 1, 31), 1)
@example(dt.date(2020, 1, 31), 1)
@example(dt.date(2018, 11, 30), 3)
@example(dt.date(2018, 12, 31), 2)
def test_notice_is_whole_calendar_months(day, months):
    assert add_months(day, months) == months_by_steps(day, months)


@pytest.mark.parametrize(
    ("given_on", "months", "ends"),
    [
        ((2019, 1, 31), 1, (2019, 2, 28)),
        ((2020, 1, 31), 1, (2020, 2, 29)),
        ((2018, 10, 5), 3, (2019, 1, 5)),
        ((2018, 12, 15), 1, (2019, 1, 15)),
    ],
)
def test_notice_dates_that_people_get_wrong(given_on, months, ends):
    assert add_months(dt.date(*given_on), months) == dt.date(*ends)


ENOUGH = st.tuples(st.integers(0, 60_000), st.integers(0, 60_000), st.integers(0, 60_000))


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ENOUGH, min_size=1, max_size=3))
def test_what_is_released_is_what_was_committed_and_never_what_is_payable_or_paid(sums):
    """``sums``: for each commitment, pence that only stay committed, that became payable, that were paid of it."""
    with transaction.atomic():
        world = make_world()
        stages = [
            PaymentStage.objects.create(
                year=world.year, position=70 + n, name=f"S{n}", amount=1, opens="mou_signed"
            )
            for n in range(3)
        ]
        expected, held = {}, []
        for n, (committed, payable, paid) in enumerate(sums):
            if not committed + payable + paid:
                continue
            commitment = commit_money(world, committed + payable + paid, key=f"c{n}")
            held.append((commitment, committed, payable, paid))
            expected[commitment.pk] = (committed, payable, paid)
        if not held:
            transaction.set_rollback(True)
            return
        agreement = put(world, A.SIGNED)
        for n, (commitment, _, payable, paid) in enumerate(held):
            for amount, stage in ((payable + paid, stages[n % 3]),):
                if amount:
                    make_payable(
                        by=None,
                        commitment=commitment,
                        stage=stage,
                        amount=amount,
                        key=f"p{n}-{commitment.pk}",
                    )
            if paid:
                funding.pay(
                    by=world.finance,
                    commitment=commitment,
                    amount=paid,
                    why="BACS",
                    key=f"x{n}-{commitment.pk}",
                )
        free = ledger.of_allocation(world.year.allocations.get()).uncommitted
        Agreement.objects.filter(pk=agreement.pk).update(state=A.NOTICE)
        agreement.notices.create(
            side="practice",
            months=1,
            given_on=dt.date(2018, 1, 1),
            ends_on=dt.date(2018, 2, 1),
            given_by=world.manager,
        )
        ending = actions.terminate(by=None, agreement=agreement)
        figures = ledger.of_commitments(world.referral.commitments.all())
        for pk, (committed, payable, paid) in expected.items():
            stands = figures[pk]
            assert (stands.committed, stands.payable, stands.paid) == (0, payable, paid)
            assert ending.released.get(str(pk), ending.released.get(pk, 0)) == committed
        naive = sum(committed for committed, _, _ in expected.values())
        stands = ledger.of_allocation(world.year.allocations.get())
        assert stands.uncommitted == free + naive
        assert stands.allocated == 1_000_000
        transaction.set_rollback(True)


def due_to_end(committed=100_000, payable=50_000):
    """An MoU whose notice has run out, with money that is payable."""
    world, agreement = signed_world(committed=committed + payable)
    commitment = world.referral.commitments.get()
    stage = world.year.stages.first()
    make_payable(by=None, commitment=commitment, stage=stage, amount=payable, key=f"p-{commitment.pk}")
    Agreement.objects.filter(pk=agreement.pk).update(state=A.NOTICE)
    agreement.notices.create(
        side="practice",
        months=1,
        given_on=dt.date(2018, 1, 1),
        ends_on=dt.date(2018, 2, 1),
        given_by=world.manager,
    )
    return world, Agreement.objects.get(pk=agreement.pk), commitment


@pytest.mark.django_db
def test_what_is_payable_is_still_invoiced_and_paid_after_the_end():
    world, agreement, commitment = due_to_end()
    actions.terminate(by=None, agreement=agreement)
    (claim,) = claims.claims([commitment])
    assert claim.left == 50_000
    funding.pay(by=world.finance, commitment=commitment, amount=50_000, why="BACS 1", key="after-end")
    assert ledger.of_commitment(commitment).paid == 50_000
    with pytest.raises(Denied, match="Nothing of this commitment is left"):
        funding.release(by=world.officer, commitment=commitment, why="x", key="nothing")


@pytest.mark.django_db
def test_after_a_natural_end_what_is_committed_stays_until_somebody_releases_it(monkeypatch):
    on(monkeypatch, dt.date(2019, 3, 2))
    world, agreement = signed_world()
    commitment = world.referral.commitments.get()
    actions.end(by=None, agreement=agreement)
    assert ledger.of_commitment(commitment).committed == 200_000
    funding.release(by=world.finance, commitment=commitment, why="The MoU ended.", key="left")
    assert ledger.of_commitment(commitment).committed == 0
    world.referral.refresh_from_db()
    assert world.referral.state == State.ENDED


@pytest.mark.django_db
def test_nothing_is_committed_after_the_end():
    world, agreement, _ = due_to_end()
    actions.terminate(by=None, agreement=agreement)
    with pytest.raises(Denied):
        commit_money(world, 1_000, key="late")


@pytest.mark.django_db(transaction=True)
def test_two_that_end_it_at_once_release_once():
    world, agreement, commitment = due_to_end()
    said = together(*[lambda: actions.terminate(by=None, agreement=agreement)] * 3)
    assert sorted(isinstance(each, Denied) for each in said.values()) == [False, True, True]
    assert Ending.objects.count() == 1
    assert sum(each.amount for each in Transfer.objects.filter(kind="release")) == 100_000
    stands = ledger.of_commitment(commitment)
    assert (stands.committed, stands.payable, stands.paid) == (0, 50_000, 0)
    assert world.referral.pk


@pytest.mark.django_db(transaction=True)
def test_a_payment_and_a_stage_that_opens_at_the_moment_of_the_end_keep_every_cap():
    world, agreement, commitment = due_to_end()
    stage = world.year.stages.first()

    def opens():
        make_payable(by=None, commitment=commitment, stage=stage, amount=100_000, key="late-stage")

    def pays():
        funding.pay(by=world.finance, commitment=commitment, amount=50_000, why="BACS", key="race")

    together(lambda: actions.terminate(by=None, agreement=agreement), opens, pays)
    stands = ledger.of_commitment(commitment)
    released = sum(each.amount for each in Transfer.objects.filter(kind="release"))
    assert stands.committed == 0
    assert stands.paid == 50_000
    assert stands.payable + released == 100_000
    assert min(stands.payable, released) == 0
    whole = ledger.of_allocation(world.year.allocations.get())
    assert whole.allocated == 1_000_000


@pytest.mark.django_db(transaction=True)
def test_control_without_its_locks_the_same_pounds_are_released_and_become_payable(monkeypatch):
    """The end and a stage that opens, each having read what is committed before the other wrote."""
    world, _, commitment = due_to_end()
    stage = world.year.stages.first()
    meet, look = threading.Barrier(2), ledger.of_commitment

    def look_then_wait(row):
        found = look(row)
        meet.wait(timeout=20)
        return found

    def unlocked(row):
        return type(row)._default_manager.get(pk=row.pk)

    monkeypatch.setattr(ledger, "of_commitment", look_then_wait)
    for module in (funding, stage_actions, transfers):
        monkeypatch.setattr(module, "lock", unlocked)
    for module in (funding, stage_actions):
        monkeypatch.setattr(module, "record", lambda **given: acts.running())
    monkeypatch.setattr(acts.transaction, "atomic", nullcontext)
    said = together(
        lambda: funding.release_rest(by=None, referral=world.referral, why="x", key="end"),
        lambda: make_payable(by=None, commitment=commitment, stage=stage, amount=100_000, key="late-stage"),
    )
    assert len(done(said)) == 2, said
    assert look(commitment).committed == -100_000
