"""Spreadsheets of money: shown first, then all or nothing, the same file once, and exact to the penny."""

import csv
import io
import lzma
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from funding import actions as money_actions
from funding import ledger
from funding.imports import actions
from funding.models import Allocation, BudgetMonth, MoneyImport, Transfer, YearClosing
from practices.models import Practice
from resilience.core.access import Denied, Role
from resilience.core.uploaded import Unreadable
from resilience.programmes.models import SpendCategory
from tests import factories as make
from tests.funding.test_ledger import key

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[2].parent / "shared" / "data"
REAL = DATA / "nhspayments_2018-19.csv.xz"
Kind = MoneyImport.Kind


@pytest.fixture
def ccg():
    return make.make_ccg(name="Northvale CCG", code="Q99")


@pytest.fixture
def year(ccg):
    return make.make_year(owner=ccg.parent)


@pytest.fixture
def finance(ccg):
    return make.make_person(Role.FINANCE_LEAD, ccg.parent)


def table(text: str, name: str = "money.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def bring(by, kind, year, text, name="money.csv") -> MoneyImport:
    return actions.keep_money_file(by=by, kind=kind, year=year, file=table(text, name))


def take(by, money_import):
    plan = actions.plan(money_import, by)
    return actions.import_money(by=by, money_import=money_import, digest=plan.digest)


def allocate(by, year, ccg, pence, category=None) -> Allocation:
    return money_actions.set_allocation(
        by=by, year=year, commissioner=ccg, amount=pence, why="Letter", key=key(), category=category
    )


def words_of(plan) -> str:
    return " ".join(f"row {each.row} {each.words}" for each in plan.wrong)


class TestAllocations:
    TEXT = 'Resilience money 2018/19\n\nCCG,Allocation\nQ99,"£12,345.67"\n\nTotal,"£12,345.67"\n'

    def test_as_people_have_them_and_the_same_file_is_once(self, finance, year, ccg):
        kept = bring(finance, Kind.ALLOCATIONS, year, self.TEXT)
        assert not Transfer.objects.exists()
        take(finance, kept)
        assert ledger.of_allocation(Allocation.objects.get()).allocated == 12_345_67
        assert Transfer.objects.get().why == "Imported from money.csv"
        with pytest.raises(Denied, match="This very file was imported by"):
            bring(finance, Kind.ALLOCATIONS, year, self.TEXT)
        with pytest.raises(Denied, match="imported already"):
            take(finance, MoneyImport.objects.get())
        assert Transfer.objects.count() == 1

    def test_two_previews_of_one_file_are_taken_once(self, finance, year, ccg):
        first, second = (bring(finance, Kind.ALLOCATIONS, year, self.TEXT) for _ in range(2))
        take(finance, first)
        with pytest.raises(Denied, match="This very file was imported"):
            take(finance, second)

    def test_only_what_differs_is_changed(self, finance, year, ccg):
        allocate(finance, year, ccg, 12_345_67)
        plan = actions.plan(bring(finance, Kind.ALLOCATIONS, year, self.TEXT), finance)
        assert (plan.lines, plan.same, plan.wrong) == ([], 1, [])
        with pytest.raises(Denied, match="Nothing to import"):
            take(finance, MoneyImport.objects.get())

    def test_each_row_that_cannot_be_taken_is_said_and_nothing_is_written(self, finance, year, ccg):
        text = "CCG,Allocation\nQ99,£10.00\nQ99,£20\nNowhere CCG,£5\nnorthvale ccg,twelve pounds\n"
        kept = bring(finance, Kind.ALLOCATIONS, year, text)
        said = words_of(actions.plan(kept, finance))
        assert "row 3 This allocation stands in row 2 already" in said
        assert "row 4 “Nowhere CCG” is not a CCG or office" in said
        assert "row 5" in said
        with pytest.raises(Denied, match="Some rows cannot be imported"):
            take(finance, kept)
        assert not Transfer.objects.exists()

    def test_a_year_with_categories_asks_for_one(self, finance, year, ccg):
        for position, share in ((1, 60), (2, 40)):
            SpendCategory.objects.create(
                year=year, position=position, name=f"Kind {position}", indicative_share=share
            )
        kept = bring(finance, Kind.ALLOCATIONS, year, "CCG,Allocation\nQ99,£10\n")
        assert "row 2 Say which category of spend" in words_of(actions.plan(kept, finance))
        kept = bring(
            finance,
            Kind.ALLOCATIONS,
            year,
            "CCG,Category of spend,Allocation\nQ99,kind 1,£10\nQ99,Kind 2,£20\n",
        )
        take(finance, kept)
        figures = ledger.of_allocations(Allocation.objects.all())
        assert sorted(each.allocated for each in figures.values()) == [10_00, 20_00]

    def test_below_what_is_promised_is_said(self, finance, year, ccg):
        practice = make.make_practice(ccg)
        allocate(finance, year, ccg, 100_00)
        kept = bring(finance, Kind.PAID_BEFORE, year, f"Practice code,Paid\n{practice.ods_code},60\n")
        take(finance, kept)
        kept = bring(finance, Kind.ALLOCATIONS, year, "CCG,Allocation\nQ99,£59.99\n")
        assert "£60 is promised already" in words_of(actions.plan(kept, finance))

    def test_what_another_sets_is_out_of_reach(self, year, ccg):
        elsewhere = make.make_person(Role.FINANCE_LEAD, make.make_ccg())
        with pytest.raises(Denied, match="does not let you set allocations"):
            bring(elsewhere, Kind.ALLOCATIONS, year, self.TEXT)
        sibling = make.make_person(Role.FINANCE_LEAD, make.make_ccg(ccg.parent))
        kept = bring(sibling, Kind.ALLOCATIONS, year, self.TEXT)
        assert "“Q99” is not a CCG or office whose allocation you may set" in words_of(
            actions.plan(kept, sibling)
        )

    def test_a_ledger_that_changed_since_the_preview_is_shown_again(self, finance, year, ccg):
        kept = bring(finance, Kind.ALLOCATIONS, year, self.TEXT)
        seen = actions.plan(kept, finance).digest
        allocate(finance, year, ccg, 5_00)
        with pytest.raises(actions.Outdated) as outdated:
            actions.import_money(by=finance, money_import=kept, digest=seen)
        assert outdated.value.plan.lines[0].before == 5_00
        assert ledger.of_allocation(Allocation.objects.get()).allocated == 5_00

    def test_a_closed_year_takes_nothing(self, finance, year, ccg):
        kept = bring(finance, Kind.ALLOCATIONS, year, self.TEXT)
        YearClosing.objects.create(year=year, why="Over", closed_by=finance)
        with pytest.raises(Denied, match="is closed"):
            take(finance, kept)


class TestBudgets:
    def test_a_year_spread_evenly_or_month_by_month(self, finance, year, ccg):
        text = 'CCG,Group,Budget line,Budget\nQ99,Support,Coaching,"1,000.01"\nQ99,Support,Advice,12\n'
        take(finance, bring(finance, Kind.BUDGETS, year, text))
        amounts = BudgetMonth.objects.filter(revision__line__name="Coaching").values_list("pence", flat=True)
        assert sum(amounts) == 1_000_01
        assert max(amounts) - min(amounts) <= 1

    def test_months_that_do_not_add_up_are_said(self, finance, year, ccg):
        month = f"{year.starts_on:%B %Y}"
        text = f"CCG,Group,Budget line,Budget,{month}\nQ99,Support,Coaching,10,9\n"
        plan = actions.plan(bring(finance, Kind.BUDGETS, year, text), finance)
        assert "The months add up to £9, not to £10" in words_of(plan)

    def test_a_line_that_its_own_rule_refuses_is_named_and_nothing_is_written(self, finance, year, ccg):
        item = year.menu.first()
        text = (
            f"CCG,Group,Budget line,Budget,Category of support\nQ99,Support,Coaching,10,{item.name}\n"
            f"Q99,Support,Advice,10,{item.name}\n"
        )
        with pytest.raises(Denied, match="Row 3: "):
            take(finance, bring(finance, Kind.BUDGETS, year, text))
        assert not BudgetMonth.objects.exists()

    def test_the_same_budget_again_changes_nothing(self, finance, year, ccg):
        text = "CCG,Group,Budget line,Budget\nQ99,Support,Coaching,10\n"
        take(finance, bring(finance, Kind.BUDGETS, year, text))
        again = bring(finance, Kind.BUDGETS, year, text + "\n", "again.csv")
        plan = actions.plan(again, finance)
        assert (plan.lines, plan.same) == ([], 1)


class TestPaidBefore:
    def test_negatives_are_recoveries_and_the_sum_is_exact(self, finance, year, ccg):
        first, second = make.make_practice(ccg), make.make_practice(ccg)
        allocation = allocate(finance, year, ccg, 1_000_00)
        text = (
            f"ODS code,Amount paid,Paid on,Reference\n{first.ods_code},£600.10,1 April 2018,BACS 7\n"
            f"{second.ods_code},(100.05),43191,\n{second.ods_code},-,,\n"
        )
        take(finance, bring(finance, Kind.PAID_BEFORE, year, text))
        assert ledger.of_allocation(allocation) == ledger.Figures(uncommitted=499_95, paid=500_05)
        paid = Transfer.objects.get(kind="paid_before")
        assert (paid.practice, paid.why, f"{paid.happened_on}") == (first, "BACS 7", "2018-04-01")
        assert f"{Transfer.objects.get(kind='recovered_before').happened_on}" == "2018-04-01"

    def test_more_than_is_uncommitted_is_said(self, finance, year, ccg):
        practice = make.make_practice(ccg)
        allocate(finance, year, ccg, 10_00)
        kept = bring(finance, Kind.PAID_BEFORE, year, f"Practice code,Paid\n{practice.ods_code},10.01\n")
        assert "£10 of its allocation is uncommitted" in words_of(actions.plan(kept, finance))

    def test_no_practice_no_allocation_and_a_day_to_come_are_said(self, finance, year, ccg):
        practice = make.make_practice(ccg)
        text = f"Practice code,Paid,Paid on\nZ99999,5,\n{practice.ods_code},5,\n"
        said = words_of(actions.plan(bring(finance, Kind.PAID_BEFORE, year, text), finance))
        assert "row 2 “Z99999” is not the code of a practice" in said
        assert "row 3 Northvale CCG has no allocation" in said
        allocate(finance, year, ccg, 10_00)
        text = f"Practice code,Paid,Paid on\n{practice.ods_code},5,1 April 2099\n"
        said = words_of(actions.plan(bring(finance, Kind.PAID_BEFORE, year, text), finance))
        assert "row 2 1 April 2099 is still to come" in said

    @pytest.mark.skipif(not REAL.exists(), reason="the published payments are not beside the project")
    def test_the_published_payments_to_the_penny(self, finance, year, ccg):
        content = REAL.read_bytes()
        rows = list(csv.DictReader(io.StringIO(lzma.decompress(content).decode("utf-8-sig"))))
        column = "General Practice Forward View"
        pence = [int(Decimal(row[column] or 0) * 100) for row in rows]
        assert sum(1 for each in pence if each < 0) == 35
        codes = {row["Practice Code"] for row in rows}
        Practice.objects.bulk_create(
            Practice(ods_code=code, name=f"Practice {code}", commissioner=ccg) for code in codes
        )
        allocation = allocate(finance, year, ccg, 100_000_000_00)
        file = SimpleUploadedFile(REAL.name, content)
        take(finance, actions.keep_money_file(by=finance, kind=Kind.PAID_BEFORE, year=year, file=file))
        assert ledger.of_allocation(allocation).paid == sum(pence)
        by_practice = ledger.cut(Transfer.objects.filter(practice__isnull=False), "practice__ods_code")
        expected: dict[str, int] = {}
        for row, each in zip(rows, pence, strict=True):
            expected[row["Practice Code"]] = expected.get(row["Practice Code"], 0) + each
        assert {code: each.paid for code, each in by_practice.items()} == {
            code: each for code, each in expected.items() if code in by_practice
        }
        assert all(not expected[code] for code in expected.keys() - by_practice.keys())


class TestPages:
    def test_bring_look_write(self, client, finance, year, ccg):
        client.force_login(finance)
        sent = client.post(
            reverse("funding:import_money"),
            {"kind": "allocations", "year": year.pk, "file": table(TestAllocations.TEXT)},
        )
        kept = MoneyImport.objects.get()
        page = reverse("funding:money_import", args=[kept.pk])
        assert sent.url == page
        shown = client.get(page)
        assert "£12,345.67" in shown.content.decode()
        assert client.post(page, {"digest": "other"}).status_code == 200
        assert not Transfer.objects.exists()
        client.post(page, {"digest": shown.context["plan"].digest})
        assert Transfer.objects.count() == 1
        assert "Imported by" in client.get(page).content.decode()
        client.post(reverse("funding:discard_money_import", args=[kept.pk]))
        assert MoneyImport.objects.exists(), "what was imported stays"

    def test_a_file_that_is_no_table_keeps_the_form_and_stores_nothing(self, client, finance, year):
        client.force_login(finance)
        answer = client.post(
            reverse("funding:import_money"),
            {"kind": "budgets", "year": year.pk, "file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04 no")},
        )
        assert answer.status_code == 200
        assert "x.xlsx" in answer.content.decode()
        assert not MoneyImport.objects.exists()

    def test_what_nobody_wants_is_discarded(self, client, finance, year):
        client.force_login(finance)
        kept = bring(finance, Kind.ALLOCATIONS, year, TestAllocations.TEXT)
        client.post(reverse("funding:discard_money_import", args=[kept.pk]))
        assert not MoneyImport.objects.exists()


def test_an_unreadable_file_is_not_kept(finance, year):
    with pytest.raises(Unreadable):
        actions.keep_money_file(
            by=finance, kind=Kind.BUDGETS, year=year, file=SimpleUploadedFile("x.csv", b"")
        )
    assert not MoneyImport.objects.exists()
