"""The national return: what it says against a second counting, kept as it was sent, and what has changed since."""

import datetime as dt
import io

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from funding import actions as money
from funding import ledger, mou_status
from funding.models import Allocation, Commitment, Kind, NationalReturn, Transfer
from funding.reports import workbooks
from funding.returns import actions, files
from funding.returns.due import returns_due
from funding.returns.facts import BEFORE, NOT_COMMITTED, changes, facts_of, from_json
from funding.transfers import transfer, transfer_of
from mou.agreement.rules import money_of
from mou.models import Agreement
from resilience.core.access import Denied, P, Role
from resilience.core.models import Export, StoredFile
from resilience.demo.past import at
from resilience.programmes.models import Milestone
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests import factories as make
from tests.assessments import cases

pytestmark = pytest.mark.django_db


def url(name, **thing):
    return reverse(f"funding:{name}", kwargs={kind: each.pk for kind, each in thing.items()} or None)


@pytest.fixture
def finance(client):
    person = make.make_person(Role.FINANCE_LEAD)
    client.force_login(person)
    return person


@pytest.fixture
def referral(finance):
    """£5,000 granted, £3,000 of it committed in two categories and £1,000 of that paid; £9,000 allocated."""
    found = make.make_referral(state=State.ACKNOWLEDGED, others=())
    found = cases.supported(found).referral
    found.refresh_from_db()
    money.set_allocation(
        by=finance, year=found.year, commissioner=found.commissioner, amount=9_000_00, why="Letter", key="a"
    )
    commit(finance, found, 2_000_00, "one")
    commit(finance, found, 1_000_00, "two")
    Referral.objects.filter(pk=found.pk).update(state=State.AGREED)
    found.refresh_from_db()
    for each in found.commitments.all():
        amount = ledger.of_commitment(each).committed
        transfer_of(Kind.MAKE_PAYABLE, each, amount, by=None, why="MoU signed", key=f"open-{each.pk}")
    pay(finance, found.commitments.first(), 1_000_00, "p")
    return found


def commit(by, referral, pence, key):
    return money.commit(
        by=by, referral=referral, item=referral.year.menu.first(), amount=pence, purpose="=Help", key=key
    )


def pay(by, commitment, pence, key):
    return money.pay(by=by, commitment=commitment, amount=pence, why=f"BACS {key}", key=key)


@pytest.fixture
def milestone(referral):
    """Due in ten days: half of the money paid, and beside it at the same hour all MoUs signed."""
    due = timezone.now() + dt.timedelta(days=10)
    referral.year.milestones.create(name="MoUs", due_at=due, measure=Milestone.Measure.AGREED, target=100)
    return referral.year.milestones.create(
        name="Return", due_at=due, measure=Milestone.Measure.SPENT, target=50, is_return=True
    )


def make_return(finance, milestone, key="r", **more):
    return actions.make_return(
        by=finance, milestone=milestone, commissioner=milestone.year.programme.owner, key=key, **more
    )


def sign(referral):
    """An MoU signed by both, as its row would be."""
    officer = make.make_person(Role.PROGRAMME_OFFICER)
    template = make.make_template(referral.year)
    file = StoredFile.keep(name="mou.pdf", content_type="application/pdf", content=b"%PDF", by=officer)
    return Agreement.objects.create(
        referral=referral, template=template, html="x", document=file, sent_by=officer, state="signed",
        signed_at=timezone.now(), money=money_of(referral),
    )  # fmt: skip


def naive(year):
    """Each practice and category of support by one loop over the plain entries, a second time."""
    sums = {}
    for entry in Transfer.objects.filter(commitment__isnull=False, allocation__year=year):
        each = entry.commitment
        row = sums.setdefault((each.referral_id, each.practice.ods_code, each.item.name), [0, 0])
        row[0] += {"commit": 1, "release": -1, "claw_back": -1}.get(entry.kind, 0) * entry.amount
        row[1] += {"pay": 1, "reverse": -1, "claw_back": -1}.get(entry.kind, 0) * entry.amount
    return {key: tuple(value) for key, value in sums.items() if any(value)}


class TestFacts:
    def test_rows_are_the_entries_counted_again_and_sum_to_the_funding(self, referral, milestone, finance):
        commitment = referral.commitments.first()
        money.reverse(by=finance, commitment=commitment, amount=300_00, why="Wrong account", key="rev")
        money.claw_back(by=finance, commitment=commitment, amount=200_00, why="Not needed", key="back")
        facts = facts_of(milestone, referral.year.programme.owner)
        rows = {
            (row.referral, row.practice_code, row.support): (row.committed, row.paid)
            for row in facts.rows
            if row.support != NOT_COMMITTED
        }
        assert rows == naive(referral.year)
        assert facts.sums["committed"] == facts.funds["committed"]
        assert facts.sums["paid"] == facts.funds["paid"] == 500_00
        assert facts.sums["allocated"] == 5_000_00
        assert facts.funds["allocated"] == 9_000_00
        assert facts.practices == 1

    def test_what_was_paid_before_this_service_has_a_row_of_its_practice(self, referral, milestone, finance):
        allocation = Allocation.objects.get()
        practice = make.make_practice(referral.commissioner)
        transfer("paid_before", allocation, 700_00, by=finance, why="x", key="b", practice=practice)
        transfer("recovered_before", allocation, 100_00, by=finance, why="x", key="c", practice=practice)
        facts = facts_of(milestone, referral.year.programme.owner)
        row = next(row for row in facts.rows if row.support == BEFORE)
        assert (row.practice_code, row.paid) == (practice.ods_code, 600_00)
        assert facts.sums["paid"] == facts.funds["paid"] == 1_600_00
        assert facts.sums["committed"] == facts.funds["committed"]

    def test_targets_and_what_is_odd(self, referral, milestone, finance):
        facts = facts_of(milestone, referral.year.programme.owner)
        assert [(each.name, each.is_met) for each in facts.targets] == [("MoUs", False), ("Return", False)]
        odd = " ".join(facts.odd)
        assert "£2,000 is granted and not committed" in odd
        assert "£3,000 is committed and the MoU is not signed (No MoU)" in odd
        assert "£6,000 of £9,000 is not committed" in odd
        sign(referral)
        pay(finance, referral.commitments.first(), 1_000_00, "p2")
        commit_more = money.set_allocation(
            by=finance,
            year=referral.year,
            commissioner=referral.commissioner,
            amount=4_000_00,
            why="x",
            key="z",
        )
        assert ledger.of_allocation(commit_more).paid == 2_000_00
        facts = facts_of(milestone, referral.year.programme.owner)
        assert [each.is_met for each in facts.targets] == [True, True]
        assert "MoU is not signed" not in " ".join(facts.odd)
        assert {row.mou for row in facts.rows} == {"Signed by both"}

    def test_only_the_organisation_and_those_below_it(self, referral, milestone, finance):
        elsewhere = make.make_ccg(referral.year.programme.owner)
        assert not facts_of(milestone, elsewhere).rows
        assert not facts_of(milestone, elsewhere).funding

    def test_kept_and_read_again_it_is_the_same(self, referral, milestone):
        facts = facts_of(milestone, referral.year.programme.owner)
        made = make_return(make.make_person(Role.FINANCE_LEAD), milestone)
        made.refresh_from_db()
        assert from_json(made.facts) == facts
        assert not changes(from_json(made.facts), facts)

    def test_a_withdrawn_mou_does_not_hide_the_one_that_stands(self, referral):
        assert mou_status.mou_status([referral.pk])[referral.pk] == mou_status.NONE
        sign(referral)
        assert mou_status.mou_status([referral.pk])[referral.pk].is_signed


class TestMaking:
    def test_kept_byte_for_byte_whatever_comes_after(self, referral, milestone, finance):
        made = make_return(finance, milestone, note="First")
        kept = bytes(made.workbook.content)
        pay(finance, referral.commitments.first(), 500_00, "later")
        made = NationalReturn.objects.get()
        assert bytes(made.workbook.content) == kept
        again = files.workbook(from_json(made.facts), number=1, made_at=made.made_at, note="First")
        assert again == kept
        for change in ({"note": "Other"}, {"facts": {}}, {"number": 9}):
            with pytest.raises(DatabaseError), transaction.atomic():
                NationalReturn.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            NationalReturn.objects.all().delete()

    def test_what_changed_has_before_and_after_and_rows_come_and_go(self, referral, milestone, finance):
        before = from_json(make_return(finance, milestone).facts)
        pay(finance, referral.commitments.first(), 500_00, "later")
        sign(referral)
        after = facts_of(milestone, referral.year.programme.owner)
        told = {(change.row.split(",")[-1], change.what): change.said for change in changes(before, after)}
        support = f" {referral.year.menu.first().name}"
        assert told[support, "Paid"] == ("£1,000", "£1,500")
        assert told[support, "MoU"] == ("No MoU", "Signed by both")
        assert told[f"Funding of {referral.commissioner.name}", "Paid"] == ("£1,000", "£1,500")
        gone = {change.what for change in changes(after, facts_of(milestone, make.make_ccg()))}
        assert "Removed: Paid" in gone
        come = {change.what for change in changes(facts_of(milestone, make.make_ccg()), after)}
        assert "Added: Committed" in come

    def test_made_again_it_has_a_new_number_and_the_old_one_stays(self, referral, milestone, finance):
        first = make_return(finance, milestone)
        assert make_return(finance, milestone) == first
        second = make_return(finance, milestone, key="again", note="A payment was missing")
        assert (second.number, second.replaces) == (2, first)
        assert NationalReturn.objects.count() == 2
        other = referral.year.milestones.create(name="Next", due_at=timezone.now(), is_return=True)
        third = make_return(finance, other, key="next")
        assert (third.number, third.replaces) == (3, None)
        with pytest.raises(Denied, match="already used"):
            make_return(finance, milestone, key="next")
        assert (
            "Changed since the last" in load_workbook(io.BytesIO(bytes(second.workbook.content))).sheetnames
        )

    def test_the_deadline_is_absolute(self, referral, milestone, finance):
        with at(milestone.due_at):
            assert not make_return(finance, milestone, key="in time").is_late
        with at(milestone.due_at + dt.timedelta(seconds=1)):
            assert make_return(finance, milestone, key="late").is_late

    def test_due_overdue_made(self, referral, milestone, finance):
        due = returns_due(finance, P.MAKE_RETURNS)
        assert [(each.state, each.is_soon) for each in due] == [("Due", True)]
        with at(milestone.due_at + dt.timedelta(seconds=1)):
            late = returns_due(finance, P.MAKE_RETURNS)
            assert [(each.state, each.is_overdue) for each in late] == [("Overdue", True)]
        with at(milestone.due_at - dt.timedelta(days=40)):
            assert not returns_due(finance, P.MAKE_RETURNS)[0].is_soon
        make_return(finance, milestone)
        assert [(each.state, each.is_soon) for each in returns_due(finance, P.MAKE_RETURNS)] == [
            ("Made", False)
        ]

    def test_who_may_not(self, referral, milestone):
        for person in (
            make.make_person(Role.FINANCE_LEAD, referral.commissioner),
            make.make_person(Role.APPROVER),
        ):
            with pytest.raises(Denied, match="does not let you"):
                make_return(person, milestone)
        plain = referral.year.milestones.create(name="Plan", due_at=timezone.now())
        with pytest.raises(Denied, match="is not a return"):
            make_return(make.make_person(Role.FINANCE_LEAD), plain)

    def test_the_workbook_opens_with_its_totals(self, referral, milestone, finance):
        made = make_return(finance, milestone)
        book = load_workbook(io.BytesIO(bytes(made.workbook.content)), data_only=True)
        assert book.sheetnames == ["Practices supported", "Funding", "Targets", "About"]
        rows = list(book["Practices supported"].values)
        headings = list(rows[0])
        assert len(set(headings)) == len(headings)
        totals = dict(zip(headings, rows[-1], strict=True))
        assert (totals["Funding allocated"], totals["Committed"], totals["Paid"]) == (5000, 3000, 1000)
        column = headings.index("Paid")
        assert sum(row[column] for row in rows[1:-1]) == 1000
        targets = {row[0]: row for row in book["Targets"].values}
        assert targets["Return"][-1] == "Not met"
        assert targets["Return"][1] == 0.5


class TestPages:
    def test_previewed_made_and_downloaded_again_identical(self, client, referral, milestone, finance):
        page = client.get(url("make_return", milestone=milestone))
        text = page.content.decode()
        assert "is granted and not committed" in text
        assert referral.reference in text
        answer = client.post(
            url("make_return", milestone=milestone),
            {"key": page.context["form"]["key"].value(), "note": "<b>First</b>"},
        )
        made = NationalReturn.objects.get()
        assert answer["Location"] == url("national_return", national_return=made)
        first = client.get(url("return_workbook", national_return=made)).content
        assert "would say the same" in client.get(answer["Location"]).content.decode()
        pay(finance, referral.commitments.first(), 500_00, "later")
        text = client.get(answer["Location"]).content.decode()
        assert "£1,500" in text
        assert "&lt;b&gt;First" in text
        assert client.get(url("return_workbook", national_return=made)).content == first
        sheet = load_workbook(
            io.BytesIO(client.get(url("return_changes", national_return=made)).content)
        ).active
        assert ("£1,000", "£1,500") in [row[2:] for row in sheet.values]
        text = client.get(url("returns")).content.decode()
        assert "Return 1" in text
        text = client.get(url("make_return", milestone=milestone)).content.decode()
        assert "Changed since return 1" in text
        assert "replaces it" in text

    def test_others_read_and_make_nothing(self, client, referral, milestone, finance):
        made = make_return(finance, milestone)
        client.force_login(make.make_person(Role.OBSERVER))
        text = client.get(url("make_return", milestone=milestone)).content.decode()
        assert "does not let you make" in text
        client.post(url("make_return", milestone=milestone), {"key": "k", "note": ""})
        assert NationalReturn.objects.count() == 1
        for person in (
            make.make_person(Role.FINANCE_LEAD, make.make_ccg()),
            make.make_person(Role.OBSERVER, referral.commissioner),
        ):
            client.force_login(person)
            for name in ("national_return", "return_workbook", "return_changes"):
                assert client.get(url(name, national_return=made)).status_code == 404

    def test_a_milestone_that_is_no_return_has_no_page(self, client, referral, finance):
        plain = referral.year.milestones.create(name="Plan", due_at=timezone.now())
        assert client.get(url("make_return", milestone=plain)).status_code == 404


class TestWorkbooks:
    def opened(self, client, year, name):
        answer = client.post(url("make_workbook", year=year), {"name": name})
        book = load_workbook(io.BytesIO(answer.content), data_only=True)
        rows = list(book.active.values)
        start = next(n for n, row in enumerate(rows) if row[1] is not None)
        headings = list(rows[start])
        assert len(set(headings)) == len(headings)
        assert book.active.auto_filter.ref
        assert book.active.freeze_panes == f"A{start + 2}"
        return [dict(zip(headings, row, strict=True)) for row in rows[start + 1 :]], answer.content

    def test_the_ledgers_totals_are_where_the_money_stands(self, client, referral, finance):
        rows, content = self.opened(client, referral.year, "ledger")
        figures = ledger.of_allocation(Allocation.objects.get())
        total = rows.pop()
        assert total["Uncommitted moved"] * 100 == figures.uncommitted
        assert total["Payable moved"] * 100 == figures.payable
        assert total["Paid moved"] * 100 == figures.paid
        assert len(rows) == Transfer.objects.count()
        assert all(isinstance(row["Made"], dt.datetime) for row in rows)
        assert "=Help" in {row["Why"] for row in rows}
        live = load_workbook(io.BytesIO(content)).active
        formulas = [str(c.value) for row in live.iter_rows() for c in row if c.data_type == "f"]
        assert formulas
        assert all(each.startswith("=SUBTOTAL(") for each in formulas)

    def test_commitments_and_payments(self, client, referral, finance):
        money.reverse(by=finance, commitment=referral.commitments.first(), amount=400_00, why="Back", key="x")
        rows, _ = self.opened(client, referral.year, "commitments")
        total = rows.pop()
        assert len(rows) == Commitment.objects.count() == 2
        assert total["Promised in all"] == 3000
        assert total["Paid"] == 600
        rows, _ = self.opened(client, referral.year, "payments")
        total = rows.pop()
        assert total["Paid, less what came back"] == 600
        assert {row["Reference or reason"] for row in rows} == {"BACS p", "Back"}
        assert {row["Payee"] for row in rows} == {referral.lead_practice.name}
        assert [row["Paid, less what came back"] for row in rows] == [1000, -400]

    def test_money_carried_to_another_year_leaves_this_ones_total(self, client, referral, finance):
        other = Allocation.objects.create(year=make.make_year(), commissioner=referral.commissioner)
        transfer(
            "carry_forward", Allocation.objects.get(year=referral.year), 100_00, by=finance, why="x", key="cf",
            to_allocation=other, account="uncommitted",
        )  # fmt: skip
        for year, pence in ((referral.year, 5_900_00), (other.year, 100_00)):
            rows, _ = self.opened(client, year, "ledger")
            assert rows[-1]["Uncommitted moved"] * 100 == pence

    def test_a_large_one_is_made_in_the_background(self, client, referral, finance, monkeypatch):
        monkeypatch.setattr("funding.reports.workbook_views.AT_ONCE", 1)
        answer = client.post(url("make_workbook", year=referral.year), {"name": "ledger"})
        export = Export.objects.get()
        assert answer["Location"] == reverse("export", args=[export.pk])
        output = io.BytesIO()
        name, _ = workbooks.workbook(finance, export.arguments, lambda done, total: None, output)
        assert name.endswith(".xlsx")
        assert output.getvalue().startswith(b"PK")

    def test_nobody_takes_what_they_may_not_see(self, client, referral, finance):
        page = url("make_workbook", year=referral.year)
        assert client.post(page, {"name": "secrets"}).status_code == 404
        client.force_login(make.make_person(Role.FINANCE_LEAD, make.make_ccg()))
        assert client.post(page, {"name": "ledger"}).status_code == 404
        stranger = make.make_person(Role.FINANCE_LEAD, make.make_ccg())
        with pytest.raises(Denied, match="in your scope"):
            workbooks.workbook(
                stranger, {"name": "ledger", "year": referral.year_id}, lambda done, total: None, io.BytesIO()
            )
