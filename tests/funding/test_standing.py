"""Where the money stands: every cut adds up, every number opens the entries it is the sum of."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding import ledger
from funding.ledger import Figures, Part
from funding.models import Account, Allocation, Kind, Transfer
from funding.standing import cuts
from funding.standing.tables import Table
from resilience.core.access import Role
from resilience.programmes.models import ProgrammeYear
from tests import factories as make
from tests.funding.standing_world import CARRIED, OF_COMMITMENT, MoneyWorld, legs, make_world, slowly

pytestmark = pytest.mark.django_db

ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(list(Kind)),
            "amount": st.integers(1, 10**9),
            "allocation": st.integers(0, 9),
            "to": st.integers(0, 9),
            "commitment": st.integers(0, 11),
            "days": st.integers(-40, 400),
            "account": st.sampled_from(CARRIED),
        }
    ),
    max_size=30,
)


@pytest.fixture
def world() -> MoneyWorld:
    return make_world()


@pytest.fixture
def busy(world: MoneyWorld) -> MoneyWorld:
    """An entry of every kind in every allocation, and of every commitment."""
    amount = 1_000_000_07
    for number, _ in enumerate(world.allocations):
        for kind in Kind:
            amount -= 10_03
            world.add(
                kind,
                amount if kind == Kind.ALLOCATE else amount % 9_001 + 1,
                allocation=number,
                to=number + 1,
                commitment=number,
                days=number * 31 - 20,
                account=CARRIED[number % 3],
            )
    for number, _ in enumerate(world.commitments):
        for kind in OF_COMMITMENT:
            amount -= 10_03
            world.add(kind, amount % 9_001 + 1, allocation=number, commitment=number, days=number * 7)
    return world


OF = {
    "commissioner": lambda entry, allocation: ALLOCATIONS[allocation].commissioner_id,
    "category": lambda entry, allocation: ALLOCATIONS[allocation].category_id,
    "item": lambda entry, _: entry.commitment and entry.commitment.item_id,
    "route": lambda entry, _: entry.commitment and entry.commitment.route,
    "supplier": lambda entry, _: entry.commitment and entry.commitment.supplier_id,
    "practice": lambda entry, _: (
        ((entry.practice or (entry.commitment and entry.commitment.practice)) or NOBODY).ods_code
    ),
    "month": lambda entry, _: f"{entry.happened_on:%Y-%m}",
}
ALLOCATIONS: dict[int, Allocation] = {}


class NOBODY:
    ods_code = None


def _figures(found: dict[str, int]) -> Figures:
    return Figures(*(found.get(account, 0) for account in ("uncommitted", "committed", "payable", "paid")))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES)
def test_every_cut_agrees_with_the_slow_way_and_adds_up_to_the_whole(world: MoneyWorld, entries):
    with transaction.atomic():
        for each in entries:
            world.add(**each)
        _compare(world)
        transaction.set_rollback(True)


def _compare(world: MoneyWorld) -> None:
    ALLOCATIONS.update({each.pk: each for each in world.allocations})
    rows = list(Transfer.objects.select_related("commitment__practice", "practice"))
    for year in (world.year, world.later):
        _compare_year(rows, year, world.of_year(year))


def _compare_year(rows: list[Transfer], year: ProgrammeYear, mine: list[Allocation]) -> None:
    within = {each.pk for each in mine}
    whole = _figures(slowly(rows, within, lambda *_: None)[None])
    money = cuts.Money.of(year, mine)
    assert money.total == whole
    assert ledger.total(ledger.of_allocations(mine).values()) == whole
    for cut in cuts.cuts_of(year):
        expected = {key: _figures(found) for key, found in slowly(rows, within, OF[cut.key]).items()}
        shown = {None if each.value == cuts.NONE else each.value: each.figures for each in cut.slices(money)}
        assert len(shown) == len(cut.slices(money))
        for key, figures in expected.items():
            if key is None and key not in shown and Part.ALLOCATED not in cut.parts:
                assert figures.promised == figures.committed == figures.payable == 0
                continue
            for part in cut.parts:
                assert part.of(shown[key]) == part.of(figures), f"{cut.key} {key} {part}"
        for key in shown.keys() - expected.keys():
            assert not shown[key] or shown[key] == Figures()
        for part in cut.parts:
            assert sum(part.of(each or Figures()) for each in shown.values()) == part.of(whole)


def _links(table: Table) -> Iterator[tuple[int, str]]:
    for line in [*table.lines, *table.feet]:
        for cell in line.cells:
            if cell.href:
                yield cell.value, cell.href


def _page(client, name: str, **query: Any) -> Any:
    response = client.get(reverse(f"funding:{name}"), query)
    assert response.status_code == 200
    return response


def _check_behind(client, world: MoneyWorld, value: int, href: str) -> None:
    """The ledger that a number leads to holds the entries that make it up, all of them and no other."""
    response = client.get(f"{href}&size=100")
    assert not response.context["list"].ignored, href
    assert response.context["stands"] == value, href
    query = {key: values[0] for key, values in parse_qs(urlsplit(href).query).items()}
    part = Part(query["account"])
    within = {
        each.pk
        for year in (world.year, world.later)
        for each in world.of_year(year)
        if str(year.pk) == query["year"]
        and str(each.commissioner_id) == query.get("commissioner", str(each.commissioner_id))
        and query.get("category") in (None, str(each.category_id or "null"))
    }
    stands, expected = 0, set()
    for entry in Transfer.objects.select_related("commitment__practice", "practice"):
        if not _is_of(entry, query):
            continue
        pence = [each[2] for each in legs(entry) if each[0] in part.accounts and each[1] in within]
        inside = len(pence) == 2 and not entry.to_allocation_id and len(part.accounts) > 1
        if pence and not inside:
            expected.add(entry.pk)
            stands += sum(pence)
    shown = {row.thing.pk for row in response.context["list"].rows}
    assert response.context["list"].total == len(expected) <= 100
    assert shown == expected, href
    assert stands == value, href


def _check_all(client, world: MoneyWorld, table: Table) -> None:
    links = list(_links(table))
    assert len(links) > 10
    for value, href in links:
        _check_behind(client, world, value, href)


def _is_of(entry: Transfer, query: dict[str, str]) -> bool:
    for key in ("item", "route", "supplier", "practice", "month"):
        if key in query and str(OF[key](entry, 0) or "null") != query[key]:
            return False
    return query.get("stage") in (None, str(entry.stage_id or "null"))


@pytest.mark.parametrize("by", [cut.key for cut in cuts.CUTS])
def test_every_number_of_a_cut_opens_the_entries_it_is_the_sum_of(client, busy: MoneyWorld, by):
    client.force_login(busy.person)
    page = _page(client, "money", year=busy.year.pk, by=by)
    assert page.context["table"].headings[0].label == next(each.text for each in cuts.CUTS if each.key == by)
    _check_all(client, busy, page.context["table"])
    text = page.content.decode()
    assert all(href.replace("&", "&amp;") in text for _, href in _links(page.context["table"]))
    for bar in [page.context["overall"], *page.context["bars"]]:
        _check_behind(client, busy, bar.figures.allocated, bar.allocated_href)
        for name, href in bar.links.items():
            _check_behind(client, busy, getattr(bar.figures, "uncommitted" if name == "left" else name), href)


@pytest.mark.parametrize("name", ["by_month", "drawdown", "money"])
@pytest.mark.parametrize("year", ["year", "later"])
def test_every_number_of_the_other_tables_and_years_does_too(client, busy: MoneyWorld, name, year):
    client.force_login(busy.person)
    query = {"by": "item"} if name == "money" else {}
    _check_all(client, busy, _page(client, name, year=getattr(busy, year).pk, **query).context["table"])


def test_the_control_an_entry_too_few_is_seen(client, busy: MoneyWorld, monkeypatch):
    client.force_login(busy.person)
    page = _page(client, "money", year=busy.year.pk, by="item")
    monkeypatch.setattr(
        ledger, "behind", lambda rows, part, allocations: rows.filter(allocation__in=allocations)
    )
    with pytest.raises(AssertionError):
        _check_all(client, busy, page.context["table"])


def _of_practices(world: MoneyWorld) -> list[Transfer]:
    entries = Transfer.objects.exclude(commitment=None, practice=None)
    return list(entries.filter(allocation__in=world.of_year()))


class TestThePage:
    def test_the_rows_of_a_cut_sum_to_its_total(self, client, busy: MoneyWorld):
        client.force_login(busy.person)
        for cut in cuts.CUTS:
            table = _page(client, "money", year=busy.year.pk, by=cut.key).context["table"]
            for column, _ in enumerate(cut.parts):
                whole = table.feet[0].cells[column].value
                assert sum(line.cells[column].value for line in table.lines) == whole, cut.key
            if len(table.feet) > 1:
                promised, uncommitted, allocated = (foot.cells[0].value for foot in table.feet)
                assert promised + uncommitted == allocated

    def test_what_is_beside_the_persons_scope_is_no_part_of_it(self, client, busy: MoneyWorld):
        client.force_login(busy.person)
        table = _page(client, "money", year=busy.year.pk, by="commissioner").context["table"]
        assert [line.label for line in table.lines] == [each.name for each in busy.ccgs]

    def test_a_move_leaves_one_and_reaches_the_other_and_the_whole_stays(self, client, world: MoneyWorld):
        world.add(Kind.ALLOCATE, 100_00, allocation=0)
        world.add(Kind.MOVE, 30_00, allocation=0, to=2)  # from the first CCG to the second
        source, target = world.allocations[0], Transfer.objects.get(kind=Kind.MOVE).to_allocation
        assert target.commissioner == world.ccgs[1]
        client.force_login(world.person)
        table = _page(client, "money", year=world.year.pk).context["table"]
        allocated = {line.label: line.cells[0].value for line in table.lines}
        assert allocated == {source.commissioner.name: 70_00, target.commissioner.name: 30_00}
        assert table.feet[0].cells[0].value == 100_00

    def test_categories_of_spend_stand_beside_their_indicative_shares(self, client, world: MoneyWorld):
        world.add(Kind.ALLOCATE, 30_00, allocation=0)
        world.add(Kind.ALLOCATE, 10_00, allocation=1)
        client.force_login(world.person)
        table = _page(client, "money", year=world.year.pk, by="category").context["table"]
        assert [line.cells[-3].value for line in table.lines] == [0.6, 0.4, None]
        assert [line.cells[-2].value for line in table.lines] == [0.75, 0.25, 0]

    @pytest.mark.parametrize("by", ["nothing", "", "category"])
    def test_a_cut_that_is_none_is_by_ccg(self, client, world: MoneyWorld, by):
        client.force_login(world.person)
        page = _page(client, "money", year=world.later.pk, by=by)
        assert page.context["table"].headings[0].label == "CCG"

    def test_a_long_cut_has_pages_and_the_totals_of_all(self, client, busy: MoneyWorld, monkeypatch):
        monkeypatch.setattr("funding.views.A_PAGE", 2)
        client.force_login(busy.person)
        first = _page(client, "money", year=busy.year.pk, by="practice")
        second = _page(client, "money", year=busy.year.pk, by="practice", page=2)
        assert len(first.context["table"].lines) == len(second.context["table"].lines) == 2
        assert first.context["table"].feet[0].cells == second.context["table"].feet[0].cells
        paid = {each.practice or each.commitment.practice for each in _of_practices(busy)}
        assert first.context["table"].feet[0].label == f"All {len(paid)}"
        assert first.context["pagination"]["next"]["href"].replace("&", "&amp;") in first.content.decode()

    @pytest.mark.parametrize("name", ["money", "by_month", "drawdown"])
    def test_the_file_is_the_whole_table(self, client, busy: MoneyWorld, name, monkeypatch):
        monkeypatch.setattr("funding.views.A_PAGE", 2)
        client.force_login(busy.person)
        by = {"by": "practice"} if name == "money" else {}
        page = _page(client, name, year=busy.year.pk, **by)
        content = client.get(page.context["file"] + "csv").content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(content)))
        assert rows[0] == [each.label for each in page.context["table"].headings]
        totals = page.context["table"].feet or page.context["table"].lines[-1:]
        first_amount = next(
            n for n, each in enumerate(page.context["table"].headings) if each.kind == "money"
        )
        pence = totals[0].cells[first_amount - 1].value
        wanted = "" if pence is None else f"{pence / 100:.2f}"
        assert wanted in [row[first_amount] for row in rows[1:]]
        assert client.get(page.context["file"] + "xlsx")["Content-Type"].endswith("sheet")

    @pytest.mark.parametrize("name", ["money", "by_month", "drawdown"])
    def test_without_any_money_it_says_so(self, client, name):
        client.force_login(make.make_person(Role.FINANCE_LEAD))
        assert "No allocation is set yet" in _page(client, name).content.decode()


def test_a_filter_of_several_is_asked_of_one_allocation(client, world: MoneyWorld):
    """A move from CCG 1's first category to CCG 2's second is no entry of CCG 1's second."""
    moved = Transfer.objects.create(
        kind=Kind.MOVE, allocation=world.allocations[0], to_allocation=world.allocations[4],
        debit=Account.UNCOMMITTED, credit=Account.UNCOMMITTED, amount=5, why="x", key="one-move",
    )  # fmt: skip
    client.force_login(world.person)
    query = {"commissioner": moved.allocation.commissioner_id, "category": moved.to_allocation.category_id}
    assert not _page(client, "ledger", **query).context["list"].total
    query["category"] = moved.allocation.category_id
    assert _page(client, "ledger", **query).context["list"].total == 1


def test_the_first_page_of_a_finance_lead_shows_each_year_against_its_milestones(client, busy: MoneyWorld):
    busy.year.milestones.create(
        name="All committed", due_at=timezone.now() + dt.timedelta(days=9), measure="committed", target=100
    )
    client.force_login(busy.person)
    page = client.get(reverse("home"))
    bar = next(each for each in page.context["money"] if each.query == {"year": busy.year.pk})
    assert bar.figures == cuts.Money.of(busy.year, busy.of_year()).total
    text = page.content.decode()
    assert "100% committed by" in text
    for href in [bar.allocated_href, *bar.links.values()]:
        assert href.replace("&", "&amp;") in text
    _check_behind(client, busy, bar.figures.allocated, bar.allocated_href)


def test_many_ccgs_are_read_in_the_table(client, busy: MoneyWorld, monkeypatch):
    client.force_login(busy.person)
    assert len(_page(client, "money", year=busy.year.pk).context["bars"]) == 2
    monkeypatch.setattr("funding.views.MOST_BARS", 1)
    page = _page(client, "money", year=busy.year.pk)
    assert not page.context["bars"]
    assert len(page.context["table"].lines) == 2
