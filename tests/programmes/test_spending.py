"""Categories of spend of a year, and the day slippage begins."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from funding.models import Allocation
from resilience.core.access import Denied
from resilience.programmes import actions, spending
from resilience.programmes.models import SpendCategory
from resilience.programmes.setup import set_up_local
from tests.factories import make_ccg
from tests.programmes.world import YEAR, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def rows(*pairs):
    return [{"name": name, "indicative_share": Decimal(share)} for name, share in pairs]


def set_to(world, *pairs):
    return spending.set_spend_categories(by=world.administrator, year=world.year, categories=rows(*pairs))


def test_the_national_year_has_its_three_categories_and_their_shares_make_a_whole(world):
    shares = list(world.year.spend_categories.values_list("indicative_share", flat=True))
    assert len(shares) == 3
    assert sum(shares) == 100


def test_the_local_scheme_slips_from_1_december(world):
    year = set_up_local(world.office, name="Local", by=world.administrator, **YEAR)
    assert year.slippage_from == dt.date(2018, 12, 1)
    assert not year.spend_categories.exists()


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ((("A", "60"), ("B", "39.99")), "now they make 99.99%"),
        ((("A", "60"), ("B", "60")), "now they make 120%"),
        ((("A", "50"), ("a", "50")), "“a” is there already"),
        ((("A", "-1"), ("B", "101")), "from 0% to 100%"),
    ],
)
def test_categories_that_do_not_fit_change_nothing(world, pairs, sentence):
    before = list(world.year.spend_categories.values())
    with pytest.raises(Denied, match=sentence):
        set_to(world, *pairs)
    assert list(world.year.spend_categories.values()) == before


def test_categories_may_be_none(world):
    assert set_to(world) == []
    assert not world.year.spend_categories.exists()


def test_categories_stay_once_money_is_allocated(world):
    set_to(world)
    Allocation.objects.create(year=world.year, commissioner=make_ccg(world.office))
    with pytest.raises(Denied, match="stay as they are"):
        set_to(world, ("A", "100"))
    assert not SpendCategory.objects.filter(year=world.year).exists()


def test_a_copied_year_has_the_same_categories_and_a_later_day_of_slippage(world):
    actions.change_year(by=world.administrator, year=world.year, slippage_from=dt.date(2018, 12, 1))
    copied = actions.copy_year(by=world.administrator, year=world.year)
    fields = ("position", "name", "indicative_share")
    assert list(copied.spend_categories.values_list(*fields)) == list(
        world.year.spend_categories.values_list(*fields)
    )
    assert copied.slippage_from == dt.date(2019, 12, 1)


def test_slippage_begins_within_the_year(world):
    with pytest.raises(Denied, match="within the year"):
        actions.change_year(by=world.administrator, year=world.year, slippage_from=dt.date(2019, 4, 1))


class TestPages:
    @pytest.fixture
    def site(self, client, world):
        client.force_login(world.administrator)
        return client

    def typed(self, *pairs):
        found = {"categories-TOTAL_FORMS": "5", "categories-INITIAL_FORMS": "3"}
        for number in range(5):
            name, share = pairs[number] if number < len(pairs) else ("", "")
            found |= {
                f"categories-{number}-name": name,
                f"categories-{number}-indicative_share": share,
            }
        return found

    def test_shares_are_set_together(self, site, world):
        address = reverse("programmes:categories", kwargs={"year": world.year.pk})
        assert (
            "now they make 90%" in site.post(address, self.typed(("A", "50"), ("B", "40"))).content.decode()
        )
        assert "Enter the name of the category" in site.post(address, self.typed(("", "5"))).content.decode()
        assert world.year.spend_categories.count() == 3
        assert site.post(address, self.typed(("A", "50"), ("B", "50"))).status_code == 302
        assert [str(each) for each in world.year.spend_categories.all()] == ["A", "B"]
        page = site.get(reverse("programmes:year", kwargs={"year": world.year.pk})).content.decode()
        assert "50%" in page

    def test_they_say_why_they_stay(self, site, world):
        Allocation.objects.create(
            year=world.year,
            commissioner=make_ccg(world.office),
            category=world.year.spend_categories.first(),
        )
        address = reverse("programmes:categories", kwargs={"year": world.year.pk})
        for response in (site.get(address), site.post(address, self.typed(("A", "100")))):
            assert "stay as they are" in response.content.decode()
        assert world.year.spend_categories.count() == 3

    def test_the_day_of_slippage(self, site, world):
        address = reverse("programmes:slippage", kwargs={"year": world.year.pk})
        outside = {"slippage_from_day": "1", "slippage_from_month": "12", "slippage_from_year": "2020"}
        assert "within the year" in site.post(address, outside).content.decode()
        assert site.post(address, outside | {"slippage_from_year": "2018"}).status_code == 302
        world.year.refresh_from_db()
        assert world.year.slippage_from == dt.date(2018, 12, 1)
