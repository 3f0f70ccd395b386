"""With an MoU ends the care of its practices by a supplier; nothing that was done by then is lost."""

import datetime as dt

import pytest
from django.urls import reverse
from post_office.models import Email

from funding import ledger
from funding.invoices import claims
from mou.agreement.actions import send
from mou.ending import actions
from mou.models import Agreement, Deliverable, Ending, SupplierCase
from mou.suppliers import actions as suppliers
from mou.suppliers import deliveries
from practices.models import Practice
from resilience.core.access import Denied
from resilience.core.models import TrailEntry
from resilience.referrals.states import State
from tests.factories import client_of, make_referral
from tests.mou.after import NOW, on, put
from tests.mou.supplying import SOON, again, bring_to, deliverable_of, make_supplied
from tests.mou.test_suppliers_invoices import PRICE, invoice
from tests.mou.world import agree_plan, sign_both

pytestmark = pytest.mark.django_db
LAST = dt.date(2019, 4, 1)


def sees(person, practice) -> bool:
    return Practice.objects.visible_to(again(person)).filter(pk=practice.pk).exists()


def end_it(supplied, how, monkeypatch):
    """By an officer before its last day, or by the service after its last day or when notice has run out."""
    agreement = put(supplied.world, "notice" if how == "notice" else "signed")
    on(monkeypatch, NOW if how == "delivered" else LAST)
    Email.objects.all().delete()
    if how == "delivered":
        return actions.end(by=supplied.world.officer, agreement=agreement, delivered="All of it.")
    assert actions.end_what_is_due() == 1
    return Ending.objects.get(agreement=agreement)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("delivered", "the plan was delivered"),
        ("date", "its end date passed"),
        ("notice", "notice ran out"),
    ],
)
def test_the_assignment_ends_with_its_mou_and_both_sides_are_told(how, said, monkeypatch):
    supplied = make_supplied()
    case = supplied.assign()
    visit = suppliers.book_visit(by=supplied.dev, case=case, on=SOON)
    ending = end_it(supplied, how, monkeypatch)
    case.refresh_from_db()
    visit.refresh_from_db()
    assert case.ended_with == ending
    assert said in case.ended_reason
    assert case.ended_by == (supplied.world.officer if how == "delivered" else None)
    assert visit.cancelled_reason == case.ended_reason
    assert not sees(supplied.dev, supplied.world.practice)
    (letter,) = [
        each
        for each in Email.objects.all()
        if "no longer supports" in each.subject and supplied.dev.email in each.to
    ]
    assert case.ended_reason in letter.message
    assert "still answered" in letter.message
    entry = TrailEntry.objects.get(act="mou.end_with_mou")
    assert (entry.case_id, entry.facts["after"], entry.by_id) == (case.referral_id, "ended", case.ended_by_id)
    client = client_of(supplied.world.manager)
    page = client.get(reverse("mou:case", kwargs={"referral": case.referral_id})).content.decode()
    assert "With it ended the support of Harbour Street Surgery by Westmere Support Unit." in page
    client.force_login(supplied.world.officer)
    assert case.ended_reason in client.get(reverse("mou:supplier_case", args=[case.pk])).content.decode()


def test_the_officer_reads_beforehand_what_ends_with_it():
    supplied = make_supplied()
    supplied.assign()
    agreement = put(supplied.world, "signed")
    client = client_of(supplied.world.officer)
    page = client.get(reverse("mou:end", kwargs={"agreement": agreement.pk})).content.decode()
    assert "With it ends the support of Harbour Street Surgery by Westmere Support Unit." in page


def test_another_case_of_the_same_practice_stays_with_the_supplier(monkeypatch):
    supplied = make_supplied()
    case = supplied.assign()
    other = supplied.assign(
        referral=make_referral(supplied.world.practice, supplied.world.year, State.AGREED)
    )
    end_it(supplied, "date", monkeypatch)
    assert list(SupplierCase.objects.open()) == [other]
    assert sees(supplied.dev, supplied.world.practice)
    assert not SupplierCase.objects.visible_to(again(supplied.dev)).filter(pk=case.pk).exists()


def test_every_practice_of_a_group_and_one_that_ended_before_keeps_its_reason(monkeypatch):
    supplied = make_supplied(others=2)
    world = supplied.world
    first, second, third = (place.practice for place in world.referral.practices.all())
    cases = [supplied.assign(practices=[each]) for each in (first, second, third)]
    suppliers.end_case(by=world.officer, case=cases[1], why="Moved away")
    end_it(supplied, "date", monkeypatch)
    assert not SupplierCase.objects.open().exists()
    cases[1].refresh_from_db()
    assert (cases[1].ended_reason, cases[1].ended_with) == ("Moved away", None)


def test_it_is_one_transaction(monkeypatch):
    """Where the assignment cannot end, the MoU does not."""
    supplied = make_supplied()
    supplied.assign()

    def fails(case):
        raise ZeroDivisionError

    monkeypatch.setattr("mou.suppliers.letters.ended", fails)
    with pytest.raises(ZeroDivisionError):
        end_it(supplied, "date", monkeypatch)
    assert not Ending.objects.exists()
    assert SupplierCase.objects.open().exists()
    assert Agreement.objects.get().state == "signed"


def test_what_was_handed_in_before_the_end_is_accepted_and_invoiced_after_it():
    supplied = make_supplied()
    case = supplied.assign()
    commitment = supplied.commit(PRICE)
    agree_plan(supplied.world)
    supplied.world.referral.refresh_from_db()
    agreement = sign_both(supplied.world, send(by=supplied.world.officer, referral=supplied.world.referral))
    plan = bring_to(deliverable_of(case, "plan"), Deliverable.State.HANDED_IN, supplied)
    actions.end(by=supplied.world.officer, agreement=agreement, delivered="All of it.")
    plan = Deliverable.objects.select_related("supplier_case__referral").get(pk=plan.pk)
    assert "waits for the officer’s answer" in claims.claims([commitment])[0].missing
    client = client_of(supplied.world.officer)
    page = client.get(reverse("mou:supplier_case", args=[case.pk])).content.decode()
    assert "Answer: " in page
    with pytest.raises(Denied, match="ended on"):
        deliveries.ask_deliverable_again(
            by=supplied.world.officer, deliverable=plan, read=1, words="Add costs"
        )
    deliveries.accept_deliverable(by=supplied.world.officer, deliverable=plan, read=1)
    assert ledger.of_commitment(commitment).payable == PRICE
    assert invoice(supplied, commitment).lines.get().pence == PRICE
