"""The committee's finance report: exact, adding up as printed, and kept as it was issued."""

import io

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from funding import actions as money
from funding import ledger
from funding.models import (
    BudgetLine,
    FinanceReport,
    Kind,
    LineFigure,
    Narrative,
    Transfer,
    months_of,
)
from funding.reports import actions, files
from funding.reports.changes import changes_since
from funding.reports.figures import from_facts, last_day, report_of
from funding.reports.rounding import nearest, round_table, share_out
from funding.reports.table import tables_of
from funding.transfers import transfer_of
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from tests import factories as make
from tests.assessments import cases
from tests.funding.test_budgets import amounts, budget, url

pence = st.integers(min_value=-(10**12), max_value=10**12)
groups = st.lists(st.lists(pence, min_size=1, max_size=8), max_size=6)


class TestRounding:
    @given(groups, st.sampled_from([1, 100, 100_000]))
    def test_every_column_adds_up_and_every_figure_is_the_exact_one_rounded_down_or_up(self, column, unit):
        lines, subtotals, total = round_table(column, unit)
        assert [sum(group) for group in lines] == subtotals
        assert sum(subtotals) == total
        for group, printed in zip(column, lines, strict=True):
            for exact, units in zip(group, printed, strict=True):
                assert abs(units * unit - exact) < unit
        exact = sum(map(sum, column))
        assert abs(total * unit - exact) * 2 <= unit

    @given(groups, groups, st.sampled_from([100, 100_000]))
    def test_a_variance_of_printed_figures_adds_up_too(self, budget, actual, unit):
        shape = [min(len(a), len(b)) for a, b in zip(budget, actual, strict=False)]
        columns = [
            round_table([group[:size] for group, size in zip(column, shape, strict=False)], unit)
            for column in (budget, actual)
        ]
        variances = [
            [a - b for a, b in zip(one, other, strict=True)]
            for one, other in zip(columns[1][0], columns[0][0], strict=True)
        ]
        assert sum(map(sum, variances)) == columns[1][2] - columns[0][2]

    @given(st.lists(st.integers(min_value=-50, max_value=50).map(lambda each: each * 100), max_size=8))
    def test_what_is_whole_already_stays(self, values):
        assert share_out(values, sum(values) // 100, 100) == [each // 100 for each in values]

    def test_the_largest_remainder_is_rounded_up_first(self):
        assert share_out([140, 140, 120], 4, 100) == [2, 1, 1]
        assert share_out([120, 140, 140], 4, 100) == [1, 2, 1]
        assert [nearest(each, 100) for each in (50, 49, -50, -49, 150)] == [1, 0, -1, 0, 2]

    def test_a_total_that_is_not_the_rounded_sum_is_refused(self):
        with pytest.raises(ValueError, match="not the rounded sum"):
            share_out([100, 250], 5, 100)


def paid(referral, amount, day, key):
    """A payment of a commitment that is payable, on a day."""
    commitment = referral.commitments.first()
    return money.pay(
        by=make.make_person(Role.FINANCE_LEAD),
        commitment=commitment,
        amount=amount,
        why=f"BACS {key}",
        key=key,
        paid_on=day,
    )


@pytest.fixture
def referral(db):
    """£5,000 payable in the first category of support."""
    found = cases.supported().referral
    found.refresh_from_db()
    boss = make.make_person(Role.FINANCE_LEAD)
    money.set_allocation(
        by=boss, year=found.year, commissioner=found.commissioner, amount=9_000_00, why="Letter", key="a"
    )
    money.commit(
        by=boss,
        referral=found,
        item=found.year.menu.first(),
        amount=5_000_00,
        purpose="Recruitment",
        key="c",
    )
    make.sign_mou(found)
    for each in found.commitments.all():
        amount = ledger.of_commitment(each).committed
        transfer_of(Kind.MAKE_PAYABLE, each, amount, by=None, why="MoU signed", key=f"open-{each.pk}")
    return found


def naive(year, commissioners, month):
    """The report by one loop over the plain rows, a second time."""
    rows = {}
    for line in BudgetLine.objects.filter(year=year, commissioner__in=commissioners):
        revision = max(line.revisions.all(), key=lambda each: each.pk)
        to_date = sum(each.pence for each in revision.months.all() if each.month <= month)
        whole = sum(each.pence for each in revision.months.all())
        actual = 0
        for transfer in Transfer.objects.filter(allocation__year=year):
            if transfer.allocation.commissioner_id != line.commissioner_id:
                continue
            if transfer.happened_on > last_day(month) or transfer.commitment is None:
                continue
            if line.item_id and transfer.commitment.item.name == line.item.name:
                actual += {"pay": 1, "reverse": -1, "claw_back": -1}.get(transfer.kind, 0) * transfer.amount
        if not line.kind:
            latest = {}
            for figure in LineFigure.objects.filter(line=line, kind="actual").order_by("pk"):
                latest[figure.month] = figure.pence or 0
            actual = sum(pence for day, pence in latest.items() if day <= month)
        rows[line.pk] = (to_date, actual, whole)
    return rows


@pytest.mark.django_db
class TestFigures:
    def test_actual_is_what_was_paid_less_what_came_back_by_the_banks_day(self, referral):
        year, ccg, finance = referral.year, referral.commissioner, make.make_person(Role.FINANCE_LEAD)
        first, second = months_of(year)[:2]
        line = budget(year, ccg, finance, "First", item=year.menu.first(), pence=1_300_00)
        other = budget(year, ccg, finance, "Typed", key="2", pence=600_01)
        actions.explain_line(by=finance, line=other, month=first, narrative="", actual=70_00)
        actions.explain_line(by=finance, line=other, month=second, narrative="", actual=-5_00)
        paid(referral, 1_000_00, last_day(first), "p1")
        paid(referral, 2_000_00, second, "p2")
        commitment = referral.commitments.first()
        money.reverse(by=finance, commitment=commitment, amount=300_00, why="Wrong account", key="r")
        money.claw_back(by=finance, commitment=commitment, amount=200_00, why="Not delivered", key="b")
        for month in (first, second, today().replace(day=1)):
            found = {line.line: line for line in report_of(year, ccg, month).lines}
            expected = naive(year, [ccg], month)
            assert {
                pk: (each.budget_to_date, each.actual_to_date, each.budget) for pk, each in found.items()
            } == expected
        now = {each.line: each for each in report_of(year, ccg, today().replace(day=1)).lines}
        assert now[line.pk].actual_to_date == 2_500_00
        assert now[other.pk].actual_to_date == 65_00

    def test_what_no_line_stands_for_is_a_line_of_its_own_so_that_totals_are_the_ledgers(self, referral):
        year, ccg, finance = referral.year, referral.commissioner, make.make_person(Role.FINANCE_LEAD)
        budget(year, ccg, finance, "Another", item=year.menu.last())
        paid(referral, 1_000_00, today(), "p1")
        report = report_of(year, ccg, today().replace(day=1))
        assert sum(line.actual_to_date for line in report.lines) == 1_000_00
        assert [line.actual_to_date for line in report.lines if line.line is None] == [1_000_00]
        assert tables_of(report, "pounds")[0].total.actual_to_date == 1_000

    def test_the_forecast_is_the_actual_and_the_budget_to_come_unless_it_is_typed(self, year, ccg, finance):
        line = budget(year, ccg, finance, pence=1_300_00)
        months = months_of(year)
        actions.explain_line(by=finance, line=line, month=months[2], narrative="", actual=999_00)
        found = report_of(year, ccg, months[2]).lines[0]
        assert found.forecast == 999_00 + sum(amounts(line)[3:])
        actions.explain_line(by=finance, line=line, month=months[2], narrative="", actual=999_00, forecast=5)
        assert report_of(year, ccg, months[2]).lines[0].forecast == 5
        assert report_of(year, ccg, months[3]).lines[0].forecast != 5
        actions.explain_line(by=finance, line=line, month=months[2], narrative="", actual=999_00)
        assert not report_of(year, ccg, months[2]).lines[0].forecast_is_typed

    def test_the_actual_of_a_line_of_the_ledger_cannot_be_typed(self, year, ccg, finance):
        line = budget(year, ccg, finance, item=year.menu.first())
        with pytest.raises(Denied, match="comes from the ledger"):
            actions.explain_line(by=finance, line=line, month=months_of(year)[0], narrative="", actual=1)

    def test_a_narrative_is_missing_beyond_the_threshold_until_it_is_written(self, year, ccg, finance):
        line = budget(year, ccg, finance, pence=[100_00] * len(months_of(year)))
        month = months_of(year)[0]
        assert [each.line for each in report_of(year, ccg, month).missing] == [line.pk]
        actions.set_narrative_threshold(by=finance, year=year, pence=100_00, why="The committee asked")
        assert not report_of(year, ccg, month).missing
        assert report_of(year, ccg, months_of(year)[1]).missing
        actions.explain_line(by=finance, line=line, month=months_of(year)[1], narrative="Started late")
        report = report_of(year, ccg, months_of(year)[1])
        assert not report.missing
        assert (report.lines[0].narrative, report.lines[0].narrative_by) == ("Started late", finance.name)
        actions.explain_line(by=finance, line=line, month=months_of(year)[1], narrative="Started late")
        assert Narrative.objects.count() == 1

    def test_all_sums_the_lines_of_one_name_across_commissioners(self, year, ccg, finance):
        other = make.make_ccg(year.programme.owner, name="NHS Southmere CCG")
        budget(year, ccg, finance, pence=650_00)
        budget(year, other, finance, pence=1_300_00, key="2")
        report = report_of(year, year.programme.owner, months_of(year)[-1])
        tables = tables_of(report, "pounds")
        assert [table.total.budget for table in tables] == [1950, 650, 1300]
        assert len(tables[0].groups[0].rows) == 1


def issue(year, organisation, finance, unit="thousands", key="issue"):
    return actions.issue_finance_report(
        by=finance,
        year=year,
        commissioner=organisation,
        month=months_of(year)[1],
        unit=unit,
        committee="Committees in common, 5 October",
        key=key,
    )


@pytest.mark.django_db
class TestIssued:
    def test_its_facts_make_the_same_bytes_again_and_it_is_kept(self, year, ccg, finance):
        line = budget(year, ccg, finance, pence=1_234_567_89)
        made = issue(year, year.programme.owner, finance)
        kept = bytes(made.workbook.content), bytes(made.document.content)
        budget(year, ccg, finance, pence=5, key="later")
        actions.explain_line(by=finance, line=line, month=made.month, narrative="Later")
        made = FinanceReport.objects.get()
        assert (bytes(made.workbook.content), bytes(made.document.content)) == kept
        again = files.files_of(from_facts(made.facts), made.unit, made.committee, made.issued_at)
        assert [content for _, _, content in again] == list(kept)
        with pytest.raises(DatabaseError), transaction.atomic():
            FinanceReport.objects.update(committee="Another")
        what = {change.what: change.said for change in changes_since(made)}
        assert what["Budget for the year"] == ("£1,234,567.89", "£0.05")
        assert what["Narrative"] == ("", "Later")

    def test_the_same_page_twice_is_one_report(self, year, ccg, finance):
        budget(year, ccg, finance)
        assert issue(year, ccg, finance) == issue(year, ccg, finance)
        with pytest.raises(Denied, match="already used"):
            issue(year, ccg, finance, unit="pounds")
        with pytest.raises(Denied, match="neither a budget"):
            issue(year, make.make_ccg(year.programme.owner), finance, key="other")
        with pytest.raises(Denied, match="has not begun"):
            actions.issue_finance_report(
                by=finance, year=year, commissioner=ccg, month=months_of(year)[-1], unit="pounds",
                committee="x", key="future",
            )  # fmt: skip

    @pytest.mark.parametrize("unit", ["pounds", "thousands"])
    def test_the_workbook_opens_and_its_totals_are_the_printed_ones(self, year, ccg, finance, unit):
        for n in range(1, 8):
            budget(year, ccg, finance, f"=Line {n}", key=str(n), group=f"Group {n % 3}", pence=n * 77_777_77)
        other = make.make_ccg(year.programme.owner, name="NHS Southmere CCG")
        budget(year, other, finance, key="other", pence=123_456_78)
        report = report_of(year, year.programme.owner, months_of(year)[1])
        book = load_workbook(io.BytesIO(files.workbook(report, unit)), data_only=True)
        tables = tables_of(report, unit)
        assert book.sheetnames[-2:] == ["Narratives", "Exact figures"]
        assert len(book.sheetnames) == len(tables) + 2 == 5
        for sheet, table in zip(book.worksheets, tables, strict=False):
            rows = list(sheet.values)
            headings = next(n for n, row in enumerate(rows) if row[0] == "Group")
            assert len(set(rows[headings])) == len(rows[headings])
            assert list(rows[-1][2:]) == list(table.total.figures)
            lines = [row for row in rows[headings + 1 : -1] if row[1] != "Subtotal"]
            assert [sum(column) for column in zip(*(row[2:] for row in lines), strict=True)] == list(
                table.total.figures
            )
            assert sheet.freeze_panes == f"A{headings + 2}"
        live = load_workbook(io.BytesIO(files.workbook(report, unit)))
        formulas = [
            str(cell.value)
            for sheet in live.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]
        assert formulas
        assert all(each.startswith("=SUBTOTAL(9,") for each in formulas)


@pytest.mark.django_db
class TestPages:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client, finance):
        client.force_login(finance)

    def test_the_report_its_files_and_the_narrative(self, client, year, ccg, finance):
        line = budget(year, ccg, finance, pence=1_234_56)
        month = months_of(year)[1].isoformat()
        asked = {"year": year.pk, "commissioner": ccg.pk, "month": month}
        text = client.get(url("finance_report"), asked).content.decode()
        assert "Not written yet" in text
        assert "under" in text
        page = url("explain_line", budget_line=line) + f"?month={month}"
        answer = client.post(
            page, {"narrative": "Began late", "forecast": "", "forecast_why": "", "actual": "5"}
        )
        assert "Began late" in client.get(answer["Location"]).content.decode()
        assert client.get(url("finance_report"), asked | {"file": "pdf"}).content.startswith(b"%PDF")
        book = client.get(url("finance_report"), asked | {"file": "xlsx", "unit": "thousands"}).content
        rows = load_workbook(io.BytesIO(book)).worksheets[0].iter_rows(values_only=True)
        assert "(£000)" in str(list(rows))

    def test_issued_from_the_page_and_downloaded_again_identical(self, client, year, ccg, finance):
        budget(year, ccg, finance)
        typed = {
            "commissioner": ccg.pk,
            "month": months_of(year)[0].isoformat(),
            "unit": "pounds",
            "committee": "Committee",
            "key": "k",
        }
        answer = client.post(url("issue_finance_report", year=year), typed)
        made = FinanceReport.objects.get()
        assert answer["Location"] == url("issued_report", finance_report=made)
        before = client.get(url("issued_workbook", finance_report=made)).content
        budget(year, ccg, finance, pence=7, key="later")
        assert client.get(url("issued_workbook", finance_report=made)).content == before
        text = client.get(answer["Location"]).content.decode()
        assert "Budget for the year" in text
        client.force_login(make.make_person(Role.FINANCE_LEAD, make.make_ccg()))
        for name in ("issued_report", "issued_workbook", "issued_document"):
            assert client.get(url(name, finance_report=made)).status_code == 404

    def test_one_commissioner_never_sees_the_others(self, client, year, ccg, finance):
        other = make.make_ccg(year.programme.owner, name="NHS Southmere CCG")
        budget(year, ccg, finance, pence=11_111_00)
        budget(year, other, finance, pence=22_222_00, key="2")
        client.force_login(make.make_person(Role.FINANCE_LEAD, ccg))
        last = months_of(year)[-1].isoformat()
        for who in (ccg, other, year.programme.owner):
            page = client.get(
                url("finance_report"), {"year": year.pk, "commissioner": who.pk, "month": last}
            ).content.decode()
            assert "11,111" in page
            assert "22,222" not in page
            assert "Southmere" not in page
