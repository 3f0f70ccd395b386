"""Allocations by category, fair shares to the penny, and funds received."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from funding import ledger
from funding.allocations import actions
from funding.allocations.shares import fair_shares, indicative
from funding.models import Allocation, FundsReceived, Kind, Transfer
from resilience.core.access import Denied, Role
from resilience.core.calendar import today
from resilience.core.models import TrailEntry
from resilience.programmes.models import SpendCategory
from tests import factories as make
from tests.funding.test_ledger import key


def naive(pence, weights):
    """A second implementation: hand out one penny at a time to whoever is furthest below their true share."""
    whole = sum(weights)
    given = [pence * weight // whole for weight in weights]
    while sum(given) < pence:
        short = [Decimal(pence * weight - got * whole) for weight, got in zip(weights, given, strict=True)]
        given[short.index(max(short))] += 1
    return given


@given(
    pence=st.integers(0, 4_000_000_000),
    weights=st.lists(st.integers(0, 400_000), min_size=1, max_size=12).filter(any),
)
def test_fair_shares_sum_exactly_and_agree_with_a_naive_second_count(pence, weights):
    shares = fair_shares(pence, dict(enumerate(weights)))
    assert sum(shares.values()) == pence
    assert list(shares.values()) == naive(pence, weights)
    assert all(
        abs(share - pence * weight / sum(weights)) < 1.001
        for share, weight in zip(shares.values(), weights, strict=True)
    )


def test_nothing_to_share_by_is_said():
    with pytest.raises(ValueError, match="share by"):
        fair_shares(100, {"a": 0})


def categorised(year, *shares):
    for position, share in enumerate(shares, start=1):
        SpendCategory.objects.create(
            year=year, position=position, name=f"Category {position}", indicative_share=share
        )
    return list(year.spend_categories.all())


class World:
    """An office with two CCGs of 10,000 and 20,000 patients and £100 of its own."""

    def __init__(self):
        self.office = make.make_local_office()
        self.small, self.large = (
            make.make_ccg(self.office, name="A small"),
            make.make_ccg(self.office, name="B large"),
        )
        make.make_practice(self.small, list_size=10_000)
        make.make_practice(self.large, list_size=15_000)
        make.make_practice(self.large, list_size=5_000, list_size_on=dt.date(2018, 4, 1))
        make.make_practice(self.large, list_size=90_000, status="closed", closed_on=dt.date(2018, 1, 1))
        make.make_practice(self.large, list_size=None, list_size_on=None)
        self.year = make.make_year(self.office)
        self.finance = make.make_person(Role.FINANCE_LEAD, self.office)
        self.allocation = self.allocate(self.office, 100_00)

    def allocate(self, commissioner, pence, category=None):
        from funding.actions import set_allocation

        return set_allocation(
            by=self.finance, year=self.year, commissioner=commissioner, amount=pence, why="Letter",
            key=key(), category=category,
        )  # fmt: skip

    def share(self, small, large, total=None, why=None, **more):
        return actions.share_out(
            **{
                "by": self.finance,
                "allocation": self.allocation,
                "total": small + large if total is None else total,
                "amounts": {self.small: small, self.large: large},
                "reasons": why or {},
                "key": key(),
            }
            | more
        )

    def stands(self):
        return {
            each.commissioner: ledger.of_allocation(each).uncommitted
            for each in Allocation.objects.filter(year=self.year)
        }


@pytest.fixture
def world(db):
    return World()


class TestShareOut:
    def test_goes_by_the_patients_of_active_practices(self, world):
        made = world.share(33_33, 66_67)
        assert world.stands() == {world.office: 0, world.small: 33_33, world.large: 66_67}
        assert {each.kind for each in made} == {Kind.MOVE}
        assert made[0].why == "Fair share: 10,000 of 30,000 registered patients"

    def test_an_adjusted_line_needs_its_reason_and_keeps_it(self, world):
        with pytest.raises(Denied, match=r"Say why A small gets £40 and not its fair share, £33\.33"):
            world.share(40_00, 60_00, why={world.large: "Less need"})
        made = world.share(
            40_00, 60_00, why={world.small: "Three practices at risk", world.large: "Less need"}
        )
        assert made[0].why.endswith("Adjusted: Three practices at risk")

    @pytest.mark.parametrize(("small", "sentence"), [(33_32, "£0.01 less than"), (33_34, "£0.01 more than")])
    def test_lines_that_do_not_make_the_total_share_nothing(self, world, small, sentence):
        why = {world.small: "x", world.large: "x"}
        with pytest.raises(Denied, match=sentence):
            world.share(small, 66_67, total=100_00, why=why)
        assert world.stands() == {world.office: 100_00}

    def test_no_more_than_is_left(self, world):
        with pytest.raises(Denied, match="£100 uncommitted"):
            world.share(33_34, 66_67, total=100_01)
        assert world.stands() == {world.office: 100_00}

    def test_sent_twice_is_once_and_other_lines_are_refused(self, world):
        world.share(16_67, 33_33, key="page")
        world.share(16_67, 33_33, key="page")
        assert world.stands()[world.small] == 16_67
        with pytest.raises(Denied, match="already used"):
            world.share(16_66, 33_34, key="page", why={world.small: "x", world.large: "x"})
        assert world.stands() == {world.office: 50_00, world.small: 16_67, world.large: 33_33}

    def test_only_finance_over_the_office(self, world):
        below = make.make_person(Role.FINANCE_LEAD, world.small)
        for person in (below, make.make_person(Role.PROGRAMME_OFFICER, world.office)):
            with pytest.raises(Denied, match="does not let you"):
                world.share(33_33, 66_67, by=person)

    def test_without_list_sizes_there_is_nothing_to_share_by(self, world):
        type(world.small.practices.first()).objects.update(list_size=None, list_size_on=None)
        with pytest.raises(Denied, match="no list size"):
            world.share(33_33, 66_67)

    def test_keeps_the_category_of_spend(self, world):
        year = world.year = make.make_year(world.office)
        _first, second = categorised(year, 60, 40)
        world.allocation = world.allocate(world.office, 100_00, second)
        world.share(33_33, 66_67)
        assert set(Allocation.objects.filter(year=year).values_list("category", flat=True)) == {second.pk}

    def test_the_page_previews_adjusts_and_shares(self, world, client):
        client.force_login(world.finance)
        address = reverse("funding:share_out", kwargs={"allocation": world.allocation.pk})
        page = client.get(address)
        text = page.content.decode()
        assert "10,000" in text
        assert "20,000" in text
        assert "1 January 2018 to 1 April 2018" in text
        small, large = f"amount_{world.small.pk}", f"amount_{world.large.pk}"
        form = page.context["form"]
        assert (form[small].value(), form[large].value()) == ("33.33", "66.67")
        typed = {"key": form["key"].value(), small: "40", large: "59"}
        said = client.post(f"{address}?total=100", typed).content.decode()
        assert "Say why A small gets £40" in said
        assert "£1 less than the £100" in said
        whys = {f"why_{world.small.pk}": "Need", f"why_{world.large.pk}": "Need"}
        assert client.post(f"{address}?total=100", typed | whys | {large: "60"}).status_code == 302
        assert world.stands() == {world.office: 0, world.small: 40_00, world.large: 60_00}
        assert "nothing uncommitted" in client.get(address).content.decode()

    @pytest.mark.parametrize("total", ["", "abc", "-1", "0", "99999999999999"])
    def test_a_bad_total_is_said(self, world, client, total):
        client.force_login(world.finance)
        address = reverse("funding:share_out", kwargs={"allocation": world.allocation.pk})
        page = client.get(address, {"total": total})
        assert page.status_code == 200
        assert page.context["form"] is None
        assert page.context["asked"].errors


class TestByCategory:
    def test_the_indicative_shares_are_proposed_to_the_penny(self, world):
        year = make.make_year(world.office)
        categorised(year, Decimal("33.33"), Decimal("33.33"), Decimal("33.34"))
        assert list(indicative(year, 1_00).values()) == [33, 33, 34]
        assert sum(indicative(year, 100_000_01).values()) == 100_000_01

    def test_all_categories_are_set_or_none(self, world):
        year = make.make_year(world.office)
        first, second = categorised(year, 60, 40)
        given = {"by": world.finance, "year": year, "commissioner": world.small, "why": "Letter"}
        actions.set_allocations(**given, amounts={first: 60_00, second: 40_00}, key="page")
        actions.set_allocations(**given, amounts={first: 60_00, second: 40_00}, key="page")
        assert Transfer.objects.filter(allocation__year=year).count() == 2
        with pytest.raises(Denied, match="£0 or more"):
            actions.set_allocations(**given, amounts={first: 70_00, second: -1}, key=key())
        figures = {each.category: ledger.of_allocation(each).allocated for each in year.allocations.all()}
        assert figures == {first: 60_00, second: 40_00}

    def test_the_page_proposes_and_sets(self, world, client):
        year = world.year = make.make_year(world.office)
        first, second = categorised(year, 60, 40)
        client.force_login(world.finance)
        address = reverse("funding:set_by_category", kwargs={"year": year.pk})
        asked = f"{address}?commissioner={world.small.pk}&total=100.01"
        form = client.get(asked).context["form"]
        names = [f"amount_{each.pk}" for each in (first, second)]
        assert [form[name].value() for name in names] == ["60.01", "40"]
        typed = {"key": form["key"].value(), "why": "Letter", names[0]: "50", names[1]: "50.01"}
        assert client.post(asked, typed).status_code == 302
        assert [ledger.of_allocation(each).allocated for each in year.allocations.all()] == [50_00, 50_01]
        happened = client.get(reverse("funding:categories", kwargs={"year": year.pk})).content.decode()
        assert "60%" in happened
        assert "£50.01" in happened
        listed = client.get(reverse("funding:allocations"), {"year": year.pk}).content.decode()
        assert "£50.01" in listed
        assert "Close the year" in listed

    def test_a_ccg_out_of_reach_is_not_offered(self, world, client):
        year = make.make_year(world.office)
        categorised(year, 100)
        client.force_login(make.make_person(Role.FINANCE_LEAD, world.small))
        address = reverse("funding:set_by_category", kwargs={"year": year.pk})
        page = client.get(address, {"commissioner": world.large.pk, "total": "5"})
        assert page.context["form"] is None
        assert "commissioner" in page.context["asked"].errors


class TestFundsReceived:
    def given(self, world, **more):
        return {
            "by": world.finance, "transfer": world.allocation.transfers.earliest("id"),
            "received_on": today(), "reference": "BACS 77",
        } | more  # fmt: skip

    def test_is_confirmed_once_and_on_the_trail(self, world):
        received = actions.confirm_funds(**self.given(world))
        assert (received.reference, received.confirmed_by) == ("BACS 77", world.finance)
        assert TrailEntry.objects.filter(act="funding.confirm_funds").count() == 1
        with pytest.raises(Denied, match="confirmed already"):
            actions.confirm_funds(**self.given(world))
        assert FundsReceived.objects.count() == 1

    def test_not_before_it_came_not_by_others_and_only_from_above(self, world):
        with pytest.raises(Denied, match="has not come yet"):
            actions.confirm_funds(**self.given(world, received_on=today() + dt.timedelta(days=1)))
        with pytest.raises(Denied, match="does not let you"):
            actions.confirm_funds(**self.given(world, by=make.make_person(Role.APPROVER, world.office)))
        shared = world.share(33_33, 66_67)
        with pytest.raises(Denied, match="allocated from above"):
            actions.confirm_funds(**self.given(world, transfer=shared[0]))

    def test_the_list_the_page_and_home(self, world, client):
        client.force_login(world.finance)
        listed = reverse("funding:funds")
        assert "1 sum" in client.get(listed, {"received": "no"}).content.decode()
        assert "not confirmed as received" in client.get("/").content.decode()
        address = reverse("funding:confirm_funds", kwargs={"transfer": world.allocation.transfers.get().pk})
        day = today()
        typed = {"received_on_day": day.day, "received_on_month": day.month, "received_on_year": day.year}
        assert client.post(address, typed).context["form"].errors["reference"]
        assert client.post(address, typed | {"reference": "BACS 77"}).status_code == 302
        assert "BACS 77" in client.get(address).content.decode()
        assert client.get(listed, {"received": "no"}).context["list"].total == 0
        assert client.get(listed, {"received": "yes"}).context["list"].total == 1
        assert "not confirmed as received" not in client.get("/").content.decode()
