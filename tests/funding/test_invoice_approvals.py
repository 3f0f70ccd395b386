"""Approving invoices: never one's own, within personal limits, above them by two."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from post_office.models import Email

from funding import actions as funding
from funding.invoices import actions, rules
from funding.invoices.limits import approval_of, limit_of
from funding.models import ApprovalLimit, Invoice
from resilience.assessments.models import Interest
from resilience.core.access import Denied, Role, why_not
from resilience.core.calendar import today
from tests import factories as make
from tests.funding.invoicing import World, bring_to, limit_to

pytestmark = pytest.mark.django_db
S = Invoice.State

DO = {
    "funding.query_invoice": lambda by, invoice: actions.query_invoice(by=by, invoice=invoice, question="Q?"),
    "funding.approve_invoice_first": lambda by, invoice: actions.approve_invoice_first(
        by=by, invoice=invoice
    ),
    "funding.approve_invoice": lambda by, invoice: actions.approve_invoice(by=by, invoice=invoice),
    "funding.reject_invoice": lambda by, invoice: actions.reject_invoice(by=by, invoice=invoice, reason="R."),
}


@pytest.fixture
def world() -> World:
    return World()


class TestNobodyApprovesTheirOwn:
    def test_who_raised_it_does_not(self, world):
        limit_to(world.finance, 500_00)
        invoice = world.invoice(1_00, by=world.finance)
        with pytest.raises(Denied, match="You raised this invoice"):
            actions.approve_invoice(by=world.finance, invoice=invoice)
        assert invoice not in rules.to_approve(world.finance)

    def test_who_answered_for_the_payee_does_not(self, world):
        limit_to(world.finance, 500_00)
        invoice = world.invoice(1_00)
        actions.query_invoice(by=world.finance, invoice=invoice, question="Why?")
        actions.answer_query(by=world.finance, invoice=invoice, answer="They rang.")
        with pytest.raises(Denied, match="You answered for the payee"):
            actions.approve_invoice(by=world.finance, invoice=invoice)

    @pytest.mark.parametrize("payee", ["practice", "supplier"])
    def test_an_interest_bars_also_from_a_suppliers_invoice_for_that_practice(self, world, payee):
        approver = world.person(Role.APPROVER, 500_00)
        interest = Interest.objects.create(
            person=approver,
            practice=world.practice,
            nature="My sister works there",
            started_on=today(),
            declared_by=approver,
        )
        invoice = (
            world.invoice(1_00)
            if payee == "practice"
            else world.invoice(payee=world.supplier, by=world.change_manager, lines={world.by_supplier: 1_00})
        )
        for act in ("approve_invoice", "reject_invoice", "query_invoice"):
            with pytest.raises(Denied, match="You declared an interest"):
                DO[f"funding.{act}"](approver, invoice)
        assert not rules.to_approve(approver).exists()
        interest.ended_on, interest.ended_by = today(), approver
        interest.save()
        actions.approve_invoice(by=approver, invoice=invoice)

    @pytest.mark.parametrize("payee", ["practice", "supplier"])
    def test_who_works_for_the_payee_does_not(self, world, payee):
        both = world.person(Role.APPROVER, 500_00)
        role = Role.PRACTICE_USER if payee == "practice" else Role.SUPPLIER_USER
        make.grant(both, role, getattr(world, payee))
        lines = {world.direct if payee == "practice" else world.by_supplier: 1_00}
        sender = world.manager if payee == "practice" else world.change_manager
        invoice = world.invoice(payee=getattr(world, payee), by=sender, lines=lines)
        with pytest.raises(Denied, match="You work for"):
            actions.approve_invoice(by=both, invoice=invoice)
        assert not rules.to_approve(both).exists()

    def test_nobody_twice_and_the_database_says_so_too(self, world):
        invoice = world.invoice(100_00)
        first = world.person(Role.APPROVER, 1_00)
        actions.approve_invoice_first(by=first, invoice=invoice)
        limit_to(first, 500_00)
        with pytest.raises(Denied, match="You have approved this invoice already"):
            actions.approve_invoice(by=first, invoice=invoice)
        for person in (first, world.manager):
            with pytest.raises(IntegrityError), transaction.atomic():
                Invoice.objects.filter(pk=invoice.pk).update(
                    state=S.APPROVED, approved_by=person, approved_at=invoice.raised_at
                )

    def test_what_is_no_longer_payable_is_not_approved(self, world):
        approver = world.person(Role.APPROVER, 5_000_00)
        one, two = world.invoice(600_00), world.invoice(400_00)
        funding.withhold(by=world.finance, commitment=world.direct, amount=300_00, why="Mistake", key="w")
        actions.approve_invoice(by=approver, invoice=one)
        with pytest.raises(Denied, match=r"£400 for .* more than is still payable: £100"):
            actions.approve_invoice(by=approver, invoice=two)


HISTORY = st.lists(st.tuples(st.integers(0, 6), st.integers(-2, 2)), max_size=4)


def naive_outcome(history: list[tuple[int, int]], total: int, state: str) -> str:
    """What the rule's docstring says, told again: the state an approval leads to, or "" where it is refused."""
    begun = [pence for pence, starts in history if starts <= 0]
    enough = bool(begun) and begun[-1] >= total
    if state == "received":
        return "approved" if enough else "needs_second"
    if state == "needs_second":
        return "approved" if enough else ""
    return ""


class TestLimits:
    @hypothesis_settings(max_examples=60)
    @given(
        history=HISTORY,
        total=st.integers(1, 6),
        state=st.sampled_from(["received", "needs_second", "approved", "queried"]),
    )
    def test_as_a_naive_second_reading_of_the_rule_says(self, history, total, state):
        with transaction.atomic():
            world = World()
            invoice = bring_to(world.invoice(total), state)
            approver = world.person(Role.APPROVER)
            for pence, starts in history:
                limit_to(approver, pence, today() + dt.timedelta(days=starts))
            expected = naive_outcome(history, total, state)
            assert (invoice in rules.to_approve(approver)) == bool(expected)
            act = approval_of(approver, invoice)
            assert bool(why_not(rules.check_can_approve, approver, invoice, act)) != bool(expected)
            if expected:
                DO[act](approver, invoice)
            else:
                for either in ("funding.approve_invoice", "funding.approve_invoice_first"):
                    with pytest.raises(Denied):
                        DO[either](approver, invoice)
            assert Invoice.objects.get(pk=invoice.pk).state == (expected or state)
            transaction.set_rollback(True)

    def test_the_second_is_told_and_the_first_may_have_no_limit_at_all(self, world):
        invoice = world.invoice(100_00)
        enough, less = world.person(Role.APPROVER, 100_00), world.person(Role.APPROVER, 99_99)
        actions.approve_invoice_first(by=world.finance, invoice=invoice)
        invoice.refresh_from_db()
        assert rules.may_second(invoice) == [enough]
        assert Email.objects.filter(to=enough.email).count() == 1
        assert not Email.objects.filter(to=less.email).exists()
        with pytest.raises(Denied, match=r"needs an approval limit of £100 or more\. Yours is £99\.99"):
            actions.approve_invoice(by=less, invoice=invoice)
        assert actions.approve_invoice(by=enough, invoice=invoice).state == S.APPROVED

    def set_by(self, by, person, **changes):
        given = {"pence": 5_00, "starts_on": today(), "why": "Scheme of delegation"} | changes
        return actions.set_approval_limit(by=by, person=person, **given)

    def test_an_administrator_sets_it_and_the_last_one_set_counts(self, world):
        admin, approver = make.make_person(Role.ADMINISTRATOR), world.person(Role.APPROVER)
        assert limit_of(approver) == 0
        self.set_by(admin, approver)
        self.set_by(admin, approver, pence=9_00, starts_on=today() + dt.timedelta(days=1))
        assert limit_of(approver) == 5_00
        self.set_by(admin, approver, pence=0)
        assert limit_of(approver) == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            ApprovalLimit.objects.update(pence=10**9)

    def test_nobody_sets_their_own_nor_beyond_their_reach(self, world):
        admin, approver = make.make_person(Role.ADMINISTRATOR), world.person(Role.APPROVER)
        make.grant(admin, Role.APPROVER, world.ccg)
        for by, person, why in (
            (admin, admin, "Another administrator"),
            (make.make_person(Role.ADMINISTRATOR, make.make_ccg()), approver, "does not reach"),
            (approver, world.finance, "does not reach"),
            (make.make_person(Role.ADMINISTRATOR), world.manager, "no role that approves"),
        ):
            with pytest.raises(Denied, match=why):
                self.set_by(by, person)
        with pytest.raises(Denied, match="today or later"):
            self.set_by(make.make_person(Role.ADMINISTRATOR), approver, starts_on=today() - dt.timedelta(1))
        assert not ApprovalLimit.objects.exists()


def test_to_approve_is_what_the_rule_lets_each_person_approve(world):
    """Also for people with interests, roles on both sides, and every state."""
    people = [world.person(role, limit) for role in Role.values for limit in (None, 5_00, 500_00)]
    barred = world.person(Role.APPROVER, 500_00)
    Interest.objects.create(
        person=barred, practice=world.practice, nature="x", started_on=today(), declared_by=barred
    )
    invoices = [bring_to(world.invoice(pence), state) for state in S.values for pence in (4_00, 6_00)]
    invoices.append(world.invoice(5_00, by=world.finance))
    seconded = world.invoice(6_00)
    actions.approve_invoice_first(by=people[list(Role.values).index(Role.APPROVER) * 3], invoice=seconded)
    for person in [*people, barred, world.finance]:
        listed = set(rules.to_approve(person).values_list("pk", flat=True))
        for invoice in Invoice.objects.all():
            act = approval_of(person, invoice)
            refused = why_not(rules.check_can_approve, person, invoice, act)
            assert (invoice.pk in listed) == (not refused), (person.holdings.get(), invoice.state, refused)
