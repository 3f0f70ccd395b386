"""Budgets: by month, in lines that no payment stands in twice, each change another revision."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from funding.models import (
    Allocation,
    BudgetLine,
    BudgetMonth,
    BudgetRevision,
    YearClosing,
    months_of,
)
from funding.reports import actions
from resilience.core.access import Denied, Role
from resilience.core.models import TrailEntry
from tests import factories as make


def budget(year, ccg, finance, name="Support", pence=1_200_00, key="one", group="Resilience", **more):
    return actions.set_budget(
        by=finance,
        year=year,
        commissioner=ccg,
        group=group,
        name=name,
        pence=pence,
        why="Agreed",
        key=key,
        **more,
    )


def amounts(line):
    latest = BudgetRevision.objects.filter(line=line).first()
    return list(latest.months.values_list("pence", flat=True))


def url(name, **thing):
    return reverse(f"funding:{name}", kwargs={kind: each.pk for kind, each in thing.items()} or None)


@pytest.mark.django_db
class TestBudgets:
    @given(
        whole=st.integers(min_value=-(10**11), max_value=10**11),
        months=st.integers(min_value=1, max_value=24),
    )
    def test_spread_evenly_sums_exactly_and_no_two_months_differ_by_more_than_a_penny(self, whole, months):
        spread = actions.spread_evenly(whole, months)
        assert sum(spread) == whole
        assert len(spread) == months
        assert max(spread) - min(spread) <= 1

    def test_a_new_budget_is_another_revision_and_the_old_one_stays(self, year, ccg, finance):
        line = budget(year, ccg, finance)
        by_month = [n * 101 for n in range(len(months_of(year)))]
        assert budget(year, ccg, finance, pence=by_month, key="two") == line
        assert amounts(line) == by_month
        assert BudgetRevision.objects.filter(line=line).count() == 2
        with pytest.raises(DatabaseError), transaction.atomic():
            BudgetMonth.objects.update(pence=1)
        with pytest.raises(DatabaseError), transaction.atomic():
            BudgetRevision.objects.all().delete()

    def test_the_same_key_is_the_same_act_or_is_refused(self, year, ccg, finance):
        budget(year, ccg, finance)
        budget(year, ccg, finance)
        assert BudgetRevision.objects.count() == 1
        with pytest.raises(Denied, match="already used"):
            budget(year, ccg, finance, pence=5)

    def test_a_payment_never_stands_in_two_lines(self, year, ccg, finance):
        first, second = year.menu.all()[:2]
        budget(year, ccg, finance, "First", item=first)
        with pytest.raises(Denied, match="Another budget line stands for that"):
            budget(year, ccg, finance, "Again", key="2", item=first)
        with pytest.raises(Denied, match="must not stand in two lines"):
            budget(year, ccg, finance, "Suppliers", key="3", route="supplier")
        with pytest.raises(Denied, match="not part of"):
            budget(year, ccg, finance, "Foreign", key="4", item=make.make_year().menu.first())
        budget(year, ccg, finance, "Second", key="5", item=second)
        budget(year, ccg, finance, "Typed", key="6")
        budget(year, make.make_ccg(year.programme.owner), finance, "Suppliers", key="7", route="supplier")

    def test_who_may_not_and_when_not(self, year, ccg, finance):
        for person in (make.make_person(Role.FINANCE_LEAD, make.make_ccg()), make.make_person(Role.APPROVER)):
            with pytest.raises(Denied, match="does not let you"):
                budget(year, ccg, person)
        with pytest.raises(Denied, match="is not part of"):
            budget(year, make.make_ccg(), make.make_person(Role.FINANCE_LEAD))
        with pytest.raises(Denied, match="months"):
            budget(year, ccg, finance, pence=[1, 2])
        YearClosing.objects.create(year=year, why="Audited", closed_by=finance)
        with pytest.raises(Denied, match="is closed"):
            budget(year, ccg, finance)
        assert not BudgetLine.objects.exists()

    def test_lines_move_up_within_their_group_and_the_first_takes_its_group_along(self, year, ccg, finance):
        for key, (group, name) in enumerate([("A", "1"), ("A", "2"), ("B", "3"), ("B", "4")]):
            budget(year, ccg, finance, name, key=str(key), group=group)

        def order():
            return "".join(BudgetLine.objects.order_by("position").values_list("name", flat=True))

        actions.raise_budget_line(by=finance, line=BudgetLine.objects.get(name="4"))
        assert order() == "1243"
        actions.raise_budget_line(by=finance, line=BudgetLine.objects.get(name="4"))
        assert order() == "4312"
        with pytest.raises(Denied, match="first already"):
            actions.raise_budget_line(by=finance, line=BudgetLine.objects.get(name="4"))

    def test_a_change_is_on_the_trail_with_what_it_stood_for(self, year, ccg, finance):
        item = year.menu.first()
        line = budget(year, ccg, finance, item=item)
        actions.change_budget_line(
            by=finance, line=line, group="New", name="Other", why="Renamed", route="supplier"
        )
        entry = TrailEntry.objects.latest("sequence")
        assert entry.facts["before"]["item"] == item.pk
        assert entry.facts["after"]["route"] == "supplier"
        budget(year, ccg, finance, "Third", key="3")
        with pytest.raises(Denied, match="already"):
            actions.change_budget_line(by=finance, line=line, group="Resilience", name="Third", why="x")


@pytest.mark.django_db
class TestPages:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client, finance):
        client.force_login(finance)

    def test_a_line_is_added_by_month_and_the_months_must_be_the_year(self, client, year, ccg, finance):
        Allocation.objects.create(year=year, commissioner=ccg)
        page = url("add_budget_line", year=year)
        names = [f"month_{month:%Y_%m}" for month in months_of(year)]
        typed = {
            "commissioner": ccg.pk,
            "group": "Resilience",
            "name": "Support",
            "stands_for": f"item-{year.menu.first().pk}",
            "annual": "£1,000.50",
            "spread": "by_month",
            "why": "Agreed",
            "key": "k",
            names[0]: "900",
        }
        text = client.post(page, typed).content.decode()
        assert "The months have £100.50 less than the year" in text
        assert not BudgetLine.objects.exists()
        answer = client.post(page, typed | {names[2]: "100.50"})
        assert answer.status_code == 302
        line = BudgetLine.objects.get()
        assert line.item == year.menu.first()
        assert amounts(line)[:3] == [900_00, 0, 100_50]
        text = client.get(answer["Location"]).content.decode()
        assert "£1,000.50" in text
        page = client.get(url("set_line_budget", budget_line=line))
        assert page.context["form"].initial["spread"] == "by_month"
        client.post(
            url("set_line_budget", budget_line=line),
            {"annual": "10", "spread": "even", "why": "Cut", "key": "new"},
        )
        assert sum(amounts(line)) == 10_00


def test_months_of_a_financial_year(db):
    year = make.make_year(starts_on=dt.date(2018, 4, 1), ends_on=dt.date(2019, 3, 31))
    assert [month.month for month in months_of(year)] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]
