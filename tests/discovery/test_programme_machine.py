"""The whole programme walked at random, beside a dictionary that knows the same rules.

After every step the invariants of domain.md, section 4, are looked at in the database itself.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from funding import ledger
from funding.actions import set_allocation
from mou import wording
from mou.agreement.stopping import expire_all
from mou.ending.actions import end_what_is_due
from resilience.assessments.actions import declare_interest
from resilience.core import trail
from resilience.core.access import Denied, Role
from resilience.core.calendar import add_working_days, today
from resilience.core.models import StoredFile, TrailEntry
from resilience.referrals.models import Referral
from tests import factories as make
from tests.discovery import programme_acts as acts
from tests.discovery import programme_changes, programme_mou, programme_ways
from tests.discovery.programme_acts import APPROVER, FINANCE, OBSERVER, OFFICER, PRACTICE, Case, Someone

ALLOCATED = 1_500_00
"""Less than one case may be granted, so that there is always somebody who would promise too much."""
CASES = 3


@dataclass
class Draw:
    """Where the numbers of an act come from: chance, or what brings the case on."""

    data: Any
    uncommitted: int
    more: int = 0

    def score(self) -> int:
        return self.data.draw(st.integers(0, 6)) if self.data else 4

    def pence(self, most: int = 2_000_00) -> int:
        if self.data is None:
            return most + self.more
        return self.data.draw(st.one_of(st.just(most), st.integers(-1, 2 * abs(most) + 1)))

    def day(self, *days: dt.date) -> dt.date:
        return self.data.draw(st.sampled_from(days)) if self.data else days[0]

    def words(self, *words: str) -> str:
        return self.data.draw(st.sampled_from(words)) if self.data else words[0]


def _what_was_sent(referral: Referral) -> dict[str, Any]:
    """Everything the practice said, as it stands in the database."""
    row = Referral.objects.filter(pk=referral.pk).values().get()
    for changing in Referral.integrity.mutable:
        row.pop(Referral._meta.get_field(changing).attname)
    return row | {
        "practices": list(referral.practices.order_by("pk").values()),
        "wanted": list(referral.wanted.order_by("pk").values()),
        "past": list(referral.past_support.order_by("pk").values()),
    }


class Programme(RuleBasedStateMachine):
    """A few referrals and a few people, some with two hats, who try everything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        office = make.make_local_office()
        self.ccg = make.make_ccg(office)
        self.year = make.make_year(office)
        self.practices = [make.make_practice(self.ccg) for _ in range(2)]
        wording.publish(self.year, "national", make.make_person(Role.ADMINISTRATOR))
        self.allocation = set_allocation(
            by=make.make_person(FINANCE), year=self.year, commissioner=self.ccg, amount=ALLOCATED, why="x",
            key=f"walk-{self.year.pk}",
        )  # fmt: skip
        self.people = [
            self.someone(*roles)
            for roles in (
                (PRACTICE,), (OFFICER,), (OFFICER,), (OFFICER, APPROVER), (APPROVER,), (APPROVER,),
                (APPROVER, PRACTICE), (FINANCE,), (OBSERVER,),
            )
        ]  # fmt: skip
        self.cases: list[Case] = []
        self.done: set[str] = set()
        self.checked = trail.head()

    def someone(self, *roles: str) -> Someone:
        person = make.make_person()
        for role in roles:
            for over in self.practices if role == PRACTICE else [self.ccg]:
                make.grant(person, role, over)
        return Someone(person, set(roles))

    def teardown(self) -> None:
        try:
            assert list(trail.verify()) == []
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def uncommitted(self) -> int:
        return ALLOCATED - sum(sum(case.promised().values()) for case in self.cases)

    # What may happen

    @precondition(lambda self: len(self.cases) < CASES)
    @rule(practice=st.integers(0, 1))
    def start(self, practice: int) -> None:
        case = acts.start(self, self.practices[practice], self.year, self.people[0])
        self.cases.append(case)
        self.look(case)

    @precondition(lambda self: bool(self.cases))
    @rule(data=st.data(), which=st.integers(0, CASES - 1), steps=st.integers(1, 8))
    def go_on(self, data: Any, which: int, steps: int) -> None:
        """Who may brings the case on, as an office would."""
        case = self.cases[which % len(self.cases)]
        for _ in range(steps):
            self.bring_on(case, data)

    @precondition(lambda self: bool(self.cases))
    @rule(
        data=st.data(),
        which=st.integers(0, CASES - 1),
        act=st.sampled_from(programme_ways.ALL),
        who=st.integers(0, 8),
    )
    def anyone_tries_anything(self, data: Any, which: int, act: Any, who: int) -> None:
        self.attempt(self.cases[which % len(self.cases)], act, self.people[who], data)

    @precondition(lambda self: bool(self.cases))
    @rule(data=st.data(), which=st.integers(0, CASES - 1))
    def everyone_tries(self, data: Any, which: int) -> None:
        """Each person in turn, and all of it undone; then somebody who may does it."""
        case = self.cases[which % len(self.cases)]
        tempting = programme_ways.TEMPTING.get(case.state)
        if not tempting:
            return
        act = data.draw(st.sampled_from(tempting))
        more = data.draw(st.integers(0, 1))
        may = [who for who in self.people if self.attempt(case, act, who, None, more=more, undo=True)]
        if may:
            self.attempt(case, act, data.draw(st.sampled_from(may)), data)

    @rule(who=st.sampled_from([3, 4, 5]), practice=st.integers(0, 1))
    def declare_an_interest(self, who: int, practice: int) -> None:
        person, over = self.people[who], self.practices[practice]
        if not person.interests:
            declare_interest(by=person.fresh(), practice=over, nature="x", started_on=today())
            person.interests.add(over.pk)
            self.look_at_the_trail()

    @precondition(lambda self: bool(self.cases))
    @rule(day=st.sampled_from(programme_mou.nights()))
    def a_night_passes(self, day: dt.date) -> None:
        """The service stops and ends by itself what is past its day."""
        with programme_mou.on(day):
            expire_all()
            end_what_is_due()
        for case in self.cases:
            before = case.mou
            programme_mou.learn_of_the_night(case, day)
            if case.mou != before:
                self.done.add(f"{case.mou} by itself")
            self.look(case)

    # How it is judged

    def bring_on(self, case: Case, data: Any = None) -> None:
        for act in programme_ways.natural(case):
            may = [
                who
                for who in self.people
                if (tried := act(case, who, Draw(None, self.uncommitted()))) and tried.may
            ]
            if may:
                who = data.draw(st.sampled_from(may)) if data else may[0]
                self.attempt(case, act, who, None)
                return

    def attempt(
        self, case: Case, act: Any, who: Someone, data: Any, *, more: int = 0, undo: bool = False
    ) -> bool:
        """The act is done exactly when the dictionary says so, and is on the trail exactly then; was it done?"""
        tried = act(case, who, Draw(data, self.uncommitted(), more))
        if tried is None:
            return False
        before, said = trail.head(), ""
        try:
            with transaction.atomic():
                answer = tried.do(who.fresh())
                transaction.set_rollback(undo)
        except Denied as denied:
            said = str(denied)
        facts = f"{act.__name__} by {sorted(who.roles)} in “{case.state}”"
        assert tried.may != bool(said), f"{facts}: {said or 'was done'}"
        new = TrailEntry.objects.filter(sequence__gt=before.sequence)
        if said:
            assert not new.exists(), f"{facts} was refused and left an entry"
            return False
        if undo:
            return True
        assert any(entry.case_id == case.pk and entry.by_id == who.person.pk for entry in new), facts
        tried.learn(answer)
        self.done.add(act.__name__)
        self.look(case)
        return True

    def look(self, case: Case) -> None:
        """The invariants that can be seen from the database, for this case and for all the money."""
        referral = case.row
        assert referral.state == case.state
        if case.agreement:
            assert type(case.agreement).objects.get(pk=case.agreement.pk).state == case.mou
        self.look_at_what_was_sent(case, referral)
        self.look_at_the_judgement(case, referral)
        self.look_at_the_money(case)
        self.look_at_the_document(case)
        self.look_at_the_trail()

    def look_at_what_was_sent(self, case: Case, referral: Referral) -> None:
        """Invariants 1 and 2."""
        if case.state == "draft":
            return
        case.sent = case.sent or _what_was_sent(referral)
        assert _what_was_sent(referral) == case.sent
        assert referral.received_on == today()
        assert referral.acknowledge_by == add_working_days(today(), self.year.acknowledge_within)

    def look_at_the_judgement(self, case: Case, referral: Referral) -> None:
        """Invariants 3 and 4."""
        current = referral.placements.filter(is_current=True).select_related("cell").first()
        assert (current is None) == (case.scores is None)
        if current and case.scores:
            scope, impact = case.scores
            assert current.cell.rating == acts.RATINGS[impact][scope - 1]
        found_by = {pk for row in referral.placements.all() for pk in [row.placed_by_id]}
        for decision in referral.decisions.filter(outcome__in=["supported", "not_supported"]):
            who = next(each for each in self.people if each.person.pk == decision.decided_by_id)
            assert who.person.pk not in case.assessors | found_by
            declared = who.person.interests.filter(
                practice=case.practice, declared_at__lte=decision.decided_at
            )
            assert not declared.exists()

    def look_at_the_money(self, case: Case) -> None:
        """Invariants 5, 6 and 7."""
        figures = ledger.of_allocation(self.allocation)
        assert figures.allocated == ALLOCATED
        assert figures.uncommitted == self.uncommitted() >= 0
        for pk, each in ledger.of_commitments(case.row.commitments.all()).items():
            assert {"committed": each.committed, "payable": each.payable, "paid": each.paid} == case.money[pk]
            assert min(each.committed, each.payable, each.paid) >= 0
            if each.payable or each.paid:
                naming = [row for row in case.row.agreements.all() if str(pk) in row.money]
                sides = [sorted(row.signatures.values_list("side", flat=True)) for row in naming]
                assert ["commissioner", "practice"] in sides

    def look_at_the_document(self, case: Case) -> None:
        """Invariant 8."""
        if not case.document:
            return
        stored = StoredFile.objects.get(pk=case.agreement.document_id)
        assert stored.sha256 == hashlib.sha256(bytes(stored.content)).hexdigest() == case.document
        hashes = case.agreement.signatures.values_list("document_sha256", flat=True)
        assert set(hashes) <= {case.document}

    def look_at_the_trail(self) -> None:
        """Invariant 10: what is new follows from what was there. All of it is verified at the end."""
        for entry in TrailEntry.objects.filter(sequence__gt=self.checked.sequence).order_by("sequence"):
            assert entry.sequence == self.checked.sequence + 1
            assert entry.previous_hash == self.checked.hash
            assert entry.hash == trail.digest(entry)
            assert entry.at
            self.checked = entry


@pytest.mark.django_db
def test_the_programme_walked_at_random_keeps_every_invariant():
    run_state_machine_as_test(
        Programme,
        settings=hypothesis_settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # The sentence says which act by whom in which state: making the walk shorter would take minutes.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )


@pytest.mark.django_db
def test_the_natural_walk_ends_with_everything_paid():
    """The machine gets to the end of the journey, so that what it looks at on the way is there to be seen."""
    machine = Programme()
    try:
        machine.start(practice=0)
        (case,) = machine.cases
        for _ in range(20):
            machine.bring_on(case)
        assert case.state == "agreed"
        assert [each["paid"] for each in case.money.values()] == [ALLOCATED]
        assert machine.done >= {"submit", "place", "support", "commit", "send", "sign_for_office", "pay"}
    finally:
        machine.teardown()


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["terminated", "ended"])
def test_the_walk_gets_to_each_way_in_which_an_mou_is_stopped_or_ends(how):
    machine = Programme()
    too_late, _, in_a_month, *_ = programme_mou.nights()[1:]
    practice, officer, approver = (machine.people[each] for each in (0, 1, 5))

    def bring_on(to: str) -> None:
        for _ in range(20):
            if to not in (case.mou, case.state):
                machine.bring_on(case)
        assert to in (case.mou, case.state)

    try:
        machine.start(practice=0)
        (case,) = machine.cases
        bring_on("sent")
        machine.a_night_passes(day=too_late)
        assert case.mou == "expired"
        bring_on("practice_signed")
        assert machine.attempt(case, programme_mou.decline, approver, None)
        bring_on("agreed")
        assert machine.attempt(case, programme_mou.give_notice_of_failure, approver, None)
        if how == "ended":
            assert machine.attempt(case, programme_mou.end, officer, None)
        machine.a_night_passes(day=in_a_month)
        assert (case.mou, case.state) == (how, "ended")
        assert not machine.attempt(case, programme_mou.give_notice, practice, None)
    finally:
        machine.teardown()


@pytest.mark.django_db
def test_the_walk_adds_money_to_a_signed_mou_and_a_variation_makes_it_payable():
    machine = Programme()
    practice, officer, approver, finance = (machine.people[each] for each in (0, 1, 5, 7))
    changes = programme_changes

    def does(who: Someone, act: Any, **given: Any) -> bool:
        return machine.attempt(case, act, who, None, **given)

    try:
        machine.start(practice=0)
        (case,) = machine.cases
        while case.state != "supported":
            machine.bring_on(case)
        assert does(officer, acts.commit, more=-500_00)
        while case.state != "agreed":
            machine.bring_on(case)
        assert does(officer, acts.commit, more=-200_00)
        first, added = case.money
        assert case.money[added] == {"committed": 300_00, "payable": 0, "paid": 0}
        assert does(practice, changes.propose)
        assert does(officer, changes.send_variation)
        assert does(practice, changes.sign_variation_for_practice)
        assert does(finance, acts.commit)
        assert not does(approver, changes.sign_variation_for_office)
        assert does(officer, changes.withdraw_variation)
        assert does(officer, acts.release, undo=True)
        assert does(officer, changes.send_variation)
        assert does(practice, changes.sign_variation_for_practice)
        assert does(approver, changes.sign_variation_for_office)
        assert [each["payable"] for each in case.money.values()] == [1_000_00, 300_00, 200_00]
        assert does(finance, acts.pay)
        assert case.money[first]["paid"] == 1_000_00
    finally:
        machine.teardown()
